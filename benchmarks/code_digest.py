"""A hash of the code that a long run depends on: what it does, and not how it is commented."""

import hashlib
import io
import tokenize
from pathlib import Path

from covedge import digest

ROOT = Path(__file__).parents[1]
SCRIPTS = ROOT / "workflow" / "scripts"
# Packages whose code decides what is sampled, and the modules of the first that lead to it.
PACKAGES = ("posteriors", "kernel", "grams")
SAMPLED = ("collapsed", "families/__init__", "posterior", "prior", "sampling")
_SILENT = (tokenize.COMMENT, tokenize.NL)
_STARTS = (tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT)


def sampler_digest(*scripts: Path) -> str:
    """Hash of the sampler's modules and of the scripts that ran it."""
    library = SCRIPTS / "covedge"
    used = {
        path.relative_to(library)
        for name in SAMPLED
        for path in digest.sources(library / PACKAGES[0] / f"{name}.py", SCRIPTS)
    }
    found = {path.as_posix(): library / path for path in used if path.parts[0] in PACKAGES}
    found |= {script.name: script for script in scripts}
    total = hashlib.sha256()
    for name in sorted(found):
        total.update(f"{name} {hash_of(found[name].read_text(encoding='utf-8'))}\n".encode())
    return total.hexdigest()[: digest.LENGTH]


def hash_of(code: str) -> str:
    """The same for code that differs in comments, docstrings and blank lines only."""
    tokens = list(tokenize.generate_tokens(io.StringIO(code).readline))
    tokens = [token for token in tokens if token.type not in _SILENT]
    kept: list[str] = []
    before, docstring = tokenize.NEWLINE, False
    for token, following in zip(tokens, [*tokens[1:], tokens[-1]], strict=True):
        ends_docstring = docstring and token.type == tokenize.NEWLINE
        alone = before in _STARTS and following.type == tokenize.NEWLINE
        docstring = alone and token.type == tokenize.STRING
        if not (docstring or ends_docstring):
            kept.append(f"{token.type} {token.string}")
        before = token.type
    return hashlib.sha256("\n".join(kept).encode()).hexdigest()
