"""Frequentist and Bayesian side by side: the certified best fit and the posterior, term by term."""

from collections.abc import Iterable

from covedge.figures.beside import Source, beside
from covedge.figures.style import svg
from covedge.markup import Column, Html, code, count, escape, figure, fold, number, table, text
from covedge.pages import interval_reading
from covedge.pages.bayesian.quantities import (
    CORRELATION,
    FIXED,
    SD,
    SIGMA,
    as_effects,
    ends,
    name,
    of_kind,
    once,
)
from covedge.pages.bayesian.runs import Refits

# Rows of one figure; more are in the table.
ROWS = 24
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
    groups = dict.fromkeys(p["group"] for p in as_effects(of_kind(run, SD)))
    parts = [_term(found, record, group, k) for k, group in enumerate(groups)]
    return "\n".join([heading + words, *parts, _rest(found, record)])


def _term(found: Refits, record: dict, group: str, index: int) -> str:
    own = [p for p in as_effects(of_kind(found.main, SD, CORRELATION)) if p["group"] == group]
    deviations = once([p for p in own if p["kind"] == SD])[:ROWS]
    correlations = once([p for p in own if p["kind"] == CORRELATION])[:ROWS]
    parts = [
        f"\n**{text(group)}.** {_finding(deviations, record, 'standard deviation')}\n",
        _figure(
            found, deviations, record, f"beside-sd-{index}",
            f"standard deviation between levels of {group}",
        ),
    ]  # fmt: skip
    if correlations:
        parts.append(
            _figure(
                found, correlations, record, f"beside-cor-{index}",
                f"correlation between levels of {group}", limits=(-1.0, 1.0),
            )
        )  # fmt: skip
    parts.append(_table(own, record, found, f"SDs and correlations of {group} as numbers"))
    return "\n".join(parts)


def _rest(found: Refits, record: dict) -> str:
    fixed = of_kind(found.main, FIXED)
    sigma = of_kind(found.main, SIGMA)
    if not fixed:
        return _table(sigma, record, found, "The residual SD as numbers")
    return "\n".join(
        [
            f"\n**Fixed effects.** {_finding(fixed, record, 'fixed effect')}\n",
            _figure(found, fixed[:ROWS], record, "beside-fixed", "fixed effect", zero=True),
            _table([*fixed, *sigma], record, found, "Fixed effects and sigma as numbers"),
        ]
    )


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
        and _equal(p.get("estimate"), parameter.get("best"))
    ]
    return interval_reading.best(same[0]) if same else {}


def _equal(one: float | None, other: float | None) -> bool:
    if one is None or other is None:
        return one is other
    return abs(one - other) <= SAME * max(abs(one), abs(other), 1e-6)


def _finding(parameters: list[dict], record: dict, what: str) -> str:
    """How many best fits lie in the posterior interval, and whether those outside are zero."""
    known = [p for p in parameters if p.get("best") is not None and ends(p)[0] is not None]
    if not known:
        return ""
    outside = [p for p in known if not ends(p)[0] <= p["best"] <= ends(p)[1]]
    if not outside:
        return f"All {count(len(known), what)} of the best fit lie in the posterior's intervals."
    below = [p for p in outside if p["best"] < ends(p)[0]]
    words = f"{len(outside)} of {count(len(known), what)} of the best fit lie outside the interval"
    if what.startswith("standard") and len(below) == len(outside):
        words += " of the posterior, all below it: the prior holds the posterior away from zero"
    return words + "."


def _figure(
    found: Refits,
    parameters: list[dict],
    record: dict,
    identity: str,
    what: str,
    limits: tuple[float, float] | None = None,
    zero: bool = False,
) -> str:
    if not parameters:
        return ""
    profiles = [profile_of(p, record) for p in parameters]
    with_profile = any(interval_reading.given(p) for p in profiles)
    level = ends(parameters[0])[2]
    drawn = beside(
        [_label(p) for p in parameters],
        [
            Source(
                "best fit" + (" and 95 % profile" if with_profile else ""),
                [p.get("best") for p in parameters],
                [_closed(p, k["kind"]) for p, k in zip(profiles, parameters, strict=True)],
                1,
            ),
            Source(
                f"posterior: median and {level}",
                [p.get("q50") for p in parameters],
                [(ends(p)[0], ends(p)[1]) if ends(p)[0] is not None else None for p in parameters],
                0,
            ),
        ],
        what,
        limits=limits,
        zero=zero or limits is not None,
    )
    return figure(
        svg(drawn, identity),
        "Look for pairs of bars that cover the same values. Where the diamond lies at the edge and "
        "the dot does not, the difference is the prior.",
        f"Best fit and posterior of {count(len(parameters), what)}: "
        f"{_finding(parameters, record, what)}",
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
    return " × ".join(labels) if labels else name(parameter, False)


def _table(parameters: Iterable[dict], record: dict, found: Refits, title: str) -> str:
    parameters = list(parameters)
    if not parameters:
        return ""
    level = ends(parameters[0])[2]
    columns = ["Quantity", Column("Best fit", "num"), Column("Profile 95 %", "num")]
    columns += [Column("Posterior median", "num"), Column(f"Posterior {level}", "num")]
    rows = []
    for p in parameters:
        profile = profile_of(p, record)
        low, high, _ = ends(p)
        rows.append(
            (
                Html(f"<bdi>{escape(_label(p))}</bdi>"),
                number(p.get("best")),
                _span(profile.get("lower"), profile.get("upper")),
                number(p.get("q50")),
                _span(low, high),
            )
        )
    return fold(title, table(columns, rows, title))


def _span(low: float | None, high: float | None) -> str:
    if low is None and high is None:
        return number(None)
    if low is None:
        return f"up to {number(high)}"
    return f"from {number(low)}" if high is None else f"{number(low)} to {number(high)}"
