"""The Gram of data that need not fit into memory: three passes over batches of rows.

The first pass, over the label columns alone, is made where the batches are opened: it finds the
labels, so that the model matrix of every batch has the same columns. The second (`stream_survey`)
finds the levels of the grouping factors and, by triangular factors, the scaling. The third takes
the cross-products of the scaled rows. What is held does not grow with the number of rows.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy.linalg import solve_triangular

from covedge.formulas.formula import Formula
from covedge.frames.design import Term, matrices
from covedge.grams import crossed_gram
from covedge.grams.crossed_gram import CrossedGram
from covedge.grams.gram import Gram, Rows, accumulate
from covedge.grams.scaling import Scaling
from covedge.streaming.batches import Batches
from covedge.streaming.stream_survey import Survey, codes_of, response_of, survey


@dataclass(frozen=True)
class Streamed:
    """What `frames.design.model_frame` and `grams.gram.build` give together, less the rows.

    terms : outermost first; fixed : names of the columns of X; dropped : columns of X that the
    others determine; order : `effects.modes.level_order`, None where rows came in batches.
    """

    gram: Gram | CrossedGram
    terms: tuple[Term, ...]
    fixed: tuple[str, ...]
    dropped: tuple[str, ...]
    order: tuple[np.ndarray, ...] | None = None


def stream(
    batches: Batches,
    formula: Formula,
    others: Sequence[Formula] = (),
    weights: str | None = None,
) -> Streamed:
    """The Gram of `formula` on prepared rows, and its terms; arguments as of `model_frame`.

    Raises NeedsAllRows where a transformation cannot be had batch by batch.
    """
    found = survey(batches, formula, others, weights)
    gram = None
    for rows in scaled_batches(batches, found):
        part = accumulate(rows)
        gram = part if gram is None else together(gram, part)
    terms = tuple(
        effects.term(levels, batches.categories)
        for effects, levels in zip(found.effects, found.levels, strict=True)
    )
    names = np.array(found.names, dtype=object)
    fixed, dropped = tuple(names[found.keep]), tuple(names[~found.keep])
    return Streamed(_polished(gram), terms, fixed, dropped)


def scaled_batches(batches: Batches, found: Survey) -> Iterator[Rows]:
    """The scaled rows of each batch; codes and parents are those of all batches together."""
    scaling = found.scaling
    backwards = list(zip(found.effects, found.levels, strict=True))[::-1]
    for batch in batches:
        matrix = matrices(batch)
        y, root = response_of(batch, found.formula, found.weights)
        X = matrix(found.formula.fixed)[0][:, found.keep]
        residual = root[:, 0] * (y - X @ scaling.beta) / scaling.response
        Q = solve_triangular(scaling.fixed, (X * root).T, trans="T").T if X.size else X
        Z = [
            effects.matrix(matrix) * root @ W
            for (effects, _), W in zip(backwards, scaling.random, strict=True)
        ]
        codes = codes_of(batch, batches.categories)
        yield Rows(
            columns=np.ascontiguousarray(np.column_stack([*Z, Q])),
            y=residual,
            codes=tuple(levels.place(codes) for _, levels in backwards),
            n_groups=tuple(len(levels.present) for _, levels in backwards),
            parents=found.parents,
            widths=tuple(z.shape[1] for z in Z),
            n_fixed=X.shape[1],
            scaling=scaling,
        )


def together(one, other):
    """The Gram of two batches of rows, scaled and coded alike."""
    if isinstance(one, CrossedGram):
        return crossed_gram.together(one, other)
    return replace(
        one,
        n_obs=one.n_obs + other.n_obs,
        deepest=one.deepest + other.deepest,
        raw=tuple(a + b for a, b in zip(one.raw, other.raw, strict=True)),
    )


def _polished(gram):
    """Take out the rounding errors of X R^-1 and y - X beta, which large means leave in them.

    The columns of X become orthonormal to the last digit, and y orthogonal to them, by one more
    triangular factor (as in CholeskyQR2) and one more projection, here of the cross-products.
    """
    n, scaling, p = gram.n_obs, gram.scaling, gram.n_fixed
    root = (gram.root if isinstance(gram, CrossedGram) else gram.raw[-1][0]) / n
    U = np.linalg.cholesky(root[:p, :p]).T
    back = solve_triangular(U, np.eye(p)) if p else U
    along = back.T @ root[:p, p]
    size = np.sqrt(root[p, p] - along @ along)
    change = np.eye(p + 1)
    change[:p, :p] = back
    change[:p, p] = -back @ along / size
    change[p, p] = 1.0 / size
    fixed = U @ scaling.fixed
    beta = scaling.beta
    if p:
        beta = beta + scaling.response * solve_triangular(fixed, along)
    response = float(scaling.response * size)
    return rebased(gram, change, replace(scaling, fixed=fixed, beta=beta, response=response))


def rebased(gram, change: np.ndarray, scaling: Scaling):
    """The Gram with other columns [X y] @ change (p + 1, p + 1)."""
    p1 = len(change)

    def right(block):
        return np.concatenate([block[..., :-p1], block[..., -p1:] @ change], axis=-1)

    def both(block):
        turned = np.swapaxes(right(block), 1, 2)
        return np.ascontiguousarray(np.swapaxes(right(turned), 1, 2))

    if isinstance(gram, CrossedGram):
        fixed = tuple(map(right, gram.fixed))
        return replace(gram, fixed=fixed, root=both(gram.root[None])[0], scaling=scaling)
    return replace(
        gram, deepest=right(gram.deepest), raw=tuple(map(both, gram.raw)), scaling=scaling
    )
