"""Are neighbouring rows of a group alike, or opposite?

The sum of products of neighbouring residuals against its exact mean and variance over all orders
of the rows within the groups (Wald and Wolfowitz 1943). The remedy: residuals that are
autoregressive of order 1 in the order of the rows, as nlme's corAR1.
"""

import numpy as np
from scipy.optimize import minimize_scalar
from scipy.stats import norm

from covedge.causes.checks.check import AUTOCORRELATED, Defect
from covedge.causes.checks.refit import STARTS, Refitted, plain, refit
from covedge.causes.checks.residuals import Residuals, calibrated
from covedge.causes.fitted_rows import FittedRows
from covedge.frames.design import ModelFrame
from covedge.grams.gram import Gram

# Neighbours that the test needs.
FEWEST_PAIRS = 10
# Autocorrelations that are tried, and how exactly the best one is found.
MOST, CLOSE = 0.95, 0.01


def autocorrelated(residuals: Residuals) -> list[Defect]:
    """Empty where the grouping factors cross: neighbours then have different effects."""
    rows = residuals.rows
    about = "neighbouring rows within a group"
    if not isinstance(rows.gram, Gram) or not rows.groups:
        return [Defect(AUTOCORRELATED, about)]
    codes, group = rows.rows.codes[0], rows.groups[0]
    if len(codes) - (codes.max() + 1) < FEWEST_PAIRS:
        return [Defect(AUTOCORRELATED, about)]
    z, correlation = serial(residuals.standardised[:, None], codes)
    z, correlation = z[0], float(correlation[0])
    if not np.isfinite(z):
        return [Defect(AUTOCORRELATED, about)]
    if residuals.simulated is not None:
        null, bias = serial(residuals.simulated[0], codes)
        z, correlation = calibrated(z, null), correlation - float(bias.mean())
    size = {"group": group, "autocorrelation": correlation}
    alike = "alike" if correlation > 0 else "opposite to each other"
    sentence = (
        f"Neighbouring rows of one {group} are {alike} in what the model leaves unexplained "
        f"(autocorrelation {correlation:.2f} in the order of the rows)."
    )
    return [
        Defect(
            AUTOCORRELATED,
            about,
            float(2 * norm.sf(abs(z))),
            size,
            sentence,
            _advice(correlation, group),
            lambda: whitened(rows),
        )
    ]


def _advice(correlation, group):
    if correlation > 0:
        return (
            f"If the order is that of time, model it (nlme: correlation = corAR1 within {group}); "
            "if neighbours share something else, give it a random effect of its own."
        )
    return (
        f"Rows of one {group} then average out more than independent ones would, and its variance "
        f"vanishes: model the correlation (nlme: correlation = corAR1 within {group})."
    )


def neighbours(codes):
    """(rows, the row before each in its group), in the order of the table."""
    order = np.argsort(codes, kind="stable")
    same = codes[order[1:]] == codes[order[:-1]]
    return order[1:][same], order[:-1][same]


def serial(s, codes):
    """(z, correlation), (k,) each, of the columns of s (n, k)."""
    after, before = neighbours(codes)
    total = (s[after] * s[before]).sum(axis=0)
    mean, variance = permutation_moments(s, codes)
    n = np.bincount(codes)
    weight = ((n - 1) / n)[codes]
    with np.errstate(divide="ignore", invalid="ignore"):
        z = (total - mean) / np.sqrt(variance)
    return z, (total - mean) / (weight[:, None] * s**2).sum(axis=0)


def permutation_moments(s, codes):
    """Mean and variance (k,) of the sum of products of neighbours over all orders in the groups.

    By power sums p_r of each group's x: with E over distinct places E[x1 x2] = (p1^2 - p2) /
    (n (n - 1)), and so on up to four places.
    """
    n = np.bincount(codes).astype(float)[:, None]
    p1, p2, p3, p4 = (_sums(s**power, codes) for power in (1, 2, 3, 4))
    pairs = np.where(n > 1, n * (n - 1), 1.0)
    two = (p1**2 - p2) / pairs
    squares = (p2**2 - p4) / pairs
    # 2 (n - 2) neighbouring pairs of products share a row, (n - 2) (n - 3) share none.
    three = (p2 * p1**2 - p2**2 - 2 * p3 * p1 + 2 * p4) / pairs
    four = (p1**4 - 6 * p1**2 * p2 + 3 * p2**2 + 8 * p1 * p3 - 6 * p4) / pairs
    mean = np.where(n > 1, (n - 1) * two, 0.0)
    second = (n - 1) * squares + np.where(n > 2, 2 * three, 0.0) + np.where(n > 3, four, 0.0)
    variance = np.where(n > 1, second - mean**2, 0.0)
    return mean.sum(axis=0), np.maximum(variance, 0.0).sum(axis=0)


def _sums(v, codes):
    order = np.argsort(codes, kind="stable")
    first = np.flatnonzero(np.diff(codes[order], prepend=-1))
    return np.add.reduceat(v[order], first, axis=0)


def whitened(rows: FittedRows) -> Refitted:
    """The fit with autoregressive residuals, their correlation where the criterion is lowest."""
    frame, model = plain(rows)
    codes, reml = frame.codes[-1], rows.factors.likelihood.reml
    n_pairs = len(neighbours(codes)[0])

    def criterion(rho):
        found = refit(whiten(frame, codes, rho), model, reml, STARTS[:1])
        return found.criterion + n_pairs * np.log1p(-(rho**2))

    best = minimize_scalar(
        criterion, bounds=(-MOST, MOST), method="bounded", options={"xatol": CLOSE}
    )
    return refit(whiten(frame, codes, float(best.x)), model, reml)


def whiten(frame: ModelFrame, codes: np.ndarray, rho: float) -> ModelFrame:
    """Rows of a plain frame such that autoregressive residuals become independent.

    The first row of each group stays, the others become (x_t - rho x_(t-1)) / sqrt(1 - rho^2): the
    inverse of a root of the correlation matrix rho^|t - u|.
    """
    after, before = neighbours(codes)
    root = np.sqrt(1.0 - rho**2)

    def change(v):
        out = v.copy()
        out[after] = (v[after] - rho * v[before]) / root
        return out

    return ModelFrame(
        change(frame.y),
        change(frame.X),
        frame.fixed,
        frame.dropped,
        frame.terms,
        tuple(change(Z) for Z in frame.Z),
        frame.codes,
    )
