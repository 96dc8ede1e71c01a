"""The recipes of every cause."""

from known_causes.case import (
    HEALTHY,
    MISSPECIFIED,
    MORE_EFFECTS,
    NEGATIVE,
    NO_VARIATION,
    NOT_IDENTIFIABLE,
    ONE_GROUP,
    OPTIMISER,
    REDUNDANT,
    TOO_LITTLE,
    UNDECIDED,
)
from known_causes.confounded import NOT_IDENTIFIABLE_RECIPES
from known_causes.defects import MISSPECIFIED_RECIPES
from known_causes.engines import OPTIMISER_RECIPES, EngineRecipe
from known_causes.few_groups import MORE_EFFECTS_RECIPES
from known_causes.negative import NEGATIVE_RECIPES
from known_causes.odd_group import ONE_GROUP_RECIPES
from known_causes.recipe import Recipe
from known_causes.variances import (
    HEALTHY_RECIPES,
    NO_VARIATION_RECIPES,
    REDUNDANT_RECIPES,
    TOO_LITTLE_RECIPES,
    UNDECIDED_RECIPES,
)

ENGINES: tuple[EngineRecipe, ...] = OPTIMISER_RECIPES
RECIPES: dict[str, tuple[Recipe, ...]] = {
    HEALTHY: HEALTHY_RECIPES,
    NO_VARIATION: NO_VARIATION_RECIPES,
    REDUNDANT: REDUNDANT_RECIPES,
    TOO_LITTLE: TOO_LITTLE_RECIPES,
    UNDECIDED: UNDECIDED_RECIPES,
    NEGATIVE: NEGATIVE_RECIPES,
    ONE_GROUP: ONE_GROUP_RECIPES,
    MISSPECIFIED: MISSPECIFIED_RECIPES,
    MORE_EFFECTS: MORE_EFFECTS_RECIPES,
    NOT_IDENTIFIABLE: NOT_IDENTIFIABLE_RECIPES,
    OPTIMISER: tuple(engine.recipe for engine in ENGINES),
}
# Units of the response, in residual SDs, that data sets take in turn.
UNITS = (1.0, 0.01, 250.0)


def place(cause: str, number: int) -> tuple[int, int]:
    """(which recipe, its turn): both halves have all recipes, as evenly as can be."""
    turn, which = divmod(number // 2, len(RECIPES[cause]))
    return which, turn
