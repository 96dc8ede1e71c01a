"""Prior and posterior of several quantities: what was believed before, and after the data."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.figure import Figure

from covedge.figures.style import (
    ALIVE,
    CARD,
    COLLAPSED,
    INK,
    LINE,
    WARM,
    drawing,
    shorten,
)

# Rows share an axis unless the widest is this many times as wide as the narrowest.
COMPARABLE = 12.0
# Points of a curve: more would not be seen.
POINTS = 100
# Proportions are drawn on a logit axis between these.
LOWEST, HIGHEST = 0.001, 0.999
TICKS = (0.001, 0.01, 0.1, 0.5, 0.9, 0.99)


@dataclass(frozen=True)
class Row:
    """One quantity. posterior, prior : draws, the latter None where unknown; best : of the fit."""

    name: str
    posterior: np.ndarray
    prior: np.ndarray | None = None
    best: float | None = None


@drawing
def densities(
    rows: Sequence[Row], what: str, *, share: bool = False, threshold: float | None = None
) -> Figure:
    """A row each: the posterior filled, the prior as a dashed outline, the best fit a diamond.

    what : label of the axis. share : values are proportions, drawn on a logit axis. threshold :
    a value to mark by a line.
    """
    ends = [_end(row, share) for row in rows]
    together = share or max(ends) <= COMPARABLE * min(ends)
    height = 0.62 if together else 0.86
    figure = Figure(figsize=(9.2, 1.0 + height * len(rows)), layout="constrained")
    figure.get_layout_engine().set(hspace=0.0, h_pad=0.02 if together else 0.04)
    panels = figure.subplots(len(rows), 1, squeeze=False, sharex=together)[:, 0]
    for axes, row, end in zip(panels, rows, ends, strict=True):
        _row(axes, row, share, max(ends) if together else end)
        if threshold is not None:
            axes.axvline(
                _moved(threshold, share), -0.08, 1.08, color=COLLAPSED, linewidth=1.1, zorder=1,
                clip_on=False,
            )  # fmt: skip
    for axes in panels:
        axes.spines[["left", "bottom"]].set_visible(False)
        axes.tick_params(length=0, labelbottom=axes is panels[-1] or not together)
    if share:
        ticks = np.array(TICKS)
        panels[-1].set_xticks(_moved(ticks, True), [f"{100 * t:g} %" for t in ticks])
    panels[-1].set_xlabel(what)
    _legend(figure, rows)
    return figure


def _moved(values, share):
    if not share:
        return np.asarray(values, dtype=float)
    inside = np.clip(values, LOWEST, HIGHEST)
    return np.log(inside / (1 - inside))


def _end(row, share):
    if share:
        return 1.0
    known = [np.quantile(row.posterior, 0.995), 1.15 * (row.best or 0.0)]
    return max(*known, 1e-300)


def _row(axes, row, share, end):
    limits = tuple(_moved([LOWEST, HIGHEST], True)) if share else (0.0, 1.02 * end)
    x, after = _density(_moved(row.posterior, share), limits)
    top = after.max()
    if row.prior is not None:
        x0, before = _density(_moved(row.prior, share), limits)
        top = max(top, before.max())
        axes.plot(x0, before / top, color=WARM, linewidth=1.5, linestyle=(0, (4, 2)), zorder=3)
    axes.fill_between(x, after / top, color=ALIVE, alpha=0.35, linewidth=0, zorder=2)
    axes.plot(x, after / top, color=ALIVE, linewidth=1.2, zorder=2)
    axes.axhline(0.0, color=LINE, linewidth=1.0, zorder=1)
    if row.best is not None:
        axes.scatter(
            _moved(row.best, share), 0.0, s=52, marker="D", facecolor=CARD, edgecolor=COLLAPSED,
            linewidth=1.7, zorder=4, clip_on=False,
        )  # fmt: skip
    margin = 0.02 * (limits[1] - limits[0])
    axes.set(xlim=(limits[0] - margin, limits[1]), ylim=(-0.12, 1.06), yticks=[0.35])
    axes.set_yticklabels([shorten(row.name, 34)])


def _density(values, limits):
    """(x, density) within the limits. Draws beyond them stay outside, and count."""
    from arviz_stats.base import array_stats

    inside = values[(values >= limits[0]) & (values <= limits[1])]
    spread = np.ptp(inside) if len(inside) else 0.0
    if len(inside) < 10 or spread < 1e-12:
        # All beyond, or a constant: a spike says it.
        x = np.linspace(*limits, POINTS)
        return x, np.exp(-0.5 * ((x - np.median(values)) / (0.01 * np.ptp(limits))) ** 2)
    # Only where draws are, or a narrow hill would have no points of its own.
    ends = max(limits[0], inside.min() - 0.1 * spread), min(limits[1], inside.max() + 0.1 * spread)
    x, density, _ = array_stats.kde(inside, grid_len=POINTS, custom_lims=ends)
    return x, np.asarray(density) * len(inside) / len(values)


def _legend(figure, rows):
    axes = figure.axes[0]
    axes.plot([], [], color=ALIVE, linewidth=6, alpha=0.45, label="posterior")
    if any(row.prior is not None for row in rows):
        axes.plot([], [], color=WARM, linestyle=(0, (4, 2)), label="prior")
    if any(row.best is not None for row in rows):
        axes.scatter(
            [], [], s=52, marker="D", facecolor=CARD, edgecolor=COLLAPSED, linewidth=1.7,
            label="best fit",
        )  # fmt: skip
    figure.legend(loc="outside upper right", ncols=3, labelcolor=INK, borderpad=0)
