"""Causes that lie in the truth's variances alone: healthy, nothing there, too small to be seen."""

from known_causes.plans import SINGLE, SMALL, TOGETHER, WEAKENED
from known_causes.recipe import ALWAYS, DEGENERATE, OF_PLAN, Recipe
from known_causes.sizes import BETWEEN, OFTEN

# Several times the smallest SD that matters, which such a design misses in less than 1 % already.
CLEARLY = (1.5, 2.5)
# For half of the data sets nothing is there; the others have the smallest SD that matters, or a
# little more. Nobody can tell them apart.
PERHAPS = (0.0, 1.0, 0.0, 1.2)

HEALTHY_RECIPES = tuple(Recipe(p, ALWAYS, present=CLEARLY) for p in (*SINGLE, *TOGETHER[::2]))
NO_VARIATION_RECIPES = tuple(Recipe(p, DEGENERATE, null=OF_PLAN) for p in SINGLE)
REDUNDANT_RECIPES = tuple(Recipe(p, DEGENERATE, null=OF_PLAN) for p in TOGETHER)
TOO_LITTLE_RECIPES = tuple(
    Recipe(p, DEGENERATE, role=OFTEN, present=PERHAPS) for p in (*SMALL, *WEAKENED)
)
UNDECIDED_RECIPES = tuple(
    Recipe(p, DEGENERATE, role=BETWEEN, present=PERHAPS) for p in (*SMALL, *WEAKENED)
)
