"""Where divergent transitions are: draws of a few quantities in pairs."""

from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure
from matplotlib.patches import PathPatch
from matplotlib.path import Path

from covedge.figures.logarithmic import plain_ticks
from covedge.figures.style import ALIVE, COLLAPSED, INK, drawing, shorten

# Dots that are drawn in a panel, of each kind: they must be seen, and the file be small.
ORDINARY, DIVERGENT = 500, 150


@drawing
def divergent(names: Sequence[str], draws: Sequence[np.ndarray], diverging: np.ndarray) -> Figure:
    """Each pair of quantities in a panel, the divergent draws in orange on top.

    draws : per quantity (n,), positive, on logarithmic axes. diverging : (n,).
    """
    size = len(names) - 1
    width = min(9.2, 1.2 + 2.7 * size)
    figure = Figure(figsize=(width, 0.6 + 2.15 * size), layout="constrained")
    panels = figure.subplots(size, size, squeeze=False, sharex="col", sharey="row")
    for (row, column), axes in np.ndenumerate(panels):
        if column > row:
            axes.set_axis_off()
            continue
        _panel(axes, draws[column], draws[row + 1], diverging)
    for k in range(size):
        panels[-1, k].set_xlabel(shorten(names[k], 30), color=INK)
        panels[k, 0].set_ylabel(shorten(names[k + 1], 24), color=INK)
    for colour, word in ((ALIVE, "draw"), (COLLAPSED, "draw of a divergent transition")):
        panels[0, 0].plot([], [], "o", color=colour, markersize=5, label=word)
    figure.legend(loc="outside upper left", ncols=2, labelcolor=INK, borderpad=0)
    return figure


def _panel(axes, x, y, diverging):
    axes.set(xscale="log", yscale="log", xlim=_limits(x), ylim=_limits(y))
    for chosen, colour, width, alpha in (
        (_thinned(~diverging, ORDINARY), ALIVE, 2.4, 0.4),
        (_thinned(diverging, DIVERGENT), COLLAPSED, 3.6, 0.95),
    ):
        _dots(axes, x[chosen], y[chosen], color=colour, linewidth=width, alpha=alpha)
    plain_ticks(axes.xaxis)
    plain_ticks(axes.yaxis)
    axes.tick_params(labelsize=9)


def _thinned(mask, most):
    places = np.flatnonzero(mask)
    return places[np.linspace(0, len(places) - 1, min(most, len(places))).astype(int)]


def _dots(axes, x, y, **style):
    """Lines of no length with round ends: a third of the bytes of as many markers."""
    points = np.repeat(np.stack([x, y], axis=1), 2, axis=0)
    path = Path(points, np.tile([Path.MOVETO, Path.LINETO], len(x)))
    # A line of no length is what simplifying takes away.
    path.should_simplify = False
    axes.add_patch(PathPatch(path, fill=False, capstyle="round", **style))


def _limits(values):
    """Nearly all, with a margin: a single stray draw would squeeze the rest."""
    low, high = np.log(np.quantile(values, [0.002, 1.0]))
    margin = 0.04 * (high - low)
    return np.exp(low - margin), np.exp(high + margin)
