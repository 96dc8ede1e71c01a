"""Which step is needed: each rung against the goal, by tests that are valid at the edge."""

import math

from covedge.figures.comparisons import MARKS
from covedge.figures.comparisons import comparisons as draw
from covedge.figures.style import svg
from covedge.markup import (
    Column,
    Html,
    badge,
    code,
    count,
    escape,
    figure,
    fixed,
    fold,
    listing,
    number,
    table,
    text,
)
from covedge.pages import reading
from covedge.pages.results import FAILED, Results

NAMES = {
    "exact": "exact test",
    "bootstrap": "parametric bootstrap",
    "chi_bar": "chi-bar-square",
    "naive": "naive chi-square",
}
EDGE = (
    "A variance cannot be negative, so a model without it lies on the edge of the model with it, "
    "and where it is truly zero the richer model gains nothing at all in about half of all data "
    "sets or more. The usual (naive) chi-square test does not know this, and gives p-values for a "
    "variance that are too large; nor does it know how many groups there are, and where few of "
    "them must support many covariances its p-values are too small."
)
CHOICE = (
    "Where several tests are known, the first of these is used: the exact test of a single "
    "variance (Crainiceanu and Ruppert 2004; R: `exactRLRT` of RLRsim), which holds in any sample; "
    "the parametric bootstrap, which fits both models to responses simulated from the simpler "
    "(R: `PBmodcomp` of pbkrtest); the chi-bar-square mixture (Stram and Lee 1994; R: "
    "varTestnlme), which holds for many groups; the naive chi-square (R: `anova(m1, m2, refit = "
    "FALSE)`). Nothing is simulated where even a bound on p is below 10⁻⁶: the naive p of the "
    "gain times (L − q)/L, "
    "with L groups and q effects. Criteria by REML may be compared here, because all rungs have "
    "the same fixed effects. Adjusted p is the largest p of a rung and of those inside it; where "
    "two rungs have a common part that is on no rung, the later one counts the earlier one’s p "
    "too (closed testing, Marcus, Peritz and Gabriel 1976)."
)


def compose(results: Results) -> str:
    """The simplest rung that is not rejected, the figure, how the tests differ, all numbers."""
    tests = results.tests
    if not tests or tests.get("status") == FAILED:
        reason = f" Reason: {text(tests['reason'])}." if tests.get("reason") else ""
        return (
            "The rungs were not tested against each other: the step that does it has left no "
            f"results.{reason} See [Errors](#errors).\n"
        )
    pairs = [pair for pair in tests["pairs"] if pair["larger"] == tests["goal"]]
    if not pairs:
        return "There is nothing to compare: no rung is a special case of another.\n"
    return "\n".join(
        [
            _words(results, tests, pairs),
            _figure(results, tests, pairs),
            f"{EDGE}{_difference(results, pairs)}\n",
            f"{text(tests['multiplicity'])}\n",
            _table(results, tests),
        ]
    )


def _tested(tests: dict) -> list[dict]:
    return [rung for rung in tests["rungs"] if rung["p"] is not None]


def _label(results: Results, model: str) -> str:
    return f"**{text(results.label(model))}**"


def _formula(results: Results, model: str) -> str:
    return code(next((r["formula"] for r in results.ladder if r["model"] == model), model))


