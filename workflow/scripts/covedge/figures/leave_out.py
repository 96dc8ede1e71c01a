"""Leave one group out: what is left of the covariance and of the fixed effects."""

import math
from collections.abc import Sequence

from matplotlib.figure import Figure

from covedge.figures.style import ALIVE, COLLAPSED, INK, LINE, MUTED, drawing, shorten


@drawing
def leave_out(
    groups: Sequence[str],
    reliabilities: Sequence[Sequence[float] | None],
    moved: Sequence[bool],
    whole: Sequence[float],
    words: str,
) -> Figure:
    """A row for each left-out group; in it the reliability of every direction of one term.

    reliabilities : None where there is no fit. moved : groups without which the rank is another.
    whole : of the fit of all groups, drawn as lines. words : for the axis.
    """
    figure = Figure(figsize=(9.2, 0.19 * len(groups) + 1.2), layout="constrained")
    axes = figure.add_subplot()
    for value in whole:
        axes.axvline(value, color=LINE, linewidth=1.2)
    for y, (values, odd) in enumerate(zip(reliabilities, moved, strict=True)):
        colour = COLLAPSED if odd else ALIVE
        if values is None:
            axes.text(0.0, y, "no fit", color=MUTED, fontsize=10, va="center_baseline")
            continue
        axes.scatter(values, [y] * len(values), s=26, color=colour, zorder=3, clip_on=False)
    axes.set_yticks(range(len(groups)), [f"without {shorten(name, 22)}" for name in groups])
    for label, odd in zip(axes.get_yticklabels(), moved, strict=True):
        label.set_color(COLLAPSED if odd else INK)
    axes.set_ylim(len(groups) - 0.4, -0.6)
    axes.set_xlim(-0.02, 1.02)
    axes.set_xlabel(words)
    axes.tick_params(axis="y", length=0)
    axes.spines["left"].set_visible(False)
    return figure


@drawing
def fixed_without(
    names: Sequence[str],
    shifts: Sequence[Sequence[tuple[str, float]]],
    named: float,
) -> Figure:
    """A row for each fixed effect; in it how far it moves without each group, in standard errors.

    shifts : per effect (group, shift) pairs. Groups whose shift is at least `named` have their name
    beside the dot.
    """
    figure = Figure(figsize=(9.2, 0.3 * len(names) + 1.0), layout="constrained")
    axes = figure.add_subplot()
    axes.axvline(0, color=LINE, linewidth=1.2)
    for end in (-1, 1):
        axes.axvline(end, color=LINE, linewidth=1.0, linestyle=(0, (4, 4)))
    largest = max((abs(v) for row in shifts for _, v in row), default=1.0)
    for y, row in enumerate(shifts):
        far = [abs(value) >= named for _, value in row]
        colours = [COLLAPSED if odd else ALIVE for odd in far]
        axes.scatter([v for _, v in row], [y] * len(row), s=26, color=colours, zorder=3)
        for (group, value), odd in zip(row, far, strict=True):
            if odd:
                _beside(axes, group, value, y)
    axes.set_yticks(range(len(names)), [shorten(name, 26) for name in names])
    axes.set_ylim(len(names) - 0.4, -0.6)
    reach = 1.35 * max(1.0, largest) if math.isfinite(largest) else 2.0
    axes.set_xlim(-reach, reach)
    axes.set_xlabel("how far the estimate moves, in its standard errors")
    axes.tick_params(axis="y", length=0)
    axes.spines["left"].set_visible(False)
    return figure


def _beside(axes, group, value, y):
    side = 1 if value > 0 else -1
    axes.annotate(
        shorten(group, 18), (value, y), (7 * side, 0), textcoords="offset points",
        ha="left" if side > 0 else "right", va="center_baseline", color=MUTED, fontsize=10,
    )  # fmt: skip
