"""The exact (restricted) likelihood ratio test of one variance, where there is no other.

Crainiceanu and Ruppert (2004), J. R. Statist. Soc. B 66, 165. With mu the eigenvalues of Z'PZ, P
the projection off X, and xi those of Z'Z, the statistic has under the null the law of

    max over lambda >= 0 of  m [log T - log D(lambda)] - sum_s log(1 + lambda e_s),
    D(lambda) = sum_s w_s^2 / (1 + lambda mu_s) + r^2,    T = D(0),

with w_s standard normal, r^2 chi-square for the rest of the n - p degrees of freedom; (m, e) is
(n - p, mu) for REML and (n, xi) for ML. It needs cross-products only, no rows, and holds in the
smallest sample.
"""

from dataclasses import dataclass

import numpy as np

from covedge.comparing.no_test import NoTest
from covedge.fits.fit import Fit
from covedge.fits.likelihood import Likelihood

# Eigenvalues nearer than this part of the largest are one; below it they are zero.
SAME = 1e-9
# Eigenvalues that are not known without a dense decomposition; 3,000 take some seconds.
LARGEST = 3_000
# Draws: as many as this number of chi-squares allows (some two seconds), between the limits.
NUMBERS, FEWEST, MOST = 6_000_000, 10_000, 100_000
# The grid in log lambda. The criterion bends on a scale of 1 there.
STEP = 0.5
# From where lambda mu hardly matters to where 1 / (lambda mu) does not.
LOW, HIGH = np.log(1e-4), np.log(1e8)
# An improvement below this is the optimiser's rounding error.
NOTHING = 1e-7


@dataclass(frozen=True)
class Spectrum:
    """What the null distribution depends on.

    mu, times : (k,) distinct nonzero eigenvalues of Z'PZ, and their multiplicities.
    xi, xi_times : (j,) those of Z'Z. n_obs, n_fixed : n and p.
    """

    mu: np.ndarray
    times: np.ndarray
    xi: np.ndarray
    xi_times: np.ndarray
    n_obs: int
    n_fixed: int


@dataclass(frozen=True)
class ExactTest:
    """p : of the observed statistic. null_zero : how often the statistic is zero under the null."""

    p: float
    draws: int
    null_zero: float


def exact_test(
    smaller: Fit, larger: Fit, seed: int, draws: int | None = None
) -> ExactTest | NoTest:
    """Test a model without random effects against one with a single variance."""
    if smaller.factors.blocks:
        return NoTest("it is known only where the simpler model has no random effects")
    blocks = larger.factors.blocks
    if len(blocks) != 1 or (blocks[0].full and blocks[0].basis.shape[1] > 1):
        return NoTest("it is known only where the richer model has a single variance")
    likelihood = larger.factors.likelihood
    found = spectrum(likelihood, blocks[0].level, blocks[0].basis)
    if isinstance(found, NoTest):
        return found
    null = simulate(found, likelihood.reml, seed, draws)
    observed = smaller.point.criterion - larger.point.criterion
    above = int((null >= observed).sum()) if observed > NOTHING else len(null)
    return ExactTest((1 + above) / (1 + len(null)), len(null), float((null == 0).mean()))


def spectrum(likelihood: Likelihood, level: int, basis: np.ndarray) -> Spectrum | NoTest:
    """The Spectrum of Z A, of a level's effects in scaled coordinates and A (q, p)."""
    gram = likelihood.gram
    own = basis.T @ gram.pairs(level, level).blocks @ basis
    values, vectors = np.linalg.eigh(own)
    fixed = gram.fixed_blocks(level)[:, :, :-1] / np.sqrt(gram.n_obs)
    N = np.einsum("gqa,gqx->gax", np.einsum("qp,gpa->gqa", basis, vectors), fixed)
    values, N = values.ravel(), N.reshape(values.size, -1)
    mu = _projected(values, N)
    if isinstance(mu, NoTest):
        return mu
    xi = _distinct(values, np.ones(values.size), values.max())
    return Spectrum(*_distinct(*mu, values.max()), *xi, gram.n_obs, gram.n_fixed)


def _projected(values, N):
    """Eigenvalues of diag(values) - N N', with multiplicities.

    Where one value occurs more often than N has columns, turning its part of N leaves most of its
    rows zero: there the eigenvalue stays what it was.
    """
    order = np.argsort(values)
    values, N = values[order], N[order]
    first = np.flatnonzero(np.diff(values, prepend=-np.inf) > SAME * values[-1])
    stay, stay_times, left, rows = [], [], [], []
    for start, end in zip(first, [*first[1:], len(values)], strict=True):
        turned = N[start:end]
        if len(turned) > N.shape[1]:
            stay.append(values[start])
            stay_times.append(len(turned) - N.shape[1])
            turned = np.linalg.qr(turned, mode="r")
        left += [values[start]] * len(turned)
        rows.append(turned)
    if len(left) > LARGEST:
        return NoTest(f"it needs {len(left)} eigenvalues; up to {LARGEST} are computed")
    rows = np.vstack(rows)
    moved = np.linalg.eigvalsh(np.diag(left) - rows @ rows.T) if left else np.zeros(0)
    return np.append(stay, moved), np.append(stay_times, np.ones(len(moved)))


