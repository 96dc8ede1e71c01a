"""The results of two runs beside each other."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from covedge.errors import DataError
from covedge.verification.files import file_differences, is_compared
from covedge.verification.values import Difference

# Folders of results/ that are no analysis.
ASIDE = ("logs", "benchmarks")


@dataclass(frozen=True)
class Comparison:
    """compared : files that both have. differing : of these, by path; with their Differences.

    only_here, only_there : the others; a whole analysis is named by its folder.
    """

    compared: int
    differing: dict[str, list[Difference]]
    only_here: list[str]
    only_there: list[str]

    @property
    def equal(self) -> bool:
        return not (self.differing or self.only_here or self.only_there)


def results_of(folder: str | Path) -> Path:
    """The folder of results: this one, or the one in it. Raises DataError where there is none."""
    folder = Path(folder)
    found = folder / "results" if (folder / "results").is_dir() else folder
    if not any(any(found.glob(f"*/{name}")) for name in ("design.json", "atlas.json")):
        raise DataError(f"{folder}: no results of a run are there; name its folder")
    return found


def compare(here: Path, there: Path, tolerance: float = 0.0) -> Comparison:
    """Compare two folders of results. A file that cannot be read is a Difference."""
    mine, theirs = _files(here), _files(there)
    differing = {}
    for name in sorted(mine & theirs):
        try:
            found = list(file_differences(here / name, there / name, tolerance))
        except Exception as error:
            found = [Difference("", f"cannot be compared: {type(error).__name__}: {error}")]
        if found:
            differing[name] = sorted(found, key=lambda each: -(each.size or 0.0))
    return Comparison(
        len(mine & theirs), differing, _named(mine - theirs, theirs), _named(theirs - mine, mine)
    )


def _analyses(folder):
    return [
        each.name
        for each in folder.iterdir()
        if each.is_dir() and each.name not in ASIDE and not each.name.startswith(".")
    ]


def _files(folder):
    paths = (p for name in _analyses(folder) for p in (folder / name).rglob("*") if p.is_file())
    names = (path.relative_to(folder) for path in paths)
    return {name.as_posix() for name in names if is_compared(name)}


def _named(missing, others):
    """The files, or the folder of an analysis that the others know nothing of."""
    known = {name.split("/")[0] for name in others}
    return sorted({n if (a := n.split("/")[0]) in known else f"{a}/" for n in missing})


def report(found: Comparison, most: int = 5) -> str:
    """Lines that say what differs, and a last one that counts."""
    lines = [f"only here: {name}" for name in found.only_here]
    lines += [f"only there: {name}" for name in found.only_there]
    for name, listed in found.differing.items():
        lines += [f"{name}: {each}" for each in listed[:most]]
        if len(listed) > most:
            lines.append(f"{name}: and {len(listed) - most} more")
    lines.append(f"{found.compared} files compared: {_in_short(found)}")
    return "\n".join(lines)


def _in_short(found):
    if found.equal:
        return "all equal; posterior draws within their Monte Carlo error"
    many, alone = len(found.differing), len(found.only_here) + len(found.only_there)
    words = f"{many} differs" if many == 1 else f"{many} differ"
    return f"{words}; {alone} on one side only" if alone else words
