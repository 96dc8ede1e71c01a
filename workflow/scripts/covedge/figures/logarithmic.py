"""Logarithmic axes with plain numbers: matplotlib's own labels are formulas, which we never use."""

from matplotlib.axis import Axis
from matplotlib.ticker import FuncFormatter, LogLocator, NullLocator


def plain_ticks(axis: Axis, most: int = 6) -> None:
    """1, 3, 10, ... of a logarithmic axis, at most so many."""
    axis.set_major_locator(LogLocator(subs=(1.0, 3.0), numticks=most))
    axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axis.set_minor_locator(NullLocator())
