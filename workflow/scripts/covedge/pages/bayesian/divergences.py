"""What a divergent transition is, and where in this posterior they are."""

from collections.abc import Callable

import numpy as np
from scipy.stats import rankdata

from covedge.figures.divergent import divergent
from covedge.figures.style import svg
from covedge.markup import count, figure, text
from covedge.pages.bayesian.quantities import FORMS, percent
from covedge.pages.bayesian.runs import Refits
from covedge.pages.bayesian.weakest import MEANT, WEAKEST, sizes

# Quantities in the figure; fewer divergences than this cannot be said to be anywhere.
SHOWN, FEW = 3, 5
# Divergent draws lie at one end of a quantity when they are below, or above, this part of it.
END = 0.25


def compose(found: Refits) -> str:
    """In words, then the run with the most of them in a figure."""
    heading = "### What a divergent transition is, and where they are {#bayes-divergences}\n\n"
    words = (
        "The sampler rolls through the posterior like a marble through a landscape, in steps of "
        "one size. Where the landscape narrows abruptly a step is too long: the computed path "
        "leaves the true one, and the program reports a *divergent transition*. It says: **near "
        "here is a region that I cannot enter**, so draws may be missing there, and the summaries "
        "be wrong. It does not say that the model is wrong. In a mixed model the narrow place is "
        "nearly always a *funnel*: when an SD comes near zero, the effects of all groups must come "
        "near zero with it. The centred form samples both, and sticks at the neck. The non-centred "
        "one, which `stan_lmer` uses, gets through the neck and has its trouble where the data are "
        f"strong. The collapsed form{_used(found)} integrates the effects out: no funnel is "
        "left.\n\n"
    )
    run = _most(found)
    if run is None:
        return f"{heading}{words}Here no run had a divergent transition.\n"
    return heading + words + _where(found, run) + _advice(found)


def _used(found: Refits) -> str:
    return ", the one used here," if found.main.get("parametrization") == "collapsed" else ""


def _most(found: Refits) -> dict | None:
    """The run with the most divergences of those whose draws are known, or of all."""
    runs = [run for run in found.all if run.get("divergences")]
    known = [run for run in runs if found.posterior(run).divergent is not None]
    return max(known or runs, key=lambda run: run["divergences"], default=None)


def _where(found: Refits, run: dict) -> str:
    n = (run.get("chains") or 0) * (run.get("draws") or 0)
    form = FORMS.get(run.get("parametrization"), "–")
    told = f"In the {form} form {count(run['divergences'], 'transition')} of {n} diverged."
    posterior = found.posterior(run)
    candidates = [(n, v.ravel()) for n, v in sizes(posterior, run, found.grouped)]
    diverging = posterior.divergent
    if run["divergences"] < FEW or diverging is None or not candidates:
        return f"{told} That is too few to say where they are.\n"
    mask = diverging.ravel()
    ranked = sorted(candidates, key=lambda one: -abs(_side(one[1], mask) - 0.5))[:SHOWN]
    place = _place(*ranked[0], mask)
    if len(ranked) == 1:
        return f"{told} {place}\n"
    return f"{told} {place}\n" + _figure(ranked, mask, run, form)


def _side(values: np.ndarray, mask: np.ndarray) -> float:
    """Probability that a divergent draw is above another one (Mann and Whitney's)."""
    ranks, inside, outside = rankdata(values), mask.sum(), (~mask).sum()
    return (ranks[mask].sum() - inside * (inside + 1) / 2) / max(inside * outside, 1)


def _place(what: str, values: np.ndarray, mask: np.ndarray, say: Callable = text) -> str:
    """Where the median divergent draw stands among all draws, as a sentence."""
    part = (values < np.median(values[mask])).mean()
    if END < part < 1 - END:
        return (
            "They are spread over the posterior: no SD is smaller or larger where they are. Then "
            "the steps are too long everywhere, and a smaller step size is the remedy."
        )
    side, share = ("smallest", part) if part <= END else ("largest", 1 - part)
    end = "at the neck of the funnel" if part <= END else "at its wide end"
    article = "the " if what.startswith(WEAKEST) else ""
    return (
        f"They are where {article}{say(what)} is {side}: half of them lie among the {side} "
        f"{percent(max(share, 0.01))} of all draws, {end}."
    )


def _figure(ranked: list, mask: np.ndarray, run: dict, form: str) -> str:
    names, draws = zip(*ranked, strict=True)
    note = f" {MEANT}" if any(each.startswith(WEAKEST) for each in names) else ""
    return figure(
        svg(divergent(names, draws, mask), "divergent"),
        f"The {form} form: a dot is a draw, orange if its transition diverged, on logarithmic "
        "axes. Look for orange that gathers on one side: that is where the sampler could not go "
        f"on, and beyond it draws are missing.{note}",
        f"Draws of {', '.join(names)} in pairs with {count(run['divergences'], 'divergence')}: "
        + _place(*ranked[0], mask, str),
    )


def _advice(found: Refits) -> str:
    clean = not found.main.get("divergences")
    return (
        "\nIf `stan_lmer` reports a handful of them, do not ignore them and do not give up: run it "
        "again with `adapt_delta = 0.99` (smaller steps). If they go away and the numbers stay, it "
        "was the step size. If they stay, they mark an edge that only another form of the model "
        "gets past"
        + (
            ", as the main run here does: it has none, and the same posterior.\n"
            if clean
            else ".\n"
        )
    )
