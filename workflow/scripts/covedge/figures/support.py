"""What the data support, at a glance: one mark for each direction that the model asked for."""

from collections.abc import Sequence

from matplotlib.figure import Figure

from covedge.figures.style import ALIVE, COLLAPSED, FLAT, INK, MUTED, bare, canvas, drawing, shorten


@drawing
def support(names: Sequence[str], marks: Sequence[Sequence[str]]) -> Figure:
    """One row for each random term, one mark for each of its directions.

    names : grouping factors. marks : per term `alive`, `collapsed` or `flat`, strongest first.
    """
    widest = max(len(row) for row in marks)
    figure, axes = canvas(4.6, 0.3 + 0.72 * len(names))
    size = min(330.0, 330.0 * (9 / max(widest, 9)) ** 2)
    for y, (name, row) in enumerate(zip(names, marks, strict=True)):
        axes.text(-0.45, y - 0.36, shorten(name, 40), color=INK, fontsize=12, va="bottom")
        for x, mark in enumerate(row):
            _mark(axes, x, y, mark, size)
        alive = sum(mark == "alive" for mark in row)
        axes.text(
            max(widest, 5) - 0.4, y, f"{alive} of {len(row)}", color=MUTED, fontsize=12, va="center"
        )
    axes.set_xlim(-0.6, max(widest, 5) + 0.7)
    axes.set_ylim(len(names) - 0.7, -0.8)
    bare(axes)
    return figure


def _mark(axes, x, y, mark, size):
    if mark == "alive":
        axes.scatter(x, y, s=size, color=ALIVE, linewidth=0)
    elif mark == "collapsed":
        axes.scatter(x, y, s=size, facecolor="none", edgecolor=COLLAPSED, linewidth=1.8)
        axes.plot([x - 0.17, x + 0.17], [y + 0.17, y - 0.17], color=COLLAPSED, linewidth=1.8)
    else:
        axes.scatter(
            x, y, s=size, facecolor="none", edgecolor=FLAT, linewidth=1.8, linestyle=(0, (2, 1.5))
        )
        axes.text(x, y, "?", color=FLAT, fontsize=11, ha="center", va="center_baseline")
