"""The fixed effects along the ladder: do the conclusions change?"""

import math
from collections.abc import Sequence
from statistics import median

from matplotlib.figure import Figure

from covedge.figures.style import (
    ALIVE,
    CARD,
    COLLAPSED,
    FLAT,
    INK,
    LINE,
    MUTED,
    drawing,
    shorten,
)

_COLOURS = {"healthy": ALIVE, "degenerate": COLLAPSED, "not identifiable": FLAT}
# An interval this many times wider than the median one is cut off: it would flatten the others.
WIDEST = 6.0


@drawing
def fixed_effects(
    names: Sequence[str],
    estimates: Sequence[Sequence[float]],
    intervals: Sequence[Sequence[tuple[float | None, float | None] | None]],
    rungs: Sequence[str],
    states: Sequence[str],
    rough: Sequence[bool],
) -> Figure:
    """One small panel a coefficient; in it one interval a rung. The grey line is zero.

    estimates : (coefficients, rungs). intervals : likewise (lower, upper); an end that is None is
    open, and where there is no interval only the estimate is drawn. rough : rungs whose intervals
    are two standard errors, drawn hollow. Ends beyond the panel are arrows.
    """
    across = min(3, len(names))
    down = math.ceil(len(names) / across)
    figure = Figure(figsize=(9.2, (0.55 + 0.2 * len(rungs)) * down + 0.35), layout="constrained")
    axes = figure.subplots(down, across, squeeze=False, sharey=True)
    for place, panel in enumerate(axes.flat):
        if place >= len(names):
            panel.set_axis_off()
            continue
        _panel(panel, estimates[place], intervals[place], states, rough)
        panel.set_title(shorten(names[place], 30), fontsize=10.5, color=INK)
    for panel in axes[:, 0]:
        panel.set_yticks(range(len(rungs)), [shorten(rung, 26) for rung in rungs])
    axes[0, 0].set_ylim(len(rungs) - 0.5, -0.5)
    return figure


def _panel(axes, estimates, intervals, states, rough):
    axes.axvline(0, color=LINE, linewidth=1.2)
    low, high = _limits(estimates, intervals)
    axes.set_xlim(low, high)
    for y, (estimate, ends, state, hollow) in enumerate(
        zip(estimates, intervals, states, rough, strict=True)
    ):
        colour = _COLOURS.get(state, MUTED)
        for end, edge, arrow in _ends(ends, low, high):
            axes.plot([estimate, end], [y, y], color=colour)
            if edge:
                axes.scatter(end, y, s=22, color=colour, marker=arrow, clip_on=False, zorder=3)
        face = CARD if hollow else colour
        axes.scatter(estimate, y, s=24, facecolor=face, edgecolor=colour, zorder=4)
    axes.spines["left"].set_visible(False)
    axes.tick_params(axis="y", length=0)
    axes.locator_params(axis="x", nbins=4)


def _ends(ends, low, high):
    """(where the line ends, whether it goes on beyond the panel, the arrow that says so)."""
    if ends is None:
        return []
    lower = low if ends[0] is None else ends[0]
    upper = high if ends[1] is None else ends[1]
    return [
        (max(lower, low), lower < low or ends[0] is None, "<"),
        (min(upper, high), upper > high or ends[1] is None, ">"),
    ]


def _limits(estimates, intervals):
    """The range of a panel: zero, all estimates, and the intervals that are not far too wide."""
    closed = [pair for pair in intervals if pair is not None and None not in pair]
    usual = median([upper - lower for lower, upper in closed]) if closed else 0.0
    shown = [0.0, *estimates]
    for estimate, pair in zip(estimates, intervals, strict=True):
        for end in pair or ():
            if end is not None and abs(end - estimate) <= WIDEST * max(usual, 1e-300):
                shown.append(end)
    low, high = min(shown), max(shown)
    margin = 0.05 * ((high - low) or 1.0)
    return low - margin, high + margin
