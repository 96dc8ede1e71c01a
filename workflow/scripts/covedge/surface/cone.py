"""The minimum of a quadratic over the set of a model: each component's S positive semidefinite.

By accelerated projected gradients (Beck and Teboulle 2009, with restarts). In coordinates in which
the information about each component is I, the curvature is near to a multiple of the identity,
so that some ten steps do, and the projection cuts off negative eigenvalues.
"""

from dataclasses import dataclass

import numpy as np

from covedge.fits.factors import Block
from covedge.fits.spectrum import information_root

STEPS = 500
# A step that lowers the quadratic, in units of D, by less is the last.
SETTLED = 1e-10


@dataclass(frozen=True)
class Part:
    """A block in information coordinates: t of its symmetric (r, r) T, S = back T back'.

    place : of its coordinates s in the span. map : (s, t). basis : (t, r, r) orthonormal.
    """

    place: slice
    map: np.ndarray
    basis: np.ndarray

    def projected(self, t):
        """The nearest t with T positive semidefinite."""
        values, vectors = np.linalg.eigh(np.tensordot(t, self.basis, 1))
        T = (vectors * np.maximum(values, 0.0)) @ vectors.T
        return np.tensordot(self.basis, T, 2)


def part_of(block: Block, place: slice, H, n_levels) -> Part:
    """H : (q, q) information of the block's level at the point."""
    inner = block.basis.T @ H @ block.basis
    if not block.full:
        size = len(inner) * n_levels / np.trace(inner) if block.informed.size else 0.0
        return Part(place, np.array([[size]]), np.ones((1, 1, 1)))
    _, back = information_root(inner, block.informed)
    basis = _orthonormal(back.shape[1])
    S = n_levels * (back @ basis @ back.T)
    rows, columns = np.tril_indices(len(inner))
    # Coordinates are of dS = (e_i e_j' + e_j e_i') / 2: twice the entries off the diagonal.
    s = S[:, rows, columns] * np.where(rows == columns, 1.0, 2.0)
    return Part(place, s.T, basis)


def minimum(F, g, start, parts: list[Part]):
    """(step, value): the lowest g'd + d'Fd/2 with start + d in the set, near enough.

    F : (a, a) positive semidefinite; g, start : (a,).
    """
    A = np.zeros((len(start), sum(len(p.basis) for p in parts)))
    ends = np.cumsum([0, *(len(p.basis) for p in parts)])
    for part, a, b in zip(parts, ends, ends[1:], strict=False):
        A[part.place, a:b] = part.map

    def project(t):
        pieces = zip(parts, ends, ends[1:], strict=False)
        return np.concatenate([np.zeros(0), *(p.projected(t[a:b]) for p, a, b in pieces)])

    curvature, slope = A.T @ F @ A, A.T @ g
    origin = np.linalg.lstsq(A, start, rcond=None)[0]
    largest = np.linalg.eigvalsh(curvature)[-1] if len(slope) else 0.0
    if largest <= 0.0:
        return np.zeros(len(start)), 0.0
    d, lead, momentum, value, lowered = np.zeros(len(slope)), np.zeros(len(slope)), 1.0, 0.0, 0
    for _ in range(STEPS):
        new = project(origin + lead - (slope + curvature @ lead) / largest) - origin
        new_value = slope @ new + new @ curvature @ new / 2
        if new_value > value:
            if momentum == 1.0:
                break
            lead, momentum = d, 1.0
            continue
        following = (1.0 + np.sqrt(1.0 + 4.0 * momentum**2)) / 2
        lead, momentum = new + (momentum - 1.0) / following * (new - d), following
        lowered = lowered + 1 if value - new_value < SETTLED * max(1.0, -new_value) else 0
        d, value = new, new_value
        if lowered == 3:
            break
    return A @ d, float(value)


def _orthonormal(r):
    """(r (r + 1) / 2, r, r) basis of the symmetric matrices, of length 1 each."""
    found = []
    for i in range(r):
        for j in range(i + 1):
            E = np.zeros((r, r))
            E[i, j] = E[j, i] = 1.0 if i == j else np.sqrt(0.5)
            found.append(E)
    return np.array(found).reshape(-1, r, r)
