"""The likelihood kernel: elimination of nested random effects, and its adjoint, in compiled loops.

Everything that is compiled lives in this one file: numba's disk cache does not notice a change of
a helper in another file. The data arrive as two flat buffers (`pack.pack` documents them), so that
one compilation serves every number of terms, the optimiser, the bootstrap and the sampler.

Levels are counted from the deepest grouping factor, 0, to the root, K. The block of a group at
level k has the m_k columns [own q_k | shallower Z | X | y]. Design, section 3.
"""

import numpy as np
from numba import njit

# Positions in the header of the integer buffer.
N_OBS, N_FIXED, N_TERMS, COLLAPSED, N_LOCAL, N_CHILDREN = 0, 1, 2, 3, 4, 5
OFF_KK, OFF_COUNT, OFF_KR, OFF_EXPAND, OFF_FIRST = 6, 7, 8, 9, 10
HEADER = 11
# Then, for each level 0..K, five integers.
Q, GROUPS, COLUMNS, OFF_RAW, OFF_PARENT = 0, 1, 2, 3, 4
PER_LEVEL = 5


@njit(cache=True)
def _at(ints, level, what):
    return ints[HEADER + PER_LEVEL * level + what]


@njit(cache=True)
def cholesky(A, n):
    """Lower Cholesky factor of A[:n, :n], in place; returns log|A|, or inf if A is not > 0."""
    logdet = 0.0
    for j in range(n):
        pivot = A[j, j]
        for k in range(j):
            pivot -= A[j, k] * A[j, k]
        if not pivot > 0.0:
            return np.inf
        logdet += np.log(pivot)
        pivot = np.sqrt(pivot)
        A[j, j] = pivot
        for i in range(j + 1, n):
            total = A[i, j]
            for k in range(j):
                total -= A[i, k] * A[j, k]
            A[i, j] = total / pivot
    return logdet


@njit(cache=True)
def _shrink(C, Lam, d, F):
    """F (d, q) with F'F = Sigma (I + C Sigma)^-1 for Sigma = Lam Lam'; returns log|I + C Sigma|.

    C : (>= q, >= q), the leading q x q block is used; Lam : (q, >= d).
    """
    q = Lam.shape[0]
    CL = np.empty((q, d))
    for i in range(q):
        for j in range(d):
            total = 0.0
            for k in range(q):
                total += C[i, k] * Lam[k, j]
            CL[i, j] = total
    M = np.empty((d, d))
    for i in range(d):
        for j in range(i + 1):
            total = 1.0 if i == j else 0.0
            for k in range(q):
                total += Lam[k, i] * CL[k, j]
            M[i, j] = total
    logdet = cholesky(M, d)
    for c in range(q):
        for i in range(d):
            total = Lam[c, i]
            for k in range(i):
                total -= M[i, k] * F[k, c]
            F[i, c] = total / M[i, i]
    return logdet


@njit(cache=True)
def _product(A, rows, inner, B, columns, first, out):
    """out[:rows, :columns] = A[:rows, :inner] @ B[:inner, first:first + columns]."""
    for i in range(rows):
        for j in range(columns):
            out[i, j] = 0.0
        for k in range(inner):
            a = A[i, k]
            if a != 0.0:
                for j in range(columns):
                    out[i, j] += a * B[k, first + j]


@njit(cache=True)
def _children_range(ints, parent):
    first = ints[OFF_FIRST] + parent
    return ints[first], ints[first + 1]


@njit(cache=True)
def forward(ints, floats, Lam, ranks, work, factors):
    """Eliminate every random effect; returns log|V|.

    Lam : flat (sum q_k^2,), a q_k x q_k matrix per level whose first ranks[k] columns are used.
    work : flat, as the raw blocks of levels 1..K; on return its end is the root's block
        [X y]'V^-1[X y], and its other blocks are what `backward` needs.
    factors : flat, F of each group of each level (see `_shrink`), for `backward`.
    """
    n_terms = ints[N_TERMS]
    logdet = 0.0
    base = _at(ints, 1, OFF_RAW) if n_terms > 0 else _at(ints, 0, OFF_RAW)
    for i in range(work.size):
        work[i] = floats[base + i]
    offset_lam = 0
    offset_factor = 0
    for level in range(n_terms):
        q = _at(ints, level, Q)
        d = ranks[level]
        L = Lam[offset_lam : offset_lam + q * q].reshape(q, q)
        offset_lam += q * q
        if level == 0:
            if d > 0:
                logdet += _deepest_forward(ints, floats, L, d, work, base, factors)
            offset_factor += ints[N_CHILDREN] * q * q
        else:
            m = _at(ints, level, COLUMNS)
            n_groups = _at(ints, level, GROUPS)
            start = _at(ints, level, OFF_RAW) - base
            up = _at(ints, level + 1, OFF_RAW) - base
            parents = _at(ints, level, OFF_PARENT)
            r = m - q
            U = np.empty((q, r))
            for g in range(n_groups):
                if d > 0:
                    C = work[start + g * m * m : start + (g + 1) * m * m].reshape(m, m)
                    at = offset_factor + g * q * q
                    F = factors[at : at + q * q].reshape(q, q)
                    logdet += _shrink(C, L, d, F)
                    _product(F, d, q, C, r, q, U)
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


