"""Wald intervals of the fixed effects, as nlme's `intervals(fit, which = "fixed")` prints them.

A t quantile with nlme's inner and outer degrees of freedom: a column of X is judged at the
outermost grouping factor within whose groups it does not vary. Source: `getFixDF` of nlme 3.1-162.
"""

import numpy as np
from scipy.stats import norm, t

from covedge.fits.fit import Fit
from covedge.frames.design import ModelFrame
from covedge.grams.gram import group_indices
from covedge.models.ladder import Model

# A column is constant where it differs from its first value by less than this part (nlme's own).
CONSTANT = np.sqrt(np.finfo(float).eps)


def degrees(frame: ModelFrame, model: Model) -> np.ndarray | None:
    """(p,) nlme's degrees of freedom; None where grouping factors cross, which it does not have."""
    codes = [c for c, s in zip(frame.codes, model.structures, strict=True) if s.components]
    if codes and group_indices(codes)[1] is None:
        return None
    n, p = frame.X.shape
    sizes = np.array([*(int(code.max()) + 1 for code in codes), n])
    left = np.diff(sizes, prepend=0).astype(float)
    constant = _constant(frame.X)
    if not codes:
        return np.full(p, float(n - p))
    stratum = np.array([_varies_within(column, codes) for column in frame.X.T], dtype=int)
    left -= np.bincount(stratum[~constant], minlength=len(sizes))
    if constant.any():
        left[0] -= 1.0
    else:
        left[1:] += 1.0
    return np.where(constant, left.max(), left[stratum])


def wald_fixed(fit: Fit, level: float = 0.95, df: np.ndarray | None = None):
    """(p, 2) lower and upper ends; by the normal distribution where df is None."""
    half = norm.ppf((1.0 + level) / 2.0) if df is None else t.ppf((1.0 + level) / 2.0, df)
    errors = half * np.sqrt(np.diag(fit.point.cov_beta))
    return np.column_stack([fit.point.beta - errors, fit.point.beta + errors])


def _constant(X):
    first = np.where(X[:1] == 0.0, 1.0, X[:1])
    part = X / first - np.where(X[:1] == 0.0, 0.0, 1.0)
    return (np.abs(part) < CONSTANT).all(axis=0)


def _varies_within(column, codes):
    """The number of grouping factors, counted to the deepest, in whose groups it varies."""
    inner = 0
    for k, code in enumerate(codes, start=1):
        low, high = np.full(code.max() + 1, np.inf), np.full(code.max() + 1, -np.inf)
        np.minimum.at(low, code, column)
        np.maximum.at(high, code, column)
        if (low < high).any():
            inner = k
    return inner
