"""Are the chains one? Traces and rank plots, of one run or of a good one beside a bad one."""

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from scipy.stats import rankdata

from covedge.figures.logarithmic import plain_ticks
from covedge.figures.style import CHAINS, COLLAPSED, INK, LINE, MUTED, drawing, shorten

BINS = 20
# Points of a trace that are drawn: more would be ink on ink, and a megabyte.
POINTS = 250
# Chains that are drawn: more cannot be told apart.
DRAWN = 4


@drawing
def chains(names: Sequence[str], draws: Sequence[np.ndarray]) -> Figure:
    """One row for each quantity: the trace, and how the chains share the ranks.

    draws : per quantity (chains, draws).
    """
    figure = Figure(figsize=(9.2, 0.4 + 1.45 * len(names)), layout="constrained")
    axes = figure.subplots(len(names), 2, squeeze=False, width_ratios=(1.7, 1))
    for row, name, values in zip(axes, names, draws, strict=True):
        _trace(row[0], values)
        _ranks(row[1], values)
        row[0].set_title(shorten(name, 60), color=INK)
    axes[-1, 0].set_xlabel("draw")
    axes[-1, 1].set_xlabel("rank among all draws")
    return figure


@drawing
def good_and_bad(
    columns: Sequence[str],
    draws: Sequence[np.ndarray],
    divergent: Sequence[np.ndarray | None],
    what: str,
) -> Figure:
    """One quantity in one or two runs, a column each: traces on the same axes, ranks below.

    draws, divergent : by run (chains, draws); the first positive, on a logarithmic axis; divergent
    transitions are ticks below the traces. what : the quantity.
    """
    figure = Figure(figsize=(9.2, 4.3), layout="constrained")
    panels = figure.subplots(2, len(columns), squeeze=False, sharey="row", height_ratios=(1.9, 1))
    for k, words in enumerate(columns):
        above, below = panels[:, k]
        above.set_title(shorten(words, 44), color=INK, fontsize=12, weight="bold", pad=8)
        above.set_yscale("log")
        _trace(above, draws[k])
        plain_ticks(above.yaxis)
        _ticks(above, divergent[k])
        above.set_xlabel("draw", labelpad=2)
        below.set_xlabel("rank among all draws")
    highest = [_ranks(below, values) for below, values in zip(panels[1], draws, strict=True)]
    panels[1, 0].set_ylim(0, max(highest))
    panels[0, 0].set_ylabel(shorten(what, 34))
    panels[1, 0].set_ylabel("draws")
    return figure


def _trace(axes: Axes, values: np.ndarray) -> None:
    step = -(-values.shape[1] // POINTS)
    for chain, colour in _coloured(values):
        kept = chain[::step]
        axes.plot(np.arange(len(kept)) * step, kept, color=colour, linewidth=0.6, alpha=0.75)
    axes.tick_params(labelsize=9)
    if axes.get_yscale() == "linear":
        axes.locator_params(axis="y", nbins=4)


def _ticks(axes: Axes, divergent: np.ndarray | None) -> None:
    if divergent is None or not divergent.any():
        return
    places = np.flatnonzero(divergent.any(axis=0))
    axes.plot(
        places, np.full(len(places), 0.035), "|", color=COLLAPSED, markersize=8,
        markeredgewidth=0.9, transform=axes.get_xaxis_transform(), clip_on=False,
    )  # fmt: skip


def _ranks(axes: Axes, values: np.ndarray) -> float:
    """How many draws of each chain there are among the lowest ranks, the next, and so on.

    In parts of what an even share would be; returns the largest.
    """
    # In the middle between two edges, so that no bin gets its neighbour's draw.
    ranks = rankdata(values).reshape(values.shape) - 0.5
    edges = np.linspace(0, values.size, BINS + 1)
    axes.axhline(1.0, color=LINE, linewidth=1.4)
    shares = [
        np.histogram(chain, edges)[0] / (values.shape[1] / BINS) for chain, _ in _coloured(ranks)
    ]
    places = np.linspace(0, 1, BINS + 1)
    for share, (_, colour) in zip(shares, _coloured(ranks), strict=True):
        axes.stairs(share, places, baseline=None, color=colour, linewidth=1.2)
    highest = max(2.0, 1.05 * np.max(shares))
    axes.set(xticks=[], yticks=[0, 1], yticklabels=["0", "even"], ylim=(0, highest))
    axes.tick_params(labelsize=9, labelcolor=MUTED)
    return highest


def _coloured(values):
    return [(chain, CHAINS[k % len(CHAINS)]) for k, chain in enumerate(values[:DRAWN])]
