"""The adjoint of the elimination of nested random effects."""

import numpy as np

from covedge.kernel.compiled import compiled
from covedge.kernel.layout import (
    COLLAPSED,
    COLUMNS,
    GROUPS,
    N_CHILDREN,
    N_LOCAL,
    N_TERMS,
    OFF_COUNT,
    OFF_EXPAND,
    OFF_KK,
    OFF_KR,
    OFF_PARENT,
    OFF_RAW,
    Q,
    children_range,
    of_level,
)
from covedge.kernel.linalg import product


@compiled
def nested_backward(ints, floats, Lam, ranks, work, factors, seed, wanted, Gamma):
    """Adjoint of `forward`: Gamma[k] = d (log|V| + <seed, S>) / d Sigma_k, S the root's block.

    seed : (p + 1, p + 1) adjoint of the root's block.
    wanted : (K,) level k's Gamma is computed if wanted[k] (deeper levels are skipped if none is).
    Gamma : flat (sum q_k^2,), written.
    """
    n_terms = ints[N_TERMS]
    adjoint = seed.copy().reshape(1, seed.shape[0], seed.shape[0])
    offset_lam = 0
    offset_factor = 0
    for level in range(n_terms):
        q = of_level(ints, level, Q)
        offset_lam += q * q
        offset_factor += (ints[N_CHILDREN] if level == 0 else of_level(ints, level, GROUPS)) * q * q
    base = of_level(ints, 1, OFF_RAW) if n_terms > 0 else 0
    for level in range(n_terms - 1, 0, -1):
        q = of_level(ints, level, Q)
        m = of_level(ints, level, COLUMNS)
        n_groups = of_level(ints, level, GROUPS)
        offset_lam -= q * q
        offset_factor -= n_groups * q * q
        start = of_level(ints, level, OFF_RAW) - base
        parents = of_level(ints, level, OFF_PARENT)
        below = np.empty((n_groups, m, m))
        total = Gamma[offset_lam : offset_lam + q * q].reshape(q, q)
        total[:, :] = 0.0
        for g in range(n_groups):
            C = work[start + g * m * m : start + (g + 1) * m * m].reshape(m, m)
            at = offset_factor + g * q * q
            F = factors[at : at + q * q].reshape(q, q)
            S_bar = adjoint[ints[parents + g]]
            group_adjoint(C, q, F, ranks[level], S_bar, wanted[level], total, below[g])
        adjoint = below
    if n_terms > 0:
        q = of_level(ints, 0, Q)
        total = Gamma[: q * q].reshape(q, q)
        total[:, :] = 0.0
        if wanted[0]:
            _deepest_backward(ints, floats, q, ranks[0], factors, adjoint, total)


@compiled
def group_adjoint(C, q, F, d, S_bar, wanted, Gamma, C_bar):
    """One group: adds to Gamma (q, q) and writes the adjoint C_bar (m, m) of its block.

    C : (>= q, m), of which the group's own q rows are used.
    """
    r = C.shape[1] - q
    E = regression(C, q, F, d)
    ES = np.zeros((q, r))
    if d > 0:
        product(E, q, r, S_bar, r, 0, ES)
    for i in range(q):
        for j in range(q):
            total = 0.0
            for k in range(d):
                total += F[k, i] * F[k, j]
            for k in range(r):
                total += ES[i, k] * E[j, k]
            C_bar[i, j] = total
        for j in range(r):
            C_bar[i, q + j] = -ES[i, j]
            C_bar[q + j, i] = -ES[i, j]
    for i in range(r):
        for j in range(r):
            C_bar[q + i, q + j] = S_bar[i, j]
    if wanted:
        add_gamma(C, q, F, d, E, S_bar, Gamma)


@compiled
def regression(C, q, F, d):
    """E = K C_kr (q, r) of a group whose rows are C (>= q, q + r), K = F'F."""
    r = C.shape[1] - q
    E = np.zeros((q, r))
    if d > 0:
        U = np.empty((q, r))
        product(F, d, q, C, r, q, U)
        for i in range(q):
            for k in range(d):
                f = F[k, i]
                for j in range(r):
                    E[i, j] += f * U[k, j]
    return E


@compiled
def add_gamma(C, q, F, d, E, S_bar, Gamma):
    """Gamma += C_kk - C_kk K C_kk - Y S_bar Y', with Y = C_kr - C_kk E."""
    r = C.shape[1] - q
    Y = np.empty((q, r))
    YS = np.empty((q, r))
    FC = np.empty((q, q))
    for i in range(q):
        for j in range(r):
            total = C[i, q + j]
            for k in range(q):
                total -= C[i, k] * E[k, j]
            Y[i, j] = total
    product(Y, q, r, S_bar, r, 0, YS)
    product(F, d, q, C, q, 0, FC)
    for i in range(q):
        for j in range(q):
            total = C[i, j]
            for k in range(d):
                total -= FC[k, i] * FC[k, j]
            for k in range(r):
                total -= YS[i, k] * Y[j, k]
            Gamma[i, j] += total


@compiled
def _deepest_backward(ints, floats, q, d, factors, adjoint, Gamma):
    """Gamma of the deepest level; no adjoint is needed below it."""
    r = ints[N_LOCAL]
    m1 = of_level(ints, 1, COLUMNS)
    TS = np.empty((r, m1))
    S_local = np.empty((r, r))
    FC = np.empty((q, q))
    N = np.empty((q, q))
    V = np.empty((q, q))
    NV = np.empty((q, q))
    YS = np.empty((q, r))
    for parent in range(of_level(ints, 1, GROUPS)):
        at = ints[OFF_EXPAND] + parent * r * m1
        T = floats[at : at + r * m1].reshape(r, m1)
        product(T, r, m1, adjoint[parent], m1, 0, TS)
        for i in range(r):
            for j in range(r):
                total = 0.0
                for k in range(m1):
                    total += TS[i, k] * T[j, k]
                S_local[i, j] = total
        first, last = children_range(ints, parent)
        for g in range(first, last):
            kk = floats[ints[OFF_KK] + g * q * q : ints[OFF_KK] + (g + 1) * q * q].reshape(q, q)
            F = factors[g * q * q : (g + 1) * q * q].reshape(q, q)
            product(F, d, q, kk, q, 0, FC)
            # N = I - C K, with K = F'F.
            for i in range(q):
                for j in range(q):
                    total = 1.0 if i == j else 0.0
                    for k in range(d):
                        total -= FC[k, i] * F[k, j]
                    N[i, j] = total
            if ints[COLLAPSED] == 1:
                at = ints[OFF_KR] + g * q * q * r * r
                for ab in range(q * q):
                    total = 0.0
                    for i in range(r):
                        for j in range(r):
                            total += floats[at + i * r + j] * S_local[i, j]
                    V[ab // q, ab % q] = total
                    at += r * r
            else:
                at = ints[OFF_KR] + g * q * r
                Y = floats[at : at + q * r].reshape(q, r)
                product(Y, q, r, S_local, r, 0, YS)
                for a in range(q):
                    for b in range(q):
                        total = 0.0
                        for k in range(r):
                            total += YS[a, k] * Y[b, k]
                        V[a, b] = total
            product(N, q, q, V, q, 0, NV)
            count = floats[ints[OFF_COUNT] + g]
            for i in range(q):
                for j in range(q):
                    total = kk[i, j]
                    for k in range(d):
                        total -= FC[k, i] * FC[k, j]
                    total *= count
                    for k in range(q):
                        total -= NV[i, k] * N[j, k]
                    Gamma[i, j] += total
