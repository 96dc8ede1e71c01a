"""Predicted random effects of each group, in order: a caterpillar."""

from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure

from covedge.figures.style import ALIVE, COLLAPSED, LINE, MUTED, drawing, shorten

# Groups that can be named beside the axis; more are drawn as a band without names.
NAMED = 60
# Intervals reach this many standard deviations to each side.
REACH = 1.96
# Below this part of the largest effect a number is rounding, and is drawn as the zero that it is.
NOTHING = 1e-12


@drawing
def caterpillar(
    effects: Sequence[str],
    levels: Sequence[str],
    estimates: Sequence[Sequence[float]],
    errors: Sequence[Sequence[float]],
) -> Figure:
    """One panel an effect, side by side; groups in the order of the first effect.

    estimates, errors : (levels, effects), in the units of the response. A collapsed effect, the
    same in all groups, is drawn in the colour of collapse.
    """
    estimates, errors = np.asarray(estimates, dtype=float), np.asarray(errors, dtype=float)
    order = np.argsort(estimates[:, 0], kind="stable")
    largest = (np.abs(estimates) + REACH * errors).max(initial=0.0)
    n, q = estimates.shape
    named = n <= NAMED
    height = 0.9 + (0.24 * n if named else 4.6)
    figure = Figure(figsize=(min(2.2 + 2.3 * q, 10.5), height), layout="constrained")
    panels = figure.subplots(1, q, sharey=True, squeeze=False)[0]
    places = np.arange(n)
    lines = {"linewidth": 1.0, "alpha": 0.55} if named else {"linewidth": 0.5, "alpha": 0.3}
    for k, axes in enumerate(panels):
        value, reach = estimates[order, k], REACH * errors[order, k]
        if (np.abs(value) + reach).max(initial=0.0) < NOTHING * largest:
            value, reach = np.zeros(n), np.zeros(n)
            axes.set_xticks([0.0], ["0"])
        colour = ALIVE if np.ptp(value) > 1e-9 * np.abs(reach).max(initial=1e-300) else COLLAPSED
        axes.axvline(0.0, color=LINE, linewidth=1.2, zorder=0)
        axes.hlines(places, value - reach, value + reach, color=colour, **lines)
        axes.plot(value, places, "o", color=colour, markersize=4 if named else 2)
        axes.set_title(shorten(effects[k], 24 if q < 4 else 14))
        axes.spines["left"].set_visible(False)
        axes.tick_params(axis="y", length=0)
        if value.any() or reach.any():
            axes.locator_params(axis="x", nbins=4)
        axes.set_ylim(-0.7, n - 0.3)
    if named:
        panels[0].set_yticks(places, [shorten(levels[i], 24) for i in order])
    else:
        panels[0].set_yticks([0, n - 1], [shorten(levels[i], 24) for i in order[[0, -1]]])
    figure.supxlabel("difference of the group from the average", color=MUTED, fontsize=11)
    return figure
