"""How many observations stand behind each cell of the design."""

from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from covedge.figures.style import ALIVE, COLLAPSED, INK, MUTED, bare, canvas, drawing, shorten


@drawing
def counts(
    numbers: Sequence[Sequence[int]], rows: Sequence[str], columns: Sequence[str], across: str
) -> Figure:
    """A heat map of counts (rows x columns); empty cells are hollow. `across` names the columns."""
    numbers = np.asarray(numbers)
    height, width = numbers.shape
    long_names = max(len(shorten(c, 14)) for c in columns) > 8
    figure, axes = canvas(
        min(2.0 + 0.95 * width, 10.5), 0.9 + 0.36 * height + (0.6 if long_names else 0)
    )
    largest = max(numbers.max(), 1)
    for i in range(height):
        for j in range(width):
            _cell(axes, i, j, numbers[i, j], numbers[i, j] / largest)
    axes.set_xlim(-0.5, width - 0.5)
    axes.set_ylim(height - 0.5, -0.5)
    bare(axes, ticks=True)
    axes.xaxis.tick_top()
    axes.xaxis.set_label_position("top")
    axes.set_xticks(range(width), [shorten(c, 14) for c in columns], color=INK)
    if long_names:
        axes.tick_params(axis="x", rotation=30)
    axes.set_yticks(range(height), [shorten(r, 24) for r in rows])
    axes.set_xlabel(shorten(across, 60), color=MUTED)
    return figure


def _cell(axes, i, j, number, share):
    place = (j - 0.47, i - 0.44)
    if number == 0:
        axes.add_patch(
            Rectangle(place, 0.94, 0.88, facecolor="none", edgecolor=COLLAPSED, linewidth=1.4)
        )
        axes.text(j, i, "none", ha="center", va="center_baseline", color=COLLAPSED, fontsize=10)
        return
    shade = 0.06 + 0.44 * share
    axes.add_patch(Rectangle(place, 0.94, 0.88, facecolor=ALIVE, alpha=shade, linewidth=0))
    axes.text(j, i, f"{number:d}", ha="center", va="center_baseline", color=INK, fontsize=10)
