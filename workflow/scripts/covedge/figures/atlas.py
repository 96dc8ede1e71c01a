"""How often designs come out singular: a map over groups and the size of the weakest direction."""

from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from covedge.figures.logarithmic import plain_ticks
from covedge.figures.style import CARD, COLLAPSED, INK, MUTED, canvas, drawing, shorten

# Contours, and how dark the ground is from each of them on.
LEVELS, SHADES = (0.05, 0.20, 0.50), (0.14, 0.30, 0.52)
# Numbers of groups that the axis names.
NUMBERS = (2, 3, 5, 10, 20, 30, 50, 100, 200, 300, 500, 1000, 2000, 5000, 10000)
# Reliabilities that the right-hand axis names.
RELIABILITIES = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.99)


@dataclass(frozen=True)
class Map:
    """n_groups (m,), sd (k,) : of the grid. p, low, high : (k, m) P(singular), 95 % interval.

    reliabilities : (j, 2) SDs of the weakest direction and its reliabilities with the groups here.
    """

    n_groups: np.ndarray
    sd: np.ndarray
    p: np.ndarray
    low: np.ndarray
    high: np.ndarray
    reliabilities: np.ndarray


@dataclass(frozen=True)
class Here:
    """The user's own design: groups, and the smallest SD that matters. group : what is counted.

    estimate : of the SD, 0 where it has collapsed; None without data.
    """

    n_groups: int
    sd: float
    group: str
    estimate: float | None


@drawing
def atlas(found: Map, here: Here) -> Figure:
    """The map, darker where more fits are singular, with the user's own design on it."""
    figure, axes = canvas(7.0, 4.6)
    axes.set_xscale("log")
    axes.set_yscale("log")
    edges = [*LEVELS, 1.001]
    for low, high, shade in zip(edges[:-1], edges[1:], SHADES, strict=True):
        inside = [low, high]
        if found.p.max() > low and found.p.min() < high:
            axes.contourf(
                found.n_groups, found.sd, found.p, inside, colors=[COLLAPSED], alpha=shade
            )
    _contours(axes, found)
    axes.axhline(here.sd, color=INK, linewidth=1.0, linestyle=(0, (4, 3)))
    axes.plot(here.n_groups, here.sd, "o", color=INK, markeredgecolor=CARD, markersize=11, zorder=4)
    # Contours run to the right of it.
    left = np.log(here.n_groups / found.n_groups[0]) < 0.3 * np.log(
        found.n_groups[-1] / found.n_groups[0]
    )
    axes.annotate(
        "you are here", (here.n_groups, here.sd), (9 if left else -9, 8),
        textcoords="offset points", ha="left" if left else "right", fontsize=11,
        fontweight="bold", color=INK,
    )  # fmt: skip
    if here.estimate and found.sd[0] < here.estimate < found.sd[-1]:
        axes.plot(here.n_groups, here.estimate, "D", color=INK, markeredgecolor=CARD, markersize=8)
        axes.annotate(
            "as estimated", (here.n_groups, here.estimate), (9, -4), textcoords="offset points",
            fontsize=10, color=INK,
        )  # fmt: skip
    _axes(axes, found, here)
    return figure


def _contours(axes, found):
    for level in LEVELS:
        if not found.p.min() < level < found.p.max():
            continue
        lines = axes.contour(
            found.n_groups, found.sd, found.p, [level], colors=[INK], linewidths=1.3
        )
        axes.clabel(lines, fmt={level: f"{100 * level:.0f} %"}, fontsize=10, inline=True)
    for bound in (found.low, found.high):
        if bound.min() < LEVELS[0] < bound.max():
            axes.contour(
                found.n_groups, found.sd, bound, [LEVELS[0]], colors=[MUTED], linewidths=0.9,
                linestyles="dotted",
            )  # fmt: skip


def _axes(axes: Axes, found: Map, here: Here) -> None:
    axes.set_xlim(found.n_groups[0], found.n_groups[-1])
    axes.set_ylim(found.sd[0], found.sd[-1])
    inside = [n for n in NUMBERS if found.n_groups[0] <= n <= found.n_groups[-1] * 1.001]
    axes.set_xticks(inside, [f"{n:g}" for n in inside])
    axes.minorticks_off()
    plain_ticks(axes.yaxis, 7)
    axes.set_xlabel(f"number of levels of {shorten(here.group)}")
    axes.set_ylabel("true SD of the weakest direction")
    sds, rho = found.reliabilities.T
    named = [r for r in RELIABILITIES if rho[0] < r < rho[-1]]
    if len(named) > 1:
        beside = axes.twinx()
        beside.set_yscale("log")
        beside.set_ylim(axes.get_ylim())
        places = np.exp(np.interp(named, rho, np.log(sds)))
        apart = [0]
        for k in range(1, len(places)):
            if np.log(places[k] / places[apart[-1]]) > 0.06 * np.log(sds[-1] / sds[0]):
                apart.append(k)
        beside.set_yticks([places[k] for k in apart], [f"{named[k]:g}" for k in apart], minor=False)
        beside.minorticks_off()
        beside.tick_params(length=0)
        beside.set_ylabel(f"its reliability with {here.n_groups} levels")
