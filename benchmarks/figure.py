"""Times against rows and against levels, as one SVG."""

from pathlib import Path

import matplotlib
from matplotlib.figure import Figure
from table import Size

matplotlib.rcParams.update({"svg.hashsalt": "covedge", "svg.fonttype": "none"})


def figure(rows: list[Size], levels: list[Size], path: Path) -> None:
    """Write the figure; a dotted line has the slope of linear time."""
    drawn = Figure(figsize=(8.0, 3.2), layout="constrained")
    both = drawn.subplots(1, 2, sharey=True)
    for axes, sizes, unit in zip(both, (rows, levels), ("rows", "levels"), strict=True):
        at = [each.size for each in sizes]
        axes.loglog(at, [each.gram for each in sizes], "o-", color="#0b5d7a", label="Gram")
        axes.loglog(at, [each.fit for each in sizes], "s-", color="#c4622d", label="fit")
        top = sizes[-1].gram
        axes.loglog(at, [top * n / at[-1] for n in at], ":", color="0.5", label="linear")
        axes.set_xlabel(unit)
        axes.spines[["top", "right"]].set_visible(False)
    both[0].set_ylabel("seconds")
    both[0].legend(frameon=False)
    drawn.savefig(path, format="svg", metadata={"Date": None})