@njit(cache=True)
def _carry(work, start, g, m, q, S, level, floats, base):
    """Add to the parent's block what eliminations below changed in this group's remaining block."""
    r = m - q
    at = start + g * m * m
    for i in range(r):
        for j in range(r):
            k = at + (q + i) * m + q + j
            S[i, j] += work[k] - floats[base + k]


@njit(cache=True)
def _deepest_forward(ints, floats, L, d, work, base, factors):
    """Eliminate the deepest level, parent by parent, in the parent's own few columns."""
    q = L.shape[0]
    r = ints[N_LOCAL]
    m1 = _at(ints, 1, COLUMNS)
    A = np.empty((r, r))
    K = np.empty((q, q))
    U = np.empty((q, r))
    logdet = 0.0
    for parent in range(_at(ints, 1, GROUPS)):
        A[:, :] = 0.0
        first, last = _children_range(ints, parent)
        for g in range(first, last):
            kk = floats[ints[OFF_KK] + g * q * q : ints[OFF_KK] + (g + 1) * q * q].reshape(q, q)
            F = factors[g * q * q : (g + 1) * q * q].reshape(q, q)
            logdet += floats[ints[OFF_COUNT] + g] * _shrink(kk, L, d, F)
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
                _product(F, d, q, floats[at : at + q * r].reshape(q, r), r, 0, U)
                for k in range(d):
                    for i in range(r):
                        for j in range(r):
                            A[i, j] += U[k, i] * U[k, j]
        at = ints[OFF_EXPAND] + parent * r * m1
        T = floats[at : at + r * m1].reshape(r, m1)
        at = _at(ints, 1, OFF_RAW) - base + parent * m1 * m1
        _subtract_congruence(work[at : at + m1 * m1].reshape(m1, m1), T, A)
    return logdet


@njit(cache=True)
def _subtract_congruence(S, T, A):
    """S -= T' A T."""
    r, m = T.shape
    AT = np.empty((r, m))
    _product(A, r, r, T, m, 0, AT)
    for k in range(r):
        for i in range(m):
            t = T[k, i]
            if t != 0.0:
                for j in range(m):
                    S[i, j] -= t * AT[k, j]


@njit(cache=True)
def backward(ints, floats, Lam, ranks, work, factors, seed, wanted, Gamma):
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
        q = _at(ints, level, Q)
        offset_lam += q * q
        offset_factor += (ints[N_CHILDREN] if level == 0 else _at(ints, level, GROUPS)) * q * q
    base = _at(ints, 1, OFF_RAW) if n_terms > 0 else 0
    for level in range(n_terms - 1, 0, -1):
        q = _at(ints, level, Q)
        m = _at(ints, level, COLUMNS)
        n_groups = _at(ints, level, GROUPS)
        offset_lam -= q * q
        offset_factor -= n_groups * q * q
        start = _at(ints, level, OFF_RAW) - base
        parents = _at(ints, level, OFF_PARENT)
        below = np.empty((n_groups, m, m))
        total = Gamma[offset_lam : offset_lam + q * q].reshape(q, q)
        total[:, :] = 0.0
        for g in range(n_groups):
            C = work[start + g * m * m : start + (g + 1) * m * m].reshape(m, m)
            at = offset_factor + g * q * q
            F = factors[at : at + q * q].reshape(q, q)
            S_bar = adjoint[ints[parents + g]]
            _group_adjoint(C, q, F, ranks[level], S_bar, wanted[level], total, below[g])
        adjoint = below
    if n_terms > 0:
        q = _at(ints, 0, Q)
        total = Gamma[: q * q].reshape(q, q)
        total[:, :] = 0.0
        if wanted[0]:
            _deepest_backward(ints, floats, q, ranks[0], factors, adjoint, total)


