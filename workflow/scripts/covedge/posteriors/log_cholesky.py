"""Positive definite matrices without an edge: S = L L', L lower triangular, log of its diagonal."""

from collections.abc import Sequence

import numpy as np


class LogCholesky:
    """The map from z, all blocks' lower triangles row by row, to flat square factors L.

    sizes : p of each block. diagonal : (len z,) which z are logarithms. blocks : the place of
    each block's in z.
    """

    def __init__(self, sizes: Sequence[int]):
        self.size = sum(p * p for p in sizes)
        places, diagonal, start = [], [], 0
        for p in sizes:
            rows, columns = np.tril_indices(p)
            places.append(start + rows * p + columns)
            diagonal.append(rows == columns)
            start += p * p
        self.places = np.concatenate([np.zeros(0, dtype=int), *places])
        ends = np.cumsum([len(one) for one in places], dtype=int)
        self.blocks = [slice(e - len(one), e) for e, one in zip(ends, places, strict=True)]
        self.diagonal = np.concatenate([np.zeros(0, dtype=bool), *diagonal])

    def factors(self, z):
        """(sum p^2,) all L, row by row; z = 0 is the identity."""
        x = np.zeros(self.size)
        x[self.places] = np.where(self.diagonal, np.exp(np.where(self.diagonal, z, 0.0)), z)
        return x

    def gradient(self, z, slopes):
        """By z, from the slopes by every entry of the L."""
        slopes = slopes[self.places]
        return np.where(self.diagonal, slopes * self.factors(z)[self.places], slopes)
