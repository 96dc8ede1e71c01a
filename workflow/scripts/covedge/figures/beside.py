"""Intervals of the same quantities from several sources, side by side."""

from collections.abc import Sequence
from dataclasses import dataclass

from matplotlib.figure import Figure

from covedge.figures.style import (
    ALIVE,
    CARD,
    COLLAPSED,
    FLAT,
    FRESH,
    INK,
    LINE,
    drawing,
    shorten,
)

# Marker, colour and whether it is hollow, in the order of the sources.
LOOKS = (("o", ALIVE, False), ("D", COLLAPSED, True), ("s", FRESH, True), ("^", FLAT, True))
# How far apart the sources of one row are.
APART = 0.27
# More rows than this stand closer together.
CROWDED = 8


@dataclass(frozen=True)
class Source:
    """One value and interval for each row; either is None where there is none.

    values : (rows,). ends : (rows,) of (lower, upper). look : place in LOOKS.
    """

    label: str
    values: Sequence[float | None]
    ends: Sequence[tuple[float, float] | None]
    look: int = 0


@drawing
def beside(
    names: Sequence[str],
    sources: Sequence[Source],
    what: str,
    *,
    limits: tuple[float, float] | None = None,
    zero: bool = False,
) -> Figure:
    """A row each, and in it one mark and bar for each source.

    what : label of the axis. limits : of a quantity that cannot pass them, such as a correlation.
    zero : mark zero by a line.
    """
    row_height = (0.22 if len(names) > CROWDED else 0.28) + 0.1 * len(sources)
    figure = Figure(figsize=(9.2, 1.05 + row_height * len(names)), layout="constrained")
    axes = figure.add_subplot()
    if zero:
        axes.axvline(0.0, color=LINE, linewidth=1.6, zorder=1)
    for place, source in enumerate(sources):
        shift = APART * (place - (len(sources) - 1) / 2)
        _source(axes, source, shift)
    for y in range(1, len(names)):
        axes.axhline(y - 0.5, color=LINE, linewidth=0.6, zorder=0)
    axes.set_yticks(range(len(names)), [shorten(name, 38) for name in names])
    axes.set_ylim(len(names) - 0.5, -0.5)
    axes.set_xlabel(what)
    axes.spines["left"].set_visible(False)
    axes.tick_params(axis="y", length=0)
    axes.grid(axis="x", alpha=0.7)
    _limits(axes, sources, limits)
    if len(sources) > 1:
        figure.legend(loc="outside upper right", ncols=len(sources), labelcolor=INK, borderpad=0)
    return figure


def _source(axes, source, shift):
    marker, colour, hollow = LOOKS[source.look % len(LOOKS)]
    for y, ends in enumerate(source.ends):
        if ends is not None:
            axes.plot(
                ends, [y + shift] * 2, color=colour, linewidth=2.6, alpha=0.55,
                solid_capstyle="butt", zorder=2,
            )  # fmt: skip
    known = [(v, y + shift) for y, v in enumerate(source.values) if v is not None]
    x, y = zip(*known, strict=True) if known else ((), ())
    axes.scatter(
        x, y, s=44, marker=marker, facecolor=CARD if hollow else colour, edgecolor=colour,
        linewidth=1.6, zorder=3, clip_on=False, label=source.label,
    )  # fmt: skip


def _limits(axes, sources, limits):
    if limits is not None:
        margin = 0.02 * (limits[1] - limits[0])
        axes.set_xlim(limits[0] - margin, limits[1] + margin)
        return
    shown = [v for s in sources for v in s.values if v is not None]
    shown += [end for s in sources for ends in s.ends if ends is not None for end in ends]
    low, high = min(shown, default=0.0), max(shown, default=1.0)
    margin = 0.03 * ((high - low) or 1.0)
    axes.set_xlim((0.0 if low >= 0 else low) - margin, high + margin)
