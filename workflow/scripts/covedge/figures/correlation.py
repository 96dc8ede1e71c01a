"""The correlation matrix of one term's random effects."""

from collections.abc import Sequence

from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from covedge.figures.style import ALIVE, INK, MUTED, WARM, bare, canvas, drawing, shorten
from covedge.markup import fixed, number


@drawing
def correlation(
    matrix: Sequence[Sequence[float | None]], sd: Sequence[float], effects: Sequence[str]
) -> Figure:
    """Lower triangle: correlations, blue above zero and orange below. Diagonal: SDs.

    matrix : (q, q), None where an SD is zero. sd : (q,), in units of the response.
    """
    q = len(effects)
    figure, axes = canvas(min(2.4 + 0.82 * q, 10.5), 0.9 + 0.44 * q)
    for i in range(q):
        for j in range(i):
            _cell(axes, i, j, matrix[i][j])
        axes.text(
            i, i, number(sd[i], 2), ha="center", va="center_baseline", color=INK, fontsize=10,
            weight="bold",
        )  # fmt: skip
    axes.set_xlim(-0.5, q - 0.5)
    axes.set_ylim(q - 0.5, -0.5)
    bare(axes, ticks=True)
    axes.set_yticks(range(q), [shorten(e, 24) for e in effects])
    axes.set_xticks(range(q), [shorten(e, 12) for e in effects], color=INK)
    axes.tick_params(axis="x", rotation=25 if q > 3 else 0)
    return figure


def _cell(axes, i, j, value):
    if value is None:
        axes.text(j, i, "–", ha="center", va="center_baseline", color=MUTED, fontsize=10)
        return
    colour = ALIVE if value > 0 else WARM
    axes.add_patch(
        Rectangle(
            (j - 0.47, i - 0.45), 0.94, 0.9, facecolor=colour, alpha=0.5 * abs(value), linewidth=0
        )
    )
    axes.text(j, i, fixed(value), ha="center", va="center_baseline", color=INK, fontsize=10)
