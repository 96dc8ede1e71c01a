"""Variances that no response on these rows could tell apart."""

import numpy as np

from known_causes.layout import RANDOM, Layout
from known_causes.plans import ITEM, ONE, G, H, planned
from known_causes.recipe import ALWAYS, Recipe
from known_causes.truth import CELLS, Part

_PLANS = (
    # One observation per cell of each group: the cells' variances and the residual's.
    planned(
        "one-a-cell-20x1",
        Layout(20, 1, cells=3),
        "f + (0 + f | g)",
        Part(G, "f", np.eye(3), CELLS),
    ),
    planned(
        "nested-one-a-cell-10x4x1",
        Layout(10, 1, children=4, cells=3),
        "f + (1 | g) + (f | g:h)",
        Part(G, "1", 4.0 * ONE),
        Part(H, "f", np.eye(3)),
        planted=1,
    ),
    planned(
        "nested-one-a-cell-both-12x5x1",
        Layout(12, 1, children=5, cells=2),
        "f + (f | g/h)",
        Part(G, "f", 2.0 * np.eye(2)),
        Part(H, "f", np.eye(2)),
        planted=1,
        method="ML",
    ),
    # Lines through two points each, all at the same two x.
    planned(
        "two-points-30x2",
        Layout(30, 2, x=(0.0, 1.0)),
        "x + (x | g)",
        Part(G, "x", np.eye(2)),
    ),
    planned(
        "nested-one-point-10x6x1",
        Layout(10, 1, children=6, x=(0.0, 1.0), spread=RANDOM),
        "x + (1 | g) + (x | g:h)",
        Part(G, "1", 4.0 * ONE),
        Part(H, "x", np.eye(2)),
        planted=1,
    ),
    # A level for each observation.
    planned(
        "one-a-level-12x10",
        Layout(12, 1, children=10),
        "1 + (1 | g/h)",
        Part(G, "1", ONE),
        Part(H, "1", ONE),
        planted=1,
        method="ML",
    ),
    planned(
        "crossed-one-a-pair-15x10",
        Layout(15, 1, items=10),
        "1 + (1 | g) + (1 | item) + (1 | g:item)",
        Part(G, "1", ONE),
        Part(ITEM, "1", ONE),
        Part(("g", "item"), "1", ONE),
        planted=2,
    ),
    # Nested factors with one child each.
    planned(
        "one-child-20x6",
        Layout(20, 6, children=1),
        "1 + (1 | g/h)",
        Part(G, "1", ONE),
        Part(H, "1", ONE),
        planted=1,
    ),
    # Compound symmetry beside the covariance that contains it.
    planned(
        "twice-15x6",
        Layout(15, 6, cells=3),
        "f + (f | g) + (1 | g:f)",
        Part(G, "f", np.eye(3)),
        Part(("g", "f"), "1", ONE),
    ),
)
NOT_IDENTIFIABLE_RECIPES = tuple(Recipe(plan, ALWAYS, role=None) for plan in _PLANS)
