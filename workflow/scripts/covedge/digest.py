"""Which modules of the library a script uses, and a hash of them.

Snakemake sees the script of a rule and nothing of what it imports. The hash, given to the rule as
a parameter, makes a change of the library rerun exactly the steps that it touches.
"""

from __future__ import annotations

import ast
import hashlib
from collections.abc import Iterator
from functools import cache
from pathlib import Path

LENGTH = 16
CODE = (".py", ".pyc")


def digest(script: Path, root: Path) -> str:
    """Hash over the content of `sources(script, root)` and their places below `root`."""
    total = hashlib.sha256()
    for path in sources(script, root):
        content = hashlib.sha256(path.read_bytes()).hexdigest()
        total.update(f"{path.relative_to(root).as_posix()} {content}\n".encode())
    return total.hexdigest()[:LENGTH]


def sources(script: Path, root: Path) -> tuple[Path, ...]:
    """The script, the modules below `root` that it imports, directly or not, and the data files
    that lie in the folders of their packages; sorted.

    Found in the text, so nothing is run: imports inside functions count, imports by a computed
    name (importlib) do not.
    """
    script, root = script.resolve(), root.resolve()
    found: set[Path] = set()
    waiting = [script]
    while waiting:
        path = waiting.pop()
        if path not in found:
            found.add(path)
            waiting += _imported(path, path.read_bytes(), root)
    packages = {path.parent for path in found if (path.parent / "__init__.py").exists()}
    for package in packages:
        found.update(
            p for p in package.iterdir() if p.is_file() and p.suffix not in (".py", ".pyc")
        )
    return tuple(sorted(found))


@cache
def _imported(path: Path, content: bytes, root: Path) -> tuple[Path, ...]:
    tree = ast.parse(content, filename=str(path))
    modules = (name for node in ast.walk(tree) for name in _names(node, path, root))
    return tuple(file for name in modules for file in _files(name, root))


def _names(node: ast.AST, path: Path, root: Path) -> Iterator[str]:
    """Dotted names that an import statement may stand for."""
    if isinstance(node, ast.Import):
        yield from (alias.name for alias in node.names)
    elif isinstance(node, ast.ImportFrom):
        base = node.module or ""
        if node.level:
            package = path.relative_to(root).parts[: -node.level]
            base = ".".join([*package, *([base] if base else [])])
        yield base
        yield from (f"{base}.{alias.name}" for alias in node.names)


def _files(name: str, root: Path) -> Iterator[Path]:
    """The files that `import name` runs: the packages on the way and the module."""
    place = root
    for part in name.split(".") if name else ():
        place = place / part
        if (place / "__init__.py").is_file():
            yield place / "__init__.py"
        elif place.with_suffix(".py").is_file():
            yield place.with_suffix(".py")
            return
        else:
            return
