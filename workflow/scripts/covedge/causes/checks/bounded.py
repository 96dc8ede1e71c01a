"""Do responses pile up at their smallest or largest value?

A scale that ends there gives all of them the same response. The ties at the end of the scale are
held against those at the other values. There are two remedies. These rows are taken to lie beyond
the bound: where they would be is drawn from the fit, which is made anew, many times in turn
(stochastic EM, Celeux and Diebolt 1985), a model for censored responses. Or they are left out, as
one would where the value stands for a recording that failed, or comes about in another way.
"""

from dataclasses import dataclass, replace

import numpy as np
from scipy.stats import norm, poisson

from covedge.causes.checks.check import BOUNDED, Defect
from covedge.causes.checks.refit import Refitted, plain, refit, without_rows
from covedge.causes.checks.residuals import Residuals

# Fewer rows, or a smaller part of them, at a bound decide nothing.
FEWEST, LEAST_PART = 4, 0.02
# Fits in turn, and the last of them that are looked at.
TURNS, LOOKED_AT = 30, 15


def bounded(residuals: Residuals) -> list[Defect]:
    y = residuals.rows.frame.y
    values, counts = np.unique(y, return_counts=True)
    return [one for end in (0, -1) for one in _at(residuals, y, values, counts, end)]


def piled(counts: np.ndarray, end: int) -> float:
    """p of so many rows at the end, were it a value like the others.

    counts : rows at each distinct value, ascending. The number there is Poisson, its mean that of
    the rows that share their value with a row drawn from the others, itself counted.
    """
    others = np.delete(counts, end).astype(float)
    expected = (others**2).sum() / others.sum()
    return float(poisson.sf(counts[end] - 1, expected))


def _at(residuals, y, values, counts, end):
    word = "smallest" if end == 0 else "largest"
    about = f"responses piled up at the {word}"
    count, bound = int(counts[end]), float(values[end])
    if count < max(FEWEST, LEAST_PART * len(y)) or len(values) < 3:
        return [Defect(BOUNDED, about)]
    size = {"bound": bound, "end": word, "rows": count, "part": count / len(y)}
    p = min(1.0, 2 * piled(counts, end))
    told = f"{count} of {len(y):,} responses are exactly {bound:.4g}, the {word} there is: "
    beyond = (
        f"{told}they pile up at the end of a scale, where groups cannot differ any more.",
        "Use a model for bounded or censored responses (brms: cens(), a beta or ordinal family), "
        "or a scale without an end.",
        lambda: beyond_bound(residuals, bound, end),
    )
    other = (
        f"{told}a value that comes about otherwise than the rest, as a recording that failed or a "
        "thing that did not happen does.",
        f"Find out what {bound:.4g} stands for. Leave these rows out if it means missing; if not, "
        "model how often it comes apart from the rest (glmmTMB: ziformula, a hurdle model).",
        lambda: without_them(residuals, bound),
    )
    return [
        Defect(BOUNDED, f"{about}, {way}", p, size, *remedy)
        for way, remedy in (("beyond it", beyond), ("left out", other))
    ]


def without_them(residuals: Residuals, bound: float) -> Refitted:
    """The fit without the rows at the bound."""
    rows = residuals.rows
    frame, model = plain(rows)
    kept = without_rows(frame, rows.frame.y != bound)
    return refit(kept, model, rows.factors.likelihood.reml)


@dataclass(frozen=True)
class Imputed:
    """Fits to the last responses that were drawn."""

    fits: tuple[Refitted, ...]

    @property
    def certified(self):
        return all(fit.certified for fit in self.fits)

    def reliabilities(self, group: str) -> np.ndarray:
        """Medians over the fits: above 0 where the direction is there in most of them."""
        return np.median([fit.reliabilities(group) for fit in self.fits], axis=0)


def beyond_bound(residuals: Residuals, bound: float, end: int) -> Imputed:
    """end : 0 for a bound below, -1 for one above."""
    rows, rng = residuals.rows, np.random.default_rng([residuals.seed, 9])
    frame, model = plain(rows)
    reml = rows.factors.likelihood.reml
    root, sign = np.sqrt(rows.rows.weights), 1.0 if end else -1.0
    censored = rows.frame.y == bound
    found = []
    for _ in range(TURNS):
        y = _drawn(rows, frame.y, root, sign * bound, sign, censored, rng)
        frame = replace(frame, y=y)
        found.append(refit(frame, model, reml, (1.0,)))
        rows = found[-1].rows()
    return Imputed(tuple(found[-LOOKED_AT:]))


def _drawn(rows, y, root, bound, sign, censored, rng):
    """Responses of a plain frame with those at the bound beyond it, given all others.

    bound, sign : such that sign * response > bound.
    """
    residuals = Residuals(rows, 0)
    scale = residuals.unit
    # What the model has for each row, drawn given y: the estimate, plus the error of an estimate
    # of the same kind whose truth is known.
    truth = rows.draw_means(rng, 1)
    noise = rng.standard_normal(truth.shape)
    error = (truth - rows.fitted(truth + noise))[:, 0]
    mean = y - residuals.raw * rows.gram.scaling.response + scale * error
    mean, sd = sign * (mean / root)[censored], scale / root[censored]
    # A normal truncated from below, by its upper tail.
    tail = norm.sf((bound - mean) / sd) * rng.uniform(size=len(mean))
    value = mean + sd * norm.isf(np.maximum(tail, 1e-300))
    out = y.copy()
    out[censored] = sign * np.maximum(value, bound) * root[censored]
    return out
