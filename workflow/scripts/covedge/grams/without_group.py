"""The Gram without one group, in the same basis of the random effects.

Fixed effects and response are put on a scale of their own again, as `scaling` does with rows: what
judges a fit relies on orthonormal columns. The random effects keep theirs, so that a fit of the
whole is a start for a fit of what is left.
"""

from dataclasses import dataclass, replace

import numpy as np
from scipy.linalg import cholesky, solve_triangular

from covedge.errors import DesignError
from covedge.frames.design import ModelFrame
from covedge.grams.crossed_gram import CrossedGram
from covedge.grams.gram import Gram, Rows, accumulate, scaled_rows
from covedge.grams.scaling import NOTHING_LEFT, Scaling

# A combination of fixed effects whose part of the columns' length is less than this, squared, is
# not determined any more. The Gram has some twelve digits left.
DEPENDENT = 1e-10
FIXED_LOST = "the rest do not determine all fixed effects"
ROWS_LOST = "too few rows are left for the fixed effects"
EXACT = "the fixed effects fit what is left exactly"


@dataclass(frozen=True)
class WithoutRows:
    """Grams without one group, from the rows of a model frame.

    rows : scaled, numbered as in the Gram. log_weights : (n,) logarithms of the prior weights.
    """

    rows: Rows
    log_weights: np.ndarray

    def gram(self, level: int, group: int) -> Gram | CrossedGram:
        """Without the `group` of `level`, numbered as the Gram does."""
        rows = self.rows
        keep = rows.codes[level] != group
        parents = None
        codes = [np.unique(code[keep], return_inverse=True) for code in rows.codes]
        if rows.parents is not None:
            parents = _renumbered(rows.parents, [kept for kept, _ in codes])
        scaling = replace(rows.scaling, log_weights=float(self.log_weights[keep].sum()))
        left = Rows(
            np.ascontiguousarray(rows.columns[keep]),
            rows.y[keep],
            tuple(code for _, code in codes),
            tuple(len(kept) for kept, _ in codes),
            parents,
            rows.widths,
            rows.n_fixed,
            scaling,
        )
        return rescaled(accumulate(left))


def from_rows(frame: ModelFrame) -> WithoutRows:
    """Of a frame whose Gram is `gram.build(frame)`."""
    n = len(frame.y)
    weights = np.zeros(n) if frame.weights is None else np.log(frame.weights)
    return WithoutRows(scaled_rows(frame), weights)


def in_gram(gram: Gram | CrossedGram, level: int) -> bool:
    """Whether a nested Gram holds all cross-products of single groups of this level.

    Of the deepest it has those with their own effects only, and prior weights are not in it.
    """
    return isinstance(gram, Gram) and level > 0 and not gram.scaling.log_weights


def from_gram(gram: Gram, level: int, group: int, n_rows: int) -> Gram:
    """Without the `group`, of `n_rows` rows, of a level that is `in_gram`."""
    lost = np.zeros(gram.n_groups[level], dtype=bool)
    lost[group] = True
    kept = [np.flatnonzero(~lost)]
    for parents in reversed(gram.parents[:level]):
        lost = lost[parents]
        kept.insert(0, np.flatnonzero(~lost))
    deepest = gram.deepest[kept[0]]
    raw = [block[k] for block, k in zip(gram.raw, kept[1:], strict=False)]
    left, place = gram.raw[level - 1][group], group
    for above in range(level + 1, len(gram.parents) + 1):
        place = gram.parents[above - 1][place]
        q = gram.n_effects[above - 1]
        left = left[q:, q:]
        block = gram.raw[above - 1].copy()
        block[place] -= left
        raw.append(block)
    # A parent that had no other group is gone too.
    for above in range(level + 1, len(gram.parents)):
        present = np.unique(gram.parents[above - 1][kept[-1]])
        raw[above - 1] = raw[above - 1][present]
        kept.append(present)
    parents = _renumbered(gram.parents, kept)
    return rescaled(
        Gram(gram.n_obs - n_rows, gram.n_fixed, parents, deepest, tuple(raw), gram.scaling)
    )


def _renumbered(parents, kept):
    """Parents among the groups that are left; kept : per level their old numbers, ascending."""
    above = [*kept[1:], np.zeros(1, dtype=np.int64)]
    return tuple(
        np.searchsorted(up, parent[own])
        for parent, own, up in zip(parents, kept, above, strict=True)
    )


def rescaled(gram: Gram | CrossedGram) -> Gram | CrossedGram:
    """The same Gram with fixed effects of Q'Q = n I, and the residual of y of length sqrt(n).

    Raises DesignError where the rows do not determine the fixed effects, or these fit exactly.
    """
    crossed = isinstance(gram, CrossedGram)
    root = gram.root if crossed else gram.raw[-1][0]
    T, scaling = _change(root, gram.n_obs, gram.n_fixed, gram.scaling)
    last = len(T)

    def right(block):
        return np.concatenate([block[..., :-last], block[..., -last:] @ T], axis=-1)

    def both(block):
        return np.swapaxes(right(np.swapaxes(right(block), -1, -2)), -1, -2)

    if crossed:
        fixed = tuple(block @ T for block in gram.fixed)
        return replace(gram, fixed=fixed, root=T.T @ gram.root @ T, scaling=scaling)
    raw = tuple(np.ascontiguousarray(both(block)) for block in gram.raw)
    return Gram(gram.n_obs, gram.n_fixed, gram.parents, right(gram.deepest), raw, scaling)


def _change(root, n, p, scaling: Scaling):
    """(p + 1, p + 1) T with [Q y] T = the new columns, and the Scaling of those."""
    if n <= p:
        raise DesignError(ROWS_LOST)
    C, c = root[:p, :p] / n, root[:p, p] / n
    if p and np.linalg.eigvalsh(C)[0] < DEPENDENT:
        raise DesignError(FIXED_LOST)
    R = cholesky(C) if p else C
    inverse = solve_triangular(R, np.eye(p)) if p else C
    b = inverse @ (inverse.T @ c)
    square = root[p, p] / n - b @ c
    if not square > max(NOTHING_LEFT, DEPENDENT**2) * root[p, p] / n:
        raise DesignError(EXACT)
    s = np.sqrt(square)
    T = np.zeros((p + 1, p + 1))
    T[:p, :p], T[:p, p], T[p, p] = inverse, -b / s, 1.0 / s
    beta = scaling.beta + scaling.response * np.linalg.solve(scaling.fixed, b)
    told = replace(
        scaling, fixed=R @ scaling.fixed, beta=beta, response=float(scaling.response * s)
    )
    return T, told
