"""docs/causes.md, from the stored outcomes."""

import platform
from collections.abc import Sequence
from dataclasses import fields
from importlib.metadata import version
from pathlib import Path

from machine import machine

from covedge.proportion import Proportion
from known_causes.case import CAUSES, HEALTHY, REPORTED
from known_causes.score import NEAR, NOTHING, Outcome, angles, engines, table

ROOT = Path(__file__).parents[2]
NOTES = Path(__file__).with_name("notes.md")
PAGE = ROOT / "docs" / "causes.md"
STORED = ROOT / "docs" / "causes.json"
PACKAGES = ("covedge", "numpy", "scipy", "numba", "pandas")
# What the project asks of itself, in per cent.
NAMED, FIRST, FALSE, TURNED = 95, 90, 5, 90


def stored(outcomes: Sequence[Outcome], seconds: float, workers: int) -> dict:
    """The content of docs/causes.json."""
    about = machine()
    return {
        "half": REPORTED,
        "seconds": seconds,
        "workers": workers,
        "processor": about["processor"],
        "versions": {"Python": platform.python_version()} | {p: version(p) for p in PACKAGES},
        "outcomes": list(outcomes),
    }


def read(told: dict) -> list[Outcome]:
    """The outcomes of docs/causes.json."""
    names = {field.name for field in fields(Outcome)}
    return [
        Outcome(**{k: tuple(v) if isinstance(v, list) else v for k, v in one.items() if k in names})
        for one in told["outcomes"]
    ]


def page(told: dict) -> str:
    """The document."""
    outcomes = read(told)
    lines = [
        NOTES.read_text(encoding="utf-8").strip(),
        "",
        "## What was found",
        "",
        *_rows(outcomes),
        "",
        "![What was planted against what is named first](causes.svg)",
        "",
        "### What is named first",
        "",
        *_confusion(outcomes),
        "",
        "### The direction that collapsed",
        "",
        *_angles(outcomes),
        "",
        *_engines(outcomes),
        *_missed(outcomes),
        *_made(told),
    ]
    return "\n".join(lines).rstrip() + "\n"


def summary(outcomes: Sequence[Outcome]) -> str:
    """The tables for a terminal."""
    return "\n".join(
        [*_rows(outcomes), "", *_confusion(outcomes), "", *_angles(outcomes), *_engines(outcomes)]
    )


def _rows(outcomes):
    lines = [
        f"Asked for: the true cause is named in {NAMED} %, named first in {FIRST} %; on healthy "
        f"data a cause is named in {FALSE} % at most. In brackets 95 % Wilson intervals.",
        "",
        "| planted | data sets | named | named first | also named |",
        "|---|--:|--:|--:|---|",
    ]
    for row in table(outcomes):
        truth = "nothing named" if row.cause == HEALTHY else ""
        also = [f"{_words(k)} {n}" for k, n in row.also.items() if k != row.cause]
        lines.append(
            f"| {_words(row.cause)}{f' ({truth})' if truth else ''} | {row.n} | {share(row.named)} "
            f"| {share(row.named_first)} | {', '.join(also)} |"
        )
    return lines


def _confusion(outcomes):
    rows = table(outcomes)
    there = {name for row in rows for name in row.first}
    names = [n for n in (NOTHING, *CAUSES) if n in there]
    lines = [
        "| planted | " + " | ".join(map(_words, names)) + " |",
        "|---|" + "--:|" * len(names),
    ]
    for row in rows:
        counts = " | ".join(str(row.first.get(name, "")) for name in names)
        lines.append(f"| {_words(row.cause)} | {counts} |")
    return lines


def _angles(outcomes):
    lines = [
        "The largest principal angle between the estimated null space of the term and the true "
        f"one, with the columns of Z whitened. Asked for: within {NEAR:g} degrees in {TURNED} %. "
        "In the metric of the information at the fit noise and groups have the same variance, so "
        "that L groups leave an error of some 57/√L degrees however little noise there is; it "
        "stands last.",
        "",
        f"| planted | data sets | within {NEAR:g} degrees | median | largest | median at the fit |",
        "|---|--:|--:|--:|--:|--:|",
    ]
    for of in angles(outcomes):
        d = of.degrees
        lines.append(
            f"| {_words(of.cause)} | {len(d)} | {share(of.near)} | {d[len(d) // 2]:.1f} "
            f"| {d[-1]:.1f} | {of.at_fit[len(d) // 2]:.1f} |"
        )
    return lines


def _engines(outcomes):
    found = engines(outcomes)
    if found is None:
        return []
    wrong, right = found
    return [
        f"Of the engines that stopped short {share(wrong)} are said to have failed, of the honest "
        f"ones {share(right)}.",
        "",
    ]


def _missed(outcomes):
    missed = [one for one in outcomes if one.first != one.truth]
    if not missed:
        return []
    lines = [
        "### Where something else is named first",
        "",
        "| planted | number | design | named, in this order |",
        "|---|--:|---|---|",
    ]
    for one in missed:
        told = one.failed or ", ".join(map(_words, one.named)) or NOTHING
        lines.append(f"| {_words(one.cause)} | {one.number} | {one.design} | {told} |")
    return [*lines, ""]


def _made(told):
    versions = ", ".join(f"{name} {v}" for name, v in told["versions"].items())
    seconds = [one["seconds"] for one in told["outcomes"]]
    return [
        "## How it was made",
        "",
        f"`make bench-causes`: {len(seconds)} data sets in {told['seconds'] / 60:.0f} minutes by "
        f"{told['workers']} processes on {told['processor']}; a diagnosis took "
        f"{sum(seconds) / len(seconds):.1f} s on average and {max(seconds):.0f} s at most. "
        f"{versions}. The numbers of every data set are in `docs/causes.json`.",
    ]


def share(proportion: Proportion) -> str:
    """`48/50, 96 % (87 to 99)`"""
    low, high = proportion.interval
    return (
        f"{proportion.count}/{proportion.n}, {100 * proportion.estimate:.0f} % "
        f"({100 * low:.0f} to {100 * high:.0f})"
    )


def _words(name):
    return name.replace("_", " ")
