"""The experiments: rows, formula, and a truth in which some directions have no variance.

What a cause does with them is up to it: leave them at zero, give them the smallest size that
matters, or a larger one.
"""

from dataclasses import dataclass

import numpy as np

from known_causes.layout import RANDOM, Layout
from known_causes.truth import CELLS, Part, Truth

G, H, ITEM = ("g",), ("g", "h"), ("item",)
SECONDS, MILLISECONDS = (0.0, 9.0), (200.0, 800.0)


@dataclass(frozen=True, eq=False)
class Plan:
    """truth : the part numbered `planted` has the directions without variance."""

    label: str
    layout: Layout
    formula: str
    truth: Truth
    planted: int = 0
    method: str = "REML"

    @property
    def part(self) -> Part:
        """Where the cause is planted."""
        return self.truth.parts[self.planted]


def only(*loadings: float) -> np.ndarray:
    """Covariance of effects that all follow one latent variable."""
    v = np.array(loadings)
    return np.outer(v, v)


def latent(*rows: tuple[float, ...]) -> np.ndarray:
    """Covariance of effects that follow some latent variables: rows are the effects' loadings."""
    V = np.array(rows)
    return V @ V.T


def level(k: int, size: float = 1.0) -> np.ndarray:
    """k cells that rise and fall together."""
    return np.full((k, k), size**2)


def apart(k: int, size: float = 1.0) -> np.ndarray:
    """k cells whose mean is the same in every group."""
    return size**2 * (np.eye(k) - np.full((k, k), 1.0 / k))


NONE, ONE = np.zeros((1, 1)), np.eye(1)


def planned(
    label: str, layout: Layout, formula: str, *parts: Part, planted: int = 0, method: str = "REML"
) -> Plan:
    """A Plan. formula : without its response; parts : of the truth."""
    return Plan(label, layout, f"y ~ {formula}", Truth(parts), planted, method)


def _slope(label, layout, C, formula="x + (x | g)", method="REML"):
    return planned(label, layout, formula, Part(G, "x", C), method=method)


def _cells(label, layout, C, method="REML"):
    return planned(label, layout, "f + (f | g)", Part(G, "f", C), method=method)


# A whole effect without variance.
SINGLE = (
    planned("intercepts-8x30", Layout(8, 30), "1 + (1 | g)", Part(G, "1", NONE)),
    planned("intercepts-60x5", Layout(60, 5), "1 + (1 | g)", Part(G, "1", NONE)),
    planned(
        "intercepts-20-unequal",
        Layout(20, 12, unequal=True, x=SECONDS),
        "x + (1 | g)",
        Part(G, "1", NONE),
        method="ML",
    ),
    _slope("slope-12x20", Layout(12, 20, x=SECONDS), np.diag([1.0, 0.0])),
    _slope("slope-40x6", Layout(40, 6, x=(-1.0, 1.0), spread=RANDOM), np.diag([1.0, 0.0])),
    _slope("slope-ms-16x25", Layout(16, 25, x=MILLISECONDS), np.diag([0.8, 0.0]), method="ML"),
    _slope("slope-10x200", Layout(10, 200, x=SECONDS, unequal=True), np.diag([0.5, 0.0])),
    _slope(
        "uncorrelated-16x20",
        Layout(16, 20, x=(-2.0, 2.0)),
        np.diag([1.0, 0.0]),
        formula="x + (x || g)",
    ),
    _cells("two-cells-16x10", Layout(16, 10, cells=2), level(2)),
    _cells("four-cells-24x8", Layout(24, 8, cells=4), level(4)),
    planned(
        "three-cells-no-level-20x8",
        Layout(20, 8, cells=3, unequal=True),
        "f + (0 + f | g)",
        Part(G, "f", apart(3), CELLS),
    ),
    planned(
        "two-slopes-24x20",
        Layout(24, 20, x=SECONDS, more=("z",)),
        "x + z + (x + z | g)",
        Part(G, "x + z", np.diag([1.0, 0.8, 0.0])),
    ),
    planned(
        "nested-inner-12x4x8",
        Layout(12, 8, children=4),
        "1 + (1 | g/h)",
        Part(G, "1", ONE),
        Part(H, "1", NONE),
        planted=1,
    ),
    planned(
        "nested-outer-20x3x8",
        Layout(20, 8, children=3),
        "1 + (1 | g/h)",
        Part(G, "1", NONE),
        Part(H, "1", 0.5 * ONE),
    ),
    planned(
        "nested-slope-15x3x12",
        Layout(15, 12, children=3, x=SECONDS),
        "x + (x | g) + (1 | g:h)",
        Part(G, "x", np.diag([1.5, 0.0])),
        Part(H, "1", 0.6 * ONE),
    ),
    planned(
        "nested-deep-slope-8x5x12",
        Layout(8, 12, children=5, x=SECONDS),
        "x + (1 | g) + (x | g:h)",
        Part(G, "1", 2.0 * ONE),
        Part(H, "x", np.diag([0.8, 0.0])),
        planted=1,
        method="ML",
    ),
    planned(
        "crossed-items-20x15",
        Layout(20, 2, items=15),
        "1 + (1 | g) + (1 | item)",
        Part(G, "1", ONE),
        Part(ITEM, "1", NONE),
        planted=1,
    ),
    planned(
        "crossed-slope-20x12",
        Layout(20, 2, items=12, x=SECONDS),
        "x + (x | g) + (1 | item)",
        Part(G, "x", np.diag([1.0, 0.0])),
        Part(ITEM, "1", 0.6 * ONE),
    ),
    planned(
        "crossed-cells-24x10",
        Layout(24, 1, items=10, cells=2),
        "f + (f | g) + (1 | item)",
        Part(G, "f", level(2)),
        Part(ITEM, "1", 0.6 * ONE),
    ),
)

