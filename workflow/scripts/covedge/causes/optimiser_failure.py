"""Engines whose answer is not the optimum, and what in it looks wrong.

So is a fit that the user has already, where it is given.
"""

from collections.abc import Mapping

from covedge.causes.cause import OPTIMISER, Cause
from covedge.engines.name import YOURS

FALSE_SINGULARITY, IMPRECISE, SCALING = "false singularity", "imprecise", "scaling"
# Raw effects whose cross-products have this condition number cost an optimiser half its digits;
# covedge searches in whitened effects, whose condition is 1.
ILL_CONDITIONED = 1e8
# Differences worth a word: of an SD or the residual SD, relative; of a correlation.
APART, TURNED = 0.01, 0.05


def optimiser_failure(
    answers: list[dict], fits: Mapping[str, dict], conditions: Mapping[str, float] | None = None
) -> list[Cause]:
    """Engines whose answer lies above the certified optimum.

    answers : engines/*/*.json. fits : fits/*.json by model. conditions : by grouping factor the
    condition number of Z'Z over all rows, in the effects as written.
    """
    causes = []
    for answer in answers:
        # A posterior is not meant to be an optimum, and has no word on it.
        if answer["status"] != "ok" or answer.get("agrees", True):
            continue
        certified = fits[answer["model"]]
        worst = _worst(certified, conditions or {})
        false = _calls_singular(answer) and not certified["degenerate"]
        kind = FALSE_SINGULARITY if false else IMPRECISE
        scaled = worst is not None and worst[1] > ILL_CONDITIONED
        wrong = looks_wrong(answer, certified)
        evidence = {
            "engine": answer["engine"],
            "version": answer["version"],
            "optimiser": answer.get("optimiser") or None,
            "kind": kind,
            "sub_reason": SCALING if scaled else None,
            "distance": answer["distance"],
            "converged": answer["converged"],
            "singular": answer["singular"],
            "calls_singular": answer.get("calls_singular"),
            "condition": worst[1] if worst else None,
            "looks_wrong": wrong,
            "messages": answer["messages"],
            "other_optimisers": [
                {"optimiser": each["optimiser"], "distance": each["distance"]}
                for each in answer.get("optimisers", ())
                if each["status"] == "ok"
            ],
        }
        sentence = _sentence(answer, kind, worst if scaled else None, wrong)
        causes.append(Cause(OPTIMISER, answer["model"], None, evidence, sentence))
    return causes


def looks_wrong(answer: dict, certified: dict) -> list[str]:
    """What an answer says otherwise than the certified fit, in words, the largest first."""
    found = []
    ours = {term["group"]: term for term in certified.get("terms", [])}
    for term in answer.get("terms", []):
        if term["group"] in ours:
            found += _sds(term, ours[term["group"]]) + _correlations(term, ours[term["group"]])
    if answer.get("sigma") and certified.get("sigma"):
        ratio = answer["sigma"] / certified["sigma"]
        if abs(ratio - 1) > APART:
            found.append((abs(ratio - 1), f"its residual SD is {ratio:.2f} times ours"))
    reasons = answer.get("certificate", {}).get("reasons", ())
    return [words for _, words in sorted(found, reverse=True)[:3]] + list(reasons)


def _sds(term, ours):
    group, largest = term["group"], max(ours["sd"], default=0.0) or 1.0
    found = []
    for name, there, here in zip(term["effects"], term["sd"], ours["sd"], strict=True):
        gap = abs(there - here) / max(here, 1e-3 * largest)
        if gap > APART:
            found.append((gap, f"the SD of {name} between {group}s is {there:.3g}, not {here:.3g}"))
    return found


def _correlations(term, ours):
    found = []
    for i, row in enumerate(term["correlation"]):
        for j in range(i):
            there, here = row[j], ours["correlation"][i][j]
            if there is not None and here is not None and abs(there - here) > TURNED:
                pair = f"{term['effects'][j]} and {term['effects'][i]}"
                words = f"the correlation of {pair} is {there:.2f}, not {here:.2f}"
                found.append((abs(there - here), words.replace("-", "−")))
    return found


def _worst(certified, conditions):
    """(grouping factor, condition number) of the model's worst term, or None."""
    groups = [t["group"] for t in certified.get("terms", []) if t["group"] in conditions]
    return max(((g, conditions[g]) for g in groups), key=lambda pair: pair[1], default=None)


def _calls_singular(answer):
    """Its own word, where it has one: lme4's tolerance is on theta, which changes with units."""
    own = answer.get("calls_singular")
    return answer["singular"] if own is None else own


def _sentence(answer, kind, scaled, wrong):
    text = _stopped(answer) + _other_optimisers(answer)
    if kind == FALSE_SINGULARITY:
        text += " It calls the fit singular, and the optimum is not."
    if scaled:
        text += (
            f" The effects of {scaled[0]} differ in scale by so much (condition number "
            f"{scaled[1]:.0e}) that its search loses its digits: centre and rescale the predictor, "
            "which changes nothing else."
        )
    if wrong:
        text += f" In its answer: {'; '.join(wrong)}."
    return text


def _stopped(answer):
    """Who stopped how far above the optimum, and what it says of that."""
    place = (
        f"{answer['distance']:.2g} above the certified optimum of {answer['model']} (in units of "
        "−2 log-likelihood)"
    )
    if answer["engine"] == YOURS:
        return f"The fit that you gave lies {place}."
    own = {True: " and says that it converged", False: " and says that it did not converge"}
    who = f"{answer['engine']} {answer['version']}"
    if answer.get("optimiser"):
        who += f" by its default optimiser {answer['optimiser']}"
    return f"{who} stopped {place}{own.get(answer['converged'], '')}."


def _other_optimisers(answer):
    """Which of the engine's other optimisers do find the optimum."""
    others = [each for each in answer.get("optimisers", ()) if each["status"] == "ok"]
    if not others:
        return ""
    right = [each["optimiser"] for each in others if each["agrees"]]
    if not right:
        which = f"None of its {len(others)} other optimisers finds"
        return f" {which if len(others) > 1 else 'Its other optimiser does not find'} it either."
    return f" Of its {len(others)} other optimisers {' and '.join(right)} " + (
        "finds it." if len(right) == 1 else "find it."
    )
