"""Are there single rows that no normal distribution gives?

Standardised residuals by the median of their absolute values, which outliers do not move, against
Student's t: the scale is estimated, with 37 % of the efficiency of an SD. Bonferroni over the rows.
The remedy: the fit without these rows, or, where they are too many to be single ones, a fit with
residuals of Student's t, by weights (Lange, Little and Taylor 1989).
"""

import numpy as np
from scipy.stats import norm
from scipy.stats import t as student

from covedge.causes.checks.check import OUTLIERS, Defect
from covedge.causes.checks.refit import Refitted, plain, refit, reweighted, without_rows
from covedge.causes.checks.residuals import LEAST_FREE, Residuals
from covedge.causes.fitted_rows import FittedRows

EFFICIENCY = 0.37
# Rows that chance gives this seldom, over all rows, are left out once one is beyond doubt.
LEFT_OUT = 0.05
# More than this part of the rows are no outliers but the distribution itself.
MOST, FEWEST_ROWS, ROUNDS = 0.1, 20, 3
# Degrees of freedom of the t distribution, and how often weights and fit are made in turn.
HEAVY, WEIGHINGS = 3.0, 12


def outliers(residuals: Residuals) -> list[Defect]:
    about, n = "single outlying rows", residuals.rows.n_obs
    if n < FEWEST_ROWS:
        return [Defect(OUTLIERS, about)]
    p = beyond(residuals)
    chosen = p < LEFT_OUT
    count, largest = int(chosen.sum()), int(np.argmin(p))
    t = np.abs(residuals.standardised / _robust_scale(residuals))
    size = {
        "rows": [int(i) for i in np.flatnonzero(chosen)[:20]],
        "count": count,
        "largest": float(t[largest]),
    }
    row = f"{count} of {n:,} rows lie" if count != 1 else f"One of {n:,} rows lies"
    sentence = (
        f"{row} further from the fit than a normal distribution allows, the furthest "
        f"{t[largest]:.2g} robust residual standard deviations away."
    )
    advice = (
        "Look at how these rows were recorded. If they are right, use a model with heavier tails "
        "(brms: family = student), and report the fit with them and without."
    )
    return [
        Defect(
            OUTLIERS,
            about,
            float(min(1.0, p.min())),
            size,
            sentence,
            advice,
            lambda: without_outliers(residuals.rows),
        )
    ]


def _robust_scale(residuals):
    s = residuals.standardised[residuals.rows.free > LEAST_FREE]
    return float(np.median(np.abs(s)) / norm.isf(0.25)) or 1.0


def beyond(residuals: Residuals) -> np.ndarray:
    """(n,) two-sided p-values times n."""
    n = residuals.rows.n_obs
    t = np.abs(residuals.standardised) / _robust_scale(residuals)
    t = np.where(residuals.rows.free > LEAST_FREE, t, 0.0)
    return 2.0 * n * student.sf(t, EFFICIENCY * float(residuals.rows.free.sum()))


def without_outliers(rows: FittedRows) -> Refitted:
    """Left out are also rows that only then are seen to lie outside."""
    whole, left, found = rows, 0, None
    frame, model = plain(rows)
    for _ in range(ROUNDS):
        chosen = beyond(Residuals(rows, 0)) < LEFT_OUT
        left += int(chosen.sum())
        if left > MOST * len(whole.rows.y):
            return with_heavy_tails(whole)
        if found is not None and not chosen.any():
            break
        frame = without_rows(frame, ~chosen)
        found = refit(frame, model, rows.factors.likelihood.reml)
        rows = found.rows()
    return found


def with_heavy_tails(rows: FittedRows) -> Refitted:
    """The fit with weights (v + 1) / (v + t^2), t the residuals over sigma, v = HEAVY."""
    frame, model = plain(rows)
    weights, found = np.ones(len(frame.y)), None
    for _ in range(WEIGHINGS):
        # Those of the weighted rows, of which a row of little weight has next to none.
        t = Residuals(rows, 0).raw / np.sqrt(weights)
        scale = np.sqrt((weights * t**2).sum() / rows.free.sum())
        weights = (HEAVY + 1) / (HEAVY + (t / scale) ** 2)
        found = refit(reweighted(frame, np.sqrt(weights)), model, rows.factors.likelihood.reml)
        rows = found.rows()
    return found
