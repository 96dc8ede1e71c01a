"""What the refit found, in a few sentences: directions, the prior's part, and whether to trust."""

from covedge.markup import callout, count, fixed, text
from covedge.pages.bayesian.found import Moved, best_rank, likeliest, moved_by_prior
from covedge.pages.bayesian.quantities import (
    SD,
    in_cells,
    listed,
    name,
    of_kind,
    once,
    percent,
)
from covedge.pages.bayesian.runs import Refits, smallest_ess, thresholds

# A number of directions that is this probable is told as the finding; of others, those that are
# more probable than MENTIONED.
SURE, MENTIONED = 0.8, 0.1

NATURE = (
    "A Bayesian refit gives every variance a whole distribution instead of one best value, so "
    "nothing can come out as exactly zero. It does not add information: where the best fit lies "
    "on the edge, the prior decides how far from zero the posterior stays. Read a wide interval "
    "that begins near zero as: these data do not say."
)


def compose(found: Refits) -> str:
    """Findings first, then what a refit is and is not."""
    sentences = [_directions(found, each) for each in found.main.get("reliabilities") or []]
    sentences = [*sentences, _prior(found), _trust(found)]
    told = " ".join(s for s in sentences if s)
    return (
        f"{told}\n{callout('note', 'What a refit is, and what it is not', NATURE)}\n{_which(found)}"
    )


def _directions(found: Refits, each: dict) -> str:
    chances = each.get("rank") or []
    if not chances:
        return ""
    q, most = len(chances) - 1, likeliest(chances)
    least = f"more than {100 * each.get('threshold', 0.01):g} % reliable"
    group, before = text(each["group"]), each.get("prior_rank")
    if chances[most] < SURE:
        ranked = sorted(range(q + 1), key=lambda k: -chances[k])
        told = " or ".join(f"{k} ({percent(chances[k])})" for k in ranked if chances[k] > MENTIONED)
        which = f"**How many of the {q} directions of {group} are {least} is open**: {told}"
        prior = f"; before the data, {most} had {percent(before[most])}" if before else ""
        return f"{which}{prior}.{_best(found, each, most)}"
    which = f"All {q}" if most == q else f"{most} of the {q}"
    which = f"{which} directions of {group} are"
    if q == 1:
        which = f"What {group} adds {'is' if most else 'is not'}"
    prior = f"; before the data: {percent(before[most])}" if before else ""
    told = f"**{which} {least}** (probability {percent(chances[most])}{prior})."
    return told + _best(found, each, most)


def _best(found: Refits, each: dict, most: int) -> str:
    best = best_rank(found, each["group"])
    if best is None or best >= most:
        return ""
    return (
        f" The best fit has {best}: it puts the other {most - best} at exactly zero, "
        "which no posterior can. What it makes of them is mostly the prior’s."
    )


def _prior(found: Refits) -> str:
    """Whose the answer is: the data's, or the prior's."""
    moved = moved_by_prior(found)
    everything = len(once(in_cells(of_kind(found.main, SD))))
    if not everything or not any(moved.tried):
        return ""
    if not moved.all:
        which = {(True, True): "neither other priors nor this one made stronger or weaker move"}
        which |= {(False, True): "other priors do not move"}
        told = which.get(moved.tried, "making it stronger or weaker does not move")
        return f"The prior hardly matters for the sizes: {told} any standard deviation much."
    count_of = "every standard deviation" if everything > 1 else "the standard deviation"
    names = ""
    if len(moved.all) < everything:
        count_of = f"{len(moved.all)} of {everything} standard deviations"
        names = f" ({listed([name(p, found.grouped) for p in moved.all])})"
    return f"**The prior has a say in {count_of}**{names}: {_how(moved)}."


def _how(moved: Moved) -> str:
    if not moved.by_others:
        return "making it stronger or weaker moves the posterior"
    if moved.by_scaling:
        return "other priors move the posterior, and so does making this one stronger or weaker"
    only = ", though making this one stronger or weaker does not" if moved.tried[0] else ""
    return f"other priors give other sizes{only}"


def _trust(found: Refits) -> str:
    run = found.main
    ess, rhat = smallest_ess(run), run.get("max_rhat")
    if ess is None or rhat is None:
        return ""
    divergent = run.get("divergences") or 0
    numbers = (
        f"(largest R-hat {fixed(rhat, 3)}, smallest effective sample size {ess:.0f}, "
        f"{count(divergent, 'divergence') if divergent else 'no divergences'})"
    )
    if run.get("converged") and not divergent:
        return f"The chains can be trusted {numbers}."
    if run.get("converged"):
        return f"The chains agree {numbers}, but not every transition was sound: see below."
    largest, smallest = thresholds(run)
    return (
        f"**The chains cannot be trusted** {numbers}; R-hat should be below {largest:g} and every "
        f"effective sample size above {smallest:g}. Do not report this posterior."
    )


def _which(found: Refits) -> str:
    run = found.main
    words = (
        f"All that follows is about {text(found.label(run))}, the richest model that was sampled, "
        f"under the prior {text(run.get('prior', '–'))}, unless it says otherwise."
    )
    others = len(found.all) - 1
    if others:
        which = "Another run of this page differs"
        which = which if others == 1 else f"The other {others} runs of this page differ"
        words += (
            f" {which} from it in one thing: the model, the prior, or the form it was given in."
        )
    if found.failed:
        words += f" {count(len(found.failed), 'run')} failed; see [the errors](#errors)."
    left_out = found.results.steps.get("posterior", {}).get("skipped") or []
    for each in left_out:
        label = text(found.results.label(each["model"]))
        words += f" Not sampled: {label}, since {text(each['reason'])}."
    return words + "\n"
