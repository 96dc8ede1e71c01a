"""The fit where its collapsed directions are truly zero: how singular, and how hard pushed."""

from dataclasses import dataclass

import numpy as np

from covedge.bootstraps.bootstrap import refits
from covedge.fits.factors import Factors
from covedge.fits.spectrum import ALIVE
from covedge.proportion import Proportion


@dataclass(frozen=True)
class Absent:
    """Responses drawn at the fit itself, and fitted again. Both by level of the Gram.

    singular : how often the term is degenerate. pushes : (n,) the largest dual among its collapsed
    directions, 0 where none has collapsed.
    """

    singular: dict[int, Proportion]
    pushes: dict[int, np.ndarray]


def absent(factors: Factors, x, levels, replicates: int, seed) -> Absent:
    """For each of the levels; factors, x : the fit, whose collapsed directions are zero."""
    found = {level: [] for level in levels}
    for fitted in refits(factors, x, replicates, seed):
        if fitted.settled:
            for level, pushes in found.items():
                pushes.append(largest_push(fitted.factors.blocks, fitted.spectra, level))
    arrays = {level: np.array(pushes) for level, pushes in found.items()}
    singular = {level: Proportion(int((p > 0).sum()), len(p)) for level, p in arrays.items()}
    return Absent(singular, arrays)


def largest_push(blocks, spectra, level) -> float:
    """The largest dual among the directions of a level that have collapsed; 0 without any."""
    duals = [
        direction.dual
        for block, spectrum in zip(blocks, spectra, strict=True)
        if block.level == level
        for direction in spectrum
        if direction.state != ALIVE
    ]
    # One that is not pushed at all has collapsed all the same.
    return max((max(dual, np.finfo(float).tiny) for dual in duals), default=0.0)
