"""The spectrum of each term: the reliability of every direction, and the push against zero."""

from collections.abc import Sequence

from matplotlib.figure import Figure

from covedge.figures.style import ALIVE, COLLAPSED, FLAT, INK, LINE, MUTED, drawing, shorten
from covedge.markup import number

_COLOURS = {"alive": ALIVE, "collapsed": COLLAPSED, "flat": FLAT}


@drawing
def spectra(
    names: Sequence[str],
    reliabilities: Sequence[Sequence[float]],
    duals: Sequence[Sequence[float | None]],
    marks: Sequence[Sequence[str]],
) -> Figure:
    """Left of each term: reliabilities, strongest at the top. Right: the duals of the same.

    reliabilities : per term, in [0, 1). duals : per term, at most 1; positive means that any
    variance in that direction makes the fit worse. marks : `alive`, `collapsed` or `flat`.
    """
    sizes = [len(values) for values in reliabilities]
    figure = Figure(figsize=(9.2, 0.5 + 0.3 * sum(sizes) + 0.85 * len(sizes)), layout="constrained")
    axes = figure.subplots(
        len(names), 2, squeeze=False, height_ratios=[s + 0.8 for s in sizes], sharex="col"
    )
    for row, name, values, push, mark in zip(axes, names, reliabilities, duals, marks, strict=True):
        colours = [_COLOURS[each] for each in mark]
        _bars(row[0], values, colours)
        _bars(row[1], [p or 0.0 for p in push], colours)
        row[0].set_title(shorten(name, 60), color=INK)
        row[0].set_yticks(range(len(values)), [f"direction {k + 1}" for k in range(len(values))])
        row[1].set_yticks([])
    axes[0, 0].set_xlim(0, 1.18)
    low = min((p for push in duals for p in push if p is not None), default=0.0)
    axes[0, 1].set_xlim(min(0.0, 1.1 * low), 1.18)
    axes[-1, 0].set_xlabel("reliability: 0 is collapsed, near 1 is clear")
    axes[-1, 1].set_xlabel("push against the boundary")
    return figure


def _bars(axes, values, colours):
    y = range(len(values))
    axes.hlines(y, 0, 1, color=LINE, linewidth=1)
    axes.hlines(y, 0, values, color=colours, linewidth=4)
    axes.scatter(values, y, s=42, color=colours, zorder=3, clip_on=False)
    for place, value in zip(y, values, strict=True):
        axes.text(
            1.04, place, number(value, 2), color=MUTED, fontsize=10,
            va="center_baseline",
        )  # fmt: skip
    axes.set_ylim(len(values) - 0.4, -0.6)
    axes.spines[:].set_visible(False)
    axes.tick_params(length=0)
    axes.tick_params(axis="y", pad=9)
