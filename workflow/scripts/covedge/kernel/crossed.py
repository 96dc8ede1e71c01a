"""Elimination where grouping factors cross: a chain of nested ones by sparse rows, the rest dense.

The block of a group of the chain has the columns [own q | those of the chain's shallower factors |
the dense columns that it touches | X | y]; the root has [all dense columns | X | y].
"""

import numpy as np

from covedge.kernel.blocked import inverse_factor, lower_times
from covedge.kernel.compiled import compiled
from covedge.kernel.layout import (
    FIRST_COLUMN,
    GROUP_MAP,
    GROUP_PARENT,
    GROUP_ROWS,
    GROUP_TOUCHED,
    GROUP_WORK,
    GROUPS,
    LEVEL,
    N_CHAIN,
    N_DENSE,
    N_FIXED,
    N_TERMS,
    N_WORK,
    OFF_FACTOR,
    OFF_LAM,
    OFF_ROOT,
    Q,
    of_group,
    of_level,
    of_step,
)
from covedge.kernel.linalg import product, shrink


@compiled
def crossed_forward(ints, floats, Lam, ranks, work, factors):
    """`nested.forward` for a crossed Gram.

    work : blocks of the chain's inner groups; the root (n + r, n + r) before the dense columns
        are eliminated; A = C Lambda (n, d) and L^-1 (d, d) of the root's own block C (n, n), with
        L L' = I + Lambda'C Lambda; and the root's last block (r, r).
    """
    n, r, start = ints[N_DENSE], ints[N_FIXED] + 1, ints[N_WORK]
    work[:start] = 0.0
    m = n + r
    work[start : start + m * m] = floats[ints[OFF_ROOT] : ints[OFF_ROOT] + m * m]
    logdet = 0.0
    for step in range(ints[N_CHAIN]):
        logdet += _eliminate_step(ints, floats, Lam, ranks, work, factors, step)
    root = work[start : start + m * m].reshape(m, m)
    last = work[work.size - r * r :].reshape(r, r)
    last[:, :] = root[n:, n:]
    d = dense_rank(ints, ranks)
    if d == 0 or not np.isfinite(logdet):
        return logdet
    A = work[start + m * m : start + m * m + n * d].reshape(n, d)
    times_Lambda(ints, Lam, ranks, root[:n], A, False)
    M = np.empty((d, d))
    Lambda_times(ints, Lam, ranks, A, M, True)
    for i in range(d):
        M[i, i] += 1.0
    more, inverse = inverse_factor(M)
    if np.isfinite(more):
        at = start + m * m + n * n
        work[at : at + d * d] = inverse.ravel()
        Y = np.empty((r, d))
        times_Lambda(ints, Lam, ranks, root[n:, :n], Y, False)
        half = lower_times(inverse, np.ascontiguousarray(Y.T))
        last -= np.dot(np.ascontiguousarray(half.T), half)
    return logdet + more


@compiled
def dense_rank(ints, ranks):
    """Columns of the dense terms' Lambda, all levels."""
    d = 0
    for step in range(ints[N_CHAIN], ints[N_TERMS]):
        level = of_step(ints, step, LEVEL)
        d += of_level(ints, level, GROUPS) * ranks[level]
    return d


@compiled
def times_Lambda(ints, Lam, ranks, B, out, turned):
    """out (m, d) = B (m, >= n) times the dense terms' Lambda (n, d), block diagonal.

    turned : times its transpose, with B (m, d) and out (m, n).
    """
    start = 0
    for step in range(ints[N_CHAIN], ints[N_TERMS]):
        level = of_step(ints, step, LEVEL)
        first = of_step(ints, step, FIRST_COLUMN)
        q, d = of_level(ints, level, Q), ranks[level]
        L = lambda_of(ints, Lam, level)
        n_groups = of_level(ints, level, GROUPS)
        for i in range(B.shape[0]):
            for g in range(n_groups):
                effects, columns = first + g * q, start + g * d
                for b in range(q if turned else d):
                    total = 0.0
                    for a in range(d if turned else q):
                        if turned:
                            total += B[i, columns + a] * L[b, a]
                        else:
                            total += B[i, effects + a] * L[a, b]
                    out[i, (effects if turned else columns) + b] = total
        start += n_groups * d


