"""Eigenvalues of V, the covariance of the observations, without an n x n matrix.

V = sigma^2 (I + Z Sigma Z'), and Z Sigma Z' has the eigenvalues of L'Z'ZL with Sigma = LL', which
is as large as the random effects are many and falls into parts that share no row; all other
eigenvalues of V are sigma^2.
"""

from dataclasses import dataclass

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from covedge.fits.likelihood import Likelihood, square_root

# Random effects that hang together: a dense matrix of them is used.
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
    values = _eigenvalues(_products(gram, roots, active))
    return SpectrumOfV(gram.n_obs, sigma2, None if values is None else _above(values, sigma2), mean)


def _above(values, sigma2):
    """sigma^2 (1 + value) of the values that are no rounding."""
    values = np.sort(values)
    return sigma2 * (1.0 + values[values > 1e-10 * max(values[-1], 1e-300)])


def _products(gram, roots, active):
    """L'Z'ZL of all groups of the active levels, sparse and symmetric."""
    widths = [roots[k].shape[1] for k in active]
    sizes = [gram.n_groups[k] * d for k, d in zip(active, widths, strict=True)]
    starts = np.cumsum([0, *sizes])
    rows, columns, values = [], [], []
    for i, k in enumerate(active):
        for j, other in enumerate(active[i:], start=i):
            found = gram.pairs(k, other)
            blocks = roots[k].T @ found.blocks @ roots[other]
            row = starts[i] + found.first[:, None] * widths[i] + np.arange(widths[i])
            column = starts[j] + found.second[:, None] * widths[j] + np.arange(widths[j])
            rows.append(np.broadcast_to(row[:, :, None], blocks.shape).ravel())
            columns.append(np.broadcast_to(column[:, None, :], blocks.shape).ravel())
            values.append(blocks.ravel())
            if j > i:
                rows.append(columns[-1])
                columns.append(rows[-2])
                values.append(values[-1])
    places = np.concatenate(rows), np.concatenate(columns)
    return coo_array((np.concatenate(values), places), shape=(starts[-1], starts[-1])).tocsr()


def _eigenvalues(M):
    """Of each connected part (a group of the outermost factor, where factors are nested)."""
    n_parts, part = connected_components(M, directed=False)
    sizes = np.bincount(part, minlength=n_parts)
    if sizes.max() > MOST_EFFECTS or (sizes.astype(float) ** 3).sum() > 2.0 * MOST_EFFECTS**3:
        return None
    order = np.argsort(part, kind="stable")
    M, ends = M[order][:, order], np.cumsum(sizes)
    return np.concatenate(
        [
            np.linalg.eigvalsh(M[end - size : end, end - size : end].toarray())
            for size, end in zip(sizes, ends, strict=True)
        ]
    )
