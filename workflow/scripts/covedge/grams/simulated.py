"""Responses drawn from a model, as sufficient statistics: no rows are needed, however many.

Let W = [Z | X] hold all columns. W'y and y'y are all that the likelihood reads of a response y, and
W = Q R' with orthonormal Q: for y = Z b + e the coordinates u = Q'y are R'b plus standard normals,
W'y = R u, and y'y = |u|^2 plus a chi-square with n - rank W degrees of freedom. R comes from the
Gram by the elimination that the kernel uses, group by group, with what is dependent left out.
Design, section 5.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from covedge.grams.gram import Gram
from covedge.grams.roots import group_roots, lower_root


@dataclass(frozen=True)
class Response:
    """What is kept of a response y (n,), in scaled columns.

    random : per level (n_groups, q) Z'y. fixed : (p,) X'y. squares : y'y.
    """

    random: tuple[np.ndarray, ...]
    fixed: np.ndarray
    squares: float


class NestedSimulator:
    """Responses on the rows of a Gram of nested grouping factors."""

    def __init__(self, gram: Gram):
        self.gram = gram
        self._parents = gram.parents
        self._roots, self._there, self._across = [], [], []
        changed = None
        for level, q in enumerate(gram.n_effects):
            own, rest = _blocks(gram, level)
            lengths = np.einsum("gii->gi", own)
            if changed is not None:
                own, rest = own + changed[:, :q, :q], rest + changed[:, :q, q:]
            root, inverse = group_roots(own, lengths)
            across = np.swapaxes(inverse, 1, 2) @ rest
            self._roots.append(root)
            self._there.append(np.abs(root).sum(axis=1) > 0)
            self._across.append(across)
            taken = -np.swapaxes(across, 1, 2) @ across
            if changed is not None:
                taken += changed[:, q:, q:]
            changed = _summed(taken, gram.parents[level], self._n_parents(level))
        fixed = gram.raw[-1][0, :-1, :-1]
        left = fixed + changed[0] if changed is not None else fixed
        self._last = lower_root(left, np.diag(fixed))
        self.rank = sum(int(there.sum()) for there in self._there) + self._last.shape[1]

    def _n_parents(self, level):
        return 1 if level + 1 == len(self._parents) else len(self._parents[level + 1])

    def draw(self, factors: Sequence[np.ndarray], rng: np.random.Generator) -> Response:
        """One response with b = F z at each level; factors : per level (q, d) F, F F' = Sigma."""
        effects = [
            rng.standard_normal((len(parent), F.shape[1])) @ F.T
            for parent, F in zip(self._parents, factors, strict=True)
        ]
        shallower, held = [], np.zeros((1, self.gram.n_fixed))
        for parent, b in zip(self._parents[::-1], effects[::-1], strict=True):
            shallower.append(held[parent])
            held = np.hstack([b, shallower[-1]])
        return self._collected(effects, shallower[::-1], rng)

    def _collected(self, effects, shallower, rng):
        """shallower : per level (n_groups, r) what the groups share with others, X with zero."""
        random, squares, passed = [], 0.0, None
        for level, (root, across) in enumerate(zip(self._roots, self._across, strict=True)):
            u = rng.standard_normal(self._there[level].shape) * self._there[level]
            u += np.einsum("gij,gi->gj", root, effects[level])
            u += np.einsum("gjr,gr->gj", across, shallower[level])
            squares += np.einsum("gj,gj->", u, u)
            own = np.einsum("gij,gj->gi", root, u)
            rest = np.einsum("gjr,gj->gr", across, u)
            if passed is not None:
                q = own.shape[1]
                own, rest = own + passed[:, :q], rest + passed[:, q:]
            random.append(own)
            passed = _summed(rest, self._parents[level], self._n_parents(level))
        u = rng.standard_normal(self._last.shape[1])
        fixed = self._last @ u + (passed[0] if passed is not None else 0.0)
        squares += u @ u + chi_square(self.gram.n_obs - self.rank, rng)
        return Response(tuple(random), fixed, float(squares))


def _blocks(gram, level):
    """Own (n_groups, q, q) and the rest (n_groups, q, r) of a level's rows, y left out."""
    q = gram.n_effects[level]
    block = gram.deepest if level == 0 else gram.raw[level - 1][:, :q]
    return block[:, :, :q], block[:, :, q:-1]


def _summed(values, parents, n_parents):
    """Sums over the groups of each parent; children lie side by side."""
    out = np.zeros((n_parents, *values.shape[1:]))
    if len(values):
        first = np.flatnonzero(np.diff(parents, prepend=-1))
        out[parents[first]] = np.add.reduceat(values, first, axis=0)
    return out


def chi_square(degrees, rng):
    return rng.chisquare(degrees) if degrees > 0 else 0.0