def _words(results: Results, tests: dict, pairs: list[dict]) -> str:
    goal = _label(results, tests["goal"])
    kept = [rung["model"] for rung in _tested(tests) if not rung["rejected"]]
    gone = [rung["model"] for rung in _tested(tests) if rung["rejected"]]
    opening = _goal(results, tests)
    if not kept:
        return (
            f"{opening}Every simpler rung fits worse than chance would make it, so the data need "
            f"{goal}: {_formula(results, tests['goal'])}.{_singular(results, tests)}\n"
        )
    pair = next(pair for pair in pairs if pair["smaller"] == kept[0])
    parts = [
        f"{opening}The simplest rung that these data cannot tell from {goal} is "
        f"{_label(results, kept[0])}, {_formula(results, kept[0])}: {_chance(results, pair)}."
    ]
    if gone:
        names = listing([_label(results, model) for model in gone])
        parts.append(f"Rejected, since chance would hardly make them fit so badly: {names}.")
    also = [m for m in kept[1:] if not _inside(tests, kept[0], m)]
    if also:
        names = listing([_label(results, model) for model in also])
        parts.append(f"Not rejected either, and no richer version of it: {names}.")
    parts.append(
        "Not rejected does not mean true: it means that the step up to the goal cannot be shown "
        "to be needed with these data."
    )
    return " ".join(parts) + "\n"


def _goal(results: Results, tests: dict) -> str:
    """Says what the rungs are tested against, where it is not the model asked for."""
    if tests["goal"] == results.ladder[-1]["model"]:
        return ""
    return (
        "The model you asked for cannot be used as the yardstick, since its variances cannot be "
        "told apart; the richest rung that can, "
        f"{_label(results, tests['goal'])}, stands in for it. "
    )


def _singular(results: Results, tests: dict) -> str:
    if reading.state(results.fits.get(tests["goal"], {})) != "degenerate":
        return ""
    return (
        " That its own fit is singular is no contradiction: the data need the pattern in which "
        "its effects vary together, though not every direction of it."
    )


def _inside(tests: dict, smaller: str, larger: str) -> bool:
    """Whether a chain of tested pairs leads from one rung up to the other."""
    above = {pair["larger"] for pair in tests["pairs"] if pair["smaller"] == smaller}
    return larger in above or any(
        _inside(tests, between, larger) for between in above - {tests["goal"]}
    )


def _chance(results: Results, pair: dict) -> str:
    if pair["lrt"] < 1e-6:
        return "the richer model fits no better at all"
    return (
        f"the richer model’s gain of {number(pair['lrt'], 3)} is reached or passed by chance with "
        f"probability {_p(pair['p'])} ({NAMES[pair['use']]})"
    )


def _equals(value: float | None) -> str:
    """As `p = 0.012` or `p < 10⁻⁶`."""
    words = _p(value)
    return f"p {words}" if words.startswith("<") else f"p = {words}"


def _p(value: float | None) -> str:
    """A p-value to read: two digits, and `< 10⁻⁶` where nobody needs more."""
    if value is None:
        return number(None)
    return "< 10⁻⁶" if value < 1e-6 else number(value, 2)


def _known(pair: dict) -> dict[str, dict]:
    """The tests of a pair that have a p-value."""
    return {name: pair[name] for name in MARKS if pair[name].get("p") is not None}


def _figure(results: Results, tests: dict, pairs: list[dict]) -> str:
    order = [rung["model"] for rung in _tested(tests)]
    shown = sorted(pairs, key=lambda pair: order.index(pair["smaller"]))
    labels = [results.label(pair["smaller"]) for pair in shown]
    drawn = draw(labels, [_known(p) for p in shown], [p["use"] for p in shown], tests["level"])
    found = "; ".join(
        f"{label}: p {_p(pair['p'])}, naive {_p(pair['naive']['p'])}"
        for label, pair in zip(labels, shown, strict=True)
    )
    goal = results.label(tests["goal"])
    return figure(
        svg(drawn, "comparisons"),
        f"Each row tests a rung against {goal}; the filled mark is the test to believe, a line "
        "is the simulation’s own uncertainty, an arrow a value beyond the axis. Look for filled "
        "marks in the shaded part: those rungs are too simple. How far a grey ring is from the "
        "filled mark is how far the naive test errs.",
        f"Against {goal}: {found}.",
        "narrow",
    )


