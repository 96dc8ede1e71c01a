"""From a Quarto document to one self-contained page, with Quarto or without it.

Quarto renders the page where it is installed. Where it is not, the same document goes another way:
nbclient runs its Python cells, what they return takes their place, and Pandoc makes the page with
the template, style sheet and Lua filter that the document's own header names.
"""

import json
import logging
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterable
from pathlib import Path

import yaml

from covedge.errors import CovedgeError
from covedge.markup import escape, inline
from covedge.whole import new_file

log = logging.getLogger(__name__)

PARAMETERS = "parameters.json"
_HEADER = re.compile(r"\A---\n(.*?)\n---\n", re.DOTALL)
_OPTION = re.compile(r"^#\|(.*)\n?", re.MULTILINE)
_CELL = re.compile(r"^```\{python\}[ \t]*\n(.*?)^```[ \t]*$", re.DOTALL | re.MULTILINE)
# Sockets in the file system are private; Linux allows 107 characters, less a port's number.
_LONGEST_SOCKET = 100
_LIBRARY = Path(__file__).resolve().parents[1]


class RenderError(CovedgeError):
    """The page could not be made."""


def render(
    document: Path,
    parameters: dict,
    output: Path,
    renderer: str = "auto",
    dress: Iterable[str | Path] = (),
) -> str:
    """Render a Quarto document to one HTML file; returns the renderer's name.

    document : a .qmd file.
    parameters : what the document's cells find in `parameters.json`; its `title`, if any, becomes
        the page's title.
    output : written whole or not at all.
    renderer : `quarto`, `pandoc`, or `auto` for Quarto where it is installed.
    dress : the files that the document's header names (style sheet, template, filter); without
        them, those that lie beside the document.
    """
    chosen = choose(renderer)
    with tempfile.TemporaryDirectory(prefix="covedge-") as folder:
        copy = _stage(Path(document), parameters, Path(folder), list(dress))
        page = _RENDERERS[chosen](copy)
        # a reader never meets half a page
        with new_file(output) as beside:
            shutil.copyfile(page, beside)
    return chosen


def choose(renderer: str) -> str:
    """Which renderer to use, and a line in the log that says why."""
    quarto = shutil.which("quarto")
    if renderer == "auto":
        chosen = "quarto" if quarto else "pandoc"
        reason = f"Quarto is at {quarto}" if quarto else "Quarto is not on the PATH"
    elif renderer not in _RENDERERS:
        raise RenderError(
            f"config, report.renderer: {renderer!r} is not a renderer; use auto, quarto or pandoc"
        )
    elif renderer == "quarto" and not quarto:
        raise RenderError(
            "config, report.renderer: quarto is asked for, but no quarto is on the PATH; "
            "install it (it is in environment.yml) or use auto"
        )
    else:
        chosen, reason = renderer, "the config asks for it"
    log.info("Rendering with %s: %s", chosen, reason)
    return chosen


def _stage(document: Path, parameters: dict, folder: Path, dress: list[str | Path]) -> Path:
    """Copy the document and its dress, and put its parameters beside it."""
    beside = [path for path in document.parent.iterdir() if path.is_file()]
    for path in [document, *(dress or beside)]:
        shutil.copy(path, folder)
    (folder / PARAMETERS).write_text(json.dumps(parameters), encoding="utf-8")
    copy = folder / document.name
    if "title" in parameters:
        # Quarto and Pandoc read a header's values as Markdown, so a title from the config is
        # escaped; its JSON is YAML.
        title = json.dumps(inline(escape(parameters["title"])), ensure_ascii=False)
        source = copy.read_text(encoding="utf-8")
        titled = source.replace("---\n", f"---\npagetitle: {title}\n", 1)
        copy.write_text(titled, encoding="utf-8")
    return copy


def _environment(folder: Path) -> dict[str, str]:
    """The kernel finds this library, and writes nothing into the user's home."""
    library = os.pathsep.join(filter(None, [str(_LIBRARY), os.environ.get("PYTHONPATH")]))
    return os.environ | {
        "PYTHONPATH": library,
        "IPYTHONDIR": str(folder / ".ipython"),
        "JUPYTER_RUNTIME_DIR": str(folder / ".jupyter"),
        "MPLBACKEND": "agg",
        "QUARTO_PYTHON": sys.executable,
    }


def _run(command: list[str], folder: Path, name: str) -> None:
    done = subprocess.run(
        command, cwd=folder, env=_environment(folder), capture_output=True, text=True, check=False
    )
    for line in done.stderr.splitlines():
        log.info("%s: %s", name, line)
    if done.returncode:
        raise RenderError(f"{name} stopped with exit status {done.returncode}: {done.stderr}")


