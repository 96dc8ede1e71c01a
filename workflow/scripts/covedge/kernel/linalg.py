"""Small dense algebra in plain loops: on such blocks a call of BLAS costs more than it saves."""

import numpy as np

from covedge.kernel.compiled import compiled


@compiled
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


@compiled
def inverse_lower(L, n):
    """(n, n) inverse of the lower triangle of L[:n, :n]."""
    inverse = np.zeros((n, n))
    for j in range(n):
        inverse[j, j] = 1.0 / L[j, j]
        for i in range(j + 1, n):
            total = 0.0
            for k in range(j, i):
                total -= L[i, k] * inverse[k, j]
            inverse[i, j] = total / L[i, i]
    return inverse


@compiled
def shrink(C, Lam, d, F):
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


@compiled
def product(A, rows, inner, B, columns, first, out):
    """out[:rows, :columns] = A[:rows, :inner] @ B[:inner, first:first + columns]."""
    for i in range(rows):
        for j in range(columns):
            out[i, j] = 0.0
        for k in range(inner):
            a = A[i, k]
            if a != 0.0:
                for j in range(columns):
                    out[i, j] += a * B[k, first + j]


@compiled
def subtract_congruence(S, T, A):
    """S -= T' A T."""
    r, m = T.shape
    AT = np.empty((r, m))
    product(A, r, r, T, m, 0, AT)
    for k in range(r):
        for i in range(m):
            t = T[k, i]
            if t != 0.0:
                for j in range(m):
                    S[i, j] -= t * AT[k, j]


@compiled
def pivoted(F, L):
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
