"""What the sampler needs: factors with any number of columns, as its prior makes them."""

import numpy as np

from covedge.kernel.compiled import compiled
from covedge.kernel.criterion import marginal
from covedge.kernel.layout import N_TERMS, Q, of_level
from covedge.kernel.linalg import pivoted, product


def marginal_of_factors(ints, floats, factors, widths, sigma2, mean, P, gradient, shift, A_inverse):
    """`marginal` at Sigma_k = F_k F_k', and its gradient in the factors.

    factors : flat (sum q_k w_k,), a row-major q_k x widths[k] matrix F_k per level.
    gradient : flat alike, shift : (p,), A_inverse : (p, p), all written: given the parameters,
    beta ~ N(mean + shift, sigma2 A_inverse).
    Returns (value, d value / d sigma2). Not compiled here: `marginal_op` makes a callback of it.
    """
    Lam, ranks = narrow(ints, factors, widths)
    Gamma = np.zeros(Lam.size)
    value, slope, beta, inverse = marginal(ints, floats, Lam, ranks, sigma2, mean, P, Gamma)
    for i in range(beta.size):
        shift[i] = beta[i]
        for j in range(beta.size):
            A_inverse[i, j] = inverse[i, j]
    at, offset = 0, 0
    for level in range(ints[N_TERMS]):
        q, w = of_level(ints, level, Q), widths[level]
        F = factors[at : at + q * w].reshape(q, w)
        G = Gamma[offset : offset + q * q].reshape(q, q)
        product(G, q, q, F, w, 0, gradient[at : at + q * w].reshape(q, w))
        at += q * w
        offset += q * q
    gradient *= 2.0
    return value, slope


@compiled
def narrow(ints, factors, widths):
    """(Lam, ranks) for `forward`: L with L L' = F F' and at most q columns, for each F (q, w)."""
    n_terms = ints[N_TERMS]
    size = 0
    for level in range(n_terms):
        size += of_level(ints, level, Q) ** 2
    Lam = np.zeros(size)
    ranks = np.zeros(n_terms, dtype=np.int64)
    at, offset = 0, 0
    for level in range(n_terms):
        q, w = of_level(ints, level, Q), widths[level]
        F = factors[at : at + q * w].reshape(q, w)
        L = Lam[offset : offset + q * q].reshape(q, q)
        if w <= q:
            for i in range(q):
                for j in range(w):
                    L[i, j] = F[i, j]
            ranks[level] = w
        else:
            ranks[level] = pivoted(F, L)
        at += q * w
        offset += q * q
    return Lam, ranks
