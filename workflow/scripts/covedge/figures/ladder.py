"""The ladder: what each rung gains, and where it breaks."""

from collections.abc import Sequence

from matplotlib.figure import Figure

from covedge.figures.style import (
    ALIVE,
    COLLAPSED,
    FLAT,
    INK,
    LINE,
    MUTED,
    canvas,
    drawing,
    shorten,
)

_MARKS = {
    "healthy": ("o", ALIVE, ALIVE, "healthy"),
    "degenerate": ("o", "none", COLLAPSED, "singular"),
    "not identifiable": ("D", "none", FLAT, "not identifiable"),
    "not certified": ("s", "none", MUTED, "not certified"),
    "undecided": ("s", "none", MUTED, "undecided"),
    "failed": ("x", MUTED, MUTED, "failed"),
}


@drawing
def ladder(labels: Sequence[str], aic: Sequence[float | None], states: Sequence[str]) -> Figure:
    """AIC above the best rung, for each rung, simplest at the top; marks tell its state.

    aic : None where a rung has none. The axis is linear up to 10 and logarithmic beyond: below 10
    is where rungs compete.
    """
    best = min(value for value in aic if value is not None)
    figure, axes = canvas(9.2, 0.95 + 0.36 * len(labels))
    for y, (value, state) in enumerate(zip(aic, states, strict=True)):
        if value is None:
            axes.text(0, y, "no fit", color=MUTED, va="center_baseline")
            continue
        marker, face, edge, _ = _MARKS[state]
        axes.plot([0, value - best], [y, y], color=LINE, linewidth=2, solid_capstyle="round")
        axes.scatter(
            value - best, y, s=85, marker=marker, facecolor=face, edgecolor=edge, linewidth=1.9,
            zorder=3, clip_on=False,
        )  # fmt: skip
    axes.set_xscale("symlog", linthresh=10, linscale=1.2)
    ticks = [0, 2, 5, 10, 100, 1_000, 10_000, 100_000]
    worst = max(value - best for value in aic if value is not None)
    axes.set_xlim(-0.6, max(worst * 1.3, 11))
    ticks = [t for t in ticks if t <= max(worst * 1.3, 11)]
    axes.set_xticks(ticks, [f"{t:,}".replace(",", " ") for t in ticks])
    axes.xaxis.minorticks_off()
    axes.set_yticks(range(len(labels)), [shorten(name, 44) for name in labels])
    axes.set_ylim(len(labels) - 0.5, -0.5)
    axes.set_xlabel("AIC above the best rung (further left is better)")
    axes.spines["left"].set_visible(False)
    axes.tick_params(axis="y", length=0)
    axes.grid(axis="x")
    _legend(axes, states)
    return figure


def _legend(axes, states):
    for state in dict.fromkeys(states):
        marker, face, edge, word = _MARKS[state]
        axes.scatter([], [], s=70, marker=marker, facecolor=face, edgecolor=edge, label=word)
    axes.legend(
        loc="lower right", bbox_to_anchor=(1.0, 1.0), ncols=4, labelcolor=INK, handletextpad=0.2,
        columnspacing=1.2, borderpad=0,
    )  # fmt: skip
