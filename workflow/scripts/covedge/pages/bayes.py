"""The Bayesian refit: does it help, what does it say, and can its chains be trusted?"""

import numpy as np

from covedge.figures.beside import beside
from covedge.figures.chains import chains
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
    number,
    table,
    text,
)
from covedge.pages.draws import read_draws
from covedge.pages.results import FAILED, Results

RHAT, ESS = 1.01, 400
# Quantities whose chains are drawn, the worst first; and rows of the figure of estimates.
DRAWN, ROWS = 4, 24
KINDS = {"sd": "standard deviation", "sigma": "standard deviation of the residuals"}


def compose(results: Results) -> str:
    """What a prior does here in words, a table of runs, then each run."""
    step = results.steps.get("posterior", {})
    if step.get("status") == FAILED:
        return f"The sampling step failed: {text(step.get('reason', ''))}."
    if not results.posterior:
        return "No Bayesian refit was run; `bayes: {enabled: true}` in the config asks for one."
    good = [run for run in results.posterior if run.get("status") != FAILED]
    parts = [_words(good), _runs(results)]
    parts += [_run(results, run, index) for index, run in enumerate(good)]
    return "\n".join([*parts, _methods()])


def _words(good: list[dict]) -> str:
    return (
        "A Bayesian refit gives every variance a whole distribution instead of one best value, so "
        "nothing can come out as exactly zero. It does not add information: where the best fit "
        "lies on the edge, the prior decides how far from zero the posterior stays. Read a wide "
        "interval that begins near zero as: these data do not say.\n"
        + ("" if good else "\nEvery run failed; the reasons are among the [errors](#errors).\n")
    )


def _runs(results: Results) -> str:
    columns = [
        "Model",
        "Prior and form",
        Column("Largest R-hat", "num"),
        Column("Smallest ESS", "num"),
        Column("Divergences", "num"),
        Column("Seconds", "num"),
        "",
    ]
    return table(columns, [_summary(results, run) for run in results.posterior], "Posteriors")


def _summary(results: Results, run: dict) -> tuple:
    model = Html(f"<b>{escape(results.label(run.get('model', '–')))}</b>")
    form = f"{run.get('prior', '–')}, {run.get('parametrization', '–')}"
    if run.get("status") == FAILED:
        return model, form, "–", "–", "–", "–", badge("quiet", "failed")
    mark = badge("good", "converged") if run.get("converged") else badge("bad", "not converged")
    return (
        model,
        form,
        number(run.get("max_rhat"), 4),
        fixed(smallest_ess(run), 0),
        run.get("divergences", "–"),
        number(sum(run["seconds"].values()), 2) if run.get("seconds") else "–",
        mark,
    )


def smallest_ess(run: dict) -> float | None:
    """The smaller of the smallest bulk and tail effective sample sizes."""
    found = [run.get(key) for key in ("min_ess_bulk", "min_ess_tail")]
    return min((value for value in found if value is not None), default=None)


def _run(results: Results, run: dict, index: int) -> str:
    title = f"### {text(results.label(run['model']))}: {text(run['prior'])} prior\n"
    formula = f"\n{code(run['formula'])}\n" if run.get("formula") else ""
    parts = [title, formula, _estimates(run, index), _chains(results, run, index)]
    return "\n".join([*parts, _numbers(run), _prior(run)])


def _prior(run: dict) -> str:
    """What was believed before the data, in words."""
    words = run.get("prior_words", [])
    return fold("The prior", "\n".join(f"- {text(line)}" for line in words)) if words else ""


def _spread(run: dict) -> list[dict]:
    """Standard deviations: of a factor's cells where there are any, else of the effects."""
    found = [p for p in run.get("parameters", []) if p.get("kind") in KINDS]
    in_cells = {p["group"] for p in found if p.get("coding") == "cells"}
    return [p for p in found if p.get("group") not in in_cells or p.get("coding") == "cells"]


