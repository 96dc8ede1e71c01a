"""One group whose recording is broken: its noise is many times that of the others."""

from functools import partial

import numpy as np

from known_causes.plans import PLANS
from known_causes.recipe import ODD, Draw, Recipe, Response


def broken(draw: Draw, times: float) -> Response:
    """The noise of one group at the outermost level, any of them, is larger by a factor."""
    labels = np.unique(draw.table["g"])
    odd = draw.rng.choice(labels)
    factor = np.where(draw.table["g"] == odd, times, 1.0)
    return Response(draw.signal + factor * draw.noise, odd=str(odd))


def _odd(label, times, present=1.3):
    spoil = partial(broken, times=times)
    return Recipe(PLANS[label], ODD, present=(present,), spoil=spoil, tag=f"noise {times:g} times")


ONE_GROUP_RECIPES = (
    _odd("intercepts-8x30", 15.0),
    _odd("intercepts-60x5", 20.0),
    _odd("intercepts-20-unequal", 15.0),
    _odd("slope-12x20", 10.0),
    _odd("slope-ms-16x25", 12.0),
    _odd("slope-10x200", 12.0),
    _odd("two-cells-16x10", 12.0),
    _odd("four-cells-24x8", 12.0),
    _odd("two-slopes-24x20", 12.0),
    _odd("pivot-60x5", 20.0),
    _odd("nested-inner-12x4x8", 12.0),
    _odd("nested-slope-15x3x12", 12.0),
    _odd("crossed-items-20x15", 12.0),
    _odd("crossed-slope-20x12", 10.0),
)
