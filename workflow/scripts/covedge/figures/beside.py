"""Estimates of the best fit beside the posterior of the same quantity."""

from collections.abc import Sequence

from matplotlib.figure import Figure

from covedge.figures.style import ALIVE, COLLAPSED, INK, canvas, drawing, shorten


@drawing
def beside(
    names: Sequence[str],
    best: Sequence[float | None],
    middle: Sequence[float],
    lower: Sequence[float],
    upper: Sequence[float],
    what: str,
) -> Figure:
    """One row for each quantity: posterior interval and median, and the best fit's estimate.

    best : None where the fit has no such quantity. what : label of the axis.
    """
    figure, axes = canvas(9.2, 0.9 + 0.34 * len(names))
    rows = range(len(names))
    axes.hlines(rows, lower, upper, color=ALIVE, linewidth=3.5, alpha=0.45)
    axes.scatter(middle, rows, s=46, color=ALIVE, zorder=3, label="posterior: median and 90 %")
    known = [(value, y) for y, value in zip(rows, best, strict=True) if value is not None]
    if known:
        x, y = zip(*known, strict=True)
        axes.scatter(
            x, y, s=60, marker="D", facecolor="none", edgecolor=COLLAPSED, linewidth=1.7,
            zorder=4, label="best fit", clip_on=False,
        )  # fmt: skip
    if min(lower) >= 0:
        axes.set_xlim(left=-0.02 * max(upper))
    axes.set_yticks(rows, [shorten(name, 40) for name in names])
    axes.set_ylim(len(names) - 0.5, -0.5)
    axes.set_xlabel(what)
    axes.grid(axis="x")
    axes.spines["left"].set_visible(False)
    axes.tick_params(axis="y", length=0)
    axes.legend(
        loc="lower right", bbox_to_anchor=(1.0, 1.0), ncols=2, labelcolor=INK, borderpad=0,
        handletextpad=0.3, columnspacing=1.4,
    )  # fmt: skip
    return figure
