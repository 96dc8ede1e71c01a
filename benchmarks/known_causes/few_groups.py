"""More effects than the number of groups can support: singular whatever the data say."""

import numpy as np

from known_causes.layout import Layout
from known_causes.plans import ITEM, ONE, SECONDS, G, H, planned
from known_causes.recipe import DEGENERATE, Recipe
from known_causes.truth import CELLS, Part


def _cells(label, layout, formula="f + (f | g)", *others, **options):
    part = Part(G, "f", np.eye(layout.cells), options.pop("coding", "treatment"))
    return planned(label, layout, formula, part, *others, **options)


# q effects and L groups; with c dependencies that the fixed effects force, q > L - c.
_PLANS = (
    _cells("five-cells-4x6", Layout(4, 6, cells=5)),
    _cells("four-cells-4x12", Layout(4, 12, cells=4), method="ML"),
    _cells("eight-cells-6x10", Layout(6, 10, cells=8, unequal=True)),
    _cells("six-cells-5x20", Layout(5, 20, cells=6), "f + (0 + f | g)", coding=CELLS),
    planned(
        "two-slopes-3x40",
        Layout(3, 40, x=SECONDS, more=("z",)),
        "x + z + (x + z | g)",
        Part(G, "x + z", np.eye(3)),
    ),
    planned(
        "three-slopes-4x60",
        Layout(4, 60, x=SECONDS, more=("z", "w")),
        "x + z + w + (x + z + w | g)",
        Part(G, "x + z + w", np.eye(4)),
        method="ML",
    ),
    planned("slope-2x200", Layout(2, 200, x=SECONDS), "x + (x | g)", Part(G, "x", np.eye(2))),
    _cells(
        "nested-six-cells-5x3x4",
        Layout(5, 4, children=3, cells=6),
        "f + (f | g) + (1 | g:h)",
        Part(H, "1", ONE),
    ),
    planned(
        "nested-deep-six-cells-3x2x6",
        Layout(3, 6, children=2, cells=6),
        "f + (1 | g) + (f | g:h)",
        Part(G, "1", 9.0 * ONE),
        Part(H, "f", np.eye(6)),
        planted=1,
    ),
    _cells(
        "crossed-four-cells-4x15",
        Layout(4, 2, items=15, cells=4),
        "f + (f | g) + (1 | item)",
        Part(ITEM, "1", ONE),
    ),
)
MORE_EFFECTS_RECIPES = tuple(Recipe(plan, DEGENERATE, role=None) for plan in _PLANS)
