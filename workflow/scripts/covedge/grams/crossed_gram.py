"""The sufficient statistics where grouping factors cross: sparse cross-products of all effects.

Where factors are nested, `gram.Gram` keeps the blocks of whole groups and collapses equal designs.
Here two groups share rows or do not, and only those that do are stored.
"""

from dataclasses import dataclass
from functools import cached_property
from itertools import combinations

import numpy as np

from covedge import kernel
from covedge.grams.crossed_pack import pack_crossed
from covedge.grams.pairs import Pairs, added, pairs
from covedge.grams.scaling import Scaling


@dataclass(frozen=True)
class CrossedGram:
    """Cross-products of the scaled columns; levels are the terms, most levels first.

    n_obs, n_fixed : n and p.
    own : per level (L_k, q_k, q_k) Z_g'Z_g.
    shared : (k, j), k < j -> Pairs of their groups.
    fixed : per level (L_k, q_k, p + 1) Z_g'[X y].
    root : (p + 1, p + 1) [X y]'[X y].
    """

    n_obs: int
    n_fixed: int
    own: tuple[np.ndarray, ...]
    shared: dict[tuple[int, int], Pairs]
    fixed: tuple[np.ndarray, ...]
    root: np.ndarray
    scaling: Scaling

    @property
    def n_effects(self):
        """q_k of each level."""
        return tuple(own.shape[1] for own in self.own)

    @property
    def n_groups(self):
        return tuple(len(own) for own in self.own)

    def pairs(self, level: int, other: int) -> Pairs:
        """Which groups of two levels meet; of one level, each group with itself."""
        if level == other:
            index = np.arange(len(self.own[level]))
            return Pairs(index, index, self.own[level])
        if level < other:
            return self.shared[level, other]
        return self.shared[other, level].turned

    def fixed_blocks(self, level: int) -> np.ndarray:
        """(L, q, p + 1) Z_g'[X y]."""
        return self.fixed[level]

    def __getstate__(self):
        # What is packed holds addresses of this process.
        return {name: value for name, value in vars(self).items() if name != "packed"}

    @cached_property
    def packed(self):
        return pack_crossed(self)

    def full(self) -> np.ndarray:
        """(m, m) cross-products of [Z of each level, group after group | X | y], dense."""
        sizes = [own.shape[0] * own.shape[1] for own in self.own] + [len(self.root)]
        starts = np.concatenate([[0], np.cumsum(sizes)])
        full = np.zeros((starts[-1], starts[-1]))
        full[starts[-2] :, starts[-2] :] = self.root
        for k, q in enumerate(self.n_effects):
            full[starts[k] : starts[k + 1], starts[-2] :] = self.fixed[k].reshape(sizes[k], -1)
            for j in range(k, len(self.own)):
                found = self.pairs(k, j)
                rows = starts[k] + found.first[:, None] * q + np.arange(q)
                width = self.n_effects[j]
                columns = starts[j] + found.second[:, None] * width + np.arange(width)
                full[rows[:, :, None], columns[:, None, :]] = found.blocks
        upper = np.triu(full)
        return upper + np.triu(full, 1).T


def accumulate_crossed(columns, y, codes, n_groups, widths, scaling) -> CrossedGram:
    """Cross-products of scaled rows.

    columns : (n, sum q + p) [Z of each level | X]; y : (n,); codes : per level (n,) the group of
    each row, of n_groups; widths : q of each level.
    """
    ends = np.cumsum(widths)
    Z = [
        np.ascontiguousarray(columns[:, end - q : end]) for end, q in zip(ends, widths, strict=True)
    ]
    last = np.ascontiguousarray(np.column_stack([columns[:, sum(widths) :], y]))
    own, fixed = [], []
    for z, code, L in zip(Z, codes, n_groups, strict=True):
        own.append(_within(z, z, code, L))
        fixed.append(_within(z, last, code, L))
    shared = {
        (k, j): pairs(Z[k], Z[j], codes[k], codes[j], n_groups[j])
        for k, j in combinations(range(len(Z)), 2)
    }
    n_fixed = last.shape[1] - 1
    return CrossedGram(len(y), n_fixed, tuple(own), shared, tuple(fixed), last.T @ last, scaling)


def _within(left, right, codes, n_groups):
    out = np.zeros((n_groups, left.shape[1], right.shape[1]))
    kernel.add_cross_products(left, right, codes, out)
    return out


def together(one: CrossedGram, other: CrossedGram) -> CrossedGram:
    """The Gram of two batches of rows, scaled and coded alike."""
    return CrossedGram(
        one.n_obs + other.n_obs,
        one.n_fixed,
        tuple(a + b for a, b in zip(one.own, other.own, strict=True)),
        {
            place: added(found, other.shared[place], one.n_groups[place[1]])
            for place, found in one.shared.items()
        },
        tuple(a + b for a, b in zip(one.fixed, other.fixed, strict=True)),
        one.root + other.root,
        one.scaling,
    )
