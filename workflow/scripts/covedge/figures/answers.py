"""What each engine did on each rung, at a glance."""

from collections.abc import Sequence

from matplotlib.figure import Figure

from covedge.figures.style import (
    ALIVE,
    COLLAPSED,
    INK,
    LINE,
    MUTED,
    bare,
    canvas,
    drawing,
    shorten,
)

SAME_OPTIMUM, SHORT, FLAT = "same optimum", "short", "flat"
FAILED, NONE = "failed", "none"
# Marker, face and edge; what the legend says.
LOOKS = {
    SAME_OPTIMUM: ("o", ALIVE, ALIVE, "at the certified optimum"),
    SHORT: ("o", "none", COLLAPSED, "stopped short, by so much"),
    FLAT: ("D", "none", MUTED, "no certified optimum"),
    FAILED: ("x", COLLAPSED, COLLAPSED, "failed"),
    NONE: ("_", LINE, LINE, "cannot express it, or was not asked"),
}


@drawing
def answers(
    rungs: Sequence[str], engines: Sequence[str], cells: Sequence[Sequence[tuple[str, str]]]
) -> Figure:
    """A row a rung, a column an engine.

    cells : (rungs, engines) of (one of LOOKS, a word beside the mark).
    """
    figure, axes = canvas(9.2, 1.15 + 0.34 * len(rungs))
    for y, row in enumerate(cells):
        axes.axhline(y, color=LINE, linewidth=0.6, zorder=0)
        for x, (look, word) in enumerate(row):
            axes.scatter(x, y, s=80, zorder=3, **_look(look))
            if word:
                axes.text(
                    x + 0.09, y, word, color=LOOKS[look][2], fontsize=10, va="center_baseline"
                )
    bare(axes, ticks=True)
    axes.set_xlim(-0.4, len(engines) - 0.35)
    axes.set_ylim(len(rungs) - 0.4, -0.6)
    axes.set_xticks(range(len(engines)), [shorten(name, 26) for name in engines])
    axes.xaxis.tick_top()
    axes.tick_params(axis="x", labelcolor=INK, labelsize=11)
    axes.set_yticks(range(len(rungs)), [shorten(name, 36) for name in rungs])
    _legend(figure, axes, cells)
    return figure


def _legend(figure, axes, cells):
    there = {look for row in cells for look, _ in row}
    for look in LOOKS:
        if look in there:
            axes.scatter([], [], s=64, label=LOOKS[look][3], **_look(look))
    figure.legend(
        loc="outside lower left", ncols=3, labelcolor=INK, handletextpad=0.2, columnspacing=1.4,
        borderpad=0,
    )  # fmt: skip


def _look(look):
    marker, face, edge, _ = LOOKS[look]
    # Lines have no face.
    filled = {"facecolor": face, "edgecolor": edge} if marker in "oD" else {"color": edge}
    return {"marker": marker, "linewidth": 1.9, **filled}
