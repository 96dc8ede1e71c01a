"""As `indefinite`, for crossed grouping factors: one dense elimination of all random effects.

With Z'Z = R'R and Sigma block diagonal over all groups, a Cholesky factor of I + R Sigma R' tells
whether V > 0, and gives Z'V^-1[Z X y] and from it everything, second derivatives too: for
V_a = dV/dtheta_a, u = My, W = Z'MZ,

    D_a  = tr(M V_a) - (nu/r^2) u'V_a u
    D_ab = -tr(M V_a M V_b) + 2 (nu/r^2) u'V_a M V_b u - (nu/r^4) (u'V_a u)(u'V_b u)

(for ML the traces have V^-1 instead of M).
"""

from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

import numpy as np
from scipy.linalg import cholesky, solve_triangular
from scipy.linalg.lapack import dpstrf

from covedge.surface.indefinite import Root, root_of

# Effects of all terms together: one evaluation takes a second there, and a free fit ten or twenty.
MOST_EFFECTS = 2000


@dataclass(frozen=True)
class Crossed:
    """A point of crossed grouping factors.

    W : (N, N) Z'V^-1Z, all groups of the first level, then of the next; wx : (N, p) Z'V^-1X;
    u : (N,) Z'My. groups : number of each level.
    """

    Sigmas: tuple[np.ndarray, ...]
    groups: tuple[int, ...]
    W: np.ndarray
    wx: np.ndarray
    u: np.ndarray
    root: Root
    criterion: float

    @cached_property
    def projected(self):
        """(N, N) Z'MZ."""
        return self.W - self.wx @ self.root.A_inverse @ self.wx.T

    @property
    def _metric(self):
        """Z'MZ, or for ML Z'V^-1Z."""
        return self.projected if self.root.reml else self.W

    @property
    def nearness(self):
        """As of `indefinite.Nested`: tr (I + C Sigma)^-1 = N - tr(W Sigma)."""
        return len(self.u) - sum(
            float(np.trace(S @ np.einsum("lilj->ij", self.W[at, at].reshape(L, len(S), L, len(S)))))
            for S, L, at in zip(self.Sigmas, self.groups, self.places, strict=True)
        )

    @cached_property
    def places(self):
        """The rows of each level."""
        sizes = [L * len(S) for L, S in zip(self.groups, self.Sigmas, strict=True)]
        ends = np.cumsum([0, *sizes])
        return [slice(a, b) for a, b in pairwise(ends)]

    @cached_property
    def gradients(self):
        """Per level (2, q, q): Gamma = dD/dSigma, and H (see `likelihood.Point`)."""
        scale, found = self.root.nu / self.root.residual, []
        for place, L, Sigma in zip(self.places, self.groups, self.Sigmas, strict=True):
            q = len(Sigma)
            own = self._metric[place, place].reshape(L, q, L, q)
            H = np.einsum("lilj->ij", own)
            u = self.u[place].reshape(L, q)
            found.append(np.stack([H - scale * u.T @ u, H]))
        return tuple(found)

    def slopes(self, directions):
        """(2, a, a) second derivatives of D, and the derivatives of H, along symmetric directions.

        directions : per level (a_k, q, q), in that order along both axes.
        """
        ends = np.cumsum([0, *(len(E) for E in directions)])
        traces, moved = np.zeros((ends[-1], ends[-1])), np.zeros((ends[-1], len(self.u)))
        for k, E in enumerate(directions):
            here, q = slice(ends[k], ends[k + 1]), E.shape[1]
            u = self.u[self.places[k]].reshape(-1, q)
            moved[here, self.places[k]] = (u @ E).reshape(len(E), u.size)
            for j, R in enumerate(directions[: k + 1]):
                there = slice(ends[j], ends[j + 1])
                pairs = self._products(k, j)
                traces[here, there] = np.einsum("ail,ixly,bxy->ab", E, pairs, R, optimize=True)
                traces[there, here] = traces[here, there].T
        scale = self.root.nu / self.root.residual
        slope = moved @ self.u
        D = 2.0 * scale * moved @ self.projected @ moved.T - traces
        D -= scale / self.root.residual * np.outer(slope, slope)
        return np.stack([D, -traces])

    def _products(self, k, j):
        """(q_k, q_j, q_k, q_j) sum over pairs of groups of W_gh[i, x] W_gh[l, y]."""
        q, r = len(self.Sigmas[k]), len(self.Sigmas[j])
        block = self._metric[self.places[k], self.places[j]]
        flat = block.reshape(self.groups[k], q, self.groups[j], r).transpose(1, 3, 0, 2)
        flat = flat.reshape(q * r, -1)
        return (flat @ flat.T).reshape(q, r, q, r)


@dataclass(frozen=True)
class Products:
    """Cross-products of all effects, prepared once. R : (r, N) with R'R = Z'Z, r its rank.

    rest : (N, p + 1) Z'[X y]; corner : (p + 1, p + 1) [X y]'[X y]. groups : of each level.
    """

    R: np.ndarray
    rest: np.ndarray
    corner: np.ndarray
    groups: tuple[int, ...]
    n_obs: int


def products(full, n_obs, n_fixed, groups) -> Products:
    """full : (N + p + 1, N + p + 1) cross-products of [Z | X | y], see `CrossedGram.full`."""
    N = len(full) - n_fixed - 1
    U, order, rank, _ = dpstrf(full[:N, :N])
    R = np.zeros((rank, N))
    R[:, order - 1] = np.triu(U)[:rank]
    return Products(R, full[:N, N:], full[N:, N:], tuple(groups), n_obs)


def crossed_point(given: Products, Sigmas, reml) -> Crossed | None:
    """The point at Sigmas, or None where V is not positive definite.

    V = I + Z Sigma Z' is so where I + R Sigma R' is: both have the same eigenvalues but for ones.
    """
    R = given.R
    moved = _times(R, given.groups, Sigmas)
    try:
        half = cholesky(np.eye(len(R)) + moved @ R.T, lower=True)
    except np.linalg.LinAlgError:
        return None
    across = solve_triangular(half, moved @ given.rest, lower=True)
    solved = solve_triangular(half, R, lower=True)
    # (I + C Sigma)^-1 = I - R'(I + R Sigma R')^-1 R Sigma.
    w = given.rest - solved.T @ across
    S = given.corner - given.rest.T @ _times(w.T, given.groups, Sigmas).T
    root = root_of(S, given.n_obs, reml)
    if root is None:
        return None
    criterion = float(2.0 * np.log(np.diag(half)).sum() + root.criterion)
    u = w @ root.v
    W = solved.T @ solved
    return Crossed(tuple(Sigmas), given.groups, W, w[:, :-1], u, root, criterion)


def _times(A, groups, Sigmas):
    """A @ blockdiag(Sigma of every group); A (m, N)."""
    parts, at = [], 0
    for L, Sigma in zip(groups, Sigmas, strict=True):
        q = len(Sigma)
        own = A[:, at : at + L * q].reshape(len(A), L, q)
        parts.append((own @ Sigma).reshape(len(A), L * q))
        at += L * q
    return np.hstack(parts)
