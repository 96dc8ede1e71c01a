"""What y says of beta, b and the fitted values once G and sigma are given: they are normal.

The prior of beta, N(mean, precision^-1), counts as sigma^2 precision more in the cross-products
of X, as in the kernel. With it the conditional mean g of (beta, b) solves the mixed-model
equations, and w'(beta, b) of a row w has the variance sigma^2 h: h is the row's leverage. All in
the Gram's scaled coordinates.
"""

from dataclasses import dataclass, replace

import numpy as np
from scipy import sparse

from covedge.effects.nested_equations import NestedEquations
from covedge.effects.sparse_equations import SparseEquations
from covedge.grams.crossed_gram import CrossedGram
from covedge.grams.gram import Gram
from covedge.posteriors.thinning import solving_work

# Digits to which blocks and columns are compared: equal designs have them, but for rounding.
DIGITS = 10


@dataclass(frozen=True)
class RowMoments:
    """Of w'(b, beta) given y: means (u,), and leverages (u,), variances over sigma^2."""

    means: np.ndarray
    leverages: np.ndarray


def given_parameters(gram: Gram | CrossedGram, columns: np.ndarray, codes):
    """What has `at(Sigmas, sigma2, mean, precision)`, the RowMoments of these rows.

    columns : (u, m - 1) [Z of each level | X] of rows; codes : per level (u,) their groups.
    Sigmas : per level (q, q) relative; mean, precision : of beta, see `FixedPrior.scaled`.
    """
    if isinstance(gram, CrossedGram):
        return CrossedGiven(gram, columns, codes)
    return NestedGiven(gram, columns, codes)


def with_prior(gram: Gram | CrossedGram, mean, precision, sigma2: float):
    """The Gram with p more rows that are the prior: beta + N(0, precision^-1) was seen as mean."""
    right = precision @ mean
    more = np.block([[precision, right[:, None]], [right[None, :], mean @ right]]) * sigma2
    if isinstance(gram, CrossedGram):
        return replace(gram, root=gram.root + more)
    return replace(gram, raw=(*gram.raw[:-1], gram.raw[-1] + more))


class NestedGiven:
    """Rows of nested grouping factors.

    Deepest groups of one parent with equal designs have the same K and E (see NestedEquations), and
    their rows the same leverages: each design is eliminated once. c groups of it count as one with
    sqrt(c) C_kr and C_ky / sqrt(c) in place of C_kr and the sum of their C_ky, which changes
    nothing above them.
    """

    def __init__(self, gram: Gram, columns: np.ndarray, codes):
        self._columns, self._codes = columns, list(codes)
        self._gram, self._designs, self._roots = gram, None, None
        if codes:
            self._collapse(gram)
        shared = [self._designs[codes[0]], *codes[1:]] if codes else []
        key = np.column_stack([*shared, np.round(columns, DIGITS) + 0.0])
        _, first, alike = np.unique(key, axis=0, return_index=True, return_inverse=True)
        self._alike = alike.reshape(len(columns))
        self._alone = columns[first], [code[first] for code in shared]

    def _collapse(self, gram):
        q, parents = gram.n_effects[0], gram.parents[0]
        rows, self._seen = gram.deepest[:, :, :-1], gram.deepest[:, :, -1]
        key = np.column_stack([parents, np.round(rows.reshape(len(rows), -1), DIGITS) + 0.0])
        # The parent comes first, so that its children stay side by side.
        _, first, design, count = np.unique(
            key, axis=0, return_index=True, return_inverse=True, return_counts=True
        )
        self._designs, self._roots = design.reshape(len(rows)), np.sqrt(count)
        seen = np.zeros((len(first), q))
        np.add.at(seen, self._designs, self._seen)
        root = self._roots[:, None, None]
        parts = rows[first][:, :, :q], rows[first][:, :, q:] * root, seen[:, :, None] / root
        self._gram = replace(
            gram,
            parents=(parents[first], *gram.parents[1:]),
            deepest=np.concatenate(parts, axis=2),
        )

    @property
    def work(self):
        """Multiplications of `at`, roughly."""
        rows = len(self._alone[0]) * self._columns.shape[1] ** 2 + self._columns.size
        return solving_work(self._gram) + rows

    def at(self, Sigmas, sigma2: float, mean, precision) -> RowMoments:
        system = _Eliminated(with_prior(self._gram, mean, precision, sigma2), Sigmas)
        found = system.solve(system.response())
        effects = [b[:, :, 0] for b in found.effects]
        if effects:
            effects[0] = self._deepest(system, effects[0])
        columns, codes = self._alone
        leverages = system.leverages(columns, codes, self._roots)[self._alike]
        return RowMoments(_means(effects, found.fixed, self._columns, self._codes), leverages)

    def _deepest(self, system, together):
        """(G, q) b = K C_ky - E (what is shallower) of each group; E's part from all alike."""
        K = system.deepest_K
        sums = np.einsum("gij,gj->gi", K, system.response().effects[0][:, :, 0])
        above = (sums - together) / self._roots[:, None]
        own = np.einsum("gij,gj->gi", K[self._designs], self._seen)
        return own - above[self._designs]


