"""What a refit makes of each single group, beside what the best fit makes of it."""

import numpy as np

from covedge.figures.effects_beside import effects_beside
from covedge.figures.style import svg
from covedge.markup import count, figure, fold, number
from covedge.pages.bayesian.found import best_term
from covedge.pages.bayesian.runs import Refits

# Panels side by side, and groups below each other, that can still be read.
PANELS, GROUPS = 6, 40


def of_term(found: Refits, group: str, index: int) -> str:
    """Folded; empty where either has no effects, or there are too many groups to show."""
    told = found.posterior(found.main).effects.get(group)
    term = best_term(found, group)
    modes = term.get("modes")
    if told is None or not modes or len(told.levels) > GROUPS:
        return ""
    shared = [e for e in told.effects if e in term["effects"]]
    levels = [found.results.level_names.get(level, level) for level in told.levels]
    rows = [list(modes["levels"]).index(level) for level in levels if level in modes["levels"]]
    if not shared or len(rows) != len(levels):
        return ""
    mine = [told.effects.index(e) for e in shared]
    theirs = [term["effects"].index(e) for e in shared]
    best = np.array(modes["estimate"], dtype=float)[np.ix_(rows, theirs)]
    mean, lower, upper = (a[:, mine] for a in (told.mean, told.lower, told.upper))
    inside = int(((lower <= best) & (best <= upper)).sum())
    apart = np.abs(mean - best).max(axis=0)
    most = int(np.argmax(apart))
    drawn = effects_beside(
        shared[:PANELS], levels, *(a[:, :PANELS] for a in (best, mean, lower, upper))
    )
    left = len(shared) - PANELS
    more = f" {count(left, 'further effect')} not drawn." if left > 0 else ""
    content = figure(
        svg(drawn, f"effects-{index}"),
        f"Effects of each level of {group}: posterior mean and 90 % interval (dot and bar), and "
        "the conditional mode of the best fit (diamond). Look for diamonds outside their bars: "
        f"there the two would tell you different things about a group.{more}",
        f"{inside} of {best.size} conditional modes lie in the posterior’s 90 % interval; the "
        f"largest distance from a posterior mean is {number(apart[most])} ({shared[most]}).",
    )
    return fold("Each single group: posterior and conditional modes", content)