@njit(cache=True)
def _group_adjoint(C, q, F, d, S_bar, wanted, Gamma, C_bar):
    """One group: adds to Gamma (q, q) and writes the adjoint C_bar (m, m) of its block."""
    m = C.shape[0]
    r = m - q
    U = np.empty((q, r))
    E = np.zeros((q, r))
    ES = np.zeros((q, r))
    if d > 0:
        _product(F, d, q, C, r, q, U)
        for i in range(q):
            for k in range(d):
                f = F[k, i]
                for j in range(r):
                    E[i, j] += f * U[k, j]
        _product(E, q, r, S_bar, r, 0, ES)
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
    if not wanted:
        return
    Y = np.empty((q, r))
    YS = np.empty((q, r))
    FC = np.empty((q, q))
    for i in range(q):
        for j in range(r):
            total = C[i, q + j]
            for k in range(q):
                total -= C[i, k] * E[k, j]
            Y[i, j] = total
    _product(Y, q, r, S_bar, r, 0, YS)
    _product(F, d, q, C, q, 0, FC)
    for i in range(q):
        for j in range(q):
            total = C[i, j]
            for k in range(d):
                total -= FC[k, i] * FC[k, j]
            for k in range(r):
                total -= YS[i, k] * Y[j, k]
            Gamma[i, j] += total


@njit(cache=True)
def _deepest_backward(ints, floats, q, d, factors, adjoint, Gamma):
    """Gamma of the deepest level; no adjoint is needed below it."""
    r = ints[N_LOCAL]
    m1 = _at(ints, 1, COLUMNS)
    TS = np.empty((r, m1))
    S_local = np.empty((r, r))
    FC = np.empty((q, q))
    N = np.empty((q, q))
    V = np.empty((q, q))
    NV = np.empty((q, q))
    Y = np.empty((q, r))
    YS = np.empty((q, r))
    for parent in range(_at(ints, 1, GROUPS)):
        at = ints[OFF_EXPAND] + parent * r * m1
        T = floats[at : at + r * m1].reshape(r, m1)
        _product(T, r, m1, adjoint[parent], m1, 0, TS)
        for i in range(r):
            for j in range(r):
                total = 0.0
                for k in range(m1):
                    total += TS[i, k] * T[j, k]
                S_local[i, j] = total
        first, last = _children_range(ints, parent)
        for g in range(first, last):
            kk = floats[ints[OFF_KK] + g * q * q : ints[OFF_KK] + (g + 1) * q * q].reshape(q, q)
            F = factors[g * q * q : (g + 1) * q * q].reshape(q, q)
            _product(F, d, q, kk, q, 0, FC)
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
                Y[:, :] = floats[at : at + q * r].reshape(q, r)
                _product(Y, q, r, S_local, r, 0, YS)
                for a in range(q):
                    for b in range(q):
                        total = 0.0
                        for k in range(r):
                            total += YS[a, k] * Y[b, k]
                        V[a, b] = total
            _product(N, q, q, V, q, 0, NV)
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


@njit(cache=True)
def solve_root(S, p, P, sigma2, beta, A_inverse):
    """Generalised least squares at the root, with prior precision P of beta (0: none).

    S : (p + 1, p + 1) = [X y]'V^-1[X y]. Writes beta (p,) = A^-1 S_xy and A_inverse (p, p), for
    A = S_xx + sigma2 P. Returns (log|A|, y'V^-1y - S_xy'A^-1 S_xy).
    """
    A = np.empty((p, p))
    for i in range(p):
        for j in range(p):
            A[i, j] = S[i, j] + sigma2 * P[i, j]
    logdet = cholesky(A, p)
    if not np.isfinite(logdet):
        return logdet, np.nan
    # Inverse of the factor, then A^-1 = L^-T L^-1.
    inverse = np.zeros((p, p))
    for j in range(p):
        inverse[j, j] = 1.0 / A[j, j]
        for i in range(j + 1, p):
            total = 0.0
            for k in range(j, i):
                total -= A[i, k] * inverse[k, j]
            inverse[i, j] = total / A[i, i]
    residual = S[p, p]
    for i in range(p):
        half = 0.0
        for k in range(i + 1):
            half += inverse[i, k] * S[k, p]
        residual -= half * half
    for i in range(p):
        beta[i] = 0.0
        for j in range(p):
            total = 0.0
            for k in range(max(i, j), p):
                total += inverse[k, i] * inverse[k, j]
            A_inverse[i, j] = total
            beta[i] += total * S[j, p]
    return logdet, residual


