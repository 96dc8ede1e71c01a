"""|y - X beta - Z b|^2 as a quadratic form on the Gram, without rows."""

import numpy as np

from covedge.grams.gram import Gram


def quadratic_form(gram: Gram) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(rows, columns, data) with |y - X beta - Z b|^2 = sum data v[rows] v[columns].

    v = (b, beta, -1), all scaled, b level by level, group by group. Each pair of different columns
    stands there once, doubled.
    """
    sizes = [L * q for L, q in zip(gram.n_groups, gram.n_effects, strict=True)]
    starts = np.concatenate([[0], np.cumsum(sizes)]).astype(int)
    rows, columns, data = [], [], []

    def add(first, second, block):
        """block (m, a, b) of m pairs of groups whose effects start at first (m,), second (m,)."""
        shape = block.shape
        rows.append(np.broadcast_to(first[:, None, None] + np.arange(shape[1])[:, None], shape))
        columns.append(np.broadcast_to(second[:, None, None] + np.arange(shape[2]), shape))
        data.append(block)

    for k, q in enumerate(gram.n_effects):
        for j in range(k, len(sizes)):
            met = gram.pairs(k, j)
            first = starts[k] + q * met.first
            second = starts[j] + gram.n_effects[j] * met.second
            add(first, second, met.blocks * (1.0 if j == k else 2.0))
        fixed = gram.fixed_blocks(k)
        own = starts[k] + q * np.arange(len(fixed))
        add(own, np.full(len(fixed), starts[-1]), 2.0 * fixed)
    add(starts[-1:], starts[-1:], root(gram)[None])
    flat = [np.concatenate([part.ravel() for part in parts]) for parts in (rows, columns, data)]
    there = flat[2] != 0.0
    return tuple(part[there] for part in flat)


def root(gram: Gram) -> np.ndarray:
    """(p + 1, p + 1) cross-products of [X | y]."""
    return gram.root if hasattr(gram, "root") else gram.raw[-1][0]
