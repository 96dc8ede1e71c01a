"""How many directions are reliable: probabilities after the data, and before."""

from collections.abc import Sequence

from matplotlib.figure import Figure

from covedge.figures.beside import LOOKS
from covedge.figures.style import ALIVE, CARD, INK, MUTED, WARM, canvas, drawing, shorten

# A smaller probability has no mark: it would lie on the axis.
UNSEEN = 0.005


@drawing
def rank_bars(
    posterior: Sequence[float],
    prior: Sequence[float] | None,
    best: int | None,
    what: str,
    others: Sequence[tuple[str, Sequence[float]]] = (),
) -> Figure:
    """Bars of the probability of 0, 1, ..., q directions, and as numbers below; the prior dashed.

    others : (label, probabilities) under other priors, as marks.
    best : how many the best fit has, marked below the axis. what : label of the axis.
    """
    q = len(posterior) - 1
    figure, axes = canvas(min(2.6 + 0.8 * q, 9.2), 2.7)
    for rank, share in enumerate(posterior):
        axes.bar(rank, 100 * share, width=0.66, color=ALIVE, alpha=0.85, zorder=2)
    axes.plot([], [], color=ALIVE, alpha=0.85, linewidth=9, label="posterior")
    if prior is not None:
        axes.bar(
            range(q + 1), [100 * share for share in prior], width=0.84, facecolor="none",
            edgecolor=WARM, linewidth=1.5, linestyle=(0, (4, 2)), zorder=3, label="prior",
        )  # fmt: skip
    for k, (label, shares) in enumerate(others):
        marker, colour, _ = LOOKS[2 + k % (len(LOOKS) - 2)]
        seen = [(rank, 100 * share) for rank, share in enumerate(shares) if share > UNSEEN]
        axes.scatter(
            *zip(*seen, strict=True), s=44, marker=marker, facecolor=CARD, edgecolor=colour,
            linewidth=1.6, zorder=4, label=shorten(label, 16), clip_on=False,
        )  # fmt: skip
    words = [
        "\n".join([f"{rank}", _percent(share), *(["best fit"] if rank == best else [])])
        for rank, share in enumerate(posterior)
    ]
    axes.set_xticks(range(q + 1), words)
    axes.set_xlim(-0.6, q + 0.6)
    axes.set_ylim(0, 106)
    axes.set_yticks([0, 50, 100], ["0", "50 %", "100 %"])
    axes.tick_params(axis="y", length=0, labelcolor=MUTED)
    axes.spines["left"].set_visible(False)
    axes.tick_params(axis="x", length=0, labelcolor=INK)
    axes.set_xlabel(shorten(what, 60), color=MUTED)
    figure.legend(loc="outside upper left", ncols=4, labelcolor=INK, borderpad=0)
    return figure


def _percent(share):
    if share < UNSEEN:
        return "<1 %" if share > 0 else "–"
    return ">99 %" if share > 0.995 else f"{100 * share:.0f} %"
