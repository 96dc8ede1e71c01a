"""Elimination of nested random effects, from the deepest grouping factor to the root."""

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
from covedge.kernel.linalg import product, shrink, subtract_congruence


@compiled
def nested_forward(ints, floats, Lam, ranks, work, factors):
    """Eliminate every random effect; returns log|V|.

    Lam : flat (sum q_k^2,), a q_k x q_k matrix per level whose first ranks[k] columns are used.
    work : flat, as the raw blocks of levels 1..K; on return its end is the root's block
        [X y]'V^-1[X y], and its other blocks are what `backward` needs.
    factors : flat, F of each group of each level (see `_shrink`), for `backward`.
    """
    n_terms = ints[N_TERMS]
    logdet = 0.0
    base = of_level(ints, 1, OFF_RAW) if n_terms > 0 else of_level(ints, 0, OFF_RAW)
    for i in range(work.size):
        work[i] = floats[base + i]
    offset_lam = 0
    offset_factor = 0
    for level in range(n_terms):
        q = of_level(ints, level, Q)
        d = ranks[level]
        L = Lam[offset_lam : offset_lam + q * q].reshape(q, q)
        offset_lam += q * q
        if level == 0:
            if d > 0:
                logdet += _deepest_forward(ints, floats, L, d, work, base, factors)
            offset_factor += ints[N_CHILDREN] * q * q
        else:
            m = of_level(ints, level, COLUMNS)
            n_groups = of_level(ints, level, GROUPS)
            start = of_level(ints, level, OFF_RAW) - base
            up = of_level(ints, level + 1, OFF_RAW) - base
            parents = of_level(ints, level, OFF_PARENT)
            r = m - q
            U = np.empty((q, r))
            for g in range(n_groups):
                if d > 0:
                    C = work[start + g * m * m : start + (g + 1) * m * m].reshape(m, m)
                    at = offset_factor + g * q * q
                    F = factors[at : at + q * q].reshape(q, q)
                    logdet += shrink(C, L, d, F)
                    product(F, d, q, C, r, q, U)
                at = up + ints[parents + g] * r * r
                S = work[at : at + r * r].reshape(r, r)
                for k in range(d):
                    for i in range(r):
                        u = U[k, i]
                        if u != 0.0:
                            for j in range(r):
                                S[i, j] -= u * U[k, j]
                _carry(work, start, g, m, q, S, level, floats, base)
            offset_factor += n_groups * q * q
    return logdet


@compiled
def _carry(work, start, g, m, q, S, level, floats, base):
    """Add to the parent's block what eliminations below changed in this group's remaining block."""
    r = m - q
    at = start + g * m * m
    for i in range(r):
        for j in range(r):
            k = at + (q + i) * m + q + j
            S[i, j] += work[k] - floats[base + k]


@compiled
def _deepest_forward(ints, floats, L, d, work, base, factors):
    """Eliminate the deepest level, parent by parent, in the parent's own few columns."""
    q = L.shape[0]
    r = ints[N_LOCAL]
    m1 = of_level(ints, 1, COLUMNS)
    A = np.empty((r, r))
    K = np.empty((q, q))
    U = np.empty((q, r))
    logdet = 0.0
    for parent in range(of_level(ints, 1, GROUPS)):
        A[:, :] = 0.0
        first, last = children_range(ints, parent)
        for g in range(first, last):
            kk = floats[ints[OFF_KK] + g * q * q : ints[OFF_KK] + (g + 1) * q * q].reshape(q, q)
            F = factors[g * q * q : (g + 1) * q * q].reshape(q, q)
            logdet += floats[ints[OFF_COUNT] + g] * shrink(kk, L, d, F)
            if ints[COLLAPSED] == 1:
                for a in range(q):
                    for b in range(q):
                        total = 0.0
                        for k in range(d):
                            total += F[k, a] * F[k, b]
                        K[a, b] = total
                at = ints[OFF_KR] + g * q * q * r * r
                for ab in range(q * q):
                    weight = K[ab // q, ab % q]
                    if weight != 0.0:
                        for i in range(r):
                            for j in range(r):
                                A[i, j] += weight * floats[at + i * r + j]
                    at += r * r
            else:
                at = ints[OFF_KR] + g * q * r
                product(F, d, q, floats[at : at + q * r].reshape(q, r), r, 0, U)
                for k in range(d):
                    for i in range(r):
                        for j in range(r):
                            A[i, j] += U[k, i] * U[k, j]
        at = ints[OFF_EXPAND] + parent * r * m1
        T = floats[at : at + r * m1].reshape(r, m1)
        at = of_level(ints, 1, OFF_RAW) - base + parent * m1 * m1
        subtract_congruence(work[at : at + m1 * m1].reshape(m1, m1), T, A)
    return logdet
