"""Conditional residuals y - X beta - Z b of a fit, and what they would be were the model right.

A residual's variance is sigma^2 (1 - leverage), and residuals of a group are correlated because
its effects were taken out. Tests that assume independence are therefore held against residuals of
responses drawn at the fit: by how these behave, mean and SD of the test's normal quantile.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy.stats import norm

from covedge.causes.fitted_rows import FittedRows

# Numbers in all simulated residuals; more sets than that, and fewer, tell nothing new.
MOST_NUMBERS, MOST_SETS, FEWEST_SETS = 4_000_000, 200, 40
# A row that leaves less of its own variance than this has no residual to speak of.
LEAST_FREE = 0.02
# Probabilities nearer to 0 or 1 have no quantile.
TINY = 1e-300


@dataclass(frozen=True)
class Residuals:
    """rows : at the fit. seed : of what is simulated."""

    rows: FittedRows
    seed: int

    @cached_property
    def raw(self):
        """(n,) in scaled columns."""
        y = self.rows.rows.y[:, None]
        return (y - self.rows.fitted(y))[:, 0]

    @cached_property
    def _root(self):
        return np.sqrt(np.maximum(self.rows.free, LEAST_FREE))

    @cached_property
    def scale(self):
        """sigma in scaled columns, by the residuals' own sum of squares."""
        return float(np.sqrt((self.raw**2).sum() / self.rows.free.sum()))

    @cached_property
    def standardised(self):
        """(n,) with variance 1 where the model is right."""
        return self.raw / (self.scale * self._root)

    @property
    def unit(self):
        """Residual SD in units of the response."""
        return self.scale * self.rows.gram.scaling.response

    @cached_property
    def fitted(self):
        """(n,) X beta + Z b in units of the response."""
        return self._in_units(self.rows.rows.y - self.raw)

    def _in_units(self, fitted):
        """What scaling took out of y by least squares is y less its scaled remainder."""
        rows = self.rows.rows
        root = np.sqrt(rows.weights)
        root, y = (root, rows.y) if fitted.ndim == 1 else (root[:, None], rows.y[:, None])
        response = rows.response if fitted.ndim == 1 else rows.response[:, None]
        return response - rows.scaling.response * (y - fitted) / root

    @cached_property
    def simulated(self):
        """(standardised, fitted) (n, s) each of responses drawn at the fit; None of too many rows.

        With as many fixed effects taken out as in the data.
        """
        size = min(MOST_SETS, MOST_NUMBERS // self.rows.n_obs)
        if size < FEWEST_SETS:
            return None
        y = self.rows.draw(np.random.default_rng([self.seed, 8]), size)
        fitted = self.rows.fitted(y)
        e = y - fitted
        scale = np.sqrt((e**2).sum(axis=0) / self.rows.free.sum())
        return e / (scale * self._root[:, None]), self._in_units(self.scale * fitted)


def calibrated(z: float, null: np.ndarray | None) -> float:
    """z by mean and SD of the same statistic in simulated residuals; null : (s,) or None."""
    if null is None or not np.isfinite(null).all() or null.std() == 0:
        return float(z)
    return float((z - null.mean()) / null.std(ddof=1))


def quantile(p):
    """The normal quantile of an upper tail probability."""
    return norm.isf(np.clip(p, TINY, 1 - 1e-16))
