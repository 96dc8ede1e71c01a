"""Which groups of two grouping factors meet, and the cross-products of their effects there."""

from dataclasses import dataclass

import numpy as np

from covedge import kernel


@dataclass(frozen=True)
class Pairs:
    """Groups of one level that share rows with groups of another.

    first, second : (n_pairs,) the groups, sorted by first, then second, no pair twice.
    blocks : (n_pairs, q_first, q_second) Z_first'Z_second over the rows that they share.
    """

    first: np.ndarray
    second: np.ndarray
    blocks: np.ndarray

    @property
    def turned(self) -> "Pairs":
        """The same from the other side."""
        order = np.lexsort((self.first, self.second))
        blocks = np.ascontiguousarray(np.swapaxes(self.blocks[order], 1, 2))
        return Pairs(self.second[order], self.first[order], blocks)

    def nested(self, n_first: int) -> bool:
        """Whether each of the n_first groups lies within one group of the second factor."""
        return len(self.first) == n_first


def pairs(left, right, first, second, n_second) -> Pairs:
    """Pairs from rows: left (n, q), right (n, q'), the groups of each row (n,), (n,)."""
    keys, place = np.unique(first * n_second + second, return_inverse=True)
    blocks = np.zeros((len(keys), left.shape[1], right.shape[1]))
    kernel.add_cross_products(left, right, place, blocks)
    return Pairs(keys // n_second, keys % n_second, blocks)


def added(one: Pairs, other: Pairs, n_second: int) -> Pairs:
    """Pairs of two batches of rows together."""
    keys = np.concatenate([p.first * n_second + p.second for p in (one, other)])
    unique, place = np.unique(keys, return_inverse=True)
    blocks = np.zeros((len(unique), *one.blocks.shape[1:]))
    np.add.at(blocks, place, np.concatenate([one.blocks, other.blocks]))
    return Pairs(unique // n_second, unique % n_second, blocks)
