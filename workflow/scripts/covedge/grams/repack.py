"""Another response in a packed Gram: only its own numbers are written, the rest is copied."""

from dataclasses import dataclass

import numpy as np

from covedge.grams.gram import Gram
from covedge.grams.pack import local_rows, patterns
from covedge.grams.scaling import Scaling
from covedge.kernel import layout


@dataclass(frozen=True)
class PackedGram:
    """What the likelihood reads of a Gram (see `gram.Gram`, `crossed_gram.CrossedGram`)."""

    n_obs: int
    n_fixed: int
    n_effects: tuple[int, ...]
    n_groups: tuple[int, ...]
    scaling: Scaling
    packed: tuple[np.ndarray, np.ndarray]


class NestedResponses:
    """Where the numbers of the response are in a packed Gram of nested factors."""

    def __init__(self, gram: Gram):
        self._ints, self._floats = gram.packed
        self._collapsed = bool(self._ints[layout.COLLAPSED])
        if self._collapsed:
            kk, kr, _ = local_rows(gram)
            found = patterns(gram.parents[0], kk)
            self._order = found.order
            self._starts = np.cumsum(found.count) - found.count
            self._kr = kr[found.order][:, :, :-1]

    def packed(self, random, fixed, squares):
        """(ints, floats) with Z'y per level (n_groups, q), X'y (p,) and y'y."""
        ints, floats = self._ints, self._floats.copy()
        n_terms = ints[layout.N_TERMS]
        if n_terms:
            self._deepest(floats, random[0])
        for level in range(1, n_terms):
            block = _block(ints, floats, level)
            q = random[level].shape[1]
            block[:, :q, -1] = block[:, -1, :q] = random[level]
        root = _block(ints, floats, n_terms)[0]
        root[:-1, -1] = root[-1, :-1] = fixed
        root[-1, -1] = squares
        return ints, floats

    def _deepest(self, floats, Zy):
        q, r = Zy.shape[1], self._ints[layout.N_LOCAL]
        start, n = self._ints[layout.OFF_KR], self._ints[layout.N_CHILDREN]
        if not self._collapsed:
            floats[start : start + n * q * r].reshape(n, q, r)[:, :, -1] = Zy
            return
        y = Zy[self._order]
        outer = floats[start : start + n * q * q * r * r].reshape(n, q, q, r, r)
        across = np.einsum("gai,gb->gabi", self._kr, y)
        across = np.add.reduceat(across, self._starts, axis=0)
        outer[:, :, :, :-1, -1] = across
        outer[:, :, :, -1, :-1] = np.swapaxes(across, 1, 2)
        outer[:, :, :, -1, -1] = np.add.reduceat(y[:, :, None] * y[:, None], self._starts, axis=0)


def _block(ints, floats, level):
    """(n_groups, m, m) of a level above the deepest, as a view."""
    n, m = (layout.of_level(ints, level, what) for what in (layout.GROUPS, layout.COLUMNS))
    start = layout.of_level(ints, level, layout.OFF_RAW)
    return floats[start : start + n * m * m].reshape(n, m, m)