@njit(cache=True)
def _sizes(ints):
    """Lengths of the work and factors buffers."""
    n_terms = ints[N_TERMS]
    work = 0
    factors = 0
    for level in range(n_terms + 1):
        if level > 0 or n_terms == 0:
            work += _at(ints, level, GROUPS) * _at(ints, level, COLUMNS) ** 2
        if level < n_terms:
            groups = ints[N_CHILDREN] if level == 0 else _at(ints, level, GROUPS)
            factors += groups * _at(ints, level, Q) ** 2
    return work, factors


@njit(cache=True)
def profiled(ints, floats, Lam, ranks, reml, wanted, Gamma, H):
    """Profiled criterion, beta and sigma^2 out, and its derivatives.

    Gamma : flat, written: d criterion / d Sigma_k where wanted[k] >= 1.
    H : flat, written where wanted[k] >= 2: d log|V| / d Sigma_k (for REML: of log|V| +
        log|X'V^-1X|), else left alone.
    Returns (criterion, residual = (y - X beta)'V^-1(y - X beta), beta (p,), (X'V^-1X)^-1 (p, p)).
    """
    n, p = ints[N_OBS], ints[N_FIXED]
    n_work, n_factors = _sizes(ints)
    work = np.empty(n_work)
    factors = np.empty(n_factors)
    logdet = forward(ints, floats, Lam, ranks, work, factors)
    S = work[n_work - (p + 1) * (p + 1) :].reshape(p + 1, p + 1)
    beta = np.empty(p)
    A_inverse = np.empty((p, p))
    logdet_fixed, residual = solve_root(S, p, np.zeros((p, p)), 0.0, beta, A_inverse)
    nu = n - p if reml else n
    if not (residual > 0.0 and np.isfinite(logdet) and np.isfinite(logdet_fixed)):
        return np.inf, residual, beta, A_inverse
    criterion = logdet + nu * (1.0 + np.log(2.0 * np.pi * residual / nu))
    if reml:
        criterion += logdet_fixed
    derivatives = wanted >= 1
    if np.any(derivatives):
        seed = np.zeros((p + 1, p + 1))
        scale = nu / residual
        for i in range(p):
            for j in range(p):
                seed[i, j] = scale * beta[i] * beta[j]
                if reml:
                    seed[i, j] += A_inverse[i, j]
            seed[i, p] = seed[p, i] = -scale * beta[i]
        seed[p, p] = scale
        backward(ints, floats, Lam, ranks, work, factors, seed, derivatives, Gamma)
    derivatives = wanted >= 2
    if np.any(derivatives):
        seed = np.zeros((p + 1, p + 1))
        if reml:
            seed[:p, :p] = A_inverse
        backward(ints, floats, Lam, ranks, work, factors, seed, derivatives, H)
    return criterion, residual, beta, A_inverse


@njit(cache=True, inline="always")
def marginal(ints, floats, Lam, ranks, sigma2, mean, P, Gamma):
    """-2 log p(y | Sigma, sigma) with beta ~ N(mean, P^-1) integrated out, and its derivatives.

    P : (p, p) prior precision; where it is 0 the prior is flat and improper (log|P| is left out in
        any case: it does not depend on the parameters).
    Gamma : flat, written: the derivatives in Sigma_k at fixed sigma2.
    Returns (value, d value / d sigma2, beta (p,), A_inverse (p, p)): given the parameters,
    beta ~ N(mean + beta, sigma2 A_inverse).
    """
    n, p = ints[N_OBS], ints[N_FIXED]
    n_work, n_factors = _sizes(ints)
    work = np.empty(n_work)
    factors = np.empty(n_factors)
    logdet = forward(ints, floats, Lam, ranks, work, factors)
    S = work[n_work - (p + 1) * (p + 1) :].reshape(p + 1, p + 1)
    beta = np.empty(p)
    A_inverse = np.empty((p, p))
    centred = _shift_response(S, p, mean)
    logdet_fixed, residual = solve_root(centred, p, P, sigma2, beta, A_inverse)
    value = (
        (n - p) * np.log(sigma2)
        + n * np.log(2.0 * np.pi)
        + logdet
        + logdet_fixed
        + residual / sigma2
    )
    if not np.isfinite(value):
        return np.inf, 0.0, beta, A_inverse
    slope = (n - p) / sigma2 - residual / sigma2**2
    seed = np.zeros((p + 1, p + 1))
    v = np.empty(p + 1)
    v[p] = 1.0
    for i in range(p):
        # The adjoint is of the block before the shift: v = (-(mean + beta), 1).
        v[i] = -(mean[i] + beta[i])
        for j in range(p):
            slope += P[i, j] * (A_inverse[i, j] + beta[i] * beta[j] / sigma2)
            seed[i, j] = A_inverse[i, j]
    for i in range(p + 1):
        for j in range(p + 1):
            seed[i, j] += v[i] * v[j] / sigma2
    wanted = np.ones(ranks.size, dtype=np.bool_)
    backward(ints, floats, Lam, ranks, work, factors, seed, wanted, Gamma)
    return value, slope, beta, A_inverse


