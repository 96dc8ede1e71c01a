"""How hard a collapsed direction is held at zero, beside what chance alone would do."""

from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure

from covedge.figures.style import COLLAPSED, INK, SKY, canvas, drawing

BINS = 20


@drawing
def pushed(observed: float, by_chance: Sequence[float]) -> Figure:
    """Both as the part of the differences that noise alone would give; 1 and more at the right.

    by_chance : quantiles, evenly spaced, of the same of data simulated without any variance there.
    """
    figure, axes = canvas(6.4, 2.6)
    shares = np.clip(by_chance, 0.0, 1.0)
    weights = np.full(len(shares), 100.0 / len(shares))
    axes.hist(
        100 * shares, bins=np.linspace(0.0, 100.0, BINS + 1), weights=weights, color=SKY, alpha=0.7
    )
    axes.axvline(100 * observed, color=COLLAPSED, linewidth=2.4)
    place = "left" if observed < 0.7 else "right"
    axes.text(
        100 * observed + (1.5 if place == "left" else -1.5), axes.get_ylim()[1], "your data",
        color=COLLAPSED, fontsize=11, ha=place, va="top", fontweight="bold",
    )  # fmt: skip
    axes.set_xlim(-1.0, 100.0)
    axes.set_xticks([0, 25, 50, 75, 100], ["0 %", "25 %", "50 %", "75 %", "100 % and more"])
    axes.set_yticks([])
    axes.spines["left"].set_visible(False)
    axes.set_xlabel("differences between groups, as part of what noise alone would give")
    axes.xaxis.label.set_color(INK)
    return figure
