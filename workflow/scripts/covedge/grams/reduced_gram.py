"""The Gram of one model: without the levels and effects that it does not have.

The ladder's Gram serves every rung, so it carries the asked-for model's columns. A rung with an
intercept at the cycle level pays for six effects there in every evaluation of the likelihood; one
that is to be evaluated a hundred thousand times had better have a Gram of its own. It is a linear
map of the ladder's, exact, and the rows are not needed.
"""

from collections.abc import Sequence
from dataclasses import replace
from itertools import combinations, pairwise

import numpy as np
from scipy.linalg import block_diag

from covedge.grams.crossed_gram import CrossedGram
from covedge.grams.gram import Gram
from covedge.models.structure import Structure


def of_model(gram: Gram | CrossedGram, structures: Sequence[Structure]) -> Gram | CrossedGram:
    """The Gram of a model; structures outermost first, one per term of the ladder."""
    return reduced(
        gram, [_basis(s, W) for s, W in zip(structures[::-1], gram.scaling.random, strict=True)]
    )


def _basis(structure, W):
    return np.hstack([np.zeros((len(W), 0)), *(c.basis for c in structure.components)])


def reduced(gram: Gram | CrossedGram, bases: Sequence[np.ndarray]) -> Gram | CrossedGram:
    """The Gram whose effects at each level are Z_k @ basis_k; a level with none is left out.

    bases : per level, deepest first, (q_k, p_k) in the effects' own basis, p_k <= q_k.

    Returns a Gram with p_k effects a level. Its `scaling.random` are (q_k, p_k) W with
    Sigma = W Sigma_scaled W' in the effects' own basis; the columns Z W are orthogonal on average
    over the groups where Z's scaled columns are.
    """
    inside = [
        _orthonormal(np.linalg.solve(W, basis))
        for W, basis in zip(gram.scaling.random, bases, strict=True)
    ]
    kept = [level for level, B in enumerate(inside) if B.shape[1]]
    scaling = replace(
        gram.scaling, random=tuple(gram.scaling.random[level] @ inside[level] for level in kept)
    )
    if isinstance(gram, CrossedGram):
        if len(kept) < 2:
            return _uncrossed(gram, inside, kept, scaling)
        return _crossed(gram, inside, kept, scaling)
    n_last = gram.n_fixed + 1
    raw = []
    for level in kept[1:]:
        T = _columns(inside[level:], n_last)
        raw.append(T.T @ gram.raw[level - 1] @ T)
    return Gram(
        gram.n_obs,
        gram.n_fixed,
        _parents(gram, kept),
        _deepest(gram, inside, kept, n_last),
        (*raw, gram.raw[-1]),
        scaling,
    )


def _uncrossed(gram, inside, kept, scaling):
    """One factor or none is left: nested, which is faster."""
    parents, deepest = (), np.zeros((0, 0, gram.n_fixed + 1))
    for k in kept:
        parents = (np.zeros(gram.n_groups[k], dtype=np.int64),)
        own, fixed = inside[k].T @ gram.own[k] @ inside[k], inside[k].T @ gram.fixed[k]
        deepest = np.concatenate([own, fixed], axis=2)
    return Gram(gram.n_obs, gram.n_fixed, parents, deepest, (gram.root[None],), scaling)


def _crossed(gram, inside, kept, scaling):
    return CrossedGram(
        gram.n_obs,
        gram.n_fixed,
        tuple(inside[k].T @ gram.own[k] @ inside[k] for k in kept),
        {
            (a, b): replace(met, blocks=inside[k].T @ met.blocks @ inside[j])
            for (a, k), (b, j) in combinations(enumerate(kept), 2)
            for met in [gram.shared[k, j]]
        },
        tuple(inside[k].T @ gram.fixed[k] for k in kept),
        gram.root,
        scaling,
    )


def _orthonormal(A):
    """(q, r) orthonormal basis of the span of A (q, c)."""
    if not A.shape[1]:
        return A
    U, s, _ = np.linalg.svd(A, full_matrices=False)
    return U[:, s > 1e-10 * s[0]] if s[0] > 0 else U[:, :0]


def _columns(inside, n_last):
    """The map from all columns of a block to those that are left."""
    return block_diag(*inside, np.eye(n_last))


def _deepest(gram, inside, kept, n_last):
    if not kept:
        return np.zeros((0, 0, n_last))
    level = kept[0]
    block = gram.deepest if level == 0 else gram.raw[level - 1][:, : gram.n_effects[level], :]
    return np.ascontiguousarray(inside[level].T @ block @ _columns(inside[level:], n_last))


def _parents(gram, kept):
    """Per kept level, each group's parent among the groups of the next kept level."""
    parents = []
    for level, following in pairwise([*kept, len(gram.parents)]):
        parent = gram.parents[level]
        for between in range(level + 1, following):
            parent = gram.parents[between][parent]
        parents.append(parent)
    return tuple(parents)