def with_quarto(document: Path) -> Path:
    """`quarto render`; format options come from the document itself."""
    page = document.with_suffix(".html")
    quarto = shutil.which("quarto") or "quarto"
    _run([quarto, "render", document.name, "--to", "html"], document.parent, "quarto")
    return page


def with_pandoc(document: Path) -> Path:
    """Run the cells with nbclient, put their output in their place, and call Pandoc."""
    import pypandoc

    source = document.read_text(encoding="utf-8")
    header = read_header(source)
    markdown, page = document.with_suffix(".md"), document.with_suffix(".html")
    markdown.write_text(execute(source, document.parent), encoding="utf-8")
    defaults = document.with_suffix(".yaml")
    defaults.write_text(json.dumps(pandoc_options(header, markdown, page)), encoding="utf-8")
    _run([pypandoc.get_pandoc_path(), "--defaults", str(defaults)], document.parent, "pandoc")
    return page


def read_header(source: str) -> dict:
    """The YAML header of a Quarto document."""
    header = _HEADER.match(source)
    if header is None:
        raise RenderError("the document has no YAML header between two lines of ---")
    return yaml.safe_load(header[1])


def pandoc_options(header: dict, markdown: Path, page: Path) -> dict:
    """What the header asks of Quarto, as a Pandoc defaults file."""
    html = header["format"]["html"]
    return {
        "from": "markdown",
        "to": "html5",
        "input-file": markdown.name,
        "output-file": page.name,
        "standalone": True,
        "section-divs": True,
        "wrap": "none",
        "template": html["template"],
        "css": [html["css"]],
        "variables": {"include-after": _included(html)},
        "table-of-contents": html["toc"],
        "toc-depth": html["toc-depth"],
        "embed-resources": html["embed-resources"],
        "html-math-method": {"method": html["html-math-method"]},
        "filters": header.get("filters", []),
    }


def _included(html: dict) -> list[str]:
    """HTML for the end of the body."""
    return [each["text"] for each in html.get("include-after-body", [])]


def execute(source: str, folder: Path) -> str:
    """The document with each Python cell replaced by what it returned, after its code if asked."""
    import nbformat

    notebook = nbformat.v4.new_notebook(
        cells=[nbformat.v4.new_code_cell(cell) for cell in _CELL.findall(source)]
    )
    _client(notebook, folder).execute(env=_environment(folder))
    cells = iter(notebook.cells)
    return _CELL.sub(lambda _: _shown_cell(next(cells)), source)


def _shown_cell(cell) -> str:
    """A cell that has run, as Markdown: its code, if its options ask for that, and its outputs.

    The options are Quarto's: lines of YAML behind `#|`. Code is shown with `echo: true`.
    """
    options = yaml.safe_load("\n".join(_OPTION.findall(cell.source))) or {}
    parts = [shown(output) for output in cell.outputs]
    if options.get("echo"):
        fold = str(options.get("code-fold", False)).lower()
        summary = json.dumps(options.get("code-summary", "Code"), ensure_ascii=False)
        marks = f".python .cell-code code-fold={fold} code-summary={summary}"
        parts.insert(0, f"```{{{marks}}}\n{_OPTION.sub('', cell.source).strip()}\n```")
    return "\n\n".join(parts) + "\n"


def _client(notebook, folder: Path):
    """A notebook client on this very Python, whether or not a kernelspec is installed."""
    from jupyter_client.kernelspec import KernelSpecManager
    from jupyter_client.manager import AsyncKernelManager
    from nbclient import NotebookClient

    specs = KernelSpecManager(kernel_dirs=[])  # leaves ipykernel's own, which is sys.executable
    manager = AsyncKernelManager(kernel_name="python3", kernel_spec_manager=specs)
    socket = str(folder / "kernel")
    if os.name == "posix" and len(socket) < _LONGEST_SOCKET:
        manager.transport, manager.ip = "ipc", socket
    resources = {"metadata": {"path": str(folder)}}
    client = NotebookClient(notebook, resources=resources, timeout=600)
    client.km = manager  # given to the constructor, it would not be shut down at the end
    return client


def shown(output: dict) -> str:
    """One output of a cell as Markdown. `text/html` is an error: Quarto would link a CDN for it."""
    if output.output_type == "stream":
        log.info("cell, %s: %s", output.name, output.text.rstrip())
        return ""
    data = output.data
    if "text/html" in data:
        raise RenderError("a cell returned text/html; return Markdown with a {=html} fence")
    if "text/markdown" in data:
        return data["text/markdown"]
    if "image/svg+xml" in data:
        return f"```{{=html}}\n{data['image/svg+xml']}\n```"
    return ""


_RENDERERS: dict[str, Callable[[Path], Path]] = {"quarto": with_quarto, "pandoc": with_pandoc}
