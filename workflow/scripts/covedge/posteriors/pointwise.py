"""Single observations: log p(y_i | the other y, G, sigma), and fitted values.

Given (G, sigma) everything is normal, so no refit is needed to leave out y_i: with residual
e_i = y_i - w_i'g and leverage h_i (see `given_parameters`) its prediction from the others has the
error e_i / (1 - h_i) and the variance sigma^2 / (1 - h_i). beta and b are integrated out. Buerkner,
Gabry and Vehtari (2021), Computational Statistics 36, 1243-1261, with V^-1 by the equations.
"""

from dataclasses import dataclass

import numpy as np

from covedge.grams.crossed_gram import CrossedGram
from covedge.grams.gram import Gram
from covedge.posteriors.given_parameters import given_parameters
from covedge.posteriors.model_rows import ModelRows
from covedge.posteriors.posterior import Draws
from covedge.posteriors.prior import FixedPrior
from covedge.posteriors.thinning import affordable

# 1 - h is what the prior leaves of a row that fits itself; below this it is rounding error.
LEAST_FREE = 1e-12
QUANTILES = {"q05": 0.05, "q95": 0.95}


@dataclass(frozen=True)
class Fitted:
    """Posterior of X beta + Z b of each row, each (n,) in the response's units."""

    mean: np.ndarray
    sd: np.ndarray
    q05: np.ndarray
    q95: np.ndarray


@dataclass(frozen=True)
class Pointwise:
    """log_density : (chains, m, n) of y_i given the other observations, in the response's units.

    chosen : (chains, m) which of all draws.
    """

    log_density: np.ndarray
    chosen: np.ndarray
    fitted: Fitted


def pointwise(
    draws: Draws, gram: Gram | CrossedGram, fixed: FixedPrior, rows: ModelRows, seed: int
) -> Pointwise:
    """Of evenly spaced draws. gram : of the model; fixed : the prior of beta.

    Raises DesignError where this is too much for time or memory.
    """
    n, first = len(rows.y), rows.first
    mean, precision = fixed.scaled(gram)
    given = given_parameters(gram, rows.columns[first], [code[first] for code in rows.codes])
    numbers = n + len(first)
    chosen = affordable(draws.shape, numbers, given.work, "leaving out each observation")
    each = chosen.ravel()
    each = chosen.ravel()
    density, fits = np.empty((len(each), n)), _Fits(len(each), len(first), seed)
    for i, draw in enumerate(each):
        sigma = draws.sigma[draw] / gram.scaling.response
        found = given.at([Sigma[draw] for Sigma in draws.Sigmas], sigma**2, mean, precision)
        density[i] = _log_density(rows, found, sigma)
        fits.add(i, found, sigma)
    return Pointwise(density.reshape(*chosen.shape, n), chosen, fits.of_rows(rows))


def _log_density(rows, found, sigma):
    free = np.maximum(1.0 - found.leverages, LEAST_FREE)
    precision = free / sigma**2
    error = (rows.y - found.means[rows.design]) / free[rows.design]
    height = 0.5 * np.log(precision / (2 * np.pi))
    return height[rows.design] - 0.5 * precision[rows.design] * error**2 + rows.log_jacobian


class _Fits:
    """The mixture over draws of fitted values: moments are exact, quantiles of one draw of each."""

    def __init__(self, m, u, seed):
        self._values, self._rng = np.empty((m, u)), np.random.default_rng(seed)
        self._means, self._squares = np.zeros(u), np.zeros(u)

    def add(self, i, found, sigma):
        variance = sigma**2 * np.maximum(found.leverages, 0.0)
        noise = self._rng.standard_normal(len(variance))
        self._values[i] = found.means + np.sqrt(variance) * noise
        self._means += found.means
        self._squares += variance + found.means**2

    def of_rows(self, rows) -> Fitted:
        m = len(self._values)
        mean = self._means / m
        sd = np.sqrt(np.maximum(self._squares / m - mean**2, 0.0))
        q05, q95 = np.quantile(self._values, list(QUANTILES.values()), axis=0)
        unit = rows.scaling.response / np.sqrt(rows.weights)
        # What scaling took out of y by least squares is y less its scaled remainder.
        origin = rows.response - unit * rows.y
        mean, q05, q95 = (origin + unit * value[rows.design] for value in (mean, q05, q95))
        return Fitted(mean, unit * sd[rows.design], q05, q95)
