"""Which models of a ladder are bootstrapped, which others are fitted to their draws, how often."""

from collections.abc import Sequence
from dataclasses import dataclass

from covedge.comparing.few_groups import BEYOND_DOUBT, bound
from covedge.errors import ConfigError, did_you_mean
from covedge.focus import focus
from covedge.models.containment import inside
from covedge.models.ladder import Model
from covedge.recommendation import sound

# Where the richer rung gains less than this, p = 1 by any test.
NOTHING = 1e-6
# Multiplications that the replicates of one model may cost, some twenty seconds of one core; with
# fewer than FEWEST replicates they would say too little.
MOST_WORK, FEWEST = 9e9, 100


@dataclass(frozen=True)
class Plan:
    """model : the true one. richer : names of models that are fitted to its draws as well.

    replicates : how many, and reason why they are fewer than asked for, or "".
    """

    model: str
    richer: tuple[str, ...]
    replicates: int
    reason: str = ""


def plans(
    fits: Sequence[dict],
    models: Sequence[Model],
    n_levels: Sequence[int],
    work: Sequence[float],
    replicates: int,
    asked: str | Sequence[str],
) -> tuple[Plan, ...]:
    """What to simulate from each rung, simplest first; rungs that are left out have no plan.

    fits : records of the rungs, models : the rungs. n_levels : groups of each term of the ladder.
    work : multiplications of one refit of each. asked : `bootstrap.models` of the config: `auto`
    takes the rung that is looked at, all that are to be tested against that rung or the next one
    by simulation, and the simplest sound one that fits as well, which may be recommended.

    Raises ConfigError for a model that is not in the ladder.
    """
    names = [fit["model"] for fit in fits]
    goal = names.index(focus(fits)["model"])
    contains = [[inside(one, other) for other in models] for one in models]
    richer = [
        [j for j in _above(fits, i, goal, contains) if _open(fits, models, i, j, n_levels)]
        for i in range(len(fits))
    ]
    if asked == "auto":
        wanted = {goal} | {i for i, others in enumerate(richer) if others}
        lowest = fits[goal]["criterion"] + NOTHING
        equal = [i for i, fit in enumerate(fits) if sound(fit) and fit["criterion"] < lowest]
        wanted |= set(sorted(equal, key=lambda i: fits[i]["n_parameters"])[:1])
    else:
        for name in asked:
            if name not in names:
                raise ConfigError(
                    [f"bootstrap.models: no model `{name}`{did_you_mean(name, names)}"]
                )
        wanted = {names.index(name) for name in asked}
    return tuple(
        _plan(names, i, richer[i], work, replicates, asked != "auto")
        for i in sorted(wanted)
        if fits[i]["identifiable"]
    )


def _above(fits, i, goal, contains):
    """The rungs that rung i is to be tested against, the goal last."""
    if not fits[i]["identifiable"]:
        return []
    steps = [j for j in range(len(fits)) if _is_step(i, j, fits, contains)]
    above = [j for j in [*(j for j in steps if j != goal), goal] if not contains[j][i]]
    return [j for j in above if contains[i][j] and fits[j]["identifiable"]]


def _plan(names, i, richer, work, replicates, named):
    most = int(MOST_WORK / (work[i] + sum(work[j] for j in richer)))
    if most < min(replicates, FEWEST) and len(richer) > 1 and not named:
        # The test against the goal matters more than those against the next steps.
        return _plan(names, i, richer[-1:], work, replicates, named)
    others = tuple(names[j] for j in richer)
    if named or most >= replicates:
        return Plan(names[i], others, replicates)
    if most < FEWEST:
        return Plan(names[i], (), 0, f"even {FEWEST} refits would take long")
    return Plan(names[i], others, most, f"{most} replicates, since its refits take long")


def _is_step(i, j, fits, contains):
    """Whether rung j is next above rung i: nothing identifiable lies between them."""
    between = (
        k
        for k in range(len(fits))
        if k not in (i, j) and contains[i][k] and contains[k][j] and fits[k]["identifiable"]
    )
    return contains[i][j] and next(between, None) is None


def _open(fits, models, smaller, larger, n_levels):
    """Whether a test between two rungs needs simulated responses."""
    difference = fits[smaller]["criterion"] - fits[larger]["criterion"]
    degrees = fits[larger]["n_parameters"] - fits[smaller]["n_parameters"]
    if difference < NOTHING:
        return False
    return bound(difference, degrees, models[smaller], models[larger], n_levels) > BEYOND_DOUBT
