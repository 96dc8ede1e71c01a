"""How many directions of a term are alive, and how reliable each is."""

import numpy as np

from covedge.fits.spectrum import ALIVE


def reliabilities(blocks, spectra, level: int) -> np.ndarray:
    """Of all directions of a level, largest first; 0 for those that are not alive.

    blocks : of `Factors`; spectra : the directions of each.
    """
    found = [
        direction.reliability if direction.state == ALIVE else 0.0
        for block, spectrum in zip(blocks, spectra, strict=True)
        if block.level == level
        for direction in spectrum
    ]
    return np.sort(np.array(found, dtype=float))[::-1]


def beyond(found, alive: int) -> float:
    """Sum of the reliabilities of the directions beyond `alive` ones."""
    return float(sum(found[alive:]))
