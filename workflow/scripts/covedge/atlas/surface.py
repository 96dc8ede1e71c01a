"""A probability as a smooth surface, from how often something happened at some places.

The probit of the probability is linear in the place and in what theory says of it, plus a Gaussian
process, whose sizes and lengths are those that make the counts most probable; where counts are few
or far away it is wide. The posterior at the places is found by Laplace's method. Rasmussen &
Williams (2006), Gaussian Processes for Machine Learning, sections 2.7, 3.4 and 5.5.
"""

from dataclasses import dataclass

import numpy as np
from scipy.linalg import cho_solve, cholesky, solve_triangular
from scipy.optimize import minimize
from scipy.special import log_ndtr, ndtr

# Of the linear part's coefficients, where coordinates run from -1 to 1: so wide that it is no
# knowledge.
LINEAR = 5.0
# Logarithms of the process' size and of its lengths, and how sure they are beforehand.
SIZE, LENGTH, SPREAD = np.log(0.3), np.log(1.0), 0.7
NEWTON_STEPS = 100
JITTER = 1e-8


@dataclass(frozen=True)
class Where:
    """Some places: coordinates (m, d) from -1 to 1, and theory (m,), a guess of the probit."""

    coordinates: np.ndarray
    theory: np.ndarray

    @property
    def linear(self):
        """(m, d + 2) what the linear part is linear in."""
        return np.column_stack([np.ones(len(self.theory)), self.coordinates, self.theory])

    def and_also(self, other: "Where") -> "Where":
        """Both, one after the other."""
        return Where(
            np.vstack([self.coordinates, other.coordinates]),
            np.concatenate([self.theory, other.theory]),
        )


@dataclass(frozen=True)
class Counts:
    """where : m places. happened, tried : (m,)."""

    where: Where
    happened: np.ndarray
    tried: np.ndarray


class Surface:
    """P(place) of counts, with its uncertainty."""

    def __init__(self, counts: Counts, hyper: np.ndarray | None = None):
        """hyper : log size and lengths (1 + d,), where they are known already."""
        self.counts = counts
        if hyper is None:
            start = np.array([SIZE, *[LENGTH] * counts.where.coordinates.shape[1]])
            bounds = [(v - 3.0, v + 3.0) for v in start]
            hyper = minimize(self._badness, start, method="L-BFGS-B", bounds=bounds).x
        self.hyper = hyper
        K = _covariance(counts.where, counts.where, hyper)
        self._mode, self._root, self._weights, self._slope = _laplace(K, counts)[:4]

    def _badness(self, hyper):
        """Minus the log posterior of the sizes and lengths, but for a constant."""
        K = _covariance(self.counts.where, self.counts.where, hyper)
        evidence = _laplace(K, self.counts)[4]
        centred = hyper - np.array([SIZE, *[LENGTH] * (len(hyper) - 1)])
        return 0.5 * (centred**2).sum() / SPREAD**2 - evidence

    def probit(self, where: Where) -> tuple[np.ndarray, np.ndarray]:
        """Mean and standard deviation (k,) of the probit of P at k places."""
        across = _covariance(self.counts.where, where, self.hyper)
        own = LINEAR**2 * (where.linear**2).sum(axis=1) + np.exp(2.0 * self.hyper[0])
        mean = across.T @ self._slope
        taken = solve_triangular(self._root, np.sqrt(self._weights)[:, None] * across, lower=True)
        return mean, np.sqrt(np.maximum(own - (taken**2).sum(axis=0), 0.0))

    def at(self, where: Where, sure: float = 1.959963984540054) -> np.ndarray:
        """(k, 3) estimate and interval of P; sure : half of its width in standard deviations."""
        mean, sd = self.probit(where)
        return ndtr(np.column_stack([mean, mean - sure * sd, mean + sure * sd]))

    def after(self, where: Where, tried: int) -> "Surface":
        """What it would be after so many more trials at each place that came out as expected."""
        expected = tried * self.at(where)[:, 0]
        counts = Counts(
            self.counts.where.and_also(where),
            np.concatenate([self.counts.happened, expected]),
            np.concatenate([self.counts.tried, np.full(len(expected), float(tried))]),
        )
        return Surface(counts, self.hyper)


def _covariance(one: Where, other: Where, hyper):
    size, lengths = np.exp(hyper[0]), np.exp(hyper[1:])
    apart = (one.coordinates[:, None] - other.coordinates[None]) / lengths
    # Matern's with 5/2: a smoother one is too sure of itself where the surface bends.
    r = np.sqrt(5.0 * (apart**2).sum(axis=2))
    process = size**2 * (1.0 + r + r**2 / 3.0) * np.exp(-r)
    return LINEAR**2 * one.linear @ other.linear.T + process


def _laplace(K, counts):
    """(mode, root of B, weights, slope at the mode, log evidence); B = I + W^1/2 K W^1/2."""
    K = K + JITTER * np.eye(len(K))
    f = np.zeros(len(K))
    value = -np.inf
    for _ in range(NEWTON_STEPS):
        likelihood, slope, weights = _derivatives(f, counts)
        new = likelihood - 0.5 * f @ np.linalg.solve(K, f) if np.any(f) else likelihood
        root = np.sqrt(weights)
        L = cholesky(np.eye(len(K)) + root[:, None] * K * root, lower=True)
        if new < value + 1e-9:
            break
        value = new
        b = weights * f + slope
        a = b - root * cho_solve((L, True), root * (K @ b))
        f = K @ a
    evidence = likelihood - 0.5 * f @ slope - np.log(np.diag(L)).sum()
    return f, L, weights, slope, evidence


def _derivatives(f, counts):
    """log p(counts | f), its slope and minus its curvature (m,), of a binomial with a probit."""
    k, n = counts.happened, counts.tried
    up, down = log_ndtr(f), log_ndtr(-f)
    density = -0.5 * f**2 - 0.5 * np.log(2.0 * np.pi)
    a, b = np.exp(density - up), np.exp(density - down)
    slope = k * a - (n - k) * b
    curvature = k * a * (a + f) + (n - k) * b * (b - f)
    return (k * up + (n - k) * down).sum(), slope, np.maximum(curvature, 1e-12)
