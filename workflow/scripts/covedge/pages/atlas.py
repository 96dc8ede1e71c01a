"""How often designs like this one come out singular, and how many groups it would take."""

import numpy as np

from covedge.figures.atlas import Here, Map
from covedge.figures.atlas import atlas as draw
from covedge.figures.style import svg
from covedge.markup import (
    Column,
    Html,
    code,
    count,
    div,
    escape,
    failure,
    figure,
    fold,
    number,
    table,
    text,
)
from covedge.pages.results import Results

MISSING = (
    "Set `atlas: {enabled: true}` for this analysis in the config to learn how often designs like "
    "this one come out singular, and how many groups it would take. For most models it is less "
    "than a minute's work.\n"
)


def compose(results: Results) -> str:
    """Two sentences, one map, and what each number of groups buys."""
    return section(results.atlas, results.steps.get("atlas", {}))


def section(found: dict, step: dict) -> str:
    """The section of an atlas. found : atlas.json, or empty. step : how the step ended."""
    if step.get("status") == "failed":
        return failure("The atlas failed", step.get("reason"))
    if not found:
        return MISSING
    if found["status"] == "none":
        return f"There is no atlas of this model: {text(found['reason'])}.\n"
    return "\n".join(
        [_words(found), _picture(found), _milestones(found), _needed(found), _how(found)]
    )


def _words(found):
    first, second = map(text, found["sentences"])
    return div("lead", first) + f"\n\n**{second}**\n"


def _picture(found):
    grid = found["map"]
    reliabilities = np.array([(one["sd"], one["reliability"]) for one in found["reliabilities"]])
    drawn = Map(*(np.array(grid[k]) for k in ("n_groups", "sd", "p", "low", "high")), reliabilities)
    here = found["here"]
    estimate = None if found["planned"] else found["estimate"]
    place = Here(here["n_groups"], here["sd"], found["group"], estimate)
    return figure(
        svg(draw(drawn, place), "atlas"),
        "Each point of the map is a design like yours with another number of groups, and a truth "
        "whose weakest direction has another size. The darker, the more of its fits are singular: "
        "contours at 5, 20 and 50 %; dotted, how sure the 5 % contour is. Good: you are on light "
        "ground. On dark ground a singular fit is what to expect, whatever is true: move right "
        "(more groups), or accept that only larger differences can be told from none.",
        f"At {here['n_groups']} levels of {found['group']} and an SD of {here['sd']:.3g}, "
        f"{100 * here['p']:.0f} % of fits are singular. {found['sentences'][1]}",
    )


def _milestones(found):
    """P, ranks, and what it means for the fixed effects, by the number of groups."""
    rows = []
    for one in found["milestones"]:
        ranks = one["ranks"].get(found["term"], [])
        usual = max(ranks, key=lambda r: r["share"]) if ranks else None
        wrong = [f["rejected"]["estimate"] for f in one["fixed"]]
        rows.append(
            (
                Html(f"<strong>{one['n_groups']}</strong>")
                if one["n_groups"] == found["here"]["n_groups"]
                else str(one["n_groups"]),
                _share(one["singular"]),
                f"{usual['rank']} ({100 * usual['share']:.0f} %)" if usual else "–",
                _width(one["fixed"], found),
                f"{100 * np.mean(wrong):.1f} %" if wrong else "–",
            )
        )
    columns = [
        Html(f"<bdi>{escape(found['group'])}</bdi>"),
        Column("Singular", "num"),
        Column("Most frequent rank", "num"),
        Column("Width of the intervals, now 1", "num"),
        Column("False alarms at 5 %", "num"),
    ]
    told = (
        f"With an SD of {found['here']['sd']:.3g} ({found['here']['size']}). *Width of the "
        "intervals*: of the fixed effects' 95 % intervals, as part of what it is with your number "
        "of groups, on average. *False alarms*: how often |t| > 1.96 where a fixed effect is truly "
        "zero; above 5 %, intervals by the standard error alone are too narrow.\n"
    )
    return table(columns, rows, "What each number of groups buys", stacked=True) + told


def _width(fixed, found):
    """The mean of the widths relative to those with the user's own number of groups."""
    own = next(
        (one for one in found["milestones"] if one["n_groups"] == found["here"]["n_groups"]), None
    )
    if own is None:
        return "–"
    before = {one["name"]: one["width"] for one in own["fixed"]}
    return number(float(np.mean([one["width"] / before[one["name"]] for one in fixed])), 2)


def _share(one):
    low, high = one["interval"]
    return f"{100 * one['estimate']:.0f} % ({100 * low:.0f} to {100 * high:.0f})"


def _needed(found):
    most = round(found["map"]["n_groups"][-1])
    rows = []
    for level in sorted({one["level"] for one in found["needed"]}):
        cells = [_number(one, most) for one in found["needed"] if one["level"] == level]
        rows.append((f"under {100 * level:.0f} %", *cells))
    columns = [
        "Singular fits",
        *(
            Column(_times(d, found["unit"]), "num")
            for d in dict.fromkeys(one["density"] for one in found["needed"])
        ),
    ]
    return fold(
        "How many groups for how many observations in each",
        table(columns, rows, "Number of groups, with 95 % intervals")
        + f"With an SD of {found['here']['sd']:.3g}, {found['here']['size']}.\n",
    )


def _number(one, most):
    if one["n_groups"] is None:
        return f"more than {most}"
    low = one["low"] if one["low"] is not None else "?"
    high = one["high"] if one["high"] is not None else f"over {most}"
    return f"{one['n_groups']} ({low} to {high})"


def _times(density, unit):
    return {0.5: f"half as many {unit}", 1.0: "as now", 2.0: f"twice as many {unit}"}.get(
        density, f"{density:g} times as many {unit}"
    )


def _how(found):
    rounds = count(found["rounds"], "round")
    return fold(
        "How the map was made",
        f"{found['fits']:,} responses were simulated from {code(found['model'])} at "
        f"{found['places']} designs and sizes, chosen in {rounds}, and fitted again by "
        f"{found['method']}. Groups are copied or left out with their cells and covariates, "
        f"so that the balance stays {_balance(found)}. The truth is {_truth(found)} with "
        "every direction raised to the size on the vertical axis, and the weakest one set "
        "to it. Between the designs that were tried, the probit of the probability is a "
        "Gaussian process around what theory says for balanced groups; more rounds "
        "(`rounds` in the config) make it sharper. Demidenko, *Mixed Models*, section "
        "2.15.1, asks this question.\n",
    )


def _balance(found):
    return "as it is planned" if found["planned"] else "that of your data"


def _truth(found):
    return "the plan" if found["planned"] else "the fit"
