"""How often each rank comes out when the fitted model is the truth."""

from collections.abc import Mapping

from matplotlib.figure import Figure

from covedge.figures.style import ALIVE, COLLAPSED, INK, MUTED, canvas, drawing


@drawing
def ranks(shares: Mapping[int, float], own: int, full: int) -> Figure:
    """Bars of the share of replicates by rank, 0 to `full`; `own` is the rank of the fit itself.

    Full rank is blue, all others, which are singular fits, orange.
    """
    figure, axes = canvas(0.8 * (full + 1) + 1.4, 2.3)
    for rank in range(full + 1):
        share = shares.get(rank, 0.0)
        axes.bar(rank, 100 * share, width=0.72, color=ALIVE if rank == full else COLLAPSED)
        if share:
            axes.annotate(
                _percent(share),
                (rank, 100 * share),
                (0, 3),
                textcoords="offset points",
                ha="center",
                color=INK,
                fontsize=10,
            )
    axes.set_xticks(
        range(full + 1), [f"{r}\nyours" if r == own else f"{r}" for r in range(full + 1)]
    )
    axes.set_xlim(-0.6, full + 0.6)
    axes.set_ylim(0, max(100 * max(shares.values(), default=1.0) * 1.18, 5))
    axes.set_yticks([])
    axes.spines["left"].set_visible(False)
    axes.tick_params(axis="x", length=0, labelcolor=INK)
    axes.set_xlabel("rank of the refitted matrix", color=MUTED)
    return figure


def _percent(share):
    return "<1 %" if share < 0.005 else f"{100 * share:.0f} %"