def _distinct(values, times, largest):
    """Distinct nonzero values and their multiplicities."""
    order = np.argsort(values)
    values, times = values[order], times[order]
    keep = values > SAME * largest
    values, times = values[keep], times[keep]
    first = np.flatnonzero(np.diff(values, prepend=-np.inf) > SAME * largest)
    return values[first], np.add.reduceat(times, first) if len(first) else times


def simulate(found: Spectrum, reml: bool, seed: int, draws: int | None = None) -> np.ndarray:
    """(draws,) statistics under the null, by default as many as some seconds allow."""
    k = len(found.mu)
    draws = draws or int(np.clip(NUMBERS // max(k, 1), FEWEST, MOST))
    if not k:
        return np.zeros(draws)
    rng = np.random.default_rng(seed)
    batch = max(1, 4_000_000 // k)
    sizes = [min(batch, draws - start) for start in range(0, draws, batch)]
    return np.concatenate([_batch(found, reml, rng, size) for size in sizes])


def _batch(found, reml, rng, size):
    rest = found.n_obs - found.n_fixed - int(found.times.sum())
    w = rng.chisquare(found.times, size=(size, len(found.times)))
    r = rng.chisquare(rest, size=size) if rest > 0 else np.zeros(size)
    law = _Law(found, reml, w, r)
    t = np.arange(LOW - np.log(found.mu[-1]), HIGH - np.log(found.mu[0]), STEP)
    grid = law.on_grid(t)
    at = grid.argmax(axis=1)
    best = grid[np.arange(size), at]
    slope, bend = law.at_zero()
    near = np.where((slope > 0) & (bend < 0), slope**2 / np.where(bend < 0, -2 * bend, 1.0), 0.0)
    positive = best > 0
    # A maximum below the grid is so near to zero that the parabola there tells its height.
    value = np.where(positive, best, near)
    value[positive] = law.refined(t[at], best, positive)
    return value


class _Law:
    """The criterion's rise over lambda = 0, for many draws. w (R, k), r (R,)."""

    def __init__(self, found, reml, w, r):
        self.w, self.r, self.mu = w, r, found.mu
        self.m = found.n_obs - found.n_fixed * reml
        self.e, self.times = (found.mu, found.times) if reml else (found.xi, found.xi_times)
        self.total = w.sum(axis=1) + r

    def on_grid(self, t):
        """(R, len(t)) the rise at lambda = e^t."""
        lam = np.exp(t)
        D = self.w @ (1.0 / (1.0 + np.outer(self.mu, lam))) + self.r[:, None]
        penalty = self.times @ np.log1p(np.outer(self.e, lam))
        return self.m * np.log(self.total[:, None] / D) - penalty

    def at_zero(self):
        """First and second derivative in lambda at 0."""
        one = self.w @ self.mu / self.total
        two = self.w @ self.mu**2 / self.total
        first, second = self.times @ self.e, self.times @ self.e**2
        return self.m * one - first, self.m * (one**2 - 2 * two) + second

    def refined(self, t, best, rows):
        """The maxima of some draws, from the best points of the grid, by Newton steps in t."""
        t, best, w, r, total = t[rows], best[rows], self.w[rows], self.r[rows], self.total[rows]
        for _ in range(3):
            slope, bend = self._slopes(t, w, r)
            step = np.where(
                bend < 0, -slope / np.where(bend < 0, bend, -1.0), np.sign(slope) * STEP
            )
            t = t + np.clip(step, -STEP, STEP)
            lam = np.exp(t)
            D = (w / (1.0 + lam[:, None] * self.mu)).sum(axis=1) + r
            rise = self.m * np.log(total / D) - self._penalty(lam)[0]
            best = np.maximum(best, rise)
        return best

    def _slopes(self, t, w, r):
        lam = np.exp(t)
        h = 1.0 / (1.0 + lam[:, None] * self.mu)
        D = (w * h).sum(axis=1) + r
        one = (w * h * (1 - h)).sum(axis=1) / D  # -D' / D
        two = (w * h * (1 - h) * (2 * h - 1)).sum(axis=1) / D  # -D'' / D
        _, first, second = self._penalty(lam)
        return self.m * one - first, self.m * (two + one**2) - second

    def _penalty(self, lam):
        """sum log(1 + lambda e) and its two derivatives in log lambda."""
        g = lam[:, None] * self.e
        part = g / (1.0 + g)
        return np.log1p(g) @ self.times, part @ self.times, (part * (1 - part)) @ self.times
