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
from covedge.posteriors.given_parameters import fitted, given_parameters
from covedge.posteriors.model_rows import ModelRows
from covedge.posteriors.posterior import Draws
from covedge.posteriors.prior import FixedPrior
from covedge.posteriors.thinning import affordable, solving_work

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
    n, u = len(rows.y), len(rows.first)
    work = solving_work(gram) + u * rows.columns.shape[1] ** 2
    chosen = affordable(draws.shape, n + 2 * u, work, "leaving out each observation")
    each = chosen.ravel()
    means, variances = np.empty((len(each), u)), np.empty((len(each), u))
    log_density = np.empty((len(each), n))
    for i, (mean, leverage, sigma) in enumerate(_given_each(draws, gram, fixed, rows, each)):
        means[i], variances[i] = mean, sigma**2 * leverage
        free = np.maximum(1.0 - leverage, LEAST_FREE)
        precision = free / sigma**2
        error = (rows.y - mean[rows.design]) / free[rows.design]
        log_density[i] = 0.5 * np.log(precision / (2 * np.pi))[rows.design]
        log_density[i] -= 0.5 * precision[rows.design] * error**2
    log_density += rows.log_jacobian
    return Pointwise(
        log_density.reshape(*chosen.shape, n), chosen, _fitted(means, variances, rows, seed)
    )


def _given_each(draws, gram, fixed, rows, chosen):
    """Per draw (u,) conditional mean and leverage of the distinct rows, and the scaled sigma."""
    mean, precision = fixed.scaled(gram)
    columns, codes = rows.columns[rows.first], [code[rows.first] for code in rows.codes]
    for draw in chosen:
        sigma = draws.sigma[draw] / gram.scaling.response
        Sigmas = [Sigma[draw] for Sigma in draws.Sigmas]
        system = given_parameters(gram, Sigmas, sigma**2, mean, precision)
        found = system.solve(system.response())
        yield fitted(found, columns, codes), system.leverages(columns, codes), sigma


def _fitted(means, variances, rows, seed):
    """The mixture over draws, of rows as the user has them; quantiles from one draw of each."""
    values = np.random.default_rng(seed).standard_normal(means.shape)
    values *= np.sqrt(np.maximum(variances, 0.0))
    values += means
    q05, q95 = np.quantile(values, list(QUANTILES.values()), axis=0)
    mean = means.mean(axis=0)
    sd = np.sqrt(variances.mean(axis=0) + means.var(axis=0))
    unit = rows.scaling.response / np.sqrt(rows.weights)
    # What scaling took out of y by least squares is y less its scaled remainder.
    origin = rows.response - unit * rows.y
    each = [origin + unit * value[rows.design] for value in (mean, q05, q95)]
    return Fitted(each[0], unit * sd[rows.design], each[1], each[2])
