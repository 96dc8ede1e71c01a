"""The criterion at any symmetric Sigma with V positive definite, Sigma itself indefinite or not.

A negative covariance between members of a group is a Sigma that is no covariance matrix, and V may
still be one. The compiled kernel works on factors Sigma = L L' and cannot go there; this one, in
numpy, can. Per group K = Sigma (I + C Sigma)^-1 exists without an inverse of Sigma, and all else is
as in design section 3.

Whether V > 0 is read off inertias. With Sigma = F'JF, J = diag(+-1), and the pivot J + F C F' of
each group at each level, the number of negative eigenvalues of V is the sum over groups of
#neg(J) - #neg(J + F C F'): Haynsworth's additivity for [[-Sigma^-1, Z'], [Z, I]], eliminated in
both orders. Single terms of the sum can have either sign (a deep level alone may make V
indefinite, and a shallower one repair it), so no determinant and no single level decides.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from covedge.grams.gram import Gram
from covedge.grams.pack import _localise as localise

# Eigenvalues of Sigma below this part of the largest are zero: K does not notice.
NO_EIGENVALUE = 1e-15
# A pivot this small has lost its digits, and its sign.
NO_PIVOT = 1e-13


@dataclass(frozen=True)
class Pivots:
    """One level's elimination, for each group g of it (or pattern of groups, at the deepest).

    N : (g, q, q) (I + C Sigma)^-1; K : (g, q, q) Sigma N; P : (g, q, q) N C = C - C K C.
    logdet : log|det(I + C Sigma)|; below : #neg(J) - #neg(J + F C F'); each weighted by `count`.
    """

    N: np.ndarray
    K: np.ndarray
    P: np.ndarray
    logdet: float
    below: int


def pivots(C, Sigma, count=None) -> Pivots | None:
    """Eliminate effects with relative covariance Sigma (q, q) from blocks C (g, q, q).

    None where a pivot is singular to the last digit.
    """
    values, vectors = np.linalg.eigh((Sigma + Sigma.T) / 2)
    keep = np.abs(values) > NO_EIGENVALUE * max(np.abs(values).max(initial=0.0), 1e-300)
    F, signs = (vectors[:, keep] * np.sqrt(np.abs(values[keep]))).T, np.sign(values[keep])
    inner = np.linalg.eigvalsh(F @ C @ F.T + np.diag(signs))
    count = np.ones(len(C)) if count is None else count
    if inner.size and np.abs(inner).min() <= NO_PIVOT * max(1.0, np.abs(inner).max()):
        return None
    N = np.linalg.inv(np.eye(len(Sigma)) + C @ Sigma)
    K, P = Sigma @ N, N @ C
    return Pivots(
        N,
        (K + K.swapaxes(1, 2)) / 2,
        (P + P.swapaxes(1, 2)) / 2,
        float(count @ np.log(np.abs(inner)).sum(axis=1)),
        int(count @ ((signs < 0).sum() - (inner < 0).sum(axis=1))),
    )


@dataclass(frozen=True)
class Root:
    """Generalised least squares at the root, and the adjoints of its block.

    residual : r^2 = y'My. beta : (p,); A_inverse : (p, p) (X'V^-1X)^-1.
    v : (p + 1,) (-beta, 1). seeds : (2, p + 1, p + 1) dD/dS, and d(log|V| + REML's part)/dS.
    """

    logdet: float
    residual: float
    beta: np.ndarray
    A_inverse: np.ndarray
    v: np.ndarray
    nu: int
    reml: bool

    @property
    def seeds(self):
        p = len(self.beta)
        seeds = np.zeros((2, p + 1, p + 1))
        if self.reml:
            seeds[:, :p, :p] = self.A_inverse
        seeds[0] += self.nu / self.residual * np.outer(self.v, self.v)
        return seeds

    def seed_slopes(self, dS):
        """(2, a, p + 1, p + 1) change of `seeds` when the block changes by dS (a, p + 1, p + 1)."""
        p, v = len(self.beta), self.v
        slopes = np.zeros((2, *dS.shape))
        if self.reml:
            slopes[:, :, :p, :p] = -self.A_inverse @ dS[:, :p, :p] @ self.A_inverse
        moved = dS @ v
        scale = self.nu / self.residual
        dv = np.zeros_like(moved)
        dv[:, :p] = -moved[:, :p] @ self.A_inverse
        turned = scale * dv[:, :, None] * v
        slopes[0] += turned + turned.swapaxes(1, 2)
        slopes[0] -= (scale / self.residual * (moved @ v))[:, None, None] * np.outer(v, v)
        return slopes

    @property
    def criterion(self):
        """What the fixed effects and the residual add to log|V|, in scaled coordinates."""
        value = self.nu * (1.0 + np.log(2.0 * np.pi * self.residual / self.nu))
        return value + (self.logdet if self.reml else 0.0)


def root_of(S, n_obs, reml) -> Root | None:
    """The Root of S (p + 1, p + 1) = [X y]'V^-1[X y]; None where V is not positive definite."""
    p = len(S) - 1
    try:
        half = np.linalg.cholesky(S[:p, :p])
    except np.linalg.LinAlgError:
        return None
    inverse = np.linalg.inv(half)
    part = inverse @ S[:p, p]
    residual = S[p, p] - part @ part
    if not residual > 0.0:
        return None
    beta = inverse.T @ part
    logdet = 2.0 * np.log(np.diag(half)).sum()
    v = np.append(-beta, 1.0)
    nu = n_obs - p * reml
    return Root(float(logdet), float(residual), beta, inverse.T @ inverse, v, nu, reml)


@dataclass(frozen=True)
class Nested:
    """A point of nested grouping factors: the elimination, level by level from the deepest.

    Sigmas : per level (q, q). levels : their Pivots; blocks : per level from 1 (g, m, m) [own
    effects | rest] as that level finds them. criterion : without the scaling's constant.
    """

    gram: Gram
    Sigmas: tuple[np.ndarray, ...]
    local: object
    levels: tuple[Pivots, ...]
    blocks: tuple[np.ndarray, ...]
    root: Root
    criterion: float

    @property
    def nearness(self):
        """To the edge of {V > 0}: about 1 / the smallest eigenvalue of V, 1 or so far from it."""
        traces = [np.trace(p.N, axis1=1, axis2=2) for p in self.levels]
        return max([1.0, *(float(np.abs(t).max()) for t in traces)])

    def links(self, level):
        """(E (g, q, r) K C_kr, Y (g, q, r) N C_kr) of a level from 1 on."""
        q = len(self.Sigmas[level])
        rest = self.blocks[level - 1][:, :q, q:]
        return self.levels[level].K @ rest, self.levels[level].N @ rest

    @cached_property
    def adjoints(self):
        """Per level from 1 (2, g, m, m) the adjoint of its blocks; the last is the root's."""
        found = [self.root.seeds[:, None]]
        for level in range(len(self.levels) - 1, 0, -1):
            S_bar = found[0][:, self.gram.parents[level]]
            E, _ = self.links(level)
            ES = E @ S_bar
            q = E.shape[1]
            C_bar = np.empty((2, len(E), q + E.shape[2], q + E.shape[2]))
            C_bar[..., :q, :q] = self.levels[level].K + ES @ E.swapaxes(1, 2)
            C_bar[..., :q, q:] = -ES
            C_bar[..., q:, :q] = -ES.swapaxes(2, 3)
            C_bar[..., q:, q:] = S_bar
            found.insert(0, C_bar)
        return tuple(found)

    @cached_property
    def gradients(self):
        """Per level (2, q, q): Gamma = dD/dSigma, and H (see `likelihood.Point`)."""
        found = []
        for level, pivot in enumerate(self.levels):
            if level == 0:
                energy = local_energy(self.local, to_local(self.local, self.adjoints[0]))
                counted = np.tensordot(self.local.count, pivot.P, 1)
                found.append(counted - (pivot.N @ energy @ pivot.N.swapaxes(1, 2)).sum(axis=1))
                continue
            _, Y = self.links(level)
            S_bar = self.adjoints[level][:, self.gram.parents[level]]
            found.append((pivot.P - Y @ S_bar @ Y.swapaxes(1, 2)).sum(axis=1))
        return tuple(found)


def nested_point(gram: Gram, Sigmas, reml, local=None) -> Nested | None:
    """The point at Sigmas (deepest first), or None where V is not positive definite.

    local : `localised(gram)`, which several points can share.
    """
    local = localised(gram) if local is None else local
    levels, blocks, logdet, below = [], [], 0.0, 0
    carried = 0.0
    for level, Sigma in enumerate(Sigmas):
        q = len(Sigma)
        if level == 0:
            pivot = pivots(local.kk, Sigma, local.count)
            if pivot is not None:
                carried = -from_local(local, local_sum(local, pivot.K))
        else:
            C = gram.raw[level - 1] + carried
            blocks.append(C)
            pivot = pivots(C[:, :q, :q], Sigma)
            if pivot is not None:
                rest = C[:, :q, q:]
                change = C[:, q:, q:] - gram.raw[level - 1][:, q:, q:]
                change = change - rest.swapaxes(1, 2) @ (pivot.K @ rest)
                carried = sum_children(change, gram.parents[level], len(gram.raw[level]))
        if pivot is None:
            return None
        levels.append(pivot)
        logdet, below = logdet + pivot.logdet, below + pivot.below
    if below:
        return None
    root = root_of((gram.raw[-1] + carried)[0], gram.n_obs, reml)
    if root is None:
        return None
    criterion = logdet + root.criterion
    return Nested(gram, tuple(Sigmas), local, tuple(levels), tuple(blocks), root, criterion)


def localised(gram: Gram):
    """The deepest level in each parent's own few columns, equal designs collapsed (see `pack`)."""
    return localise(gram) if gram.parents else None


def sum_children(parts, parents, n_parents):
    """(..., n_parents, m, m) sums of parts (..., g, m, m) over the groups of each parent."""
    starts = np.searchsorted(parents, np.arange(n_parents))
    return np.add.reduceat(parts, starts, axis=-3)


def local_sum(local, K):
    """(..., parents, r, r) sum over a parent's groups of C_rk K C_kr; K (..., patterns, q, q)."""
    q, r = local.kk.shape[1], local.kr.shape[-1]
    if local.collapsed:
        flat = K.reshape(-1, len(local.kk), q * q).swapaxes(0, 1)
        parts = flat @ local.kr.reshape(len(local.kk), q * q, r * r)
        parts = parts.swapaxes(0, 1).reshape(*K.shape[:-2], r, r)
    else:
        parts = local.kr.swapaxes(1, 2) @ (K @ local.kr)
    return np.add.reduceat(parts, local.first[:-1], axis=-3)


def local_energy(local, S):
    """(..., patterns, q, q) sum over a pattern's groups of C_kr S C_rk; S (..., parents, r, r)."""
    q, r = local.kk.shape[1], local.kr.shape[-1]
    S = np.repeat(S, np.diff(local.first), axis=-3)
    if local.collapsed:
        flat = S.reshape(-1, len(local.kk), r * r).transpose(1, 2, 0)
        parts = local.kr.reshape(len(local.kk), q * q, r * r) @ flat
        return parts.transpose(2, 0, 1).reshape(*S.shape[:-2], q, q)
    return local.kr @ S @ local.kr.swapaxes(1, 2)


def from_local(local, A):
    """T'A T: from a parent's own columns to all of its block's."""
    return local.expand.swapaxes(1, 2) @ A @ local.expand


def to_local(local, S):
    """T S T': the adjoint of `from_local`."""
    return local.expand @ S @ local.expand.swapaxes(1, 2)
