"""log p(y | beta, Sigma, sigma) of posterior draws: b integrated out, beta as drawn."""

import numpy as np

from covedge import kernel
from covedge.grams.crossed_gram import CrossedGram
from covedge.grams.gram import Gram
from covedge.kernel.layout import buffer_sizes
from covedge.kernel.sampler import narrow


def log_likelihood(
    factors: np.ndarray,
    sigma: np.ndarray,
    beta: np.ndarray,
    gram: Gram | CrossedGram,
    widths: np.ndarray,
) -> np.ndarray:
    """(n,) log densities of the response, in its own units, all constants included.

    With S = [X y]'V^-1[X y] at the root of the elimination and v = (-beta, 1) this is
    -(n_obs log 2 pi sigma^2 + log|V| + v'S v / sigma^2) / 2.

    factors : (n, sum q_k w_k), as of `Draws`.
    sigma : (n,), beta : (n, p), in the user's units. gram : of the model. widths : (K,) w_k,
    columns of each level's factor, deepest first.
    """
    scaling, (ints, floats) = gram.scaling, gram.packed
    n_work, n_factors = buffer_sizes(ints)
    work, eliminated = np.empty(n_work), np.empty(n_factors)
    r = gram.n_fixed + 1
    S = work[n_work - r * r :].reshape(r, r)
    v = np.ones((len(sigma), r))
    v[:, :-1] = -((beta - scaling.beta) @ scaling.fixed.T) / scaling.response
    logdet, squares = np.empty(len(sigma)), np.empty(len(sigma))
    widths = np.asarray(widths, dtype=np.int64)
    for i, F in enumerate(np.ascontiguousarray(factors)):
        logdet[i] = kernel.forward(ints, floats, *narrow(ints, F, widths), work, eliminated)
        squares[i] = v[i] @ S @ v[i]
    # Of the scaled response; the constant brings back the user's units and the prior weights.
    sigma2 = (sigma / scaling.response) ** 2
    constant = scaling.constant(gram.n_obs, reml=False)
    return -0.5 * (gram.n_obs * np.log(2.0 * np.pi * sigma2) + logdet + squares / sigma2 + constant)