@compiled
def Lambda_times(ints, Lam, ranks, B, out, turned):
    """out (n, m) = the dense terms' Lambda (n, d) times B (d, m); turned: Lambda' B, B (n, m)."""
    start, m = 0, B.shape[1]
    for step in range(ints[N_CHAIN], ints[N_TERMS]):
        level = of_step(ints, step, LEVEL)
        first = of_step(ints, step, FIRST_COLUMN)
        q, d = of_level(ints, level, Q), ranks[level]
        L = lambda_of(ints, Lam, level)
        n_groups = of_level(ints, level, GROUPS)
        for g in range(n_groups):
            for i in range(d if turned else q):
                to = out[start + g * d + i] if turned else out[first + g * q + i]
                for k in range(m):
                    to[k] = 0.0
                for j in range(q if turned else d):
                    weight = L[j, i] if turned else L[i, j]
                    row = B[first + g * q + j] if turned else B[start + g * d + j]
                    for k in range(m):
                        to[k] += weight * row[k]
        start += n_groups * d


@compiled
def lambda_of(ints, Lam, level):
    q, at = of_level(ints, level, Q), of_level(ints, level, OFF_LAM)
    return Lam[at : at + q * q].reshape(q, q)


@compiled
def shallower(ints, step):
    """Columns of the chain's factors above this one."""
    total = 0
    for above in range(step + 1, ints[N_CHAIN]):
        total += of_level(ints, of_step(ints, above, LEVEL), Q)
    return total


@compiled
def group_width(ints, step, g):
    level = of_step(ints, step, LEVEL)
    touched = of_group(ints, step, g, GROUP_TOUCHED)
    return of_level(ints, level, Q) + shallower(ints, step) + touched + ints[N_FIXED] + 1


@compiled
def group_rows(ints, floats, work, step, g):
    """(q, m) rows of a group's block, with what has been eliminated below it taken out."""
    q, m = of_level(ints, of_step(ints, step, LEVEL), Q), group_width(ints, step, g)
    if step == 0:
        at = of_group(ints, step, g, GROUP_ROWS)
        return floats[at : at + q * m].reshape(q, m)
    at = of_group(ints, step, g, GROUP_WORK)
    return work[at : at + q * m].reshape(q, m)


@compiled
def group_factor(ints, factors, step, g):
    """F (q, q) of a group, see `linalg.shrink`."""
    q = of_level(ints, of_step(ints, step, LEVEL), Q)
    at = of_step(ints, step, OFF_FACTOR) + g * q * q
    return factors[at : at + q * q].reshape(q, q)


@compiled
def parent_block(ints, buffer, step, g):
    """The block (m, m) in `buffer`, laid out as work, to which a group of the chain is added."""
    if step + 1 == ints[N_CHAIN]:
        m = ints[N_DENSE] + ints[N_FIXED] + 1
        at = ints[N_WORK]
    else:
        parent = of_group(ints, step, g, GROUP_PARENT)
        m = group_width(ints, step + 1, parent)
        at = of_group(ints, step + 1, parent, GROUP_WORK)
    return buffer[at : at + m * m].reshape(m, m)


@compiled
def places_in_parent(ints, step, g, m_parent, places):
    """Where the columns of a group beyond its own are in its parent's block."""
    above, touched = shallower(ints, step), of_group(ints, step, g, GROUP_TOUCHED)
    at, last = of_group(ints, step, g, GROUP_MAP), ints[N_FIXED] + 1
    for i in range(above):
        places[i] = i
    for i in range(touched):
        places[above + i] = ints[at + i]
    for i in range(last):
        places[above + touched + i] = m_parent - last + i
    return above + touched + last


@compiled
def _eliminate_step(ints, floats, Lam, ranks, work, factors, step):
    level = of_step(ints, step, LEVEL)
    q, d = of_level(ints, level, Q), ranks[level]
    L = lambda_of(ints, Lam, level)
    logdet = 0.0
    for g in range(of_level(ints, level, GROUPS)):
        m = group_width(ints, step, g)
        if step > 0:
            rows, at = of_group(ints, step, g, GROUP_ROWS), of_group(ints, step, g, GROUP_WORK)
            for i in range(q * m):
                work[at + i] += floats[rows + i]
        C = group_rows(ints, floats, work, step, g)
        P = parent_block(ints, work, step, g)
        places = np.empty(m - q, dtype=np.int64)
        r = places_in_parent(ints, step, g, P.shape[0], places)
        if d > 0:
            F = group_factor(ints, factors, step, g)
            logdet += shrink(C, L, d, F)
            U = np.empty((d, r))
            product(F, d, q, C, r, q, U)
            for k in range(d):
                for i in range(r):
                    u = U[k, i]
                    if u != 0.0:
                        row = P[places[i]]
                        for j in range(r):
                            row[places[j]] -= u * U[k, j]
        if step > 0:
            at = of_group(ints, step, g, GROUP_WORK)
            block = work[at : at + m * m].reshape(m, m)
            for i in range(r):
                row = P[places[i]]
                for j in range(r):
                    row[places[j]] += block[q + i, q + j]
    return logdet
