"""The verdict: where, why, and which model to report instead, in sentences with numbers.

Fits, engines and design come as the records of the earlier steps (design, section 8).
"""

from dataclasses import asdict

from covedge.causes import Cause, Power
from covedge.fits.spectrum import ALIVE
from covedge.words import count, describe


def focus(fits: list[dict]) -> dict:
    """The richest rung that is identifiable: what is looked at where the asked-for model is not."""
    return next((fit for fit in reversed(fits) if fit["identifiable"]), fits[0])


def breaks(fits: list[dict]) -> dict | None:
    """The first rung of the ladder that is degenerate or not identifiable."""
    return next((fit for fit in fits if fit["degenerate"] or not fit["identifiable"]), None)


def recommended(fits: list[dict]) -> dict:
    """The rung to report: smallest AIC among those certified, identifiable and not degenerate."""
    sound = [
        fit
        for fit in fits
        if fit["certificate"]["certified"] and fit["identifiable"] and not fit["degenerate"]
    ]
    return min(sound, key=lambda fit: (fit["aic"], fit["n_parameters"]))


def verdict(
    analysis: str,
    fits: list[dict],
    causes: list[Cause],
    powers: dict[str, Power],
    smallest_sd: float,
) -> dict:
    """The content of verdict.json.

    fits : of all rungs, simplest first, the asked-for last. powers : of the degenerate terms of
    the rung that is looked at, by grouping factor.
    """
    asked, looked_at, first = fits[-1], focus(fits), breaks(fits)
    chosen = recommended(fits)
    return {
        "analysis": analysis,
        "asked": asked["model"],
        "focus": looked_at["model"],
        "breaks_at": first and first["model"],
        "degenerate": asked["degenerate"],
        "identifiable": asked["identifiable"],
        "certified": asked["certificate"]["certified"],
        "where": [entry for fit in fits for entry in _where(fit)],
        "varies": _varies(looked_at),
        "causes": [asdict(cause) for cause in causes],
        "power": {group: power.evidence for group, power in powers.items()},
        "smallest_sd": smallest_sd,
        "recommended": {
            "model": chosen["model"],
            "formula": chosen["formula"],
            "because": _because(chosen, asked, fits),
        },
        "summary": _summary(asked, looked_at, chosen, causes, powers),
    }


def _where(fit):
    """The collapsed directions of a fit."""
    return [
        {
            "model": fit["model"],
            "group": term["group"],
            "direction": describe(direction, term),
            "reliability": direction["reliability"],
            "dual": direction["dual"],
        }
        for term in fit["terms"]
        for direction in term["spectrum"]
        if direction["state"] != ALIVE
    ]


def _varies(fit):
    """What does vary between groups, the most reliable first."""
    return [
        {
            "model": fit["model"],
            "group": term["group"],
            "direction": describe(direction, term),
            "reliability": direction["reliability"],
        }
        for term in fit["terms"]
        for direction in reversed(term["spectrum"])
        if direction["state"] == ALIVE
    ]


def _because(chosen, asked, fits):
    sound = sum(
        fit["certificate"]["certified"] and fit["identifiable"] and not fit["degenerate"]
        for fit in fits
    )
    if chosen["model"] == asked["model"]:
        return (
            "It is the model that you asked for, it is sound, and no simpler rung has a lower AIC."
        )
    if chosen["degenerate"] == asked["degenerate"] and asked["identifiable"]:
        return (
            f"Your model is sound too, but of the {sound} sound rungs of the ladder this one has "
            "the smallest AIC."
        )
    text = (
        f"Of the {count(sound, 'rung')} of the ladder that are certified, identifiable and not "
        "degenerate, it has the smallest AIC."
    )
    best = min((f for f in fits if f["identifiable"]), key=lambda f: f["aic"])
    gap = chosen["aic"] - best["aic"]
    if best["degenerate"] and gap > 0:
        name = "Your model" if best["model"] == asked["model"] else best["model"]
        text += (
            f" {name}, singular as it is, has an AIC that is smaller by {gap:.1f}: its "
            "directions that do vary are more than this rung can express."
        ) + _reduced_rank(best)
    return text


def _reduced_rank(fit):
    """What a singular fit is, said as a model: its degenerate full terms at their rank; or ""."""
    terms = [
        f"rr({term['factor'] or ' + '.join(term['effects'])} | {term['group']}, {term['rank']})"
        for term in fit["terms"]
        if term["degenerate"] and term["structure"] == "full" and term["rank"] > 0
    ]
    if not terms:
        return ""
    return (
        " Said as what it is, the singular fit is a reduced-rank model, "
        f"{' + '.join(terms)} in glmmTMB's notation, and may be reported as such."
    )


def _summary(asked, looked_at, chosen, causes, powers):
    sentences = [_first(asked)]
    if not asked["identifiable"]:
        lost = [term["group"] for term in asked["terms"] if not term["identifiable"]]
        sentences.append(
            f"Drop the slopes at {' and '.join(lost)} first; an intercept there can stay. The "
            f"richest model of the ladder that the data can identify is {looked_at['model']}, and "
            "what follows is about it."
        )
    sentences += _ranks(looked_at)
    named = {cause.cause for cause in causes}
    if "too_little_information" in named:
        sentences.append(
            "The design says too little to tell a collapsed direction from a small one: do not "
            "conclude that nothing varies there."
        )
    elif powers and all(power.enough for power in powers.values()):
        sentences.append(
            "The design would have shown a variation that matters, had it been there: the "
            "collapsed directions are small or absent."
        )
    if "optimiser_failure" in named:
        sentences.append("Another package stopped short of this optimum; see the engines.")
    if chosen["model"] != asked["model"]:
        sentences.append(f"Report {chosen['model']} instead: {chosen['formula']}.")
    return " ".join(sentences)


def _first(asked):
    certificate = asked["certificate"]
    if not asked["identifiable"]:
        lost = asked["identifiability"]["n_parameters"] - asked["identifiability"]["rank"]
        return (
            f"Your model cannot be estimated from these data: {count(lost, 'variance parameter')} "
            "cannot be told from the others, however good the optimiser."
        )
    if not certificate["certified"]:
        return "Your model's fit could not be certified: " + "; ".join(certificate["reasons"]) + "."
    if asked["degenerate"]:
        return (
            "Your model is singular, and that is its correct optimum: no optimiser can find a "
            f"better fit nearby{_searches(certificate)}."
        )
    return "Your model is healthy: its fit is a certified optimum and nothing has collapsed."


def _searches(certificate):
    starts, optima = certificate["starts"], certificate["optima"]
    if starts < 2:
        return ""
    if optima == 1:
        return f", and searches from {starts} different starts all ended there"
    return f"; searches from {starts} starts ended at {optima} optima, of which it is the lowest"


def _ranks(fit):
    sentences = []
    for term in fit["terms"]:
        alive, whole = term["rank"], term["full_rank"]
        if alive == whole:
            if whole > 1:
                sentences.append(f"All {whole} directions vary between levels of {term['group']}.")
            continue
        verb = "varies" if alive == 1 else "vary"
        has = "has" if whole - alive == 1 else "have"
        sentences.append(
            f"Of the {count(whole, 'direction')} in which levels of {term['group']} could differ, "
            f"{alive} {verb} and {whole - alive} {has} collapsed to zero."
        )
    return sentences