# All effects vary, and move together.
TOGETHER = (
    _slope("pivot-12x20", Layout(12, 20, x=SECONDS), only(0.7, 1.0)),
    _slope("pivot-40x6", Layout(40, 6, x=(-1.0, 1.0), spread=RANDOM), only(1.0, 0.8), method="ML"),
    _slope("pivot-ms-16x25", Layout(16, 25, x=MILLISECONDS), only(0.8, -0.6)),
    _slope("pivot-10x200", Layout(10, 200, x=SECONDS, unequal=True), only(0.4, 0.6)),
    _slope("pivot-60x5", Layout(60, 5, x=SECONDS), only(-0.9, 1.1)),
    _cells("two-cells-rank-1-20x10", Layout(20, 10, cells=2), only(1.4, 0.6)),
    _cells(
        "four-cells-rank-2-24x8",
        Layout(24, 8, cells=4),
        latent((1.0, 0.2), (0.9, -0.8), (-0.3, 1.1), (0.6, 0.9)),
    ),
    _cells(
        "four-cells-rank-3-40x8",
        Layout(40, 8, cells=4, unequal=True),
        latent((1.0, 0.0, 0.6), (0.2, 1.0, -0.5), (-0.6, 0.7, 0.8), (0.9, 0.8, 0.1)),
        method="ML",
    ),
    planned(
        "three-cells-pair-20x10",
        Layout(20, 10, cells=3),
        "f + (0 + f | g)",
        Part(G, "f", latent((1.0, 0.2), (0.1, 1.0), (0.1, 1.0)), CELLS),
    ),
    planned(
        "two-slopes-hidden-30x20",
        Layout(30, 20, x=SECONDS, more=("z",)),
        "x + z + (x + z | g)",
        Part(G, "x + z", latent((1.0, 0.0), (0.5, 0.8), (0.6, -0.7))),
    ),
    planned(
        "nested-pivot-15x3x12",
        Layout(15, 12, children=3, x=SECONDS),
        "x + (x | g) + (1 | g:h)",
        Part(G, "x", only(0.9, 1.0)),
        Part(H, "1", 0.5 * ONE),
    ),
    planned(
        "nested-deep-pivot-8x6x12",
        Layout(8, 12, children=6, x=SECONDS),
        "x + (1 | g) + (x | g:h)",
        Part(G, "1", 2.0 * ONE),
        Part(H, "x", only(0.8, -0.9)),
        planted=1,
    ),
    planned(
        "crossed-pivot-20x12",
        Layout(20, 2, items=12, x=SECONDS),
        "x + (x | g) + (1 | item)",
        Part(G, "x", only(0.8, 1.0)),
        Part(ITEM, "1", 0.6 * ONE),
    ),
    planned(
        "crossed-three-cells-24x10",
        Layout(24, 1, items=10, cells=3),
        "f + (f | g) + (1 | item)",
        Part(G, "f", latent((1.0, 0.2), (0.7, 0.9), (-0.4, 1.0))),
        Part(ITEM, "1", 0.6 * ONE),
    ),
)

# Few rows or few groups, as designs are that tell little.
SMALL = (
    planned("intercepts-10x5", Layout(10, 5), "1 + (1 | g)", Part(G, "1", NONE)),
    _slope("slope-8x10", Layout(8, 10, x=SECONDS), np.diag([1.5, 0.0])),
    _slope("pivot-10x8", Layout(10, 8, x=(-1.0, 1.0)), only(1.5, 1.0), method="ML"),
    _cells("two-cells-9x5", Layout(9, 5, cells=2, unequal=True), level(2, 1.2)),
    _cells(
        "three-cells-rank-2-10x6",
        Layout(10, 6, cells=3),
        latent((1.5, 0.2), (1.0, 1.3), (-0.6, 1.5)),
    ),
    planned(
        "nested-inner-8x3x5",
        Layout(8, 5, children=3),
        "1 + (1 | g/h)",
        Part(G, "1", 2.0 * ONE),
        Part(H, "1", NONE),
        planted=1,
    ),
    planned(
        "crossed-items-12x8",
        Layout(12, 1, items=8),
        "1 + (1 | g) + (1 | item)",
        Part(G, "1", ONE),
        Part(ITEM, "1", NONE),
        planted=1,
    ),
)
PLANS = {plan.label: plan for plan in (*SINGLE, *TOGETHER, *SMALL)}
# Of the larger ones those that, for a smaller SD that matters, tell little as well.
WEAKENED = tuple(
    PLANS[label]
    for label in (
        "intercepts-60x5",
        "slope-12x20",
        "slope-ms-16x25",
        "uncorrelated-16x20",
        "four-cells-24x8",
        "nested-deep-slope-8x5x12",
        "crossed-slope-20x12",
        "pivot-40x6",
        "pivot-10x200",
    )
)
