"""Residuals that are not what the model says: outliers, unequal variances, and so on."""

from functools import partial
from itertools import pairwise

import numpy as np

from known_causes.plans import PLANS
from known_causes.recipe import SPOILT, Draw, Recipe, Response
from known_causes.truth import codes_of, fixed


def outliers(draw: Draw, share: float, size: float) -> Response:
    """A share of the rows, spread over the groups, is off by `size` residual SDs, up or down."""
    n = len(draw.noise)
    rows = draw.rng.choice(n, max(int(share * n), 4), replace=False)
    y = draw.y.copy()
    y[rows] += size * draw.rng.choice([-1.0, 1.0], len(rows))
    return Response(y)


def noisy_cell(draw: Draw, times: float) -> Response:
    """The last cell of f has more noise than the others."""
    cell = draw.table["f"].to_numpy()
    return Response(draw.signal + np.where(cell == cell.max(), times, 1.0) * draw.noise)


def growing(draw: Draw, doublings: float) -> Response:
    """The noise doubles so many times from the smallest to the largest mean."""
    mean = fixed(draw.table)
    place = (mean - mean.min()) / (mean.max() - mean.min())
    return Response(draw.signal + 2.0 ** (doublings * place) * draw.noise)


def serial(draw: Draw, coefficient: float) -> Response:
    """Autoregressive noise in the order of the rows of each group; its innovations have SD 1."""
    codes = codes_of(draw.table, draw.group)
    noise = draw.noise.copy()
    for group in range(codes.max() + 1):
        rows = np.flatnonzero(codes == group)
        noise[rows[0]] /= np.sqrt(1.0 - coefficient**2)
        for before, row in pairwise(rows):
            noise[row] += coefficient * noise[before]
    return Response(draw.signal + noise)


def curved(draw: Draw, size: float) -> Response:
    """A parabola in x that the model leaves out; `size` is its SD."""
    x = draw.table["x"].to_numpy(float)
    x = (x - x.mean()) / x.std()
    bend = x**2 - (x**2).mean()
    return Response(draw.y + size * bend / bend.std())


def saturated(draw: Draw, share: float, upper: bool) -> Response:
    """A share of the rows stands at the least (or largest) value that there is."""
    y = draw.y.copy()
    y[draw.rng.random(len(y)) < share] = y.max() if upper else y.min()
    return Response(y)


def zeros(draw: Draw, share: float) -> Response:
    """A device that cannot go below zero writes zero in a share of the rows; the mean is ten."""
    y = np.maximum(draw.y, 0.0)
    y[draw.rng.random(len(y)) < share] = 0.0
    return Response(y)


def _spoilt(label, tag, spoil, present=1.2):
    return Recipe(PLANS[label], SPOILT, present=(present,), spoil=spoil, tag=tag)


_STRAY = partial(outliers, share=0.03, size=20.0)
MISSPECIFIED_RECIPES = (
    _spoilt("intercepts-8x30", "outliers", _STRAY),
    _spoilt("slope-12x20", "outliers", _STRAY),
    _spoilt("four-cells-24x8", "outliers", _STRAY),
    _spoilt("crossed-items-20x15", "outliers", _STRAY),
    _spoilt("nested-slope-15x3x12", "outliers", _STRAY),
    _spoilt("two-cells-16x10", "one cell noisy", partial(noisy_cell, times=8.0)),
    _spoilt("four-cells-24x8", "one cell noisy", partial(noisy_cell, times=10.0)),
    _spoilt("crossed-cells-24x10", "one cell noisy", partial(noisy_cell, times=8.0)),
    _spoilt("slope-12x20", "noise grows with the mean", partial(growing, doublings=4.0)),
    _spoilt("intercepts-20-unequal", "noise grows with the mean", partial(growing, doublings=4.0)),
    _spoilt("intercepts-8x30", "serial correlation", partial(serial, coefficient=-0.95)),
    _spoilt("nested-inner-12x4x8", "serial correlation", partial(serial, coefficient=-0.95)),
    _spoilt("two-cells-16x10", "serial correlation", partial(serial, coefficient=0.95)),
    _spoilt("slope-12x20", "curved", partial(curved, size=5.0)),
    _spoilt("intercepts-20-unequal", "curved", partial(curved, size=4.0)),
    _spoilt("nested-slope-15x3x12", "curved", partial(curved, size=5.0)),
    _spoilt("intercepts-8x30", "zeros", partial(zeros, share=0.15)),
    _spoilt("four-cells-24x8", "at the minimum", partial(saturated, share=0.25, upper=False)),
    _spoilt("slope-ms-16x25", "at the maximum", partial(saturated, share=0.25, upper=True)),
)
