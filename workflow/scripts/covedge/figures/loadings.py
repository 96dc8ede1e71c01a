"""The directions of a term, as loadings on the user's own effects or cells."""

from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from covedge.figures.style import (
    ALIVE,
    COLLAPSED,
    FLAT,
    INK,
    LINE,
    MUTED,
    WARM,
    bare,
    canvas,
    drawing,
    shorten,
)

ACROSS, DOWN = 0.92, 0.44


@drawing
def loadings(
    matrix: Sequence[Sequence[float]],
    names: Sequence[str],
    reliabilities: Sequence[float],
    marks: Sequence[str],
) -> Figure:
    """A table of squares: one row a direction, one column a name, area by size of the loading.

    matrix : (directions, names), scaled here to the largest of each row. Blue is positive, orange
    negative. marks : `alive`, `collapsed` or `flat`, told at the right.
    """
    matrix = np.asarray(matrix, dtype=float)
    matrix = matrix / np.maximum(np.abs(matrix).max(axis=1, keepdims=True), 1e-300)
    rows, columns = matrix.shape
    long_names = max(len(shorten(e, 18)) for e in names) > 9
    size = (min(3.1 + ACROSS * columns, 10.5), 0.7 + DOWN * rows + 0.6 * long_names)
    figure, axes = canvas(*size)
    for i in range(rows):
        axes.plot([-0.5, columns - 0.5], [i, i], color=LINE, linewidth=0.8, zorder=0)
        for j in range(columns):
            _square(axes, i, j, matrix[i, j])
        word, colour = _word(reliabilities[i], marks[i])
        axes.text(columns - 0.35, i, word, color=colour, va="center_baseline", fontsize=10)
    axes.set_xlim(-0.5, columns + 1.1)
    axes.set_ylim(rows - 0.5, -0.5)
    bare(axes, ticks=True)
    axes.xaxis.tick_top()
    axes.set_xticks(range(columns), [shorten(e, 18) for e in names], color=INK)
    if long_names:
        axes.tick_params(axis="x", rotation=20)
    axes.set_yticks(range(rows), [f"direction {k + 1}" for k in range(rows)])
    return figure


def _word(reliability, mark):
    if mark == "alive":
        return f"reliability {reliability:.2f}", MUTED
    return ("collapsed", COLLAPSED) if mark == "collapsed" else ("undecided", FLAT)


def _square(axes, i, j, value):
    height = 0.86 * np.sqrt(abs(value))
    width = height * DOWN / ACROSS
    axes.add_patch(
        Rectangle(
            (j - width / 2, i - height / 2),
            width,
            height,
            facecolor=ALIVE if value > 0 else WARM,
            linewidth=0,
        )
    )
