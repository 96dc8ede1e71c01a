"""Are the chains one? Traces and rank plots of the quantities that mixed worst."""

from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure
from scipy.stats import rankdata

from covedge.figures.style import CHAINS, INK, LINE, MUTED, drawing, shorten

BINS = 20
# Points of a trace that are drawn: more would be ink on ink, and a megabyte.
POINTS = 400


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


def _trace(axes, values):
    step = max(1, values.shape[1] // POINTS)
    for chain, colour in zip(values, _colours(len(values)), strict=True):
        kept = np.round(chain[::step], 5 - int(np.floor(np.log10(np.abs(chain).max() + 1e-300))))
        axes.plot(np.arange(len(kept)) * step, kept, color=colour, linewidth=0.6, alpha=0.75)
    axes.tick_params(labelsize=9)
    axes.locator_params(axis="y", nbins=3)


def _ranks(axes, values):
    ranks = rankdata(values).reshape(values.shape)
    edges = np.linspace(0, values.size, BINS + 1)
    expected = values.shape[1] / BINS
    axes.axhline(expected, color=LINE, linewidth=1.4)
    for chain, colour in zip(ranks, _colours(len(values)), strict=True):
        counts, _ = np.histogram(chain, edges)
        axes.stairs(counts, edges, baseline=None, color=colour, linewidth=1.2)
    axes.set_ylim(0, 2 * expected)
    axes.set(xticks=[], yticks=[0, expected], yticklabels=["0", "even"])
    axes.tick_params(labelsize=9, labelcolor=MUTED)


def _colours(number):
    return [CHAINS[k % len(CHAINS)] for k in range(number)]
