"""A step of the EM algorithm, on factors.

S becomes S - S (A' Gamma A) S / n_levels, which is never indefinite and never raises D. Far out,
where reliabilities are near 1, it goes most of the way; near zero it hardly moves.
"""

import numpy as np

from covedge.factors import Factors


def em_step(factors: Factors, x):
    """x after one step; it costs one evaluation."""
    _, gradient = factors.value_and_gradient(x)
    parts = []
    for block, L, slope in zip(
        factors.blocks, factors.split(x), factors.split(gradient), strict=True
    ):
        n = factors.likelihood.gram.n_groups[block.level]
        n = n if block.full else n * block.basis.shape[1]
        # S = L L' goes to L M L'.
        M = np.eye(block.columns) - L.T @ slope / (2.0 * n)
        values, vectors = np.linalg.eigh((M + M.T) / 2)
        root = (vectors * np.sqrt(np.maximum(values, 0.0))) @ vectors.T
        parts.append(L @ root)
    return factors.join(parts)
