"""What it takes to do an analysis again, elsewhere and later: to copy and to run."""

import yaml

from covedge.markup import Html, block, code, div, escape, fold
from covedge.pages.results import Results

# Where the box with the config says to put it.
FILE = "again.yaml"


def compose(results: Results) -> str:
    """Numbered steps, and the config in a box of its own with a copy button."""
    given = results.provenance
    steps = [
        f"Take covedge {_code(given)}.",
        f"Put the data at {code(results.analysis.get('data', '–'))}; their SHA-256 is above.",
        f"Copy this into {code(FILE)}; it has every setting, those left at their defaults too:",
    ]
    rest = [
        f"Run {code('make set-up')}, which installs the versions of `requirements.lock`"
        + (f" (SHA-256 {code(given['lock_sha256'])})" if given.get("lock_sha256") else "")
        + f", enter them by {code('. .venv/bin/activate')} and run "
        f"{code(f'snakemake --cores 4 --configfile {FILE}')}.",
        f"{code('make verify OTHER=folder')} with the folder of this run says whether all came out "
        "the same: to the last digit, but for posterior draws, which may differ by chance. On "
        "another kind of machine last digits may differ, which `TOLERANCE=1e-6` lets pass.",
    ]
    config = div("copy", block(_preformatted(config_text(results.analysis))))
    return fold("To do it again", f"{_numbered(steps, 1)}\n{config}\n{_numbered(rest, 4)}")


def config_text(analysis: dict) -> str:
    """The analysis as a config file in YAML, which gives the same settings when it is read."""
    name = analysis.get("name", "analysis")
    first = [key for key in ("title", "data", "formula") if key in analysis]
    settings = {key: analysis[key] for key in dict.fromkeys([*first, *analysis]) if key != "name"}
    tree = {"analyses": {name: settings}}
    return yaml.safe_dump(tree, sort_keys=False, allow_unicode=True, width=10_000)


def _code(given):
    version = given.get("versions", {}).get("covedge", "")
    commit = given.get("commit")
    if commit is None:
        return f"{version} (this copy of it knows no commit)"
    changed = ", to which changes were made that no commit has" if given.get("changed") else ""
    return f"{version}, commit {code(commit)}{changed}"


def _numbered(steps, first):
    return "\n".join(f"{i}. {step}" for i, step in enumerate(steps, start=first)) + "\n"


def _preformatted(text):
    """Lines as they are; labels in them can end neither the element nor the raw block."""
    lines = [" " * (len(line) - len(line.lstrip())) + escape(line) for line in text.splitlines()]
    return Html(f'<pre tabindex="0" aria-label="The config as YAML">{"<br>".join(lines)}</pre>')
