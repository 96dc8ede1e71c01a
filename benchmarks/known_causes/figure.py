"""The confusion matrix as one SVG: what was planted against what is named first."""

from collections.abc import Sequence
from pathlib import Path

import matplotlib
import numpy as np
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure

from known_causes.case import CAUSES, HEALTHY
from known_causes.score import NOTHING, Outcome, table

matplotlib.rcParams.update({"svg.hashsalt": "covedge", "svg.fonttype": "none"})
# One hue from light to dark: legible in grey, and to any colour vision.
SHADES = LinearSegmentedColormap.from_list("shades", ["#ffffff", "#b9d6e8", "#0072b2", "#003a5c"])
DARK = 0.45
RIGHT = "#d55e00"


def draw(outcomes: Sequence[Outcome], path: Path) -> None:
    """Rows are what was planted; shares in the cells, in per cent of the row."""
    rows = table(outcomes)
    names = [NOTHING, *(cause for cause in CAUSES if cause != HEALTHY)]
    shares = np.array([[row.first.get(name, 0) / row.n for name in names] for row in rows])
    drawn = Figure(figsize=(9.6, 7.2), layout="constrained")
    axes = drawn.add_subplot()
    axes.imshow(shares, cmap=SHADES, vmin=0.0, vmax=1.0, aspect="auto")
    for i, row in enumerate(rows):
        for j, name in enumerate(names):
            if shares[i, j]:
                colour = "#ffffff" if shares[i, j] > DARK else "#1b1f24"
                axes.text(j, i, f"{100 * shares[i, j]:.0f}", ha="center", va="center", color=colour)
            if name == (NOTHING if row.cause == HEALTHY else row.cause):
                frame = matplotlib.patches.Rectangle((j - 0.5, i - 0.5), 1, 1)
                frame.set(fill=False, edgecolor=RIGHT, linewidth=1.6)
                axes.add_patch(frame)
    labels = [name.replace("_", " ") for name in names]
    axes.set_xticks(range(len(names)), labels, rotation=40, ha="right", fontsize=9)
    told = [f"{row.cause.replace('_', ' ')} ({row.n})" for row in rows]
    axes.set_yticks(range(len(rows)), told, fontsize=9)
    axes.set_xlabel("named first, % of the row")
    axes.set_ylabel("planted (number of data sets)")
    axes.tick_params(length=0)
    axes.spines[:].set_visible(False)
    drawn.savefig(path, format="svg", metadata={"Date": None})
