"""Dense algebra on large matrices: block by block, so that the work is done by BLAS."""

import numpy as np

from covedge.kernel.compiled import compiled
from covedge.kernel.linalg import cholesky, inverse_lower

BLOCK = 128


@compiled
def inverse_factor(A):
    """(log|A|, L^-1) for A = L L' (n, n), which is overwritten; (inf, ...) if A is not > 0."""
    n = A.shape[0]
    inverse = np.zeros((n, n))
    logdet = 0.0
    for first in range(0, n, BLOCK):
        last = min(first + BLOCK, n)
        if first > 0:
            done = np.ascontiguousarray(A[first:, :first])
            A[first:, first:last] -= np.dot(done, np.ascontiguousarray(done[: last - first].T))
        corner = np.ascontiguousarray(A[first:last, first:last])
        part = cholesky(corner, last - first)
        if not np.isfinite(part):
            return np.inf, inverse
        logdet += part
        small = inverse_lower(corner, last - first)
        inverse[first:last, first:last] = small
        if last < n:
            below = np.ascontiguousarray(A[last:, first:last])
            A[last:, first:last] = np.dot(below, np.ascontiguousarray(small.T))
        if first > 0:
            row = np.dot(small, np.ascontiguousarray(A[first:last, :first]))
            above = np.ascontiguousarray(inverse[:first, :first])
            inverse[first:last, :first] = -np.dot(row, above)
    return logdet, inverse


@compiled
def gram_of_lower(L):
    """L'L of a lower triangular L (n, n)."""
    n = L.shape[0]
    out = np.empty((n, n))
    for first in range(0, n, BLOCK):
        last = min(first + BLOCK, n)
        left = np.ascontiguousarray(L[first:, first:last].T)
        rows = np.dot(left, np.ascontiguousarray(L[first:, :last]))
        out[first:last, :last] = rows
        out[:first, first:last] = rows[:, :first].T
    return out


@compiled
def lower_times(L, B):
    """L B for a lower triangular L (n, n) and B (n, m)."""
    n = L.shape[0]
    out = np.empty((n, B.shape[1]))
    for first in range(0, n, BLOCK):
        last = min(first + BLOCK, n)
        out[first:last] = np.dot(np.ascontiguousarray(L[first:last, :last]), B[:last])
    return out
