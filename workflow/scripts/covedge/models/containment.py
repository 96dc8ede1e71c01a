"""Which model is inside which: is every Sigma that one of them allows allowed by the other?

A structure's set is the sum over its components of {A S A'}. It is decided from bases and kinds,
never from names:

- a a' is in the set if a is in the range of a full component, or spans a scalar one of one column.
  So a full component is inside if its range is inside one such range: a subspace that lies in a
  union of finitely many lies in one of them.
- A scalar component is one matrix, A A', times tau^2. It is inside if A A' is a sum of the other
  structure's matrices, each with S positive semidefinite.
- Without limits on ranks a set is closed under sums, so that all components may be judged singly.
  With limits the ranks that go into one component are added up as well.
"""

from itertools import product

import numpy as np
from scipy.optimize import minimize

from covedge.models.ladder import Model
from covedge.models.structure import FULL, Component, Structure

# A part of a basis that is this much smaller than the basis is rounding error.
ROUNDING = 1e-9
# A search over S ends this near (squared, relative) to a matrix that is in the set.
FOUND = 1e-10


def inside(smaller: Model, larger: Model) -> bool:
    """Whether `larger` contains `smaller`; they may be equal. Models of one ladder."""
    pairs = zip(smaller.structures, larger.structures, strict=True)
    return all(contains(big, small) for small, big in pairs)


def strictly_inside(smaller: Model, larger: Model) -> bool:
    return inside(smaller, larger) and not inside(larger, smaller)


def contains(larger: Structure, smaller: Structure) -> bool:
    """Whether every Sigma of `smaller` is one of `larger`. Both belong to the same term."""
    if not larger.limited:
        return all(_holds(larger, component) for component in smaller.components)
    return _fits_ranks(larger, smaller)


def meet_is(one: Structure, other: Structure, met: Structure) -> bool:
    """Whether the Sigmas common to two structures are surely those of `met`.

    False where it cannot be told: the linear spans are compared, and that decides only where a
    positive semidefinite matrix in the span of `met` is bound to be in its set.
    """
    if contains(other, one):
        return _same(met, one)
    if contains(one, other):
        return _same(met, other)
    if not (contains(one, met) and contains(other, met) and _span_decides(met)):
        return False
    a, b = span(one), span(other)
    common = a.shape[1] + b.shape[1] - _rank(np.hstack([a, b]))
    return common == span(met).shape[1]


def span(structure: Structure) -> np.ndarray:
    """(q * q, k) orthonormal basis of the linear span of the structure's Sigmas."""
    matrices = []
    for component in structure.components:
        A = component.basis
        if component.kind != FULL:
            matrices.append(A @ A.T)
            continue
        for i in range(A.shape[1]):
            matrices += [np.outer(a := A[:, i] + A[:, j], a) for j in range(i + 1)]
    if not matrices:
        return np.zeros((1, 0))
    flat = np.array([m.ravel() / np.linalg.norm(m) for m in matrices]).T
    U, s, _ = np.linalg.svd(flat, full_matrices=False)
    return U[:, s > ROUNDING * s[0]]


def n_effects(structure: Structure) -> int:
    """The dimension in which the structure's Sigmas lie."""
    bases = [c.basis for c in structure.components]
    return _rank(np.hstack(bases)) if bases else 0


def within(A: np.ndarray, B: np.ndarray) -> bool:
    """Whether the range of A (q, p) is inside that of B."""
    if not B.shape[1]:
        return False
    left = A - B @ np.linalg.lstsq(B, A, rcond=None)[0]
    return bool(np.abs(left).max() <= ROUNDING * np.abs(A).max())


def covers(big, component):
    """Whether one component alone holds another, whatever their ranks."""
    if big.kind == FULL:
        return within(component.basis, big.basis)
    P, Q = (c.basis @ c.basis.T for c in (big, component))
    ray = component.kind != FULL or component.basis.shape[1] == 1
    return ray and bool(
        np.abs(P / np.linalg.norm(P) - Q / np.linalg.norm(Q)).max() <= 10 * ROUNDING
    )


def _holds(larger, component):
    """Whether A S A' of a component is in a set that is closed under sums."""
    if any(covers(big, component) for big in larger.components):
        return True
    return component.kind != FULL and _is_sum(larger, component.basis @ component.basis.T)


def _is_sum(larger, M):
    """Whether M is a sum of B S B', S positive semidefinite: a search over factors of each S.

    With square factors the problem has no other local minima than the global one.
    """
    shapes = [(c.basis.shape[1],) * 2 if c.kind == FULL else (1, 1) for c in larger.components]
    ends = np.cumsum([p * p for p, _ in shapes])
    M = M / np.linalg.norm(M)

    def missed(x):
        parts = [part.reshape(s) for part, s in zip(np.split(x, ends[:-1]), shapes, strict=True)]
        left = -M
        for c, L in zip(larger.components, parts, strict=True):
            left = left + (_times(c, L) @ _times(c, L).T)
        slopes = [
            4 * c.basis.T @ left @ _times(c, L)
            if c.kind == FULL
            else 4 * np.trace(c.basis.T @ left @ c.basis) * L
            for c, L in zip(larger.components, parts, strict=True)
        ]
        return (left**2).sum(), np.concatenate([s.ravel() for s in slopes])

    if not shapes:
        return False
    start = np.concatenate([np.eye(p).ravel() for p, _ in shapes]) / len(M)
    found = minimize(missed, start, jac=True, method="L-BFGS-B", options={"ftol": 0, "gtol": 1e-14})
    return bool(found.fun < FOUND)


def _times(component: Component, L):
    return component.basis @ L if component.kind == FULL else component.basis * L[0, 0]


def _fits_ranks(larger, smaller):
    """Whether the components of `smaller` can be shared out among those of `larger`.

    A sum over several components of `larger` is not looked for.
    """
    choices = [
        [k for k, big in enumerate(larger.components) if covers(big, component)]
        for component in smaller.components
    ]
    return any(
        all(
            _rank_needed([c for c, h in zip(smaller.components, homes, strict=True) if h == k])
            <= _most(big)
            for k, big in enumerate(larger.components)
        )
        for homes in product(*choices)
    )


def _rank_needed(components):
    if not components:
        return 0
    ranks = [c.rank if c.kind == FULL else _rank(c.basis) for c in components]
    return min(sum(ranks), _rank(np.hstack([c.basis for c in components])))


def _most(component):
    return component.rank if component.kind == FULL else component.basis.shape[1]


def _same(one, other):
    return contains(one, other) and contains(other, one)


def _span_decides(structure):
    """Whether positive semidefinite and in the span means in the set."""
    components = structure.components
    if structure.limited:
        return False
    if any(c.kind != FULL for c in components):
        return len(components) == 1
    if not components:
        return True
    return _rank(np.hstack([c.basis for c in components])) == sum(
        c.basis.shape[1] for c in components
    )


def _rank(A):
    return int(np.linalg.matrix_rank(A, tol=ROUNDING * max(np.abs(A).max(initial=0.0), 1e-300)))
