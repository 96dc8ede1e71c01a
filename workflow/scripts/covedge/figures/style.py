"""One visual language for all figures, and their way into a page as SVG.

Figures are drawn in a few named colours. On the way out each becomes a CSS variable, so that the
same SVG is legible on a light page, on a dark one and in print.
"""

import io
import re
import warnings

import matplotlib
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from covedge.figures.compact import compact

INK, MUTED, LINE, CARD = "#1b1f24", "#5c6670", "#d5dade", "#fefefe"
# Okabe and Ito's colours, which people with any colour vision can tell apart.
ALIVE, COLLAPSED, FLAT, WARM, FRESH, SKY = (
    "#0072b2",
    "#d55e00",
    "#a5568a",
    "#e69f00",
    "#009e73",
    "#56b4e9",
)
CHAINS = (ALIVE, WARM, FRESH, FLAT)

_VARIABLES = {
    INK: "ink",
    MUTED: "muted",
    LINE: "line",
    CARD: "card",
    ALIVE: "alive",
    COLLAPSED: "collapsed",
    FLAT: "flat",
    WARM: "warm",
    FRESH: "fresh",
    SKY: "sky",
}
_SETTINGS = {
    "svg.fonttype": "none",
    "text.parse_math": False,
    "axes.unicode_minus": True,
    "axes.formatter.useoffset": False,
    "font.size": 11,
    "axes.titlesize": 11,
    "axes.labelsize": 11,
    "xtick.labelsize": 10,
    "ytick.labelsize": 10,
    "text.color": INK,
    "axes.labelcolor": MUTED,
    "axes.titlecolor": INK,
    "axes.titlelocation": "left",
    "axes.edgecolor": LINE,
    "axes.facecolor": "none",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.axisbelow": True,
    "xtick.color": LINE,
    "ytick.color": LINE,
    "xtick.labelcolor": MUTED,
    "ytick.labelcolor": INK,
    "grid.color": LINE,
    "grid.linewidth": 0.8,
    "legend.frameon": False,
    "legend.labelcolor": INK,
    "figure.facecolor": "none",
    "savefig.facecolor": "none",
    "lines.linewidth": 1.4,
}
_TAG = re.compile(r"<[^>]*>")
_REFERENCE = re.compile(r'url\(#([^)]+)\)|href="#([^"]+)"')
_COLOUR = re.compile("|".join(_VARIABLES))
# matplotlib writes `font: bold 10px 'DejaVu Sans', ...` or `font-family: 'DejaVu Sans', ...`.
_FONT = re.compile(r"(font: (?:\w+ )*[\d.]+px|font-family:) [^;\"]*")


def drawing(function):
    """Give a figure function the style, whatever the caller's settings are."""

    def styled(*args, **kwargs) -> Figure:
        with matplotlib.rc_context(_SETTINGS):
            return function(*args, **kwargs)

    styled.__name__, styled.__doc__ = function.__name__, function.__doc__
    return styled


def canvas(width: float, height: float, **kwargs) -> tuple[Figure, Axes]:
    """A figure of `width` x `height` inches (72 CSS pixels each) with one axes."""
    figure = Figure(figsize=(width, height), layout="constrained")
    return figure, figure.add_subplot(**kwargs)


def bare(axes: Axes, *, ticks: bool = False) -> None:
    """Take the frame away; keep tick labels if `ticks`."""
    axes.spines[:].set_visible(False)
    axes.tick_params(length=0)
    if not ticks:
        axes.set(xticks=[], yticks=[])


def shorten(label: object, length: int = 28) -> str:
    """A label that fits beside an axis; the tables have it in full."""
    label = " ".join(str(label).split())
    return label if len(label) <= length else label[: length - 1] + "…"


def svg(figure: Figure, name: str) -> str:
    """The figure as inline SVG. `name` must be unique on the page: ids are made from it.

    `[Figure](#fig-name)` anywhere on the page becomes a link with the figure's number.
    """
    settings = _SETTINGS | {"svg.hashsalt": name, "svg.id": None}
    buffer = io.StringIO()
    with matplotlib.rc_context(settings), warnings.catch_warnings():
        # The reader's machine draws the text; that ours has no such letter does not matter.
        warnings.filterwarnings("ignore", message="Glyph")
        figure.savefig(buffer, format="svg", metadata={"Date": None, "Creator": None})
    return _tidy(buffer.getvalue(), name)


def _tidy(source: str, name: str) -> str:
    source = source[source.index("<svg") :].strip()
    source = re.sub(r"\s*<metadata>.*?</metadata>", "", source, flags=re.DOTALL)
    used = {one or other for one, other in _REFERENCE.findall(source)}
    width = float(re.search(r'width="([\d.]+)pt"', source).group(1)) * 4 / 3
    head, body = source.split(">", 1)
    head = re.sub(r' (width|height|xmlns:xlink)="[^"]*"', "", head)
    body = _TAG.sub(lambda tag: _own(tag[0], name, used), body)
    head = head.replace("<svg", f'<svg id="fig-{name}"', 1)
    return compact(f'{head} style="max-width: {width:.0f}px">{body}', name)


def _own(tag: str, name: str, used: set[str]) -> str:
    """One tag with the page's colours and font, and ids that are this figure's own.

    Only tags are touched, never the text between them: that may be a label from the data.
    """

    def rename(match: re.Match) -> str:
        return f' id="{name}-{match[1]}"' if match[1] in used else ""

    tag = _FONT.sub(r"\1 var(--sans, sans-serif)", tag)
    tag = _COLOUR.sub(lambda hit: f"var(--{_VARIABLES[hit[0]]}, {hit[0]})", tag)
    tag = re.sub(r' id="([^"]*)"', rename, tag)
    return (
        tag.replace("xlink:href", "href")
        .replace("url(#", f"url(#{name}-")
        .replace('href="#', f'href="#{name}-')
    )