class _Eliminated(NestedEquations):
    """With the leverages of rows."""

    @property
    def deepest_K(self):
        return self._levels[0].K

    def leverages(self, columns, codes, roots):
        """Level by level: w = (z, r) has z'Kz, and leaves r - E'z to what is shallower."""
        total, left = 0.0, columns
        for k, (level, code) in enumerate(zip(self._levels, codes, strict=True)):
            z, rest = left[:, : level.width], left[:, level.width :]
            E = level.E if k else level.E / roots[:, None, None]
            total = total + np.einsum("ui,uij,uj->u", z, level.K[code], z, optimize=True)
            left = rest - np.einsum("ui,uij->uj", z, E[code])
        return total + _squares(self.information, left)


class CrossedGiven:
    """Rows of crossed grouping factors."""

    def __init__(self, gram: CrossedGram, columns: np.ndarray, codes):
        self._gram, self._columns, self._codes = gram, columns, codes

    @property
    def work(self):
        """Multiplications of `at`, roughly."""
        sizes = [L * q for L, q in zip(self._gram.n_groups, self._gram.n_effects, strict=True)]
        dense = sum(sizes) - max(sizes) + self._gram.n_fixed
        return solving_work(self._gram) + len(self._columns) * dense**2

    def at(self, Sigmas, sigma2: float, mean, precision) -> RowMoments:
        system = _Sparse(with_prior(self._gram, mean, precision, sigma2), Sigmas)
        found = system.solve(system.response())
        effects = [b[:, :, 0] for b in found.effects]
        means = _means(effects, found.fixed, self._columns, self._codes)
        return RowMoments(means, system.leverages(self._columns, self._codes))


class _Sparse(SparseEquations):
    """With the leverages of rows."""

    def leverages(self, columns, codes):
        *parts, x = np.split(columns, np.cumsum(self.gram.n_effects), axis=1)
        z, code = parts[self._first], codes[self._first]
        placed = [
            _placed(part, code, L)
            for part, code, L in zip(parts, codes, self.gram.n_groups, strict=True)
        ]
        total = np.einsum("ui,uij,uj->u", z, self.K[code], z, optimize=True)
        across, n = placed[self._first] @ self._E, self._n_dense
        dense = sparse.csr_array(sparse.hstack([placed[k] for k in self._rest])) - across[:, :n]
        if self._inner is not None:
            # Lam (I + Lam'S Lam)^-1 Lam' by its root.
            root = np.linalg.inv(np.tril(self._inner[0])) @ self._Lam.T.toarray()
            total = total + ((dense @ root.T) ** 2).sum(axis=1)
        x = x - across[:, n:].toarray() - dense @ self._reduced
        return total + _squares(self.information, x)


def _placed(z, code, n_groups):
    """(u, n_groups q) sparse rows with z (u, q) at the columns of their groups."""
    u, q = z.shape
    columns = code[:, None] * q + np.arange(q)
    start = np.arange(u + 1) * q
    return sparse.csr_array((z.ravel(), columns.ravel(), start), shape=(u, n_groups * q))


def _means(effects, beta, columns, codes):
    """(u,) Z b + X beta of rows; effects : per level (L, q)."""
    total, at = 0.0, 0
    for b, code in zip(effects, codes, strict=True):
        q = b.shape[1]
        total = total + np.einsum("uq,uq->u", columns[:, at : at + q], b[code])
        at += q
    # Not a product of BLAS: its threads would wait for each other a thousand times a second.
    return total + np.einsum("up,p->u", columns[:, at:], beta[:, 0])


def _squares(information, x):
    """(u,) x' information^-1 x of rows x (u, p)."""
    half = x @ np.linalg.inv(np.linalg.cholesky(information)).T
    return np.einsum("up,up->u", half, half)
