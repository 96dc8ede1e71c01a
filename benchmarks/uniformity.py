"""Whether ranks are uniform: two tests of simulation-based calibration.

A rank says how many of L draws lie below the truth. If they are draws from the posterior, each of
0, 1, ..., L is as likely as any other (Talts, Betancourt, Simpson, Vehtari and Gelman, 2018).
"""

from dataclasses import dataclass
from functools import cache

import numpy as np
from scipy.special import bdtr
from scipy.stats import binom, chisquare

# Simulated sets of uniform ranks: a p-value of the deviation is at least one in so many.
SIMULATIONS = 10_000


@dataclass(frozen=True)
class Uniformity:
    """p-values. chi_square : of the counts in bins, which sees any shape.

    deviation : of the largest deviation of the cumulative counts, which sees sooner that draws lie
    too high, too low, too close or too wide.
    """

    chi_square: float
    deviation: float

    @property
    def smallest(self):
        return min(self.chi_square, self.deviation)


def uniformity(ranks: np.ndarray, n_draws: int, bins: int = 20) -> Uniformity:
    """ranks : (N,) in 0 ... n_draws. bins : each of as many ranks, so they divide n_draws + 1."""
    counts = np.bincount(ranks, minlength=n_draws + 1)
    binned = counts.reshape(bins, -1).sum(axis=1)
    least = _least_tail(counts[None])[0]
    null = _null(len(ranks), n_draws)
    # The observed set is one of those that count, so that no p-value is zero.
    p = (1 + np.count_nonzero(null <= least * (1.0 + 1e-12))) / (1 + len(null))
    return Uniformity(float(chisquare(binned).pvalue), float(p))


def band(n_ranks: int, n_draws: int, level: float = 0.95) -> tuple[np.ndarray, np.ndarray]:
    """Lowest and highest counts (n_draws,) of ranks below 1, ..., n_draws that all hold at once in
    `level` of uniform sets of ranks. Saeilynoja, Buerkner and Vehtari (2022), Statistics and
    Computing 32:32, with the ranks as the discrete numbers that they are.
    """
    least = np.quantile(_null(n_ranks, n_draws), 1.0 - level)
    share = _shares(n_draws)
    return binom.ppf(least, n_ranks, share), binom.isf(least, n_ranks, share)


def _shares(n_draws):
    return np.arange(1, n_draws + 1) / (n_draws + 1)


def _least_tail(counts):
    """Per row of counts (m, n_draws + 1) the smallest binomial tail of its cumulative counts."""
    n, below = counts[0].sum(), counts.cumsum(axis=1)[:, :-1].astype(float)
    share = _shares(counts.shape[1] - 1)
    # P(X >= c) is the lower tail of n - X, which keeps its digits where 1 - P(X < c) loses them.
    tails = bdtr(below, n, share), bdtr(n - below, n, 1.0 - share)
    return np.minimum(*tails).min(axis=1)


@cache
def _null(n_ranks, n_draws):
    rng = np.random.default_rng(1)
    equal = np.full(n_draws + 1, 1.0 / (n_draws + 1))
    return _least_tail(rng.multinomial(n_ranks, equal, size=SIMULATIONS))
