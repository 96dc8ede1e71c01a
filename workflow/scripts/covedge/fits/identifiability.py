"""Which variances can be told apart at all, whatever the response.

V is linear in (sigma^2, G), so the question is whether the matrices V_a = dV/dtheta_a are linearly
independent: the rank of B_ab = tr(V_a V_b), or for REML tr(M V_a M V_b) with M the projection off
X. It does not depend on y or on the point. Design, section 6, `not_identifiable`.
"""

from dataclasses import dataclass

import numpy as np

from covedge.fits.factors import Factors
from covedge.fits.tolerances import TOLERANCES
from covedge.grams.gram import Gram


@dataclass(frozen=True)
class Confounding:
    """A change of the variances that leaves V as it is.

    residual : change of sigma^2; S : per block of the factors (p, p) change of S, in the scaled
    coordinates (or (1, 1), of a scalar component's tau^2).
    """

    residual: float
    S: tuple[np.ndarray, ...]


@dataclass(frozen=True)
class Identifiability:
    """n_parameters, how many of them the data can tell apart, and what is confounded."""

    n_parameters: int
    rank: int
    confoundings: tuple[Confounding, ...]


def identifiability(factors: Factors) -> Identifiability:
    """Judge the model of `factors` by the rank of B, scaled to unit diagonal."""
    gram, reml = factors.likelihood.gram, factors.likelihood.reml
    elements, homes = _elements(factors)
    B = _information(gram, reml, elements, factors)
    # Parameters that V does not depend on at all would divide by zero.
    scale = np.sqrt(np.maximum(np.diag(B), 1e-14 * np.diag(B).max()))
    values, vectors = np.linalg.eigh(B / np.outer(scale, scale))
    null = vectors[:, values < TOLERANCES.identifiable] / scale[:, None]
    held = _held_at_zero(factors)
    return Identifiability(
        len(B) - held,
        len(B) - held - null.shape[1],
        tuple(_confounding(n, factors, homes) for n in null.T),
    )


