"""The verdict: where, why, and which model to report instead, in sentences with numbers.

Fits, engines and design come as the records of the earlier steps (design, section 8).
"""

from dataclasses import asdict

from covedge.advice import advice_record
from covedge.causes.cause import (
    MISSPECIFIED,
    MORE_EFFECTS,
    NEGATIVE,
    NO_VARIATION,
    ONE_GROUP,
    OPTIMISER,
    REDUNDANT,
    TOO_LITTLE,
    UNDECIDED,
    Cause,
)
from covedge.causes.diagnosis import Diagnosis
from covedge.causes.diagnosis_record import diagnosis_record
from covedge.fits.spectrum import ALIVE
from covedge.focus import breaks, focus
from covedge.recommendation import recommend, sound
from covedge.supported import supported_ranks
from covedge.words import count, describe


def verdict(
    analysis: str,
    fits: list[dict],
    causes: list[Cause],
    diagnosis: Diagnosis,
    smallest_sd: float,
    tests: dict | None,
) -> dict:
    """The content of verdict.json.

    fits : of all rungs, simplest first, the asked-for last. causes : in order, those of
    `diagnosis` and all others. tests : tests.json, None where the comparisons failed.
    """
    asked, looked_at, first = fits[-1], focus(fits), breaks(fits)
    advice = recommend(fits, looked_at, tests)
    supported = supported_ranks(fits, looked_at, tests)
    points = _points(asked, looked_at, advice.chosen, causes, supported)
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
        "supported": supported,
        "causes": [asdict(cause) for cause in causes],
        **diagnosis_record(diagnosis),
        "smallest_sd": smallest_sd,
        "recommended": advice_record(advice, fits, looked_at),
        "points": points,
        "summary": " ".join(point["sentence"] for point in points),
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


def _points(asked, looked_at, chosen, causes, supported):
    """The verdict sentence by sentence; about : the section of the page that has the evidence."""
    points = [_point("engines" if asked["identifiable"] else "data", _first(asked))]
    if not asked["identifiable"]:
        lost = [term for term in asked["terms"] if not term["identifiable"]]
        told = (
            f"First {'; and '.join(_drop(term, looked_at) for term in lost)}.",
            f"The richest model of the ladder that the data can identify is {looked_at['model']}, "
            "and what follows is about it.",
        )
        points += [_point("ladder", sentence) for sentence in told]
    points += [_point("geometry", sentence) for sentence in _ranks(looked_at)]
    points += [_point("tests", found["sentence"]) for found in supported]
    points += _of_causes(causes, len(looked_at["terms"]) > 1)
    if chosen is not None and chosen["model"] != asked["model"]:
        points.append(_point("instead", _instead(asked, chosen)))
    return points


def _drop(lost, looked_at):
    """What to do about a term that is not identifiable, given what `looked_at` could keep of it."""
    group = lost["group"]
    if group not in [term["group"] for term in looked_at["terms"]]:
        return f"drop the random effects of {group}"
    what = f"effects of {lost['factor']}" if lost["factor"] else "slopes"
    return f"drop the {what} at {group}; an intercept there can stay"


def _point(about, sentence):
    return {"about": about, "sentence": sentence}


def _instead(asked, chosen):
    if sound(asked):
        return (
            f"You may report it as it is, though the data do not need all of it: "
            f"{chosen['model']} does not fit worse, {chosen['formula']}."
        )
    return f"Report {chosen['model']} instead: {chosen['formula']}."


# What the summary says of a cause; its own sentence has the numbers.
_SHORT = {
    MORE_EFFECTS: "With so few groups it would be singular whatever the data say.",
    ONE_GROUP: "One group decides: without it the fit has a direction more.",
    MISSPECIFIED: "What the model assumes of the residuals does not hold, and that decides.",
    NEGATIVE: "Members of a group differ more than chance makes them, as if they competed.",
    TOO_LITTLE: (
        "The design says too little to tell a collapsed direction from a small one: do not "
        "conclude that nothing varies there."
    ),
    UNDECIDED: "Whether what collapsed is absent or only small cannot be told from these data.",
    NO_VARIATION: (
        "The design would have shown a variation that matters, had it been there: what collapsed "
        "is small or absent."
    ),
    REDUNDANT: "The effects move together: fewer directions describe all of them.",
    OPTIMISER: "Another package stopped short of this optimum; see the engines.",
}


def _of_causes(causes, several):
    """One sentence a cause; several : whether there are several grouping factors."""
    groups = {}
    for cause in causes:
        groups.setdefault(cause.cause, []).append(cause.group)
    found = []
    for name, where in groups.items():
        named = list(dict.fromkeys(group for group in where if group))
        of = f"Of {' and '.join(named)}: " if several and named else ""
        words = _SHORT.get(name)
        if words:
            about = "engines" if name == OPTIMISER else "why"
            found.append(_point(about, of + (words[0].lower() + words[1:] if of else words)))
    return found


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
        if whole == 1:
            if not alive:
                sentences.append(
                    f"The variance between levels of {term['group']} is estimated as exactly zero."
                )
            continue
        if alive == whole:
            all_of = "Both" if whole == 2 else f"All {whole}"
            sentences.append(f"{all_of} directions vary between levels of {term['group']}.")
            continue
        verb = "varies" if alive == 1 else "vary"
        has = "has" if whole - alive == 1 else "have"
        sentences.append(
            f"Of the {count(whole, 'direction')} in which levels of {term['group']} could differ, "
            f"{alive} {verb} and {whole - alive} {has} collapsed to zero."
        )
    return sentences
