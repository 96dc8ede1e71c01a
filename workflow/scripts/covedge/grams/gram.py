"""The sufficient statistics: cross-products of [Z | X | y] within each group.

The columns have been put on a common scale before (`scaling`). Where the grouping factors are
nested they are kept group by group, in `Gram`; where some cross, in `crossed_gram.CrossedGram`.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from covedge import kernel
from covedge.frames.design import ModelFrame
from covedge.grams.crossed_gram import CrossedGram, accumulate_crossed
from covedge.grams.pack import pack
from covedge.grams.pairs import Pairs
from covedge.grams.scaling import Scaling, scaled, weighted


@dataclass(frozen=True)
class Gram:
    """Cross-products of the scaled columns, level by level from the deepest grouping factor.

    n_obs, n_fixed : n and p.
    parents : per level below the root (n_groups,) index of the group's parent one level up.
    deepest : (n_groups, q_0, m_0) Z_0'[Z_0 | shallower Z | X | y] of each deepest group.
    raw : per level 1..K (n_groups, m_k, m_k) cross-products of the columns left at that level.
    """

    n_obs: int
    n_fixed: int
    parents: tuple[np.ndarray, ...]
    deepest: np.ndarray
    raw: tuple[np.ndarray, ...]
    scaling: Scaling

    @property
    def n_effects(self):
        """q_k of each level, deepest first."""
        widths = [r.shape[1] for r in self.raw]
        first = [self.deepest.shape[2]] if self.parents else []
        return tuple(-int(d) for d in np.diff(first + widths))

    @property
    def n_groups(self):
        return tuple(len(p) for p in self.parents)

    def __getstate__(self):
        # What is packed holds addresses of this process.
        return {name: value for name, value in vars(self).items() if name != "packed"}

    @cached_property
    def packed(self):
        return pack(self)

    def pairs(self, level: int, other: int) -> Pairs:
        """Which groups of two levels meet, the deeper first; of one level, each with itself."""
        source = self._source(level)
        q = self.n_effects
        first = sum(q[level:other])
        up = np.arange(len(source))
        for between in range(level, other):
            up = self.parents[between][up]
        return Pairs(np.arange(len(source)), up, source[:, : q[level], first : first + q[other]])

    def fixed_blocks(self, level: int) -> np.ndarray:
        """(n_groups, q, p + 1) Z_g'[X y]."""
        source = self._source(level)
        return source[:, : self.n_effects[level], source.shape[2] - self.n_fixed - 1 :]

    def _source(self, level):
        return self.deepest if level == 0 else self.raw[level - 1]


@dataclass(frozen=True)
class Rows:
    """The scaled rows of a model frame; levels deepest first, or most groups first.

    columns : (n, m - 1) [Z_0 | Z_1 ... | X]; y : (n,).
    codes : per level (n,) group of each row, of n_groups; parents : as in `Gram`, None where the
        factors cross; widths : q of each level.
    """

    columns: np.ndarray
    y: np.ndarray
    codes: tuple[np.ndarray, ...]
    n_groups: tuple[int, ...]
    parents: tuple[np.ndarray, ...] | None
    widths: tuple[int, ...]
    n_fixed: int
    scaling: Scaling


def scaled_rows(frame: ModelFrame) -> Rows:
    """Scale the rows of a model frame, whose terms come with the fewest levels first."""
    frame = weighted(frame)
    y, Q, scaling = scaled(frame)
    codes, parents = group_indices(frame.codes)
    n_groups = tuple(term.n_levels for term in reversed(frame.terms))
    Z = [Z @ W for Z, W in zip(reversed(frame.Z), scaling.random, strict=True)]
    columns = np.ascontiguousarray(np.column_stack([*Z, Q]))
    widths = tuple(z.shape[1] for z in Z)
    return Rows(columns, y, codes, n_groups, parents, widths, Q.shape[1], scaling)


def build(frame: ModelFrame) -> Gram | CrossedGram:
    """The Gram of a model frame."""
    return accumulate(scaled_rows(frame))


def accumulate(rows: Rows) -> Gram | CrossedGram:
    """Cross-products of scaled rows, in one pass."""
    if rows.parents is None:
        return accumulate_crossed(
            rows.columns, rows.y, rows.codes, rows.n_groups, rows.widths, rows.scaling
        )
    return _accumulate_nested(rows)


def _accumulate_nested(rows):
    columns = np.column_stack([rows.columns, rows.y])
    n_terms, root = len(rows.widths), np.zeros(len(rows.y), dtype=np.int64)
    deepest = np.zeros((0, 0, columns.shape[1]))
    if n_terms:
        q = rows.widths[0]
        deepest = np.zeros((len(rows.parents[0]), q, columns.shape[1]))
        own = np.ascontiguousarray(columns[:, :q])
        kernel.add_cross_products(own, columns, rows.codes[0], deepest)
    # Only the lowest of these needs the rows; the others are sums of the one below.
    left = np.ascontiguousarray(columns[:, sum(rows.widths[:1]) :])
    inner = n_terms > 1
    block = np.zeros((len(rows.parents[1]) if inner else 1, left.shape[1], left.shape[1]))
    kernel.add_cross_products(left, left, rows.codes[1] if inner else root, block)
    raw = [block]
    for q, parents in zip(rows.widths[1:], rows.parents[1:], strict=True):
        first = np.flatnonzero(np.diff(parents, prepend=-1))  # children lie side by side
        raw.append(np.add.reduceat(raw[-1][:, q:, q:], first, axis=0))
    return Gram(len(rows.y), rows.n_fixed, rows.parents, deepest, tuple(raw), rows.scaling)


def group_indices(codes):
    """Per level, deepest first, the group of each row; and the parents, or None where they cross.

    codes : per term (n,) level of each row, fewest levels first. Groups of nested factors are
    numbered so that a parent's children are contiguous.
    """
    numbered, parents = [], []
    above = np.zeros(len(codes[0]), dtype=np.int64) if codes else None
    for code in codes:
        n_levels = int(code.max()) + 1
        parent = np.zeros(n_levels, dtype=np.int64)
        parent[code] = above
        if not np.array_equal(parent[code], above):
            return tuple(codes[::-1]), None
        order = np.argsort(parent, kind="stable")
        number = np.empty(n_levels, dtype=np.int64)
        number[order] = np.arange(n_levels)
        parents.append(parent[order])
        numbered.append(number[code])
        above = numbered[-1]
    return tuple(numbered[::-1]), tuple(parents[::-1])