def _name(parameter: dict) -> str:
    """`ratID: p1`, or the name as lme4's `confint` writes it for what is no standard deviation."""
    if parameter.get("kind") == "sigma":
        return "residual"
    if parameter.get("kind") != "sd":
        return parameter["name"]
    return f"{parameter['group']}: {', '.join(parameter['labels'])}"


def _estimates(run: dict, index: int) -> str:
    shown = _spread(run)[:ROWS]
    if not shown:
        return ""
    zero = [p for p in shown if p.get("best") is not None and p["best"] < p["q05"]]
    found = f"{len(zero)} of {count(len(shown), 'estimate')} of the best fit lie below the interval"
    return figure(
        svg(
            beside(
                [_name(p) for p in shown],
                [p.get("best") for p in shown],
                [p["q50"] for p in shown],
                [p["q05"] for p in shown],
                [p["q95"] for p in shown],
                "standard deviation, in units of the response",
            ),
            f"beside-{index}",
        ),
        "Standard deviations: posterior median and 90 % interval, and the estimate of the best fit "
        "(diamond). Good is a diamond inside a short bar. A diamond at zero beside a bar that does "
        "not reach zero shows the prior at work, not the data.",
        f"Posterior standard deviations beside the best fit: {found}.",
    )


def _chains(results: Results, run: dict, index: int) -> str:
    path = results.draws.get((run["model"], run["prior"], run["parametrization"]))
    if path is None:
        return ""
    try:
        draws = read_draws(path)
    except Exception as error:
        return f"The draws could not be read: {text(error)}.\n"
    worst = _worst(run, draws)
    if not worst:
        return ""
    names = [_name(p) for p in worst]
    return figure(
        svg(chains(names, [draws[p["draws"]] for p in worst]), f"chains-{index}"),
        "The quantities whose chains mixed worst. Left, traces: good is a level band of noise in "
        "which no chain stands out; bad is a chain that wanders, sticks or stays apart. Right, "
        "rank plots: good is every line near “even”; bad is a slope, a hump, or one colour on one "
        "side.",
        f"Traces and rank plots of {', '.join(names)}; the largest R-hat is "
        f"{number(run.get('max_rhat'), 4)}.",
    )


def _worst(run: dict, draws: dict[str, np.ndarray]) -> list[dict]:
    """Parameters that were drawn, those of the smallest effective sample size first."""
    # A variance mixes as its standard deviation does: one of the two is enough.
    listed = [
        p
        for p in run.get("parameters", [])
        if p.get("draws") in draws and p.get("kind") != "covariance"
    ]
    listed.sort(key=lambda p: min(p.get("ess_bulk") or np.inf, p.get("ess_tail") or np.inf))
    return listed[:DRAWN]


def _numbers(run: dict) -> str:
    columns = [
        "Quantity",
        Column("Best fit", "num"),
        Column("Median", "num"),
        Column("5 %", "num"),
        Column("95 %", "num"),
        Column("R-hat", "num"),
        Column("Bulk ESS", "num"),
        Column("Tail ESS", "num"),
    ]
    rows = [
        (
            Html(f"<bdi>{escape(_name(p))}</bdi>"),
            number(p.get("best")),
            number(p["q50"]),
            number(p["q05"]),
            number(p["q95"]),
            number(p.get("rhat"), 4),
            fixed(p.get("ess_bulk"), 0),
            fixed(p.get("ess_tail"), 0),
        )
        for p in run.get("parameters", [])
    ]
    return fold("All quantities of this posterior", table(columns, rows, "Posterior summary"))


def _methods() -> str:
    return fold(
        "How this was sampled, and what it would be in R",
        "Fixed and random effects are integrated out exactly, so the sampler sees only the "
        "variances; it is the same posterior as that of the usual model, without its funnel. "
        f"Sampling goes on until R-hat is below {RHAT} and every effective sample size above "
        f"{ESS}, or the table says that it did not. In R, `stan_lmer(formula, data)` of rstanarm "
        "fits the same likelihood with the prior `decov()`, and `mcmc_trace()` and "
        "`mcmc_rank_overlay()` of bayesplot draw these pictures.",
    )
