"""The tables of the benchmark, from what the peers answered."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import median

import numpy as np

OURS = "covedge"
# Criteria further apart than this are told apart: one of the two stopped short.
SAME_CRITERION = 1e-3
GIGABYTE = 1e9
# An exponent of one, but for noise and for what does not grow.
LINEAR = 1.15
# Times that do not grow with the rows stay within this factor of each other.
CONSTANT = 2.0


@dataclass(frozen=True)
class Outcome:
    """What one engine made of one case.

    seconds : of each run that ended; criterion : of the last; memory : peak of its process, bytes.
    message : its own words, or why it was left out; failed : whether there is no fit.
    stopped : seconds after which its first run was stopped, or None.
    """

    engine: str
    seconds: tuple[float, ...] = ()
    criterion: float | None = None
    memory: int | None = None
    message: str = ""
    failed: bool = False
    stopped: float | None = None

    @property
    def median(self) -> float | None:
        """Of the seconds; where it was stopped, at least this."""
        return median(self.seconds) if self.seconds else self.stopped


@dataclass(frozen=True)
class Result:
    """One case; the outcomes in the order of the engines."""

    name: str
    title: str
    formula: str
    n_rows: int
    outcomes: tuple[Outcome, ...]

    def of(self, engine: str) -> Outcome | None:
        return next((o for o in self.outcomes if o.engine == engine), None)

    def ratio(self, engine: str) -> float | None:
        """How many times longer than covedge the engine takes, at least."""
        ours, theirs = self.of(OURS), self.of(engine)
        if ours is None or theirs is None or not (ours.median and theirs.median):
            return None
        return theirs.median / ours.median


@dataclass(frozen=True)
class Size:
    """One point of a scaling: seconds of the Gram and of the fit, bytes of memory at the peak."""

    size: int
    gram: float
    fit: float
    memory: int | None = None


def case_table(result: Result) -> str:
    """The engines of one case side by side, in Markdown."""
    reached = [o.criterion for o in result.outcomes if o.criterion is not None and not o.failed]
    lowest = min(reached, default=None)
    lines = [
        f"### {result.title}",
        "",
        f"`{result.formula}`, {result.n_rows:,} rows",
        "",
        "| engine | median, s | slowest, s | runs | times covedge | criterion | above the lowest "
        "| peak memory, MB | its words |",
        "|---|--:|--:|--:|--:|--:|--:|--:|---|",
    ]
    for each in result.outcomes:
        ratio = result.ratio(each.engine)
        above = None if each.criterion is None or each.failed else each.criterion - lowest
        cells = [
            each.engine,
            ("> " if each.stopped else "") + number(each.median),
            number(max(each.seconds, default=None)),
            str(len(each.seconds) or "–"),
            ("> " if each.stopped else "") + times(ratio),
            "–" if each.criterion is None else f"{each.criterion:.5f}",
            "–"
            if above is None
            else (f"**{above:.2g}**" if above > SAME_CRITERION else f"{above:.1g}"),
            "–" if each.memory is None else f"{each.memory / 1e6:,.0f}",
            ("**no fit:** " if each.failed and each.median else "") + plain(each.message),
        ]
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines)


def size_table(title: str, unit: str, sizes: list[Size]) -> str:
    """Times against size, in Markdown."""
    lines = [
        f"### {title}",
        "",
        f"| {unit} | Gram, s | fit, s | peak memory, MB |",
        "|--:|--:|--:|--:|",
    ]
    for each in sizes:
        memory = "–" if each.memory is None else f"{each.memory / 1e6:,.0f}"
        lines.append(f"| {each.size:,} | {number(each.gram)} | {number(each.fit)} | {memory} |")
    return "\n".join(lines)


def target_table(results: list[Result], rows: list[Size], levels: list[Size]) -> str:
    """What was aimed at and what was reached, in Markdown."""
    lines = ["| target | reached | met |", "|---|---|---|"]
    for target, reached, met in targets(results, rows, levels):
        lines.append(
            f"| {target} | {reached} | {'–' if met is None else 'yes' if met else '**no**'} |"
        )
    return "\n".join(lines)


def targets(results, rows, levels) -> list[tuple[str, str, bool | None]]:
    """(target, reached, met); met is None where that was not measured."""
    by_name = {result.name: result for result in results}

    def faster(words, name, engine, factor):
        result = by_name.get(name)
        ratio = result.ratio(engine) if result else None
        if ratio is None:
            return words, "not measured", None
        reached, met = f"{times(ratio)} times", ratio >= factor
        if result.of(engine).stopped:
            reached, met = f"more than {reached}", True if met else None
        if _higher(result, engine):
            reached, met = f"{reached}, at a higher criterion", False
        return words, reached, met

    found = [
        faster("full model of `rats_s15`: 50 times faster than lme4", "rats_s15", "lme4", 50),
        faster("the same: 1,000 times faster than nlme", "rats_s15", "nlme", 1000),
        faster("three nested levels, all rats: 30 times lme4", "rats_nested", "lme4", 30),
        faster("refit with a new response: 200 times lme4's `refit`", "refit", "lme4", 200),
        faster("1,000 bootstrap refits: 200 times lme4's `bootMer`", "bootstrap", "lme4", 200),
        faster("InstEval: faster than lme4", "InstEval", "lme4", 1),
    ]
    instance = by_name.get("InstEval")
    ours = instance.of(OURS) if instance else None
    found.append(_below("InstEval: peak memory under 2 GB", ours.memory if ours else None))
    found.append(_constant("10^4 to 10^7 rows: time of a fit constant", rows))
    found.append(_linear("the same: time of the Gram linear", rows, "gram"))
    found.append(
        _below(
            "the same: peak memory under 2 GB at the most rows", rows[-1].memory if rows else None
        )
    )
    found.append(_linear("levels of the deepest factor: Gram linear", levels, "gram"))
    found.append(_linear("the same: fit linear", levels, "fit"))
    return found


def _higher(result, engine):
    """Whether covedge's criterion is above the engine's."""
    ours, theirs = result.of(OURS).criterion, result.of(engine).criterion
    return ours is not None and theirs is not None and ours > theirs + 1e-5


def _below(words, memory):
    if memory is None:
        return words, "not measured", None
    return words, f"{memory / GIGABYTE:.2f} GB", memory < 2 * GIGABYTE


def _constant(words, sizes):
    if len(sizes) < 2:
        return words, "not measured", None
    times = [each.fit for each in sizes]
    reached = f"{number(min(times))} to {number(max(times))} s"
    return words, reached, max(times) <= CONSTANT * min(times)


def _linear(words, sizes, what):
    """The exponent over the last decade: what does not grow has no part in it."""
    if len(sizes) < 2:
        return words, "not measured", None
    last, before = sizes[-1], sizes[-2]
    exponent = np.log(getattr(last, what) / getattr(before, what)) / np.log(last.size / before.size)
    reached = f"exponent {exponent:.2f} from {before.size:,} to {last.size:,}"
    return words, reached, bool(exponent <= LINEAR)


def times(ratio: float | None) -> str:
    """A ratio with two digits or more."""
    if ratio is None:
        return "–"
    return f"{ratio:,.0f}" if ratio >= 10 else f"{ratio:.2g}"


def number(x: float | None) -> str:
    """Three digits, without an exponent."""
    if x is None:
        return "–"
    return (
        f"{x:,.0f}"
        if x >= 100
        else np.format_float_positional(float(f"{x:.3g}"), trim="-", fractional=False, precision=3)
    )


def plain(words: str, longest: int = 160) -> str:
    """Words of an engine in a cell of a table."""
    words = " ".join(words.split()).replace("|", "\\|").replace("<", "&lt;")
    return words if len(words) <= longest else words[: longest - 1] + "…"
