"""Eigenvalues of V, the covariance of the observations, without an n x n matrix.

V = sigma^2 (I + Z Sigma Z'), and Z Sigma Z' has the eigenvalues of L'Z'ZL with Sigma = LL', which
is as large as the random effects are many; all other eigenvalues of V are sigma^2.
"""

from dataclasses import dataclass

import numpy as np

from covedge.likelihood import Likelihood, square_root

# Random effects of all terms together, of more than one term; a dense matrix of them is used.
MOST_EFFECTS = 2000


@dataclass(frozen=True)
class SpectrumOfV:
    """n eigenvalues: `above` (k,), smallest first, are larger than sigma2, and n - k equal it.

    above : None where there are too many random effects to compute them. mean : of all n.
    All in squared units of the response; with prior weights of W^1/2 V W^1/2.
    """

    n: int
    sigma2: float
    above: np.ndarray | None
    mean: float


def spectrum_of_v(likelihood: Likelihood, Sigmas, sigma2: float) -> SpectrumOfV:
    """Sigmas : per level, deepest first, in the Gram's scaled coordinates, as `Factors.Sigmas`."""
    gram = likelihood.gram
    roots = [square_root(S) if S.size else S for S in Sigmas]
    own = [root.T @ gram.pairs(k, k).blocks @ root for k, root in enumerate(roots)]
    trace = sum(float(np.trace(b, axis1=1, axis2=2).sum()) for b in own)
    mean = sigma2 * (1.0 + trace / gram.n_obs)
    active = [k for k, root in enumerate(roots) if root.shape[1]]
    if len(active) <= 1:
        values = [np.linalg.eigvalsh(own[k]).ravel() for k in active]
        return SpectrumOfV(
            gram.n_obs, sigma2, _above(np.concatenate([[0.0], *values]), sigma2), mean
        )
    if sum(len(own[k]) * own[k].shape[1] for k in active) > MOST_EFFECTS:
        return SpectrumOfV(gram.n_obs, sigma2, None, mean)
    values = np.linalg.eigvalsh(_dense(gram, roots, own, active))
    return SpectrumOfV(gram.n_obs, sigma2, _above(values, sigma2), mean)


def _above(values, sigma2):
    """sigma^2 (1 + value) of the values that are no rounding."""
    values = np.sort(values)
    return sigma2 * (1.0 + values[values > 1e-10 * max(values[-1], 1e-300)])


def _dense(gram, roots, own, active):
    """L'Z'ZL of all groups of the active levels."""
    starts = np.cumsum([0, *(len(own[k]) * own[k].shape[1] for k in active)])
    M = np.zeros((starts[-1], starts[-1]))
    for i, k in enumerate(active):
        for j, other in enumerate(active[i:], start=i):
            found = gram.pairs(k, other)
            blocks = roots[k].T @ found.blocks @ roots[other]
            d, e = blocks.shape[1:]
            rows = starts[i] + found.first[:, None] * d + np.arange(d)
            columns = starts[j] + found.second[:, None] * e + np.arange(e)
            M[rows[:, :, None], columns[:, None, :]] = blocks
    return np.triu(M) + np.triu(M, 1).T
