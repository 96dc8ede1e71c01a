"""The fixed effects along the ladder: do the conclusions change?"""

import math
from collections.abc import Sequence

from matplotlib.figure import Figure

from covedge.figures.style import ALIVE, COLLAPSED, FLAT, INK, LINE, MUTED, drawing, shorten

_COLOURS = {"healthy": ALIVE, "degenerate": COLLAPSED, "not identifiable": FLAT}


@drawing
def fixed_effects(
    names: Sequence[str],
    estimates: Sequence[Sequence[float]],
    errors: Sequence[Sequence[float]],
    rungs: Sequence[str],
    states: Sequence[str],
) -> Figure:
    """One small panel a coefficient; in it one interval (estimate ± 2 SE) a rung.

    estimates, errors : (coefficients, rungs). The grey line is zero.
    """
    across = min(3, len(names))
    down = math.ceil(len(names) / across)
    figure = Figure(figsize=(9.2, (0.55 + 0.2 * len(rungs)) * down + 0.35), layout="constrained")
    axes = figure.subplots(down, across, squeeze=False, sharey=True)
    for place, panel in enumerate(axes.flat):
        if place >= len(names):
            panel.set_axis_off()
            continue
        _panel(panel, estimates[place], errors[place], states)
        panel.set_title(shorten(names[place], 30), fontsize=10.5, color=INK)
    for panel in axes[:, 0]:
        panel.set_yticks(range(len(rungs)), [shorten(rung, 26) for rung in rungs])
    axes[0, 0].set_ylim(len(rungs) - 0.5, -0.5)
    return figure


def _panel(axes, estimates, errors, states):
    axes.axvline(0, color=LINE, linewidth=1.2)
    for y, (estimate, error, state) in enumerate(zip(estimates, errors, states, strict=True)):
        colour = _COLOURS.get(state, MUTED)
        axes.plot([estimate - 2 * error, estimate + 2 * error], [y, y], color=colour)
        axes.scatter(estimate, y, s=24, color=colour, zorder=3)
    axes.spines["left"].set_visible(False)
    axes.tick_params(axis="y", length=0)
    axes.locator_params(axis="x", nbins=4)
