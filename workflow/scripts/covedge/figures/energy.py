"""The sampler's energy: does it move through the whole posterior?"""

from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure

from covedge.figures.style import ALIVE, INK, LINE, MUTED, WARM, drawing

POINTS = 100


@drawing
def energy(runs: Sequence[str], energies: Sequence[np.ndarray]) -> Figure:
    """One panel a run: the energies of all draws, and their changes from draw to draw.

    energies : per run (chains, draws). Both are centred, in the sampler's own units.
    """
    figure = Figure(figsize=(min(9.2, 0.4 + 4.4 * len(runs)), 2.3), layout="constrained")
    panels = figure.subplots(1, len(runs), squeeze=False)[0]
    for axes, name, values in zip(panels, runs, energies, strict=True):
        _panel(axes, values)
        axes.set_title(name, color=INK)
        axes.set_xlabel("energy, from its mean")
    figure.legend(
        *panels[0].get_legend_handles_labels(),
        loc="outside upper left",
        ncols=2,
        labelcolor=INK,
        borderpad=0,
    )
    return figure


def _panel(axes, values):
    from arviz_stats.base import array_stats

    centred = (values - values.mean()).ravel()
    steps = np.diff(values, axis=1).ravel()
    limits = tuple(np.quantile(centred, [0.001, 0.999]) * 1.25)
    for draws, colour, filled, word in (
        (centred, ALIVE, True, "of all draws"),
        (steps, WARM, False, "change from draw to draw"),
    ):
        inside = draws[(draws > limits[0]) & (draws < limits[1])]
        x, density, _ = array_stats.kde(inside, grid_len=POINTS, custom_lims=limits)
        density = density * len(inside) / len(draws)
        if filled:
            axes.fill_between(x, density, color=colour, alpha=0.3, linewidth=0)
        axes.plot(x, density, color=colour, linestyle="-" if filled else (0, (4, 2)), label=word)
    axes.axhline(0.0, color=LINE)
    axes.set(yticks=[], ylim=(0, None))
    axes.spines["left"].set_visible(False)
    axes.tick_params(labelsize=9, labelcolor=MUTED)