def _held_at_zero(factors):
    """Parameters that components of limited rank d < p lack: (p - d)(p - d + 1) / 2 each.

    Whether the rest can be told apart is judged as if all were there.
    """
    short = [b.basis.shape[1] - b.most for b in factors.blocks if b.full]
    return sum(n * (n + 1) // 2 for n in short)


def _elements(factors):
    """Per block (a, q, q) the matrices dSigma/dS_ij, and (i, j) of each."""
    elements, homes = [], []
    for block in factors.blocks:
        A = block.basis
        if block.full:
            pairs = [(i, j) for i in range(A.shape[1]) for j in range(i + 1)]
            halves = np.array([np.outer(A[:, i], A[:, j]) for i, j in pairs])
            elements.append((halves + halves.transpose(0, 2, 1)) / 2)
        else:
            pairs = [(0, 0)]
            elements.append((A @ A.T)[None])
        homes.append(pairs)
    return elements, homes


def _information(gram: Gram, reml, elements, factors):
    """B over sigma^2 and all elements, in that order."""
    levels = [block.level for block in factors.blocks]
    XZ = [fixed_products(gram, level) for level in range(len(gram.n_effects))]
    starts = np.cumsum([1, *(len(e) for e in elements)])
    B = np.zeros((starts[-1], starts[-1]))
    B[0, 0] = gram.n_obs - gram.n_fixed * reml
    projected = [
        np.einsum("gxi,aij,gyj->axy", XZ[level], P, XZ[level], optimize=True)
        for level, P in zip(levels, elements, strict=True)
    ]
    for b, P in enumerate(elements):
        here = slice(starts[b], starts[b + 1])
        own = gram.pairs(levels[b], levels[b]).blocks.sum(axis=0)
        B[0, here] = np.einsum("aij,ij->a", P, own)
        if reml:
            B[0, here] -= np.einsum("axx->a", projected[b])
        B[here, 0] = B[0, here]
        for c, R in enumerate(elements):
            deep, shallow = (b, c) if levels[b] <= levels[c] else (c, b)
            if (deep, shallow) != (b, c):
                continue
            met = gram.pairs(levels[b], levels[c])
            product = np.einsum("gij,gxs->ijxs", met.blocks, met.blocks, optimize=True)
            if reml:
                N = np.einsum(
                    "gpx,gps->gxs",
                    XZ[levels[b]][met.first],
                    XZ[levels[c]][met.second],
                    optimize=True,
                )
                product = product - 2.0 * np.einsum("gij,gxs->ijxs", met.blocks, N, optimize=True)
            there = slice(starts[c], starts[c + 1])
            B[here, there] = np.einsum("axi,ijxs,bjs->ab", P, product, R, optimize=True)
            if reml:
                B[here, there] += np.einsum("axy,bxy->ab", projected[b], projected[c])
            B[there, here] = B[here, there].T
    return B


def fixed_products(gram, level):
    """(n_groups, p, q) of Q'Z within each group of a level, Q the orthonormal X."""
    return np.swapaxes(gram.fixed_blocks(level)[:, :, :-1], 1, 2) / np.sqrt(gram.n_obs)


def _confounding(null, factors, homes):
    null = np.where(np.abs(null) > 1e-9 * np.abs(null).max(), null, 0.0)
    S, at = [], 1
    for block, pairs in zip(factors.blocks, homes, strict=True):
        size = block.basis.shape[1] if block.full else 1
        change = np.zeros((size, size))
        for i, j in pairs:
            change[i, j] += null[at] / 2
            change[j, i] += null[at] / 2
            at += 1
        S.append(change)
    return Confounding(float(null[0]), tuple(S))


def canonical(factors: Factors, x, found: Identifiability):
    """The point with the same V and the smallest Sigma, and its factors.

    Along each confounding in turn, the variances of the random effects are lowered (and the
    residual variance raised) until some S is singular.
    """
    likelihood = factors.likelihood
    H = likelihood.at(factors.Sigmas(x)).H
    # In scaled coordinates with sigma^2 = 1, G = Sigma.
    sigma2 = 1.0
    S = [L @ L.T for L in factors.split(x)]
    S = [s if s.size else np.zeros((1, 1)) for s in S]
    for change in found.confoundings:
        weight = sum(
            np.trace(block.basis @ d @ block.basis.T @ H[block.level])
            if block.full
            else d[0, 0] * np.trace(block.basis.T @ H[block.level] @ block.basis)
            for block, d in zip(factors.blocks, change.S, strict=True)
        )
        sign = -1.0 if weight > 0 else 1.0
        reach = min(_reach(s, sign * d) for s, d in zip(S, change.S, strict=True))
        if sign * change.residual < 0:
            reach = min(reach, 0.5 * sigma2 / abs(change.residual))
        if np.isfinite(reach):
            S = [s + sign * reach * d for s, d in zip(S, change.S, strict=True)]
            sigma2 += sign * reach * change.residual
    # What the move has taken away leaves rounding errors behind.
    return factors.root([_clean(s / sigma2) for s in S])


def _clean(S):
    values, vectors = np.linalg.eigh(S)
    values = np.where(values > 1e-10 * max(values[-1], 1e-300), values, 0.0)
    return (vectors * values) @ vectors.T


def _reach(S, change):
    """Largest t with S + t change positive semidefinite."""
    size = np.abs(change).max()
    values, vectors = np.linalg.eigh(S)
    if size == 0:
        return np.inf
    if values[0] <= 1e-12 * max(values[-1], 1e-300):
        null = vectors[:, values <= 1e-12 * max(values[-1], 1e-300)]
        if np.linalg.eigvalsh(null.T @ change @ null)[0] < -1e-9 * size:
            return 0.0
        return np.inf
    root = vectors / np.sqrt(values)
    lowest = np.linalg.eigvalsh(root.T @ change @ root)[0]
    return -1.0 / lowest if lowest < 0 else np.inf
