"""Frequentist and Bayesian side by side: the certified best fit and the posterior, term by term."""

from covedge.figures.beside import Source, beside
from covedge.figures.style import svg
from covedge.markup import Column, Html, code, count, escape, figure, fold, number, table, text
from covedge.pages import interval_reading
from covedge.pages.bayesian import groups
from covedge.pages.bayesian.compound import components
from covedge.pages.bayesian.quantities import (
    CORRELATION,
    FIXED,
    SD,
    SIGMA,
    as_effects,
    best,
    ends,
    name,
    of_kind,
    once,
)
from covedge.pages.bayesian.runs import Refits

# Rows of one figure; more are in the table. A figure of more than TALL is folded away.
ROWS, TALL = 24, 12
# What is compared, in words.
SDS, CORS, FIXEDS = "standard deviation", "correlation", "fixed effect"
# An interval belongs to a posterior's quantity if its estimate is the same to this part.
SAME = 1e-3


def compose(found: Refits) -> str:
    """One table and one figure a term, then the fixed effects and sigma."""
    heading = "### Beside the best fit {#bayes-beside}\n\n"
    run = found.main
    fit = found.results.fits.get(run.get("model"), {})
    record = found.results.intervals.get(run.get("model"), {})
    level = next((ends(p)[2] for p in run.get("parameters", [])), "90 %")
    words = (
        f"The same model, {code(run.get('formula') or fit.get('formula', ''))}, twice: the "
        "certified best fit with its profile interval, and the posterior median with its "
        f"{level} interval, both in the effects as the formula has them. They answer "
        "different questions. A profile interval holds the values that the data do not reject, "
        "and can end at the edge; a posterior interval holds most of what is believed, and never "
        "reaches it. **Where they agree, the prior does not matter.**\n"
    )
    if not record.get("parameters"):
        words += "\nProfile intervals of this model are not there; the best fit stands alone.\n"
    names = dict.fromkeys(p["group"] for p in as_effects(of_kind(run, SD)))
    parts = [_term(found, record, group, k) for k, group in enumerate(names)]
    return "\n".join([heading + words, *parts, _rest(found, record)])


def _term(found: Refits, record: dict, group: str, index: int) -> str:
    own = [p for p in as_effects(of_kind(found.main, SD, CORRELATION)) if p["group"] == group]
    own = components(found, group) or once(own)
    deviations = [p for p in own if p["kind"] == SD][:ROWS]
    correlations = [p for p in own if p["kind"] == CORRELATION][:ROWS]
    end = f"between levels of {group}"
    return "\n".join(
        [
            f"\n**{text(group)}.** {_finding(deviations, SDS)}\n",
            _figure(deviations, record, f"beside-sd-{index}", f"standard deviation {end}", SDS),
            _figure(correlations, record, f"beside-cor-{index}", f"correlation {end}", CORS),
            _table(own, record, f"{_shown(own)} of this term as numbers"),
            groups.of_term(found, group, index),
        ]
    )


def _shown(parameters: list[dict]) -> str:
    several = any(p["kind"] == CORRELATION for p in parameters)
    return "SDs and correlations" if several else "SDs"


def _rest(found: Refits, record: dict) -> str:
    fixed, sigma = of_kind(found.main, FIXED), of_kind(found.main, SIGMA)
    if not fixed:
        return _table(sigma, record, "The residual SD as numbers")
    return "\n".join(
        [
            f"\n**Fixed effects.** {_finding(fixed, FIXEDS)}\n",
            _folded(fixed, _figure(fixed[:ROWS], record, "beside-fixed", "fixed effect", FIXEDS)),
            _table([*fixed, *sigma], record, "Fixed effects and sigma as numbers"),
        ]
    )


def _folded(rows: list[dict], drawn: str) -> str:
    """A tall figure is folded away: the section on fixed effects has them along the ladder."""
    return fold("The fixed effects as a picture", drawn) if len(rows) > TALL else drawn


def profile_of(parameter: dict, record: dict) -> dict:
    """The profile interval of the same quantity; empty where there is none.

    Structures name their parameters differently from what the posterior is told in: what is not
    the same number is not the same quantity.
    """
    same = [
        p
        for p in record.get("parameters") or []
        if p["kind"] == parameter["kind"]
        and p.get("group") == parameter.get("group")
        and set(p["effects"]) == set(parameter.get("labels") or [])
        and _equal(p.get("estimate"), best(parameter))
    ]
    return interval_reading.best(same[0]) if same else {}


