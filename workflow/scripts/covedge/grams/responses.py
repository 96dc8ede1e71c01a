"""The Gram of another response on the same rows, without packing everything anew."""

from dataclasses import replace

import numpy as np
from numpy.linalg import solve

from covedge.errors import DesignError
from covedge.grams.crossed_gram import CrossedGram
from covedge.grams.crossed_repack import CrossedResponses
from covedge.grams.gram import Gram
from covedge.grams.repack import NestedResponses, PackedGram
from covedge.grams.simulated import Response


class Responses:
    """Puts responses into a Gram whose other columns stay."""

    def __init__(self, gram: Gram | CrossedGram):
        self._gram = gram
        crossed = isinstance(gram, CrossedGram)
        self._packed = (CrossedResponses if crossed else NestedResponses)(gram)
        self._fixed = [gram.fixed_blocks(k)[:, :, :-1] for k in range(len(gram.n_effects))]

    def gram(self, response: Response, beta: np.ndarray, sigma: float) -> PackedGram:
        """The Gram of y = X beta + sigma * response, in the user's units.

        Raises DesignError where the fixed effects fit the response exactly.
        """
        old = self._gram
        n = old.n_obs
        # Scaled columns have X'X = n I.
        c = response.fixed / n
        squares = response.squares - n * c @ c
        if not squares > 0.0:
            raise DesignError("the fixed effects fit the response exactly: no variance is left")
        s = np.sqrt(squares / n)
        random = tuple(
            (Zy - block @ c) / s for Zy, block in zip(response.random, self._fixed, strict=True)
        )
        scaling = replace(
            old.scaling,
            beta=beta + sigma * solve(old.scaling.fixed, c),
            response=float(sigma * s),
        )
        packed = self._packed.packed(random, np.zeros_like(c), float(n))
        return PackedGram(n, old.n_fixed, old.n_effects, old.n_groups, scaling, packed)
