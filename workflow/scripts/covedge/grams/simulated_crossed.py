"""Responses drawn from a model of crossed factors, as sufficient statistics (see `simulated`)."""

from collections.abc import Sequence

import numpy as np
from scipy.sparse import csr_array

from covedge.errors import DesignError
from covedge.grams.crossed_gram import CrossedGram
from covedge.grams.gram import Gram
from covedge.grams.roots import group_roots, lower_root
from covedge.grams.simulated import NestedSimulator, Response, chi_square

# Columns of the dense part: 4,000 are 128 MB a matrix.
MOST_DENSE = 4000


def simulator(gram: Gram | CrossedGram):
    """What draws responses on the rows of a Gram; fixed effects are zero, and sigma = 1."""
    return CrossedSimulator(gram) if isinstance(gram, CrossedGram) else NestedSimulator(gram)


class CrossedSimulator:
    """Responses on the rows of a Gram of crossed factors.

    The level with most effects is eliminated group by group; the rest is one dense block.

    Raises DesignError where that block has more than MOST_DENSE columns.
    """

    def __init__(self, gram: CrossedGram):
        self.gram = gram
        widths = [n * q for n, q in zip(gram.n_groups, gram.n_effects, strict=True)]
        self._first = max(range(len(widths)), key=widths.__getitem__)
        self._others = [k for k in range(len(widths)) if k != self._first]
        dense = sum(widths) - widths[self._first] + gram.n_fixed
        if dense > MOST_DENSE:
            raise DesignError(
                f"responses are not simulated where {dense:,} columns share rows with all groups; "
                f"at most {MOST_DENSE:,} are"
            )
        own = gram.own[self._first]
        self._root, inverse = group_roots(own, np.einsum("gii->gi", own))
        self._there = np.abs(self._root).sum(axis=1) > 0
        self._across = self._sparse_across(inverse, widths, dense)
        rest = self._dense_products(widths, dense)
        self._last = lower_root(rest - (self._across.T @ self._across).toarray(), np.diag(rest))
        self.rank = int(self._there.sum()) + self._last.shape[1]

    def _sparse_across(self, inverse, widths, dense):
        """(L q, dense) Q'[other Z | X] of the level that is eliminated."""
        n_groups, q = inverse.shape[:2]
        rows, columns, data, at = [], [], [], 0
        blocks = [(self.gram.pairs(self._first, k), widths[k]) for k in self._others]
        parts = [(met.first, met.second, met.blocks, width) for met, width in blocks]
        everyone = np.arange(n_groups)
        fixed = self.gram.fixed_blocks(self._first)[:, :, :-1]
        parts.append((everyone, np.zeros(n_groups, dtype=int), fixed, self.gram.n_fixed))
        for first, second, block, width in parts:
            w = block.shape[2]
            value = np.swapaxes(inverse[first], 1, 2) @ block
            rows.append(np.repeat(first[:, None] * q + np.arange(q), w, axis=1).ravel())
            place = at + second[:, None] * w + np.arange(w)
            columns.append(np.tile(place, (1, q)).ravel())
            data.append(value.ravel())
            at += width
        entries = np.concatenate(data), (np.concatenate(rows), np.concatenate(columns))
        return csr_array(entries, shape=(n_groups * q, dense))

    def _dense_products(self, widths, dense):
        """(dense, dense) cross-products of [other Z | X]."""
        full, starts = np.zeros((dense, dense)), {}
        at = 0
        for k in self._others:
            starts[k] = at
            at += widths[k]
        full[at:, at:] = self.gram.root[:-1, :-1]
        for k in self._others:
            fixed = self.gram.fixed_blocks(k)[:, :, :-1].reshape(widths[k], -1)
            full[starts[k] : starts[k] + widths[k], at:] = fixed
            full[at:, starts[k] : starts[k] + widths[k]] = fixed.T
            for j in self._others:
                met = self.gram.pairs(k, j)
                q, w = met.blocks.shape[1:]
                rows = starts[k] + met.first[:, None] * q + np.arange(q)
                columns = starts[j] + met.second[:, None] * w + np.arange(w)
                full[rows[:, :, None], columns[:, None, :]] = met.blocks
        return full

    def draw(self, factors: Sequence[np.ndarray], rng: np.random.Generator) -> Response:
        """As `NestedSimulator.draw`."""
        gram = self.gram
        effects = [
            rng.standard_normal((n, F.shape[1])) @ F.T
            for n, F in zip(gram.n_groups, factors, strict=True)
        ]
        others = [effects[k].ravel() for k in self._others]
        shared = np.concatenate([*others, np.zeros(gram.n_fixed)])
        u = rng.standard_normal(self._there.shape) * self._there
        u += np.einsum("gij,gi->gj", self._root, effects[self._first])
        u += (self._across @ shared).reshape(u.shape)
        v = rng.standard_normal(self._last.shape[1]) + self._last.T @ shared
        rest = self._across.T @ u.ravel() + self._last @ v
        squares = (u * u).sum() + v @ v + chi_square(gram.n_obs - self.rank, rng)
        random, at = [None] * len(effects), 0
        for k in self._others:
            random[k] = rest[at : at + effects[k].size].reshape(effects[k].shape)
            at += effects[k].size
        random[self._first] = np.einsum("gij,gj->gi", self._root, u)
        return Response(tuple(random), rest[at:], float(squares))
