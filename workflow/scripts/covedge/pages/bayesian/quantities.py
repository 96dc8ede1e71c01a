"""The quantities of a posterior: which to show, and what to call them."""

import math
from collections.abc import Callable, Iterable, Sequence

from covedge.markup import listing, text

SIGMA, SD, CORRELATION, COVARIANCE, FIXED = "sigma", "sd", "correlation", "covariance", "fixed"
CELLS = "cells"
FORMS = {"collapsed": "collapsed", "noncentred": "non-centred", "centred": "centred"}
# A standard deviation this small beside the value itself is rounding: the structure holds it.
ROUNDING = 1e-9
# Names that a sentence carries.
NAMED = 4


def varies(parameter: dict) -> bool:
    """Whether the posterior leaves the number free; a structure can hold it at a constant."""
    sd, middle = parameter.get("sd"), parameter.get("q50")
    return sd is None or middle is None or sd > ROUNDING * max(abs(middle), 1e-3)


def of_kind(run: dict, *kinds: str) -> list[dict]:
    """The free parameters of these kinds, in the run's order."""
    return [p for p in run.get("parameters", []) if p.get("kind") in kinds and varies(p)]


def in_cells(parameters: Iterable[dict]) -> list[dict]:
    """Those of a factor's cells where a term has any, else those of its effects.

    SDs of cells do not depend on the reference level, and the default prior is on them.
    """
    parameters = list(parameters)
    groups = {p["group"] for p in parameters if p.get("coding") == CELLS}
    return [p for p in parameters if p.get("group") not in groups or p.get("coding") == CELLS]


def as_effects(parameters: Iterable[dict]) -> list[dict]:
    """Those of the effects as the formula has them."""
    return [p for p in parameters if p.get("coding") != CELLS]


def spread(run: dict) -> list[dict]:
    """Standard deviations to show, equal ones once: of cells where there are any; sigma last."""
    found = in_cells(of_kind(run, SD))
    return [*once(found), *of_kind(run, SIGMA)]


def once(parameters):
    """A structure with one SD for all cells would repeat the same row for each of them."""
    alike: dict[tuple, list[dict]] = {}
    for p in parameters:
        numbers = (f"{p[k]:.9g}" for k in ("q05", "q50", "q95") if p.get(k) is not None)
        alike.setdefault((p.get("group"), *numbers), []).append(p)
    return [_together(same) if len(same) > 1 else same[0] for same in alike.values()]


def _together(same):
    first, last = (", ".join(p["labels"]) for p in (same[0], same[-1]))
    if same[0].get("coding") == CELLS and same[0].get("kind") == SD:
        # `mPair[p1 … p6]`, not the factor twice.
        last = last.removeprefix(first[: first.find("[") + 1])
        first = first.removesuffix("]")
    return same[0] | {"labels": [f"{first} … {last}"]}


def name(parameter: dict, grouped: bool) -> str:
    """`ratID: p1`, `cor p2, p1`, `residual (sigma)`; the group only where there are several."""
    kind = parameter.get("kind")
    if kind == SIGMA:
        return "residual (sigma)"
    labels = parameter.get("labels") or []
    if kind not in (SD, CORRELATION, COVARIANCE) or not labels:
        return parameter.get("name", "–")
    prefix = f"{parameter.get('group')}: " if grouped else ""
    kinds = {CORRELATION: "cor ", COVARIANCE: "cov "}
    return prefix + kinds.get(kind, "") + ", ".join(labels)


def full_name(parameter: dict, grouped: bool) -> str:
    """A name that tells kinds apart where they stand together: `SD p1` beside a fixed `p1`."""
    return ("SD " if parameter.get("kind") == SD else "") + name(parameter, grouped)


def listed(names: Sequence[str], say: Callable = text) -> str:
    """`a, b and c`; of many the first few. say : how a name is written, safe for Markdown."""
    shown = [say(each) for each in names]
    if len(shown) <= NAMED + 1:
        return listing(shown)
    return listing([*shown[:NAMED], f"{len(shown) - NAMED} more"])


def best(parameter: dict) -> float | None:
    """The best fit's value; a variance of zero without the rounding that a basis leaves on it."""
    value, size = parameter.get("best"), abs(parameter.get("q95") or 0.0)
    return 0.0 if value is not None and abs(value) < ROUNDING * size else value


def smallest(parameter: dict) -> float:
    """The smaller of its two effective sample sizes; infinite where it has none."""
    return min(parameter.get(key) or math.inf for key in ("ess_bulk", "ess_tail"))


def ends(parameter: dict) -> tuple[float | None, float | None, str]:
    """(lower, upper, level) of the widest interval that is recorded: 95 %, else 90 %."""
    if parameter.get("q025") is not None and parameter.get("q975") is not None:
        return parameter["q025"], parameter["q975"], "95 %"
    return parameter.get("q05"), parameter.get("q95"), "90 %"


def percent(probability: float | None) -> str:
    """A probability as people say it; never 0 % or 100 % of what may be."""
    if probability is None:
        return "–"
    if probability < 0.005:
        return "<\N{NO-BREAK SPACE}1\N{NO-BREAK SPACE}%"
    if probability > 0.995:
        return ">\N{NO-BREAK SPACE}99\N{NO-BREAK SPACE}%"
    return f"{100 * probability:.0f}\N{NO-BREAK SPACE}%"
