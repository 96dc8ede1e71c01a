"""benchmarks/README.md, from the results of a run and the notes."""

from __future__ import annotations

import re
from pathlib import Path

from settings import QUICK, Settings
from table import Result, Size, case_table, size_table, target_table

NOTES = Path(__file__).parent / "notes.md"

HOW = """\
Each engine runs in a process of its own and is asked for one fit at a time, in turn with the
others; the median counts. The time goes from a data frame, with its factors, to the fit: model
frame and Gram are in it, and for covedge the certificate, its random starts and the test of
identifiability, which the others do not have. There are {runs} runs, fewer where they would take
more than {budget:.0f} s together; one longer than {limit:.0f} s is stopped. Compiled code is warm:
compilation, once on a machine and after each change of the kernel, took {compiled}. Every engine
has its defaults, but for nlme, which is told to return what it has where it has not converged.

The criterion is minus two times the log-likelihood, restricted or not, as each engine reckons it;
lower is better, and one that is higher than another's by more than a thousandth is in bold: a fast
answer that is not the optimum is no answer."""


def page(
    results: list[Result],
    rows: list[Size],
    levels: list[Size],
    alone: list[str],
    about: dict[str, str],
    compiled: float | None,
    settings: Settings,
    seconds: float,
) -> str:
    """The page in Markdown.

    alone : sections that come whole. about : machine and versions; compiled : seconds of it.
    """
    told = HOW.format(
        runs=settings.runs,
        budget=settings.budget,
        limit=settings.limit,
        compiled="a time not measured here" if compiled is None else f"{compiled:.0f} s",
    )
    lines = "\n".join(f"| {name} | {value} |" for name, value in about.items())
    command = "make bench QUICK=1" if settings is QUICK else "make bench"
    parts = [
        "# Benchmarks",
        f"Written by `{command}` in {seconds / 60:.0f} minutes.",
        "## Targets",
        target_table(results, rows, levels),
        NOTES.read_text(encoding="utf-8").strip(),
        "## Side by side",
        told,
        *map(case_table, results),
        *alone,
        "## Scaling",
    ]
    if rows:
        words = "Rows, from Parquet in batches: `y ~ x + f + (x | g)`, 500 groups"
        parts.append(size_table(words, "rows", rows))
    if levels:
        words = "Levels of the deepest factor, eight rows each: `y ~ x + (1 | a) + (x | a:b)`"
        parts.append(size_table(words, "levels", levels))
    if rows and levels:
        parts.append("![Times against rows and against levels](scaling.svg)")
    parts += ["## Machine and versions", "| | |\n|---|---|\n" + lines]
    return "\n\n".join(parts) + "\n"


def with_section(text: str, heading: str, new: str) -> str:
    """The page with the section under `heading` replaced, or put before `## Scaling`."""
    parts = re.split(r"(?m)^(?=## )", text)
    known = [part.startswith(heading + "\n") for part in parts]
    new = new.rstrip("\n") + "\n\n"
    if any(known):
        parts[known.index(True)] = new
    else:
        at = next(i for i, part in enumerate(parts) if part.startswith("## Scaling\n"))
        parts.insert(at, new)
    return "".join(parts)