def _difference(results: Results, pairs: list[dict]) -> str:
    """Where the naive test differs most, with its numbers."""
    both = [p for p in pairs if p["use"] != "naive" and p["lrt"] > 1e-6 and p["p"] > 1e-3]
    if not both:
        return ""
    pair = max(both, key=lambda p: abs(math.log(max(p["naive"]["p"], 1e-12) / p["p"])))
    if 0.9 < pair["naive"]["p"] / pair["p"] < 1.1:
        return " Here the two hardly differ."
    return (
        f" Here it would give {text(results.label(pair['smaller']))} "
        f"{_equals(pair['naive']['p'])} instead of {_p(pair['p'])}."
    )


def _table(results: Results, tests: dict) -> str:
    columns = [
        "Simpler",
        "Richer",
        Column("Gain", "num"),
        Column("df", "num"),
        *(Column(head, "num") for head in ("Naive p", "Chi-bar p", "Exact p", "Bootstrap p")),
        "To believe",
    ]
    rows = [_row(results, pair) for pair in tests["pairs"]]
    return fold(
        "All tests as numbers, and where one is not known",
        "Gain is the likelihood ratio: the criterion of the simpler model less that of the "
        "richer. Each rung is tested against the goal and against the next richer rungs."
        + _simulated(tests)
        + "\n"
        + table(columns, rows, "Tests between rungs")
        + _rungs(results, tests)
        + _reasons(results, tests)
        + f"\n{CHOICE}\n",
    )


def _simulated(tests: dict) -> str:
    """How many responses were simulated, and how many of them were of no use."""
    found = [p["bootstrap"] for p in tests["pairs"] if p["bootstrap"].get("replicates")]
    if not found:
        return ""
    counts = sorted({b["replicates"] for b in found})
    several = f"{counts[0]} to {counts[-1]}" if len(counts) > 1 else f"{counts[0]}"
    failed = sum(b.get("failed", 0) for b in found)
    words = (
        f" The bootstrap simulated {several} responses a pair; in brackets is the 95 % interval "
        "of what p would be with ever more of them."
    )
    if failed:
        words += f" In {count(failed, 'pair of fits', 'pairs of fits')} one failed; left out."
    return words


def _row(results: Results, pair: dict) -> tuple:
    names = (Html(f"<bdi>{escape(results.label(pair[k]))}</bdi>") for k in ("smaller", "larger"))
    boot = _p(pair["bootstrap"].get("p"))
    if pair["bootstrap"].get("replicates"):
        ends = " to ".join(number(pair["bootstrap"][end], 2) for end in ("lower", "upper"))
        boot += f" ({ends})"
    p_values = (_p(pair[name].get("p")) for name in ("naive", "chi_bar", "exact"))
    return *names, fixed(pair["lrt"], 3), pair["df"], *p_values, boot, NAMES[pair["use"]]


def _rungs(results: Results, tests: dict) -> str:
    columns = ["Rung", Column("p", "num"), Column("Adjusted p", "num"), ""]
    rows = []
    for rung in tests["rungs"]:
        mark = badge("bad", "rejected") if rung["rejected"] else badge("good", "not rejected")
        if rung["p"] is None:
            mark = badge("quiet", f"not tested: {rung.get('reason') or 'unknown'}")
        name = Html(f"<bdi>{escape(results.label(rung['model']))}</bdi>")
        rows.append((name, _p(rung["p"]), _p(rung["adjusted_p"]), mark))
    return table(columns, rows, "Each rung against the goal")


def _reasons(results: Results, tests: dict) -> str:
    """Why a test is missing, once for each reason."""
    why: dict[tuple[str, str], int] = {}
    for pair in tests["pairs"]:
        for name in ("chi_bar", "exact", "bootstrap"):
            if reason := pair[name].get("reason"):
                why[name, reason] = why.get((name, reason), 0) + 1
    lines = [
        f"- {NAMES[name]}: {text(reason)} ({count(n, 'pair')})" for (name, reason), n in why.items()
    ]
    return "\n\nNot known:\n\n" + "\n".join(lines) + "\n" if lines else ""
