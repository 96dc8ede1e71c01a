"""The same standard deviations under other priors."""

from covedge.figures.beside import Source, beside
from covedge.figures.style import svg
from covedge.markup import Column, Html, escape, figure, fold, listing, number, table, text
from covedge.pages.bayesian.found import DIFFERENT, moves, twin
from covedge.pages.bayesian.quantities import ends, name, spread
from covedge.pages.bayesian.runs import Refits

ROWS = 14
# What a prior is called, and what it believes, in a phrase.
PRIORS = {
    "lkj": "half-normal SDs and correlations of which none is preferred (the default here)",
    "decov": "rstanarm’s default, `decov`, as its code has it",
    "wishart": "a Wishart that keeps away from the edge, after blme",
}


def compose(found: Refits) -> str:
    """Empty where one prior was asked for."""
    runs = [found.main, *found.priors]
    if len(runs) < 2:
        return ""
    heading = "### The same under other priors {#bayes-priors}\n\n"
    listed = "\n".join(
        f"- **{text(run['prior'])}**: {PRIORS.get(run['prior'], 'as the config names it')}"
        for run in runs
    )
    return (
        f"{heading}The plainest test of what a prior does is another prior. The same model, "
        f"sampled under {len(runs)}:\n\n{listed}\n\n{_finding(found)}\n"
        + _figure(found, runs)
        + _table(found, runs)
    )


def _finding(found: Refits) -> str:
    moved = moves(found)
    if not moved:
        return "They have no standard deviation in common with it."
    parameter, distance, medians = max(moved, key=lambda one: one[1])
    ends_ = f"from {number(min(medians))} to {number(max(medians))}"
    most = f"{text(name(parameter, found.grouped))} (medians {ends_})"
    if distance <= DIFFERENT:
        return (
            f"They agree: even for {most}, which moves most, the medians are "
            f"{number(distance, 2)} posterior SDs apart. What prior you choose hardly matters."
        )
    far = sum(d > DIFFERENT for _, d, _ in moved)
    return (
        f"They disagree for {far} of {len(moved)} standard deviations by more than half a "
        f"posterior SD, most for {most}: {number(distance, 2)} posterior SDs. **Where they differ, "
        "the data leave the choice to the prior**; report the range, or the prior with the result."
    )


def _figure(found: Refits, runs: list[dict]) -> str:
    rows = spread(found.main)[:ROWS]
    if not rows:
        return ""
    twins = [[twin(run, p) for p in rows] for run in runs]
    level = next((ends(p)[2] for p in rows), "90 %")
    sources = [
        Source(
            str(run["prior"]),
            [p.get("q50") for p in own],
            [_pair(p) for p in own],
            (0, 2, 3)[k % 3],
        )
        for k, (run, own) in enumerate(zip(runs, twins, strict=True))
    ]
    drawn = beside(
        [name(p, found.grouped) for p in rows],
        sources,
        "standard deviation, in units of the response",
    )
    return figure(
        svg(drawn, "other-priors"),
        f"Posterior median and {level} interval of each standard deviation under each prior. Good "
        "is marks in a column; marks that drift apart show what the prior decides.",
        f"Standard deviations under {listing([str(run['prior']) for run in runs])}. "
        + _plain_finding(found),
    )


def _plain_finding(found: Refits) -> str:
    moved = moves(found)
    far = sum(d > DIFFERENT for _, d, _ in moved)
    return f"{far} of {len(moved)} medians move by more than half a posterior SD."


def _pair(parameter: dict) -> tuple[float, float] | None:
    low, high, _ = ends(parameter)
    return None if low is None or high is None else (low, high)


def _table(found: Refits, runs: list[dict]) -> str:
    columns = ["Quantity", *(Column(str(run["prior"]), "num") for run in runs)]
    rows = [
        (
            Html(f"<bdi>{escape(name(p, found.grouped))}</bdi>"),
            *(_cell(twin(run, p)) for run in runs),
        )
        for p in spread(found.main)
    ]
    level = next((ends(p)[2] for p in spread(found.main)), "90 %")
    return fold(
        "These as numbers",
        f"Medians, and {level} intervals.\n" + table(columns, rows, "SDs under each prior"),
    )


def _cell(parameter: dict) -> str:
    if parameter.get("q50") is None:
        return number(None)
    low, high, _ = ends(parameter)
    return f"{number(parameter['q50'])} ({number(low)} to {number(high)})"
