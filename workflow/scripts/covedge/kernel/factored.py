"""The criterion as a function of a model's factors, and its gradient in them.

Sigma_k = F_k F_k', where the columns of F_k are those of A L for each component of level k, and of
A tau for a scalar one. See `fits.factors`.
"""

import numpy as np

from covedge.kernel.compiled import compiled
from covedge.kernel.criterion import profiled
from covedge.kernel.layout import Q, of_level
from covedge.kernel.sampler import narrow

# Columns of the table of components: level, whether full, rows p and columns d of L (a scalar
# component has p columns of A and d = 1, or 0 where it is held at zero), where A is in the bases,
# L in x and the first column in F_k.
LEVEL, FULL, ROWS, COLUMNS, OFF_BASIS, OFF_X, OFF_COLUMN = range(7)


@compiled
def value_and_gradient(model, x, gradient):
    """D without its constant; writes gradient, dD/dx. D is inf, and the gradient 0, where no
    digits of the residual are left.

    model : (ints, floats, reml, wanted, table, bases, widths), the packed Gram, levels whose
        Gamma is wanted, and components as above; widths : columns of each F_k.
    """
    ints, floats, reml, wanted, table, bases, widths = model
    F, starts = _stacked(ints, table, bases, widths, x)
    Lam, ranks = narrow(ints, F, widths)
    Gamma = np.empty(Lam.size)
    value = profiled(ints, floats, Lam, ranks, reml, wanted, Gamma, Gamma)[0]
    gradient[:] = 0.0
    if not np.isfinite(value):
        return np.inf
    homes = _beginnings(ints, widths.size)
    for block in table:
        level, p, d = block[LEVEL], block[ROWS], block[COLUMNS]
        q, w, first = of_level(ints, level, Q), widths[level], block[OFF_COLUMN]
        G = Gamma[homes[level] : homes[level] + q * q].reshape(q, q)
        A = bases[block[OFF_BASIS] : block[OFF_BASIS] + q * p].reshape(q, p)
        columns = F[starts[level] : starts[level] + q * w].reshape(q, w)
        at = block[OFF_X]
        for j in range(d if block[FULL] else p * d):
            for i in range(q):
                slope = 0.0
                for k in range(q):
                    slope += G[i, k] * columns[k, first + j]
                if block[FULL]:
                    for a in range(p):
                        gradient[at + a * d + j] += 2.0 * A[i, a] * slope
                else:
                    gradient[at] += 2.0 * A[i, j] * slope
    return value


@compiled
def gradients(model, points, out):
    """The gradient at each of the points (n, size), written to out (n, size)."""
    for i in range(points.shape[0]):
        value_and_gradient(model, points[i], out[i])


@compiled
def _stacked(ints, table, bases, widths, x):
    """All F_k, row by row, and where each begins."""
    starts = np.zeros(widths.size, dtype=np.int64)
    size = 0
    for level in range(widths.size):
        starts[level] = size
        size += of_level(ints, level, Q) * widths[level]
    F = np.zeros(size)
    for block in table:
        level, p, d = block[LEVEL], block[ROWS], block[COLUMNS]
        q, w = of_level(ints, level, Q), widths[level]
        A = bases[block[OFF_BASIS] : block[OFF_BASIS] + q * p].reshape(q, p)
        for i in range(q):
            at = starts[level] + i * w + block[OFF_COLUMN]
            if block[FULL]:
                for a in range(p):
                    for j in range(d):
                        F[at + j] += A[i, a] * x[block[OFF_X] + a * d + j]
            elif d > 0:
                for j in range(p):
                    F[at + j] = A[i, j] * x[block[OFF_X]]
    return F, starts


@compiled
def _beginnings(ints, n_levels):
    """Where each level's Gamma begins."""
    starts = np.zeros(n_levels, dtype=np.int64)
    for level in range(1, n_levels):
        starts[level] = starts[level - 1] + of_level(ints, level - 1, Q) ** 2
    return starts
