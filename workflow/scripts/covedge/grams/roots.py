"""Roots of Gram matrices that may be singular: W'W = R R', and W = Q R' with orthonormal Q."""

import numpy as np
from scipy.linalg import lapack

# Of a column's squared length: what is left of it below this, given the others, is rounding.
DEPENDENT = 1e-9


def group_roots(blocks, lengths):
    """R (g, q, q) with R R' = blocks, zero columns for what is dependent, and R^+' alike.

    lengths : (g, q) squared lengths of the columns before anything was taken from them.
    """
    values, vectors = np.linalg.eigh(blocks)
    largest = lengths.max(axis=1, initial=0.0)[:, None]
    there = values > DEPENDENT * largest
    roots = np.sqrt(np.where(there, values, 0.0))
    over = np.divide(1.0, roots, out=np.zeros_like(roots), where=there)
    return vectors * roots[:, None, :], vectors * over[:, None, :]


def lower_root(matrix, lengths):
    """(m, r) R with R R' = matrix (m, m), of its rank, by pivoted Cholesky.

    lengths : (m,) the diagonal before anything was taken from the matrix.
    """
    tolerance = DEPENDENT * float(lengths.max(initial=0.0))
    if not np.diag(matrix).max(initial=0.0) > tolerance:
        return np.zeros((len(matrix), 0))  # LAPACK takes one pivot whatever the tolerance
    factor, pivots, rank, _ = lapack.dpstrf(matrix, tol=tolerance, lower=1)
    root = np.zeros((len(matrix), rank))
    root[pivots - 1] = np.tril(factor)[:, :rank]
    return root
