"""Responses simulated row by row: what the bootstrap on sufficient statistics must equal."""

from dataclasses import replace

import numpy as np

from covedge.fits.likelihood import square_root
from covedge.grams.gram import Rows


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
