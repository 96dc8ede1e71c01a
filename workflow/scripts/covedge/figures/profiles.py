"""Profile curves: how much worse the fit gets as one parameter is moved away."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.figure import Figure

from covedge.figures.style import ALIVE, COLLAPSED, INK, LINE, MUTED, drawing, shorten

ACROSS = 3
# The root of D - D_min is shown up to this much of the cut's.
TOP = 1.3


@dataclass(frozen=True)
class Curve:
    """One panel. values, differences : the curve, D less its minimum, by value.

    lower, upper : ends of the interval, None where open. edges : those of 0, -1 and 1 that the
    parameter cannot pass; at_edge : an end of the interval is one of them.
    """

    name: str
    estimate: float
    values: Sequence[float]
    differences: Sequence[float]
    lower: float | None
    upper: float | None
    edges: Sequence[float]
    at_edge: bool
    cut: float


@drawing
def profiles(curves: Sequence[Curve]) -> Figure:
    """One small panel a parameter: the root of D - D_min against its value."""
    across = min(ACROSS, len(curves))
    down = math.ceil(len(curves) / across)
    figure = Figure(figsize=(0.5 + 2.9 * across, 0.3 + 1.75 * down), layout="constrained")
    panels = figure.subplots(down, across, squeeze=False, sharey=True)
    for place, axes in enumerate(panels.flat):
        if place < len(curves):
            _panel(axes, curves[place])
        else:
            axes.set_axis_off()
    figure.supylabel("distance from the best fit", fontsize=11, color=MUTED)
    root = math.sqrt(curves[0].cut)
    panels[0, 0].set_ylim(-0.08 * root, TOP * root)
    panels[0, 0].set_yticks([0.0, root], ["0", "cut"])
    return figure


def _panel(axes, curve):
    colour = COLLAPSED if curve.at_edge else ALIVE
    values = np.array(curve.values)
    roots = np.sqrt(np.maximum(curve.differences, 0.0))
    cut = math.sqrt(curve.cut)
    # Only as far as the panel goes: beyond, the parameter's scale would be lost.
    shown = _around(roots, TOP * cut)
    values, roots = values[shown], roots[shown]
    axes.axhline(cut, color=MUTED, linewidth=1.0, linestyle=(0, (4, 3)))
    inside = roots <= cut * (1.0 + 1e-6)
    axes.fill_between(values, roots, cut, where=inside, color=colour, alpha=0.13, linewidth=0)
    axes.plot(values, roots, color=colour)
    for edge in curve.edges:
        near = 0.03 * (values.max() - values.min())
        if values.min() - near <= edge <= values.max() + near:
            axes.axvline(edge, color=INK, linewidth=2.4)
    for end in (curve.lower, curve.upper):
        if end is not None:
            axes.plot([end, end], [0.0, cut], color=colour, linewidth=1.0)
    axes.scatter(curve.estimate, 0.0, s=26, color=colour, zorder=3, clip_on=False)
    axes.set_title(shorten(curve.name, 30), fontsize=10.5, color=INK)
    axes.axhline(0.0, color=LINE, linewidth=0.8)
    axes.spines["left"].set_visible(False)
    axes.tick_params(axis="y", length=0)
    axes.locator_params(axis="x", nbins=4)


def _around(roots, top):
    """The part of a curve from its lowest point outwards until it is above `top`."""
    lowest = int(np.argmin(roots))
    first = next((i for i in range(lowest, -1, -1) if roots[i] > top), 0)
    last = next((i for i in range(lowest, len(roots)) if roots[i] > top), len(roots) - 1)
    return slice(first, last + 1)