def _equal(one: float | None, other: float | None) -> bool:
    if one is None or other is None:
        return one is other
    return abs(one - other) <= SAME * max(abs(one), abs(other), 1e-6)


def _finding(parameters: list[dict], what: str) -> str:
    """How many best fits lie in the posterior interval, and whether those outside are zero."""
    known = [p for p in parameters if best(p) is not None and ends(p)[0] is not None]
    if not known:
        return ""
    number_of = count(len(known), what)
    outside = [p for p in known if not ends(p)[0] <= best(p) <= ends(p)[1]]
    if not outside:
        one = "of the best fit lies in its posterior interval"
        more = "of the best fit lie in their posterior intervals"
        return f"The {what} {one}." if len(known) == 1 else f"All {number_of} {more}."
    lie = "lies outside its interval" if len(outside) == 1 else "lie outside their intervals"
    words = f"{len(outside)} of {number_of} of the best fit {lie}"
    if what == SDS and all(best(p) < ends(p)[0] for p in outside):
        words += ", below: the prior holds the posterior away from zero"
    return words + "."


def _figure(parameters: list[dict], record: dict, identity: str, axis: str, what: str) -> str:
    if not parameters:
        return ""
    profiles = [profile_of(p, record) for p in parameters]
    level = ends(parameters[0])[2]
    profile = f"best fit and {100 * record.get('level', 0.95):.0f} % profile"
    sources = [
        Source(
            profile if any(map(interval_reading.given, profiles)) else "best fit",
            [best(p) for p in parameters],
            [_closed(p, k["kind"]) for p, k in zip(profiles, parameters, strict=True)],
            1,
        ),
        Source(
            f"posterior: median and {level}",
            [p.get("q50") for p in parameters],
            [(ends(p)[0], ends(p)[1]) if ends(p)[0] is not None else None for p in parameters],
        ),
    ]
    limits = (-1.0, 1.0) if what == CORS else None
    drawn = beside([_label(p) for p in parameters], sources, axis, limits=limits, zero=what != SDS)
    return figure(
        svg(drawn, identity),
        f"{axis[:1].upper()}{axis[1:]}: look for pairs of bars that cover the same values. "
        "Where the diamond is at the edge and the dot is not, the difference is the prior.",
        f"Best fit and posterior of {count(len(parameters), what)}: {_finding(parameters, what)}",
    )


def _closed(profile: dict, kind: str) -> tuple[float, float] | None:
    """An interval with its ends, or None where one is open and nothing bounds it."""
    bounds = {SD: (0.0, None), CORRELATION: (-1.0, 1.0)}.get(kind, (None, None))
    low, high = (
        profile.get(end) if profile.get(end) is not None else bound
        for end, bound in zip(("lower", "upper"), bounds, strict=True)
    )
    known = interval_reading.given(profile) and low is not None and high is not None
    return (low, high) if known else None


def _label(parameter: dict) -> str:
    labels = parameter.get("labels") or []
    return ", ".join(labels) if labels else name(parameter, False)


def _table(parameters: list[dict], record: dict, title: str) -> str:
    if not parameters:
        return ""
    profiles = [profile_of(p, record) for p in parameters]
    with_profile = any(map(interval_reading.given, profiles))
    level = ends(parameters[0])[2]
    heads = ["Best fit", "Posterior median", f"Posterior {level}"]
    if with_profile:
        heads.insert(1, f"Profile {100 * record.get('level', 0.95):.0f} %")
    rows = []
    for p, profile in zip(parameters, profiles, strict=True):
        cells = [number(best(p)), number(p.get("q50")), _span(*ends(p)[:2])]
        if with_profile:
            cells.insert(1, _span(profile.get("lower"), profile.get("upper")))
        rows.append((Html(f"<bdi>{escape(_label(p))}</bdi>"), *cells))
    columns = ["Quantity", *(Column(head, "num") for head in heads)]
    return fold(title, table(columns, rows, title))


def _span(low: float | None, high: float | None) -> str:
    if low is None and high is None:
        return number(None)
    if low is None:
        return f"up to {number(high)}"
    return f"from {number(low)}" if high is None else f"{number(low)} to {number(high)}"
