"""Eigenvalues of several matrices side by side: above zero on a log scale, zero, and below."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.figure import Figure

from covedge.figures.style import (
    ALIVE,
    COLLAPSED,
    FLAT,
    INK,
    LINE,
    MUTED,
    SKY,
    drawing,
    shorten,
)
from covedge.markup import number

# Heights: of the log scale's ends, of zero and of what is below it.
TOP, BOTTOM, ZERO, BELOW = 1.0, 0.14, -0.1, -0.27
GROUPS = ("o", "s", "D", "^", "v")


@dataclass(frozen=True)
class Panel:
    """One matrix. parts : eigenvalues by what they are of (one unnamed part, or a term each).

    flat : up to here a value above zero is as good as zero. shared : (value, how many) of an
    eigenvalue that so many share, drawn as a line. note : a word under the title.
    """

    title: str
    note: str
    parts: tuple[tuple[str, tuple[float, ...]], ...]
    flat: float = 0.0
    shared: tuple[float, int] | None = None
    empty: str = ""


@drawing
def eigenvalues(panels: Sequence[Panel]) -> Figure:
    """One panel a matrix; dots from the largest eigenvalue to the smallest.

    Blue is above zero, orange zero, purple below zero. The scales differ, since units do.
    """
    figure = Figure(figsize=(5.0, 3.4), layout="constrained")
    for axes, panel in zip(figure.subplots(1, len(panels), squeeze=False)[0], panels, strict=True):
        _frame(axes, panel)
        if panel.empty:
            axes.text(0.5, 0.5, panel.empty, color=MUTED, ha="center", va="center", fontsize=10)
            continue
        scale = _scale(panel)
        _ticks(axes, panel, scale)
        if panel.shared:
            _shared(axes, panel.shared, scale)
        _dots(axes, panel, scale)
    return figure


def _frame(axes, panel):
    axes.set_title(f"{panel.title}\n{shorten(panel.note, 24)}", fontsize=11)
    axes.set(xlim=(0, 1), ylim=(BELOW - 0.08, TOP + 0.07), xticks=[], yticks=[])
    axes.spines[:].set_visible(False)
    axes.tick_params(length=0)
    axes.axhspan(ZERO - 0.06, ZERO + 0.06, color=LINE, alpha=0.45, linewidth=0)


def _values(panel):
    return np.concatenate([np.zeros(0), *(np.array(v, dtype=float) for _, v in panel.parts)])


def _scale(panel):
    """(log10 of the bottom, of the top) of what is above zero."""
    above = _values(panel)
    above = above[above > panel.flat]
    if panel.shared:
        above = np.append(above, panel.shared[0])
    if not len(above):
        return 0.0, 1.0
    low, high = np.log10(above.min()), np.log10(above.max())
    if np.floor(high) - np.ceil(low) < 1:
        # Without two powers of ten to read it by, a scale says nothing.
        low, high = np.floor(low), np.ceil(high)
    return (low, high) if high > low else (low - 1.0, high + 1.0)


def _height(value, panel, scale):
    if value > panel.flat:
        low, high = scale
        return BOTTOM + (TOP - BOTTOM) * (np.log10(value) - low) / (high - low)
    return BELOW if value < -panel.flat else ZERO


def _ticks(axes, panel, scale):
    low, high = scale
    powers = np.arange(np.ceil(low - 1e-9), np.floor(high + 1e-9) + 1)
    powers = powers[:: max(1, len(powers) // 4)]
    places = [_height(10.0**p, panel, scale) for p in powers]
    labels = [number(10.0**p, 1) if -3 <= p <= 4 else f"10{_raised(int(p))}" for p in powers]
    axes.hlines(places, 0, 1, color=LINE, linewidth=0.8)
    axes.set_yticks([*places, ZERO, BELOW], [*labels, "0", "< 0"])
    axes.tick_params(axis="y", pad=2)


def _raised(power):
    return str(power).translate(str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"))


def _shared(axes, shared, scale):
    value, times = shared
    height = _height(value, Panel("", "", ()), scale)
    axes.hlines(height, 0.04, 0.96, color=SKY, linewidth=5)
    told = f"{times:,}".replace(",", "\N{NARROW NO-BREAK SPACE}")
    axes.text(
        0.96, height - 0.03, f"σ², {told} times", color=INK, fontsize=9.5, va="top", ha="right"
    )


def _dots(axes, panel, scale):
    total = len(_values(panel))
    size = float(np.clip(420 / max(total, 1), 5, 42))
    at, places = 0, (np.arange(total) + 0.5) / max(total, 1)
    for (_, values), marker in zip(panel.parts, _cycle(GROUPS), strict=False):
        for value in sorted(values, reverse=True):
            kind = 1 if value > panel.flat else -1 if value < -panel.flat else 0
            colour = {1: ALIVE, 0: COLLAPSED, -1: FLAT}[kind]
            axes.scatter(
                0.04 + 0.92 * places[at], _height(value, panel, scale), s=size, marker=marker,
                facecolor=colour if kind > 0 else "none", edgecolor=colour, linewidth=1.5,
                zorder=3, clip_on=False,
            )  # fmt: skip
            at += 1


def _cycle(items):
    while True:
        yield from items
