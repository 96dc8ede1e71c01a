"""Parametric bootstrap: how often would this design give a degenerate fit, if such were the truth?

A replicate draws a response from the model, takes its Gram and refits; fixed effects do not
matter, since the criterion does not depend on them.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from covedge.factors import Factors
from covedge.gram import Rows, accumulate
from covedge.likelihood import Likelihood, square_root
from covedge.optimum import Sketch, roughly
from covedge.spectrum import ALIVE

# Searches start at the truth with every direction open by this much, in scaled coordinates.
OPEN = 0.1


@dataclass(frozen=True)
class Proportion:
    """count of n, with a 95 % Wilson interval."""

    count: int
    n: int

    @property
    def estimate(self):
        return self.count / self.n

    @property
    def interval(self):
        z = 1.959963984540054
        centre = (self.count + z**2 / 2) / (self.n + z**2)
        half = z * np.sqrt(self.count * (self.n - self.count) / self.n + z**2 / 4) / (self.n + z**2)
        return max(centre - half, 0.0), min(centre + half, 1.0)


def draw(rows: Rows, Sigmas: tuple[np.ndarray, ...], rng: np.random.Generator) -> Rows:
    """The same rows with a response drawn at scaled Sigmas (deepest first) and sigma = 1."""
    y = rng.standard_normal(len(rows.y))
    first = 0
    for Sigma, codes, n, q in zip(Sigmas, rows.codes, rows.n_groups, rows.widths, strict=True):
        F = square_root(Sigma)
        b = rng.standard_normal((n, F.shape[1])) @ F.T
        y += np.einsum("ij,ij->i", rows.columns[:, first : first + q], b[codes])
        first += q
    return replace(rows, y=y)


def refits(
    rows: Rows, factors: Factors, truth: np.ndarray, replicates: int, seed: int
) -> Iterator[Sketch]:
    """Fits of the model of `factors` to draws at its point `truth`.

    Each replicate has its own random stream, so that any of them can be made again alone.
    """
    reml = factors.likelihood.reml
    Sigmas = factors.Sigmas(truth)
    wider, start = factors.opened(truth, OPEN)
    for stream in np.random.SeedSequence(seed).spawn(replicates):
        sample = draw(rows, Sigmas, np.random.default_rng(stream))
        yield roughly(wider.on(Likelihood(accumulate(sample), reml)), start)


def is_degenerate(fitted: Sketch, level: int) -> bool:
    """Whether some direction of the term at `level` has collapsed."""
    return any(
        direction.state != ALIVE
        for block, spectrum in zip(fitted.factors.blocks, fitted.spectra, strict=True)
        if block.level == level
        for direction in spectrum
    )
