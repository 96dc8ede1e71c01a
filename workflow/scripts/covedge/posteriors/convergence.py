"""Whether chains can be trusted: rank-normalised R-hat, and effective sample sizes.

Vehtari, Gelman, Simpson, Carpenter and Buerkner (2021), Bayesian Analysis 16, 667-718, give the
definitions and the thresholds.
"""

from dataclasses import dataclass

import numpy as np

RHAT = 1.01
ESS = 400.0


@dataclass(frozen=True)
class Convergence:
    """(k,) diagnoses of k quantities; NaN for one that never varies. bfmi : (chains,)."""

    rhat: np.ndarray
    ess_bulk: np.ndarray
    ess_tail: np.ndarray
    bfmi: np.ndarray

    @property
    def reached(self):
        """Every R-hat below 1.01 and every effective sample size above 400."""
        # A quantity that is stuck in one chain and not in another has an R-hat; one that is
        # constant in all has none, and nothing to converge.
        varies = ~np.isnan(self.rhat)
        return bool(
            (self.rhat[varies] < RHAT).all()
            and (self.ess_bulk[varies] > ESS).all()
            and (self.ess_tail[varies] > ESS).all()
        )


def convergence(values: np.ndarray, energy: np.ndarray) -> Convergence:
    """Diagnose values (chains, draws, k); energy (chains, draws) is the sampler's."""
    from arviz_stats.base import array_stats

    varies = np.ptp(values, axis=(0, 1)) > 0

    def each(function, **options):
        found = np.full(values.shape[2], np.nan)
        if varies.any():
            found[varies] = function(values[:, :, varies], chain_axis=0, draw_axis=1, **options)
        return found

    return Convergence(
        rhat=each(array_stats.rhat, method="rank"),
        ess_bulk=each(array_stats.ess, method="bulk"),
        ess_tail=each(array_stats.ess, method="tail", prob=(0.05, 0.95)),
        bfmi=array_stats.bfmi(energy, chain_axis=0, draw_axis=1),
    )
