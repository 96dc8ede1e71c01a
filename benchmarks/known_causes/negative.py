"""Members of a group that differ more than strangers: centred, standardised, shared, competing."""

from dataclasses import replace
from functools import partial

import numpy as np

from known_causes.layout import Layout
from known_causes.plans import NONE, PLANS, G, planned
from known_causes.recipe import DEGENERATE, OF_LEVEL, SPOILT, UNKNOWN, Draw, Recipe, Response
from known_causes.truth import Part


def _within(values, codes):
    """(n,) deviations from the group's mean, and the means (n,)."""
    n = np.bincount(codes)
    means = (np.bincount(codes, values) / n)[codes]
    return values - means, means


def centred(draw: Draw, left: float = 0.0) -> Response:
    """Each group's mean taken away, or but for a part.

    left : variance of the group means that stays, over what noise alone would give them.
    """
    deviations, means = _within(draw.y, draw.codes)
    about = means - means.mean()
    rows = len(draw.y) / (draw.codes.max() + 1)
    return Response(draw.y.mean() + deviations + about * np.sqrt(left / rows) / about.std())


def standardised(draw: Draw) -> Response:
    """Each group's mean taken away, and divided by its SD."""
    deviations, _ = _within(draw.y, draw.codes)
    n = np.bincount(draw.codes)
    sd = np.sqrt(np.bincount(draw.codes, deviations**2) / n)
    return Response(deviations / sd[draw.codes], scale=float(1.0 / sd.mean()))


def shares(draw: Draw) -> Response:
    """Percentages of the group's total, which is the same for all groups then."""
    amounts = np.exp(0.3 * (draw.y - draw.y.mean()))
    totals = np.bincount(draw.codes, amounts)
    y = 100.0 * amounts / totals[draw.codes]
    after, before = (np.std(_within(v, draw.codes)[0]) for v in (y, draw.y))
    return Response(y, scale=float(after / before))


def competing(draw: Draw, left: float) -> Response:
    """What one gains the others lose: the means of the noise vary less than if drawn at random."""
    deviations, means = _within(draw.noise, draw.codes)
    return Response(draw.signal + deviations + np.sqrt(left) * means)


# Of one household's budget every part is measured once.
_SHARES = planned("parts-40x5", Layout(40, 1, cells=5), "f + (1 | g)", Part(G, "1", NONE))
_TWICE = planned("parts-16x6x2", Layout(16, 2, cells=6), "f + (1 | g)", Part(G, "1", NONE))


def _centred(label, tag, spoil, null=OF_LEVEL):
    return Recipe(PLANS[label], SPOILT, present=(1.5,), spoil=spoil, tag=tag, null=null)


def _competing(label, left):
    spoil = partial(competing, left=left)
    return Recipe(PLANS[label], DEGENERATE, spoil=spoil, tag="competing", null=OF_LEVEL)


def _shared(plan):
    made = Recipe(plan, SPOILT, role=None, present=(3.0,), spoil=shares, tag="shares")
    return replace(made, null=OF_LEVEL)


_NEARLY = partial(centred, left=0.06)
NEGATIVE_RECIPES = (
    _centred("intercepts-8x30", "centred", centred),
    _centred("intercepts-60x5", "nearly centred", partial(centred, left=0.2)),
    _centred("intercepts-20-unequal", "standardised", standardised, UNKNOWN),
    _centred("slope-12x20", "centred", centred),
    _centred("slope-40x6", "nearly centred", _NEARLY, UNKNOWN),
    _centred("slope-ms-16x25", "standardised", standardised),
    _centred("two-cells-16x10", "centred", centred),
    _centred("four-cells-24x8", "nearly centred", _NEARLY),
    _centred("nested-outer-20x3x8", "centred", centred),
    _centred("nested-slope-15x3x12", "nearly centred", _NEARLY),
    _centred("crossed-items-20x15", "centred", centred),
    _centred("crossed-slope-20x12", "centred", centred),
    _competing("intercepts-60x5", 0.3),
    _competing("intercepts-20-unequal", 0.1),
    _competing("nested-inner-12x4x8", 0.25),
    _competing("crossed-items-20x15", 0.08),
    _shared(_SHARES),
    _shared(_TWICE),
)
