"""Random effects of each group: conditional modes beside their posterior."""

from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure

from covedge.figures.style import ALIVE, CARD, COLLAPSED, INK, LINE, MUTED, drawing, shorten


@drawing
def effects_beside(
    effects: Sequence[str],
    levels: Sequence[str],
    modes: np.ndarray,
    means: np.ndarray,
    lower: np.ndarray,
    upper: np.ndarray,
) -> Figure:
    """One panel an effect, side by side; groups in the order of the first effect's means.

    modes, means, lower, upper : (levels, effects), in the units of the response.
    """
    n, q = means.shape
    order = np.argsort(means[:, 0], kind="stable")
    figure = Figure(figsize=(min(2.4 + 2.3 * q, 10.5), 1.2 + 0.27 * n), layout="constrained")
    panels = figure.subplots(1, q, sharey=True, squeeze=False)[0]
    places = np.arange(n)
    for k, axes in enumerate(panels):
        axes.axvline(0.0, color=LINE, linewidth=1.2, zorder=0)
        axes.hlines(places, lower[order, k], upper[order, k], color=ALIVE, linewidth=2, alpha=0.5)
        axes.plot(means[order, k], places, "o", color=ALIVE, markersize=4.5, label="posterior")
        axes.scatter(
            modes[order, k], places, s=34, marker="D", facecolor=CARD, edgecolor=COLLAPSED,
            linewidth=1.4, zorder=3, label="best fit",
        )  # fmt: skip
        axes.set_title(shorten(effects[k], 24 if q < 4 else 14))
        axes.spines["left"].set_visible(False)
        axes.tick_params(axis="y", length=0)
        axes.locator_params(axis="x", nbins=4)
        axes.set_ylim(-0.7, n - 0.3)
    panels[0].set_yticks(places, [shorten(levels[i], 24) for i in order])
    figure.legend(
        *panels[0].get_legend_handles_labels(),
        loc="outside upper right",
        ncols=2,
        labelcolor=INK,
        borderpad=0,
    )
    figure.supxlabel("difference of the group from the average", color=MUTED, fontsize=11)
    return figure
