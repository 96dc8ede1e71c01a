"""Second derivatives of the criterion at a `Nested` point: how Gamma and H move with Sigma.

The adjoint recursion of design section 3 is differentiated once more. For a direction dSigma at one
level, dC the change of a group's block [own | rest], T = [-E; I]:

    dK = N' dSigma N - K dC_kk K          dE = N' dSigma Y + K Q,   Q = (dC T)_k
    dS = T' dC T - Y' dSigma Y            dY = Q - C_kk dE
    dGamma = N dC_kk N' - P dSigma P - dY S_bar Y' - Y dS_bar Y' - Y S_bar dY'
    dC_bar = dT S_bar T' + T dS_bar T' + T S_bar dT' + [dK 0; 0 0],   dT = [-dE; 0]

Forward from the level of dSigma to the root, and back to it: what the deeper levels would add is
known by symmetry.
"""

import numpy as np

from covedge.surface.indefinite import (
    Nested,
    from_local,
    local_energy,
    local_sum,
    sum_children,
    to_local,
)

# Numbers in the largest array; more directions than fit are done in turns.
LARGEST = 2**23


def slopes(point: Nested, directions):
    """(2, a, a) second derivatives of D, and the derivatives of H, along symmetric directions.

    directions : per level (a_k, q, q), in that order along both axes.
    """
    ends = np.cumsum([0, *(len(E) for E in directions)])
    found = np.zeros((2, ends[-1], ends[-1]))
    for level, own in enumerate(directions):
        for some in _turns(point, level, len(own)):
            here = slice(ends[level] + some.start, ends[level] + some.stop)
            for other, change in _along(point, level, own[some]):
                there = slice(ends[other], ends[other + 1])
                values = np.einsum("saij,bij->sab", change, directions[other])
                found[:, here, there] = values
                found[:, there, here] = values.swapaxes(1, 2)
    return found


def _turns(point, level, n):
    """Slices of at most so many directions that the arrays stay small."""
    sizes = [block.size for block in point.blocks[level:]] + [point.local.kr.size]
    step = max(1, LARGEST // (4 * max(sizes)))
    return [slice(i, min(i + step, n)) for i in range(0, n, step)]


def _along(point, level, dSigma):
    """(other level, (2, a, q, q) change of its Gamma and H) for `level` and all shallower ones."""
    parents, raw = point.gram.parents, point.gram.raw
    N = point.levels[level].N
    changes = {}
    if level == 0:
        dK = N.swapaxes(1, 2) @ dSigma[:, None] @ N
        dC = -from_local(point.local, local_sum(point.local, dK))
    else:
        _, Y = point.links(level)
        dS = -(Y.swapaxes(1, 2) @ dSigma[:, None] @ Y)
        dC = sum_children(dS, parents[level], len(raw[level]))
    for up in range(level + 1, len(parents)):
        changes[up] = dC
        dC = sum_children(_eliminated(point, up, dC), parents[up], len(raw[up]))
    dS_bar = point.root.seed_slopes(dC[:, 0])[:, :, None]
    for up in range(len(parents) - 1, level, -1):
        dGamma, dS_bar = _back(point, up, changes[up], dS_bar[:, :, parents[up]])
        yield up, dGamma
    if level == 0:
        yield 0, _deepest(point, dSigma, dS_bar)
    else:
        yield level, _own(point, level, dSigma, dS_bar[:, :, parents[level]])


def _eliminated(point, level, dC):
    """dS = T'dC T."""
    E, _ = point.links(level)
    q = E.shape[1]
    Q = dC[..., :q, q:] - dC[..., :q, :q] @ E
    # dC_rr - dC_rk E - E'Q
    return dC[..., q:, q:] - dC[..., q:, :q] @ E - E.swapaxes(1, 2) @ Q


def _back(point, level, dC, dS_bar):
    """(dGamma, dC_bar) of a level that directions of deeper ones move by dC (a, g, m, m)."""
    pivot, (E, Y) = point.levels[level], point.links(level)
    q = E.shape[1]
    S_bar = point.adjoints[level][:, None, point.gram.parents[level]]
    Q = dC[..., :q, q:] - dC[..., :q, :q] @ E
    dE = pivot.K @ Q
    dY = Q - point.blocks[level - 1][:, :q, :q] @ dE
    half = dY @ (S_bar @ Y.swapaxes(1, 2))
    dGamma = pivot.N @ dC[..., :q, :q] @ pivot.N.swapaxes(1, 2)
    dGamma = dGamma - half - half.swapaxes(-1, -2) - Y @ dS_bar @ Y.swapaxes(1, 2)
    dC_bar = np.empty((2, *dC.shape))
    half = dE @ (S_bar @ E.swapaxes(1, 2))
    EdS = E @ dS_bar
    dC_bar[..., :q, :q] = half + half.swapaxes(-1, -2) + EdS @ E.swapaxes(1, 2)
    dC_bar[..., :q, :q] -= pivot.K @ dC[..., :q, :q] @ pivot.K
    dC_bar[..., :q, q:] = -dE @ S_bar - EdS
    dC_bar[..., q:, :q] = dC_bar[..., :q, q:].swapaxes(-1, -2)
    dC_bar[..., q:, q:] = dS_bar
    return dGamma.sum(axis=2), dC_bar


def _own(point, level, dSigma, dS_bar):
    """dGamma of the level of the directions themselves, from 1 on: dC = 0 there."""
    pivot, (_, Y) = point.levels[level], point.links(level)
    S_bar = point.adjoints[level][:, None, point.gram.parents[level]]
    YSY = Y @ S_bar @ Y.swapaxes(1, 2)
    # dE = N'dSigma Y, dY = -C_kk dE = -P dSigma Y.
    half = pivot.P @ dSigma[:, None]
    turned = half @ YSY
    dGamma = turned + turned.swapaxes(-1, -2) - half @ pivot.P - Y @ dS_bar @ Y.swapaxes(1, 2)
    return dGamma.sum(axis=2)


def _deepest(point, dSigma, dS_bar):
    """dGamma of the deepest level for its own directions."""
    pivot, local = point.levels[0], point.local
    energy = local_energy(local, to_local(local, point.adjoints[0]))
    NVN = pivot.N @ energy @ pivot.N.swapaxes(1, 2)
    half = pivot.P @ dSigma[:, None]
    turned = half @ NVN[:, None]
    moved = local_energy(local, to_local(local, dS_bar))
    moved = pivot.N @ moved @ pivot.N.swapaxes(1, 2)
    counted = local.count[:, None, None] * (half @ pivot.P)
    return (turned + turned.swapaxes(-1, -2) - counted - moved).sum(axis=2)
