"""How often a design would miss what is there, by the size of what is there."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.figure import Figure

from covedge.figures.logarithmic import plain_ticks
from covedge.figures.style import ALIVE, COLLAPSED, INK, LINE, MUTED, canvas, drawing

# Where "none at all" stands: so many times below the smallest size, beside the logarithmic axis.
ASIDE = 3.0


@dataclass(frozen=True)
class Missed:
    """sd : of every direction, in residual SDs; share : of experiments with a singular fit.

    low, high : 95 % interval of the share.
    """

    sd: float
    share: float
    low: float
    high: float


@dataclass(frozen=True)
class Margins:
    """smallest : the SD that matters. rarely : up to this share a singular fit excludes it;
    often : from this share on it says nothing.
    """

    smallest: float
    rarely: float
    often: float


@drawing
def missed(found: Sequence[Missed], margins: Margins) -> Figure:
    """A point for each size that was simulated, sorted; the first may be none at all (sd = 0)."""
    sizes = [one.sd for one in found if one.sd > 0]
    aside = min(sizes) / ASIDE
    figure, axes = canvas(6.4, 3.1)
    axes.set_xscale("log")
    axes.axhspan(100 * margins.often, 100, color=COLLAPSED, alpha=0.09, linewidth=0)
    axes.axhspan(0, 100 * margins.rarely, color=ALIVE, alpha=0.25, linewidth=0)
    axes.axvline(margins.smallest, color=INK, linewidth=1.2, linestyle=(0, (4, 3)))
    at = [one.sd or aside for one in found]
    shares = 100 * np.array([one.share for one in found])
    grow = [k for k, one in enumerate(found) if one.sd > 0]
    axes.plot([at[k] for k in grow], shares[grow], color=MUTED, linewidth=1.4, zorder=2)
    for x, one in zip(at, found, strict=True):
        axes.plot([x, x], [100 * one.low, 100 * one.high], color=ALIVE, alpha=0.5, linewidth=3)
    axes.scatter(at, shares, s=42, color=ALIVE, zorder=3, clip_on=False)
    _axes(axes, at, aside if any(one.sd == 0 for one in found) else None)
    axes.text(
        margins.smallest, 104, "smallest that matters", color=INK, fontsize=10, ha="center",
        va="bottom",
    )  # fmt: skip
    axes.text(
        0.99, margins.often + 0.01, "singular fits say nothing here", color=COLLAPSED, fontsize=10,
        ha="right", va="bottom", transform=axes.transAxes,
    )  # fmt: skip
    return figure


def _axes(axes, at, aside):
    axes.set_ylim(0, 100)
    axes.set_xlim(min(at) / 1.5, max(at) * 1.3)
    plain_ticks(axes.xaxis, 7)
    if aside is not None:
        ticks = [t for t in axes.get_xticks() if aside * 1.6 < t <= max(at) * 1.3]
        axes.set_xticks([aside, *ticks], ["none", *(f"{t:g}" for t in ticks)])
    axes.set_yticks([0, 20, 50, 100], ["0 %", "20 %", "50 %", "100 %"])
    axes.set_xlabel("true SD of every direction, in residual SDs")
    axes.set_ylabel("singular fits")
    axes.grid(axis="y", color=LINE)
