"""PSIS-LOO from log densities of what is left out, and comparisons between models.

Vehtari, Gelman and Gabry (2017), Statistics and Computing 27, 1413-1432; Vehtari, Simpson, Gelman,
Yao and Gabry (2024), JMLR 25(72), for the smoothing, its diagnostic k, and k's threshold. What is
left out is an observation here, and a whole group in `leave_group_out`.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from scipy.optimize import minimize

from covedge.errors import DesignError
from covedge.posteriors.pareto_smoothing import FEWEST_TAIL, smoothed, tail_length

# k's threshold is min(1 - 1 / log10(draws), this).
K_LARGEST = 0.7
# Observations whose effective sample size stands for all.
LOOKED_AT = 200
# An effective sample size needs so many draws of a chain.
FEWEST_FOR_ESS = 4
# A change of the stack's mean log density that is none.
SETTLED = 1e-10


@dataclass(frozen=True)
class LeftOut:
    """Expected log predictive density, one entry for each thing left out.

    elpd : (n,); k : (n,) diagnostics of importance sampling, the estimate is not to be trusted
    above k_threshold; p : effective number of those parameters that are sampled, G and sigma (beta
    and b are integrated out before, and not counted); draws : of the posterior.
    """

    elpd: np.ndarray
    k: np.ndarray
    p: float
    k_threshold: float
    draws: int

    @property
    def total(self):
        return float(self.elpd.sum())

    @property
    def se(self):
        """Standard error of `total`, of another sample of things left out."""
        return float(np.sqrt(len(self.elpd) * self.elpd.var(ddof=1)))

    @property
    def k_above(self):
        """How many are not to be trusted."""
        return int((self.k > self.k_threshold).sum())


def left_out(log_density: np.ndarray) -> LeftOut:
    """log_density : (chains, draws, n) of each thing given the others and the draw.

    Raises DesignError where there are too few draws to judge the tail of their weights.
    """
    chains, draws, n = log_density.shape
    total = chains * draws
    tail = tail_length(total, relative_efficiency(log_density))
    if tail < FEWEST_TAIL:
        raise DesignError(
            f"{total} draws of the posterior are too few for importance sampling, which looks at "
            f"the largest fifth of the weights; {FEWEST_TAIL * 5} are the least"
        )
    elpd, k, lppd = np.empty(n), np.empty(n), np.empty(n)
    smoothed(np.ascontiguousarray(log_density.reshape(total, n).T), tail, elpd, k, lppd)
    threshold = min(1.0 - 1.0 / np.log10(total), K_LARGEST)
    return LeftOut(elpd, k, float((lppd - elpd).sum()), float(threshold), total)


def relative_efficiency(log_density: np.ndarray) -> float:
    """Effective draws per draw for the mean of a density, on average over some of them."""
    from arviz_stats.base import array_stats

    _, draws, n = log_density.shape
    some = np.unique(np.linspace(0, n - 1, min(n, LOOKED_AT)).astype(int))
    density = np.exp(log_density[:, :, some] - log_density[:, :, some].max(axis=(0, 1)))
    density = density[:, :, np.ptp(density, axis=(0, 1)) > 0]
    if not density.size or draws < FEWEST_FOR_ESS:
        return 1.0
    found = array_stats.ess(density, chain_axis=0, draw_axis=1, method="mean", relative=True)
    return float(np.mean(found))


@dataclass(frozen=True)
class Ranked:
    """A model beside the best one. difference : elpd minus the best's; difference_se : its
    standard error, over the same things left out. weight : in a stack of predictions, see `ranked`.
    """

    model: str
    found: LeftOut
    difference: float
    difference_se: float
    weight: float


def ranked(models: Mapping[str, LeftOut]) -> tuple[Ranked, ...]:
    """Models that left out the same things, best first.

    The weights are those with which the mixture of their predictive distributions predicts best:
    stacking, Yao, Vehtari, Simpson and Gelman (2018), Bayesian Analysis 13, 917-1003.
    """
    names = sorted(models, key=lambda name: -models[name].total)
    elpd = np.column_stack([models[name].elpd for name in names])
    differences = elpd - elpd[:, :1]
    se = np.sqrt(len(elpd) * differences.var(axis=0, ddof=1))
    return tuple(
        Ranked(name, models[name], float(d), float(e), float(w))
        for name, d, e, w in zip(
            names, differences.sum(axis=0), se, stacking_weights(elpd), strict=True
        )
    )


def stacking_weights(elpd: np.ndarray) -> np.ndarray:
    """(K,) weights w on the simplex that maximise sum_i log sum_k w_k exp(elpd_ik).

    elpd : (n, K). The maximum of a concave function. ArviZ's own takes exp(elpd), which is 0 for
    the density of a whole group.
    """
    K = elpd.shape[1]
    density = np.exp(elpd - elpd.max(axis=1, keepdims=True))

    def loss(weights):
        mixture = density @ weights
        return -np.log(mixture).mean(), -(density / mixture[:, None]).mean(axis=0)

    found = minimize(
        loss,
        np.full(K, 1.0 / K),
        jac=True,
        method="SLSQP",
        bounds=[(0.0, 1.0)] * K,
        constraints={"type": "eq", "fun": lambda w: w.sum() - 1.0, "jac": np.ones_like},
        options={"ftol": SETTLED},
    )
    weights = np.clip(found.x, 0.0, None)
    return weights / weights.sum()
