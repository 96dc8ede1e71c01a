"""What the model makes of each group's own estimates: shrinkage."""

from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure

from covedge.figures.style import ALIVE, COLLAPSED, LINE, MUTED, WARM, drawing, shorten

# More groups than this are drawn as points without arrows.
ARROWS = 200
ACROSS = 3


@drawing
def shrinkage(
    effects: Sequence[str],
    alone: Sequence[Sequence[float]],
    estimates: Sequence[Sequence[float]],
) -> Figure:
    """The first effect against each other one, a panel each.

    alone, estimates : (levels, effects): least squares of each group's own rows, and the
    conditional modes; groups with a missing value in `alone` are left out.
    """
    alone, estimates = np.array(alone, dtype=float), np.array(estimates, dtype=float)
    known = np.isfinite(alone).all(axis=1)
    alone, estimates = alone[known], estimates[known]
    others = range(1, alone.shape[1])
    columns = min(len(others), ACROSS)
    rows = -(-len(others) // ACROSS)
    figure = Figure(figsize=(0.8 + 3.2 * columns, 0.6 + 3.0 * rows), layout="constrained")
    panels = figure.subplots(rows, columns, squeeze=False).ravel()
    for axes, k in zip(panels, others, strict=False):
        _panel(axes, alone[:, [0, k]], estimates[:, [0, k]])
        axes.set_xlabel(shorten(effects[0], 26))
        axes.set_ylabel(shorten(effects[k], 26))
    for axes in panels[len(others) :]:
        axes.set_visible(False)
    handles, words = panels[0].get_legend_handles_labels()
    figure.legend(handles, words, loc="outside upper left", ncols=min(columns, 2))
    return figure


def _panel(axes, alone, estimates):
    axes.axhline(0.0, color=LINE, linewidth=1.0, zorder=0)
    axes.axvline(0.0, color=LINE, linewidth=1.0, zorder=0)
    if len(alone) <= ARROWS:
        for start, end in zip(alone, estimates, strict=True):
            axes.plot(*zip(start, end, strict=True), color=MUTED, linewidth=0.8, alpha=0.6)
    size = 5 if len(alone) <= ARROWS else 2.5
    flat = (np.ptp(estimates, axis=0) <= 1e-9 * np.ptp(alone, axis=0)).any()
    axes.plot(
        *alone.T, "o", color=WARM, markersize=size, fillstyle="none", label="each group by itself"
    )
    axes.plot(
        *estimates.T,
        "o",
        color=COLLAPSED if flat else ALIVE,
        markersize=size - 1,
        label="what the model makes of it",
    )
    axes.locator_params(nbins=4)
