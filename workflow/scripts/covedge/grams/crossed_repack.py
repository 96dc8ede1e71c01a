"""Another response in a packed Gram of crossed factors (see `repack`)."""

import numpy as np

from covedge.grams.crossed_gram import CrossedGram
from covedge.grams.crossed_pack import elimination_chain
from covedge.kernel import layout


class CrossedResponses:
    """Where the numbers of the response are in a packed Gram of crossed factors."""

    def __init__(self, gram: CrossedGram):
        self._ints, self._floats = gram.packed
        chain = elimination_chain(gram)
        self._dense = [k for k in range(len(gram.own)) if k not in chain]
        # Each row of a group of the chain ends with its product with y.
        self._ends = {}
        for step, level in enumerate(chain):
            n, q = gram.own[level].shape[:2]
            first = layout.of_step(self._ints, step, layout.OFF_GROUPS)
            records = self._ints[first : first + layout.PER_GROUP * n]
            starts = records.reshape(n, layout.PER_GROUP)[:, layout.GROUP_ROWS]
            touched = records.reshape(n, layout.PER_GROUP)[:, layout.GROUP_TOUCHED]
            shallow = sum(gram.n_effects[k] for k in chain[step + 1 :])
            width = q + shallow + touched + gram.n_fixed + 1
            self._ends[level] = starts[:, None] + width[:, None] * np.arange(1, q + 1) - 1
        self._size = int(self._ints[layout.N_DENSE]) + gram.n_fixed + 1

    def packed(self, random, fixed, squares):
        """(ints, floats) with Z'y per level (n_groups, q), X'y (p,) and y'y."""
        floats = self._floats.copy()
        for level, where in self._ends.items():
            floats[where] = random[level]
        start = self._ints[layout.OFF_ROOT]
        root = floats[start : start + self._size**2].reshape(self._size, self._size)
        column = np.concatenate([*(random[k].ravel() for k in self._dense), fixed])
        root[:-1, -1] = root[-1, :-1] = column
        root[-1, -1] = squares
        return self._ints, floats
