"""The gallery: its config, and what data/README.md says of its pages."""

import re
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parents[2]
# Where `make gallery` runs, and the paths in its config start; it makes the folder.
FOLDER = ROOT / "gallery"


def analyses() -> dict[str, dict]:
    """The analyses of config/gallery.yaml by name, with paths that hold wherever one is."""
    text = (ROOT / "config/gallery.yaml").read_text(encoding="utf-8")
    found = yaml.safe_load(text)["analyses"]
    return {
        name: one | {"data": str((FOLDER / one["data"]).resolve())} for name, one in found.items()
    }


def told(heading: str) -> list[list[str]]:
    """The rows of the table below a heading of data/README.md, cell by cell, without markup."""
    text = (ROOT / "data/README.md").read_text(encoding="utf-8")
    _, _, below = text.partition(f"\n{heading}\n")
    table = re.search(r"^\|.*?(?=^[^|])", below, re.MULTILINE | re.DOTALL)
    assert table, f"no table below {heading!r} in data/README.md"
    lines = table.group().splitlines()[2:]
    return [[_plain(cell) for cell in re.split(r"(?<!\\)\|", line)[1:-1]] for line in lines]


def _plain(cell):
    cell = cell.strip().replace("\\|", "|")
    code = re.fullmatch(r"(`+) ?(.*?) ?\1", cell)
    return code.group(2) if code else cell
