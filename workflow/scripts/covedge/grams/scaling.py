"""A common scale for the columns, so that nothing later depends on units, offsets or coding.

X becomes sqrt(n) times an orthonormal basis, y the scaled residual of its regression on X, and each
Z_k is whitened to an average Z_g'Z_g of I. `Scaling` says how to go back.
"""

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.linalg import qr, solve
from scipy.linalg import solve_triangular

from covedge.errors import DesignError

# A column whose distance from the span of the others is below this part of its length adds
# nothing: squared, it stays above the rounding error of a Gram matrix.
DEPENDENT = 1e-7
# A residual that is this part of the response is rounding error.
NOTHING_LEFT = 1e-14


@dataclass(frozen=True)
class Scaling:
    """From the scaled problem back to the user's.

    fixed : (p, p) R of X = Q R / sqrt(n), with Q the scaled columns (Q'Q = n I).
    beta : (p,) least-squares coefficients that were taken out of y.
    response : s, the scaled response is (y - X beta) / s.
    random : per term (q, q) W with Z W = scaled Z; Sigma = W Sigma_scaled W'.
    log_weights : sum of the logarithms of the prior weights.
    """

    fixed: np.ndarray
    beta: np.ndarray
    response: float
    random: tuple[np.ndarray, ...]
    log_weights: float = 0.0

    @cached_property
    def logdet_fixed(self):
        """log|X'AX| - log|Q'AQ| for any A: what the restricted criterion gains."""
        n_fixed = len(self.beta)
        return 2.0 * np.linalg.slogdet(self.fixed)[1] if n_fixed else 0.0

    def constant(self, n_obs, reml):
        """What is added to the scaled problem's criterion to give the user's."""
        nu = n_obs - len(self.beta) * reml
        return 2.0 * nu * np.log(self.response) + self.logdet_fixed * reml - self.log_weights


def weighted(frame):
    """Rows times the root of their prior weight: Var(y_i) = sigma^2 / w_i."""
    if frame.weights is None:
        return frame
    root = np.sqrt(frame.weights)
    return replace(
        frame,
        y=frame.y * root,
        X=frame.X * root[:, None],
        Z=tuple(Z * root[:, None] for Z in frame.Z),
    )


def scaled(frame):
    """Scaled y and X, and the Scaling, whose `random` is deepest first like the levels."""
    X, y, n = frame.X, frame.y, len(frame.y)
    if X.shape[1]:
        Q, R = qr(X)
        half = Q.T @ y
        beta = solve_triangular(R, half)
        residual = y - Q @ half
        # Once more: a large mean leaves rounding errors along X that the first pass made.
        again = Q.T @ residual
        beta = beta + solve_triangular(R, again)
        residual = residual - Q @ again
    else:
        Q, R, beta, residual = X, np.zeros((0, 0)), np.zeros(0), y
    response = float(np.sqrt(residual @ residual / n))
    if not response > NOTHING_LEFT * np.sqrt(y @ y / n):
        raise DesignError("the fixed effects fit the response exactly: no variance is left")
    random = tuple(
        whitener(Z, term.n_levels)
        for Z, term in zip(reversed(frame.Z), reversed(frame.terms), strict=True)
    )
    log_weights = float(np.log(frame.weights).sum()) if frame.weights is not None else 0.0
    scaling = Scaling(R / np.sqrt(n), beta, response, random, log_weights)
    return residual / response, Q * np.sqrt(n), scaling


def whitener(Z, n_levels):
    """W (q, q) with (Z W)'(Z W) = n_levels * I; columns that are dependent are only scaled."""
    lengths = np.linalg.norm(Z, axis=0)
    lengths[lengths == 0] = 1.0
    R = qr(Z / lengths, mode="r")
    q = Z.shape[1]
    if R.shape[0] < q or np.abs(np.diag(R)).min() < DEPENDENT:
        return np.diag(np.sqrt(n_levels) / lengths)
    return solve(R * lengths, np.eye(q)) * np.sqrt(n_levels)
