"""Ranks of the calibration as one SVG: counts less what is expected, in their band."""

from pathlib import Path

import matplotlib
import numpy as np
from calibrated import QUANTITIES, RANKED
from calibration_run import as_numbers
from matplotlib.figure import Figure
from uniformity import band

matplotlib.rcParams.update({"svg.hashsalt": "covedge", "svg.fonttype": "none"})
INK, SHADE = "#0b5d7a", "#d8e4ea"


def figure(priors: list[dict], path: Path) -> None:
    """A row for each prior and a column for each quantity."""
    n = len(priors)
    drawn = Figure(figsize=(12.6, 0.5 + 1.75 * n), layout="constrained")
    grid = drawn.subplots(n, len(QUANTITIES), sharex=True, sharey="row", squeeze=False)
    share = np.arange(1, RANKED + 1) / (RANKED + 1)
    for row, of in zip(grid, priors, strict=True):
        total = of["replicates"]
        low, high = (100.0 * (ends / total - share) for ends in band(total, RANKED))
        for axes, (name, ranks) in zip(row, as_numbers(of["ranks"]).items(), strict=True):
            counts = np.bincount(ranks, minlength=RANKED + 1).cumsum()[:-1]
            axes.fill_between(share, low, high, color=SHADE, linewidth=0)
            axes.axhline(0.0, color="0.6", linewidth=0.7)
            axes.plot(share, 100.0 * (counts / total - share), color=INK, linewidth=1.2)
            axes.set_title(name, fontsize=9)
            axes.spines[["top", "right"]].set_visible(False)
            axes.tick_params(labelsize=8)
            axes.set_xticks([0.0, 0.5, 1.0], ["0", "0.5", "1"])
        row[0].set_ylabel(f"{of['prior']}\nless expected, %", fontsize=9)
    drawn.supxlabel("rank of the truth among the draws, as a share", fontsize=9)
    drawn.savefig(path, format="svg", metadata={"Date": None})
