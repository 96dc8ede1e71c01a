"""The directions of a term, as loadings on the user's own effect names."""

from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from covedge.figures.style import ALIVE, COLLAPSED, INK, MUTED, WARM, bare, canvas, drawing, shorten


@drawing
def loadings(
    matrix: Sequence[Sequence[float]], effects: Sequence[str], reliabilities: Sequence[float]
) -> Figure:
    """A table of squares: one row a direction, one column an effect, area by size of the loading.

    matrix : (directions, effects), each row scaled to its largest. Blue is positive, orange
    negative; rows that collapsed are marked at the right.
    """
    matrix = np.asarray(matrix, dtype=float)
    matrix = matrix / np.maximum(np.abs(matrix).max(axis=1, keepdims=True), 1e-300)
    rows, columns = matrix.shape
    long_names = max(len(shorten(e, 18)) for e in effects) > 9
    figure, axes = canvas(min(3.1 + 0.95 * columns, 10.5), 0.9 + 0.42 * rows + 0.6 * long_names)
    for i in range(rows):
        for j in range(columns):
            _square(axes, i, j, matrix[i, j])
        zero = reliabilities[i] < 1e-6
        axes.text(
            columns - 0.35, i, "collapsed" if zero else f"reliability {reliabilities[i]:.2f}",
            color=COLLAPSED if zero else MUTED, va="center_baseline", fontsize=10,
        )  # fmt: skip
    axes.set_xlim(-0.5, columns + 0.75)
    axes.set_ylim(rows - 0.5, -0.5)
    bare(axes, ticks=True)
    axes.xaxis.tick_top()
    axes.set_xticks(range(columns), [shorten(e, 18) for e in effects], color=INK)
    if long_names:
        axes.tick_params(axis="x", rotation=20)
    axes.set_yticks(range(rows), [f"direction {k + 1}" for k in range(rows)])
    return figure


def _square(axes, i, j, value):
    side = 0.78 * np.sqrt(abs(value))
    axes.add_patch(
        Rectangle(
            (j - side / 2, i - side / 2), side, side, facecolor=ALIVE if value > 0 else WARM,
            alpha=0.85, linewidth=0,
        )
    )  # fmt: skip
