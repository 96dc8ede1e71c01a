"""What y says of beta, b and the fitted values once G and sigma are given: they are normal.

The prior of beta, N(mean, precision^-1), counts as sigma^2 precision more in the cross-products
of X, as in the kernel. With it the conditional mean g of (beta, b) solves the mixed-model
equations, and w'(beta, b) of a row w has the variance sigma^2 h: h is the row's leverage. All in
the Gram's scaled coordinates.
"""

from dataclasses import replace

import numpy as np
from scipy import sparse
from scipy.linalg import cholesky, solve_triangular

from covedge.effects.columns import Columns
from covedge.effects.nested_equations import NestedEquations
from covedge.effects.sparse_equations import SparseEquations
from covedge.grams.crossed_gram import CrossedGram
from covedge.grams.gram import Gram


def given_parameters(gram: Gram | CrossedGram, Sigmas, sigma2: float, mean, precision):
    """The equations of (b, beta) given the rest, with `leverages`.

    Sigmas : per level (q, q) relative; mean, precision : of beta, see `FixedPrior.scaled`.
    """
    gram = with_prior(gram, mean, precision, sigma2)
    if isinstance(gram, CrossedGram):
        return SparseGiven(gram, Sigmas)
    return NestedGiven(gram, Sigmas)


def with_prior(gram: Gram | CrossedGram, mean, precision, sigma2: float):
    """The Gram with p more rows that are the prior: beta + N(0, precision^-1) was seen as mean."""
    right = precision @ mean
    more = np.block([[precision, right[:, None]], [right[None, :], mean @ right]]) * sigma2
    if isinstance(gram, CrossedGram):
        return replace(gram, root=gram.root + more)
    return replace(gram, raw=(*gram.raw[:-1], gram.raw[-1] + more))


def fitted(found: Columns, columns: np.ndarray, codes) -> np.ndarray:
    """(u,) w'(b, beta) of rows; columns : (u, m - 1) [Z of each level | X]; codes : per level."""
    total, at = 0.0, 0
    for b, code in zip(found.effects, codes, strict=True):
        q = b.shape[1]
        total = total + np.einsum("uq,uq->u", columns[:, at : at + q], b[code, :, 0])
        at += q
    return total + columns[:, at:] @ found.fixed[:, 0]


class NestedGiven(NestedEquations):
    """Of nested grouping factors."""

    def leverages(self, columns: np.ndarray, codes) -> np.ndarray:
        """(u,) w' Cov(b, beta | y) w / sigma^2 of rows, as for `fitted`.

        Level by level: w = (z, r) of a group has z'Kz, and leaves r - E'z to what is shallower.
        """
        total, left = 0.0, columns
        for level, code in zip(self._levels, codes, strict=True):
            z, rest = left[:, : level.width], left[:, level.width :]
            total = total + np.einsum("ui,uij,uj->u", z, level.K[code], z, optimize=True)
            left = rest - np.einsum("ui,uij->uj", z, level.E[code])
        return total + _squares(self.information, left)


class SparseGiven(SparseEquations):
    """Of crossed grouping factors."""

    def leverages(self, columns: np.ndarray, codes) -> np.ndarray:
        """As `NestedGiven.leverages`."""
        ends = np.cumsum(self.gram.n_effects)
        parts = [
            _placed(columns[:, end - q : end], code, L)
            for end, q, code, L in zip(
                ends, self.gram.n_effects, codes, self.gram.n_groups, strict=True
            )
        ]
        z, code = (
            columns[:, ends[self._first] - self.K.shape[1] : ends[self._first]],
            codes[self._first],
        )
        total = np.einsum("ui,uij,uj->u", z, self.K[code], z, optimize=True)
        across = parts[self._first] @ self._E
        own = [parts[k] for k in self._rest]
        dense = sparse.csr_array(sparse.hstack(own) if own else (len(z), 0))
        n = self._n_dense
        dense = dense - across[:, :n]
        if self._inner is not None:
            # Lam (I + Lam'S Lam)^-1 Lam' by its root.
            root = solve_triangular(self._inner[0], self._Lam.T.toarray(), lower=True)
            total = total + ((dense @ root.T) ** 2).sum(axis=1)
        x = columns[:, ends[-1] :] - across[:, n:].toarray() - dense @ self._reduced
        return total + _squares(self.information, x)


def _placed(z, code, n_groups):
    """(u, n_groups q) sparse rows with z (u, q) at the columns of their groups."""
    u, q = z.shape
    columns = code[:, None] * q + np.arange(q)
    start = np.arange(u + 1) * q
    return sparse.csr_array((z.ravel(), columns.ravel(), start), shape=(u, n_groups * q))


def _squares(information, x):
    """(u,) x' information^-1 x of rows x (u, p)."""
    if not x.shape[1]:
        return np.zeros(len(x))
    half = solve_triangular(cholesky(information, lower=True), x.T, lower=True)
    return (half * half).sum(axis=0)
