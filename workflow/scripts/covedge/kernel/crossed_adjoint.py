"""The adjoint of the elimination where grouping factors cross."""

import numpy as np

from covedge.kernel.adjoint import add_gamma, group_adjoint, regression
from covedge.kernel.blocked import gram_of_lower, lower_times
from covedge.kernel.compiled import compiled
from covedge.kernel.crossed import (
    Lambda_times,
    dense_rank,
    group_factor,
    group_rows,
    group_width,
    lambda_of,
    parent_block,
    places_in_parent,
    times_Lambda,
)
from covedge.kernel.layout import (
    FIRST_COLUMN,
    GROUP_WORK,
    GROUPS,
    LEVEL,
    N_CHAIN,
    N_DENSE,
    N_FIXED,
    N_TERMS,
    N_WORK,
    OFF_LAM,
    Q,
    of_group,
    of_level,
    of_step,
)

# Squares of the singular values of Lambda above it leave enough digits for its inverse.
WELL_INSIDE = 1e-4


@compiled
def crossed_backward(ints, floats, Lam, ranks, work, factors, seed, wanted, Gamma):
    """`adjoint.backward` for a crossed Gram."""
    n, r, start = ints[N_DENSE], ints[N_FIXED] + 1, ints[N_WORK]
    m = n + r
    # Adjoints of the blocks, laid out as work.
    adjoint = np.empty(start + m * m)
    root_bar = adjoint[start:].reshape(m, m)
    root = work[start : start + m * m].reshape(m, m)
    d = dense_rank(ints, ranks)
    A = work[start + m * m : start + m * m + n * d].reshape(n, d)
    inverse = work[start + m * m + n * n : start + m * m + n * n + d * d].reshape(d, d)
    M_inverse = gram_of_lower(inverse)
    E = _root_adjoint(ints, Lam, ranks, root, M_inverse, seed, root_bar)
    # [C_DD C_Dr] [-E; I] in one product: the left factor lies in one piece.
    right = np.zeros((m, r))
    for j in range(r):
        right[n + j, j] = 1.0
        for i in range(n):
            right[i, j] = -E[i, j]
    Y = np.dot(root[:n], right)
    YS = np.dot(Y, seed)
    for step in range(ints[N_CHAIN], ints[N_TERMS]):
        level = of_step(ints, step, LEVEL)
        if wanted[level]:
            _dense_gamma(ints, Lam, ranks, step, root, A, inverse, M_inverse, Y, YS, Gamma)
    for step in range(ints[N_CHAIN] - 1, -1, -1):
        deeper = False
        for below in range(step):
            deeper = deeper or wanted[of_step(ints, below, LEVEL)]
        if deeper or wanted[of_step(ints, step, LEVEL)]:
            _step_adjoint(ints, floats, ranks, work, factors, adjoint, step, wanted, Gamma)


@compiled
def _root_adjoint(ints, Lam, ranks, root, M_inverse, seed, root_bar):
    """Writes the adjoint of the root; returns E = K C_Dr (n, r), K = Lambda M^-1 Lambda'."""
    n, r = ints[N_DENSE], ints[N_FIXED] + 1
    d = M_inverse.shape[0]
    E = np.zeros((n, r))
    root_bar[:n, :n] = 0.0
    if d > 0:
        half = np.empty((d, n))
        times_Lambda(ints, Lam, ranks, M_inverse, half, True)
        K = np.empty((n, n))
        Lambda_times(ints, Lam, ranks, half, K, False)
        E = np.dot(K, np.ascontiguousarray(root[:n, n:]))
        ESE = np.dot(np.dot(E, seed), E.T)
        for i in range(n):
            for j in range(n):
                root_bar[i, j] = K[i, j] + ESE[i, j]
    ES = np.dot(E, seed)
    root_bar[:n, n:] = -ES
    root_bar[n:, :n] = -ES.T
    root_bar[n:, n:] = seed
    return E


@compiled
def _dense_gamma(ints, Lam, ranks, step, root, A, inverse, M_inverse, Y, YS, Gamma):
    """Sum over a dense term's groups of [C - C K C - Y S Y'] at the group."""
    level, first = of_step(ints, step, LEVEL), of_step(ints, step, FIRST_COLUMN)
    q, n_groups = of_level(ints, level, Q), of_level(ints, level, GROUPS)
    at = of_level(ints, level, OFF_LAM)
    total = Gamma[at : at + q * q].reshape(q, q)
    total[:, :] = 0.0
    L = np.ascontiguousarray(lambda_of(ints, Lam, level)[:, : ranks[level]])
    if ranks[level] == q and np.linalg.svd(L)[1].min() ** 2 > WELL_INSIDE:
        # Lambda'(C - C K C) Lambda = I - M^-1 at every group.
        start = 0
        for before in range(ints[N_CHAIN], step):
            other = of_step(ints, before, LEVEL)
            start += of_level(ints, other, GROUPS) * ranks[other]
        inner = np.eye(q) * n_groups
        for g in range(n_groups):
            i = start + g * q
            inner -= M_inverse[i : i + q, i : i + q]
        back = np.linalg.inv(L)
        total += np.dot(np.dot(np.ascontiguousarray(back.T), inner), back)
    else:
        own = np.ascontiguousarray(A[first : first + n_groups * q].T)
        T = lower_times(inverse, own)
        for g in range(n_groups):
            for i in range(q):
                for j in range(q):
                    total[i, j] += root[first + g * q + i, first + g * q + j]
        for k in range(T.shape[0]):
            for g in range(n_groups):
                for i in range(q):
                    for j in range(q):
                        total[i, j] -= T[k, g * q + i] * T[k, g * q + j]
    for g in range(n_groups):
        for i in range(q):
            for j in range(q):
                for k in range(Y.shape[1]):
                    total[i, j] -= YS[first + g * q + i, k] * Y[first + g * q + j, k]


@compiled
def _step_adjoint(ints, floats, ranks, work, factors, adjoint, step, wanted, Gamma):
    """Gamma of one factor of the chain, and the adjoints of its groups' blocks."""
    level = of_step(ints, step, LEVEL)
    q, d, at = of_level(ints, level, Q), ranks[level], of_level(ints, level, OFF_LAM)
    total = Gamma[at : at + q * q].reshape(q, q)
    total[:, :] = 0.0
    for g in range(of_level(ints, level, GROUPS)):
        m = group_width(ints, step, g)
        C = group_rows(ints, floats, work, step, g)
        F = group_factor(ints, factors, step, g)
        P_bar = parent_block(ints, adjoint, step, g)
        places = np.empty(m - q, dtype=np.int64)
        r = places_in_parent(ints, step, g, P_bar.shape[0], places)
        S_bar = np.empty((r, r))
        for i in range(r):
            row = P_bar[places[i]]
            for j in range(r):
                S_bar[i, j] = row[places[j]]
        if step > 0:
            block = of_group(ints, step, g, GROUP_WORK)
            C_bar = adjoint[block : block + m * m].reshape(m, m)
            group_adjoint(C, q, F, d, S_bar, wanted[level], total, C_bar)
        else:
            add_gamma(C, q, F, d, regression(C, q, F, d), S_bar, total)
