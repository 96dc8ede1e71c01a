"""The linear span of a model's structures: coordinates s of all Sigma, positive or not.

A certified fit keeps each component's S positive semidefinite; the free fit, MIVQUE and the scores
only keep Sigma in the linear span of its components (of a component of rank d: all symmetric S).
"""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from covedge.fits.factors import Block


@dataclass(frozen=True)
class Span:
    """Sigma_k = sum of s_a E_a over the coordinates of level k, levels deepest first.

    directions : per level (a_k, q, q) the symmetric E_a.
    """

    directions: tuple[np.ndarray, ...]

    @property
    def ends(self):
        return np.cumsum([0, *(len(E) for E in self.directions)])

    @property
    def size(self):
        return int(self.ends[-1])

    def split(self, s):
        """The coordinates of each level."""
        return [s[a:b] for a, b in pairwise(self.ends)]

    def Sigmas(self, s):
        return tuple(
            np.tensordot(part, E, 1) for part, E in zip(self.split(s), self.directions, strict=True)
        )

    def coordinates(self, Sigmas):
        """The s nearest to the Sigmas."""
        return np.concatenate([np.zeros(0), *map(_solved, self.directions, Sigmas)])

    def inside(self, other: "Span"):
        """(other.size, size) C with this span's coordinates s as C s in `other`; None if outside.

        Levels are those of the same Gram.
        """
        C = np.zeros((other.size, self.size))
        for k, (mine, theirs) in enumerate(zip(self.directions, other.directions, strict=True)):
            for a, E in enumerate(mine):
                part = _solved(theirs, E)
                if np.abs(np.tensordot(part, theirs, 1) - E).max() > 1e-9 * np.abs(E).max():
                    return None
                C[other.ends[k] : other.ends[k + 1], self.ends[k] + a] = part
        return C


def _solved(E, Sigma):
    if not len(E):
        return np.zeros(0)
    return np.linalg.lstsq(E.reshape(len(E), -1).T, Sigma.ravel(), rcond=None)[0]


def span_of(blocks: list[Block], n_effects: tuple[int, ...]) -> Span:
    """The span of a model's blocks (see `factors`), each block's `elements` in turn."""
    return Span(
        tuple(
            np.concatenate(
                [np.zeros((0, q, q)), *(elements(b) for b in blocks if b.level == level)]
            )
            for level, q in enumerate(n_effects)
        )
    )


def complete(n_effects: tuple[int, ...]) -> Span:
    """All symmetric matrices of every level."""
    return Span(tuple(_symmetric(np.eye(q)) for q in n_effects))


def elements(block: Block):
    """(a, q, q) dSigma/dS_ij, i >= j, of a full component, or A A' of a scalar one."""
    return _symmetric(block.basis) if block.full else (block.basis @ block.basis.T)[None]


def S_of(block: Block, s):
    """(p, p) S of a block from its own coordinates s, tau^2 I for a scalar one."""
    p = block.basis.shape[1]
    if not block.full:
        return s[0] * np.eye(p)
    S = np.zeros((p, p))
    S[np.tril_indices(p)] = s / 2
    return S + S.T


def _symmetric(A):
    halves = np.array(
        [np.outer(A[:, i], A[:, j]) for i, j in zip(*np.tril_indices(A.shape[1]), strict=True)]
    )
    return (halves + halves.swapaxes(1, 2)) / 2
