"""The evidence of a cause as a picture, where there is one to draw."""

from covedge.causes.cause import (
    MISSPECIFIED,
    MORE_EFFECTS,
    NEGATIVE,
    NO_VARIATION,
    NOT_IDENTIFIABLE,
    ONE_GROUP,
    REDUNDANT,
    TOO_LITTLE,
    UNDECIDED,
)
from covedge.figures.missed import Margins, Missed, missed
from covedge.figures.pushed import pushed
from covedge.figures.style import svg
from covedge.markup import figure

# Causes that rest on how often the design would miss a variance of some size.
SEEN = (TOO_LITTLE, UNDECIDED, NO_VARIATION, REDUNDANT)
LINKS = {
    ONE_GROUP: ("The fit without each group in turn", "leave-out"),
    NOT_IDENTIFIABLE: ("Counts per cell and what each term asks of them", "data"),
    MORE_EFFECTS: ("Groups and effects of each term", "data"),
    MISSPECIFIED: ("What the model makes of each group", "ladder"),
}
# A picture of one point says nothing.
FEWEST = 3


def pictured(verdict: dict, cause: dict, drawn: set[str]) -> str:
    """A picture, or where one is on the page; empty without either.

    drawn : names of pictures that the section has already; this one is added.
    """
    simulated = verdict.get("simulated") or {}
    group = cause.get("group")
    if group in simulated:
        place = list(simulated).index(group)
        name, found = None, simulated[group]
        if cause["cause"] in SEEN and found["power"] and len(found["sizes"]) >= FEWEST:
            name, draw = f"missed-{place}", _missed
        elif cause["cause"] == NEGATIVE and found["push"]["by_chance"]:
            name, draw = f"pushed-{place}", _pushed
        if name and name not in drawn:
            drawn.add(name)
            return draw(found, group, name)
    words, section = LINKS.get(cause["cause"], ("", ""))
    return f"See [{words}](#{section}).\n\n" if section else ""


def _missed(found: dict, group: str, name: str) -> str:
    power = found["power"]
    rarely, _, often = power["thresholds"]
    sizes = [
        Missed(one["sd_relative"], one["p_singular"], *one["interval"]) for one in found["sizes"]
    ]
    margins = Margins(power["smallest_sd_relative"], rarely, often)
    return figure(
        svg(missed(sizes, margins), name),
        "Each point: experiments like yours, simulated with differences of this size in every "
        "direction and fitted again; bars are 95 % intervals. A design that tells falls to near "
        "zero before the dashed line. Where the points are still in the shaded part at that line, "
        "a singular fit is what one must expect, whether anything varies or not.",
        f"{group}: with the smallest SD that matters, {100 * power['p_singular']:.0f} % of "
        f"simulated fits are singular; with one of {sizes[-1].sd:.2g} residual SDs, "
        f"{100 * sizes[-1].share:.0f} %.",
    )


def _pushed(found: dict, group: str, name: str) -> str:
    push = found["push"]
    by_chance = [1.0 - dual for dual in push["by_chance"]]
    observed = 1.0 - push["largest_dual"]
    return figure(
        svg(pushed(observed, by_chance), name),
        "Bars: data simulated without any variance in the collapsed direction. Chance alone leaves "
        "groups somewhat more alike than noise would make them. Where your data lie far to the "
        "left of the bars, groups are more alike than chance makes them: their members differ "
        "more than strangers.",
        f"{group}: the groups show {100 * observed:.0f} % of the differences that noise alone "
        f"would give; p = {push['p']:.2g}.",
    )
