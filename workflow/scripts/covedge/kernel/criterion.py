"""The criterion from the root of the elimination, profiled or not, and its derivatives."""

import numpy as np

from covedge.kernel.compiled import compiled
from covedge.kernel.elimination import backward, forward
from covedge.kernel.layout import N_FIXED, N_OBS, buffer_sizes
from covedge.kernel.linalg import cholesky, inverse_lower


@compiled
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
    inverse = inverse_lower(A, p)
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


@compiled
def _eliminated(ints, floats, Lam, ranks):
    """(log|V|, S (p + 1, p + 1) = [X y]'V^-1[X y], work, factors), the last two for `backward`."""
    n_work, n_factors = buffer_sizes(ints)
    work, factors = np.empty(n_work), np.empty(n_factors)
    logdet = forward(ints, floats, Lam, ranks, work, factors)
    r = ints[N_FIXED] + 1
    return logdet, work[n_work - r * r :].reshape(r, r), work, factors


@compiled
def _least_squares(ints, floats, Lam, ranks):
    """Eliminated, and beta by generalised least squares.

    Returns (log|V|, log|X'V^-1X|, residual, beta (p,), (X'V^-1X)^-1 (p, p), work, factors).
    """
    p = ints[N_FIXED]
    logdet, S, work, factors = _eliminated(ints, floats, Lam, ranks)
    beta = np.empty(p)
    A_inverse = np.empty((p, p))
    logdet_fixed, residual = solve_root(S, p, np.zeros((p, p)), 0.0, beta, A_inverse)
    return logdet, logdet_fixed, residual, beta, A_inverse, work, factors


@compiled
def _seed(beta, A_inverse, scale, reml):
    """(p + 1, p + 1) where the adjoint starts: scale v v' for v = (-beta, 1), and A^-1 if reml."""
    p = beta.size
    seed = np.zeros((p + 1, p + 1))
    for i in range(p):
        for j in range(p):
            seed[i, j] = scale * beta[i] * beta[j]
            if reml:
                seed[i, j] += A_inverse[i, j]
        seed[i, p] = seed[p, i] = -scale * beta[i]
    seed[p, p] = scale
    return seed


@compiled
def profiled(ints, floats, Lam, ranks, reml, wanted, Gamma, H):
    """Profiled criterion, beta and sigma^2 out, and its derivatives.

    Gamma : flat, written: d criterion / d Sigma_k where wanted[k] >= 1.
    H : flat, written where wanted[k] >= 2: d log|V| / d Sigma_k (for REML: of log|V| +
        log|X'V^-1X|), else left alone.
    Returns (criterion, residual = (y - X beta)'V^-1(y - X beta), beta (p,), (X'V^-1X)^-1 (p, p)).
    """
    n, p = ints[N_OBS], ints[N_FIXED]
    logdet, logdet_fixed, residual, beta, A_inverse, work, factors = _least_squares(
        ints, floats, Lam, ranks
    )
    nu = n - p if reml else n
    if not (residual > 0.0 and np.isfinite(logdet) and np.isfinite(logdet_fixed)):
        return np.inf, residual, beta, A_inverse
    criterion = logdet + nu * (1.0 + np.log(2.0 * np.pi * residual / nu))
    if reml:
        criterion += logdet_fixed
    derivatives = wanted >= 1
    if np.any(derivatives):
        seed = _seed(beta, A_inverse, nu / residual, reml)
        backward(ints, floats, Lam, ranks, work, factors, seed, derivatives, Gamma)
    derivatives = wanted >= 2
    if np.any(derivatives):
        seed = _seed(beta, A_inverse, 0.0, reml)
        backward(ints, floats, Lam, ranks, work, factors, seed, derivatives, H)
    return criterion, residual, beta, A_inverse


@compiled
def unprofiled(ints, floats, Lam, ranks, reml, sigma2, Gamma):
    """The criterion at a given sigma2, only beta profiled out, and its derivatives.

    Gamma : flat, written: the derivatives in Sigma_k at fixed sigma2.
    Returns (value, d value / d sigma2).
    """
    n, p = ints[N_OBS], ints[N_FIXED]
    logdet, logdet_fixed, residual, beta, A_inverse, work, factors = _least_squares(
        ints, floats, Lam, ranks
    )
    nu = n - p if reml else n
    value = logdet + nu * np.log(2.0 * np.pi * sigma2) + residual / sigma2
    if reml:
        value += logdet_fixed
    if not (residual > 0.0 and np.isfinite(value)):
        return np.inf, 0.0
    wanted = np.ones(ranks.size, dtype=np.bool_)
    seed = _seed(beta, A_inverse, 1.0 / sigma2, reml)
    backward(ints, floats, Lam, ranks, work, factors, seed, wanted, Gamma)
    return value, (nu - residual / sigma2) / sigma2


@compiled
def marginal(ints, floats, Lam, ranks, sigma2, mean, P, Gamma):
    """-2 log p(y | Sigma, sigma) with beta ~ N(mean, P^-1) integrated out, and its derivatives.

    P : (p, p) prior precision; where it is 0 the prior is flat and improper (log|P| is left out in
        any case: it does not depend on the parameters).
    Gamma : flat, written: the derivatives in Sigma_k at fixed sigma2.
    Returns (value, d value / d sigma2, beta (p,), A_inverse (p, p)): given the parameters,
    beta ~ N(mean + beta, sigma2 A_inverse).
    """
    n, p = ints[N_OBS], ints[N_FIXED]
    logdet, S, work, factors = _eliminated(ints, floats, Lam, ranks)
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


@compiled
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
