"""p-values of each rung against the goal, by every test that there is."""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.figure import Figure

from covedge.figures.style import (
    ALIVE,
    CARD,
    COLLAPSED,
    FRESH,
    INK,
    LINE,
    MUTED,
    WARM,
    canvas,
    drawing,
    shorten,
)

# Test -> marker, colour, place within the row, and its name.
MARKS = {
    "naive": ("o", MUTED, -0.02, "naive"),
    "chi_bar": ("s", WARM, 0.12, "chi-bar"),
    "bootstrap": ("o", ALIVE, 0.26, "bootstrap"),
    "exact": ("D", FRESH, 0.26, "exact"),
}
# Smaller values are drawn at the end of the axis, with an arrow.
SMALLEST = 1e-6
TICKS = {
    1e-6: "10⁻⁶",
    1e-5: "10⁻⁵",
    1e-4: "10⁻⁴",
    1e-3: "0.001",
    0.01: "0.01",
    0.1: "0.1",
    1.0: "1",
}


@drawing
def comparisons(
    labels: Sequence[str], tests: Sequence[Mapping[str, dict]], used: Sequence[str], level: float
) -> Figure:
    """One row a rung, simplest at the top: p on a logarithmic axis, filled where it is believed.

    tests : per rung by test {"p", and "lower", "upper" where it has an interval}.
    """
    values = [t["p"] for row in tests for t in row.values()]
    lowest = min(max(min(values, default=0.01), SMALLEST), 0.01)
    end = 10.0 ** np.floor(np.log10(lowest) + 1e-9)
    figure, axes = canvas(5.4, 0.95 + 0.62 * len(labels))
    axes.axvspan(end / 2, level, color=COLLAPSED, alpha=0.07, linewidth=0)
    axes.axvline(level, color=COLLAPSED, linewidth=1.2)
    for y, (label, row, believed) in enumerate(zip(labels, tests, used, strict=True)):
        axes.axhline(y + 0.45, color=LINE, linewidth=0.8)
        axes.text(
            0.0, y - 0.28, shorten(label, 44), transform=axes.get_yaxis_transform(), color=INK,
            va="center", fontsize=11,
        )  # fmt: skip
        for name, test in row.items():
            _mark(axes, y, name, test, name == believed, end)
    _axes(axes, len(labels), end, level)
    _legend(axes, tests)
    return figure


def _mark(axes, y, name, test, believed, end):
    marker, colour, place, _ = MARKS[name]
    p, y = max(test["p"], end), y + place
    if test.get("lower") is not None:
        ends = [max(test["lower"], end), max(test["upper"], end)]
        axes.plot(ends, [y, y], color=colour, linewidth=2, solid_capstyle="butt", zorder=2)
    if test["p"] < end:
        marker = "<"
    axes.scatter(
        p, y, s=52, marker=marker, facecolor=colour if believed else CARD, edgecolor=colour,
        linewidth=1.6, zorder=3, clip_on=False,
    )  # fmt: skip


def _axes(axes, rows, end, level):
    axes.set_xscale("log")
    axes.set_xlim(end * 0.8, 1.25)
    ticks = [tick for tick in TICKS if tick >= end * 0.99]
    axes.set_xticks(ticks, [TICKS[tick] for tick in ticks])
    axes.xaxis.minorticks_off()
    axes.set_yticks([])
    axes.set_ylim(rows - 0.5, -0.55)
    axes.spines["left"].set_visible(False)
    axes.set_xlabel(f"p of the rung against the goal (shaded: below {level:g})")


def _legend(axes, tests):
    for name, (marker, colour, _, word) in MARKS.items():
        if any(name in row for row in tests):
            axes.scatter(
                [], [], s=46, marker=marker, facecolor=CARD, edgecolor=colour, linewidth=1.6,
                label=word,
            )  # fmt: skip
    axes.legend(
        loc="lower left", bbox_to_anchor=(-0.02, 1.0), ncols=4, labelcolor=INK,
        handletextpad=0.1, columnspacing=1.0, borderpad=0,
    )  # fmt: skip
