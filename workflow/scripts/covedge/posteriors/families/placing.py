"""Where the numbers of a component stand in the flat factors of all levels."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from covedge.grams.gram import Gram


@dataclass(frozen=True)
class Linear:
    """x -> matrix @ x, for draws (n, k) and inside a PyMC model, where the matrix is data.

    PyTensor's own product takes numba ten seconds to compile, and these are small.
    """

    name: str
    matrix: np.ndarray
    _shared: list = field(default_factory=list, repr=False, compare=False)

    def __call__(self, x):
        if isinstance(x, np.ndarray):
            return x @ self.matrix.T
        import pytensor

        if not self._shared:  # one variable, however often it is used
            self._shared.append(pytensor.shared(self.matrix, self.name))
        return (self._shared[0] * x).sum(axis=1)


@dataclass(frozen=True)
class Places:
    """The flat factors (sum q_k w_k,) of a model, F_k row by row.

    widths : (K,) w_k. bases : per component (q, p), its directions in the Gram's scaled
    coordinates, for G = response^2 W F F' W'. first : per component its first column.
    """

    widths: np.ndarray
    n_effects: tuple[int, ...]
    bases: tuple[np.ndarray, ...]
    first: tuple[int, ...]
    levels: tuple[int, ...]

    @property
    def size(self):
        return int(np.dot(self.n_effects, self.widths)) if self.n_effects else 0

    def put(self, component: int, columns: np.ndarray, at: int = 0) -> np.ndarray:
        """(size,) flat factors that hold `columns` (q, c) from a component's column `at` on."""
        level, first = self.levels[component], self.first[component] + at
        flat = np.zeros(self.size)
        start = int(np.dot(self.n_effects[:level], self.widths[:level]))
        q, width = self.n_effects[level], int(self.widths[level])
        block = flat[start : start + q * width].reshape(q, width)
        block[:, first : first + columns.shape[1]] = columns
        return flat


def places(gram: Gram, components: Sequence, columns: Sequence[int]) -> Places:
    """columns : how many columns the factor of each component has."""
    widths = np.zeros(len(gram.n_effects), dtype=np.int64)
    first = []
    for component, own in zip(components, columns, strict=True):
        first.append(int(widths[component.level]))
        widths[component.level] += own
    bases = tuple(np.linalg.lstsq(gram.scaling.random[c.level], c.basis)[0] for c in components)
    levels = tuple(c.level for c in components)
    return Places(widths, gram.n_effects, bases, tuple(first), levels)


def covariances(factors: np.ndarray, n_effects: Sequence[int], widths) -> tuple[np.ndarray, ...]:
    """Per level (n, q, q), F F', of flat factors (n, size)."""
    found, at = [], 0
    for q, w in zip(n_effects, widths, strict=True):
        F = factors[:, at : at + q * w].reshape(len(factors), q, w)
        found.append(F @ F.transpose(0, 2, 1))
        at += q * w
    return tuple(found)


def stacked(rows: Sequence[np.ndarray], width: int) -> np.ndarray:
    """(width, len(rows)) with the rows as columns, also where there are none."""
    return np.array(rows, dtype=float).reshape(len(rows), width).T.copy()
