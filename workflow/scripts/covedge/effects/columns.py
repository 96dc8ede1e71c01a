"""Vectors with an entry for each random effect of each group and for each fixed effect."""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Columns:
    """Several vectors side by side: coefficients (b, beta), or cross-products with [Z | X].

    effects : per level (L, q, s), deepest first as in the engine; fixed : (p, s).
    """

    effects: tuple[np.ndarray, ...]
    fixed: np.ndarray

    def inner(self, other: "Columns") -> np.ndarray:
        """(s, s') inner products."""
        total = self.fixed.T @ other.fixed
        for mine, theirs in zip(self.effects, other.effects, strict=True):
            total = total + np.tensordot(mine, theirs, axes=([0, 1], [0, 1]))
        return total