@njit(cache=True)
def _shift_response(S, p, mean):
    """[X y]'V^-1[X y] with y replaced by y - X mean."""
    out = S.copy()
    for i in range(p):
        for j in range(p):
            out[i, p] -= S[i, j] * mean[j]
        out[p, i] = out[i, p]
    for i in range(p):
        out[p, p] -= mean[i] * (S[i, p] + out[i, p])
    return out


@njit(cache=True)
def add_cross_products(left, right, codes, out):
    """out[codes[i]] += left[i]' right[i] over the rows i; left (n, a), right (n, b)."""
    for i in range(left.shape[0]):
        block = out[codes[i]]
        for a in range(left.shape[1]):
            x = left[i, a]
            if x != 0.0:
                for b in range(right.shape[1]):
                    block[a, b] += x * right[i, b]


# What the sampler needs: factors with any number of columns, as its prior makes them.


def marginal_of_factors(ints, floats, factors, widths, sigma2, mean, P, gradient, shift, A_inverse):
    """`marginal` at Sigma_k = F_k F_k', and its gradient in the factors.

    factors : flat (sum q_k w_k,), a row-major q_k x widths[k] matrix F_k per level.
    gradient : flat alike, shift : (p,), A_inverse : (p, p), all written: given the parameters,
    beta ~ N(mean + shift, sigma2 A_inverse).
    Returns (value, d value / d sigma2). Not compiled here: `marginal_op` makes a callback of it.
    """
    Lam, ranks = _narrow(ints, factors, widths)
    Gamma = np.zeros(Lam.size)
    value, slope, beta, inverse = marginal(ints, floats, Lam, ranks, sigma2, mean, P, Gamma)
    shift[:] = beta
    A_inverse[:, :] = inverse
    at, offset = 0, 0
    for level in range(ints[N_TERMS]):
        q, w = _at(ints, level, Q), widths[level]
        F = factors[at : at + q * w].reshape(q, w)
        G = Gamma[offset : offset + q * q].reshape(q, q)
        _product(G, q, q, F, w, 0, gradient[at : at + q * w].reshape(q, w))
        at += q * w
        offset += q * q
    gradient *= 2.0
    return value, slope


@njit(cache=True, inline="always")
def _narrow(ints, factors, widths):
    """(Lam, ranks) for `forward`: L with L L' = F F' and at most q columns, for each F (q, w)."""
    n_terms = ints[N_TERMS]
    size = 0
    for level in range(n_terms):
        size += _at(ints, level, Q) ** 2
    Lam = np.zeros(size)
    ranks = np.zeros(n_terms, dtype=np.int64)
    at, offset = 0, 0
    for level in range(n_terms):
        q, w = _at(ints, level, Q), widths[level]
        F = factors[at : at + q * w].reshape(q, w)
        L = Lam[offset : offset + q * q].reshape(q, q)
        if w <= q:
            for i in range(q):
                for j in range(w):
                    L[i, j] = F[i, j]
            ranks[level] = w
        else:
            ranks[level] = _pivoted(F, L)
        at += q * w
        offset += q * q
    return Lam, ranks


@njit(cache=True)
def _pivoted(F, L):
    """L (q, q) with L L' = F F', by a Cholesky factor with pivoting; returns its rank."""
    q, w = F.shape
    A = np.empty((q, q))
    largest = 0.0
    for i in range(q):
        for j in range(q):
            A[i, j] = 0.0
            for k in range(w):
                A[i, j] += F[i, k] * F[j, k]
        largest = max(largest, A[i, i])
    for rank in range(q):
        pivot = 0
        for i in range(q):
            if A[i, i] > A[pivot, pivot]:
                pivot = i
        # What is left is rounding error: it may be negative, and has no root.
        if not A[pivot, pivot] > 1e-14 * largest:
            return rank
        root = np.sqrt(A[pivot, pivot])
        for i in range(q):
            L[i, rank] = A[i, pivot] / root
        for i in range(q):
            for j in range(q):
                A[i, j] -= L[i, rank] * L[j, rank]
        A[pivot, pivot] = 0.0
    return q
