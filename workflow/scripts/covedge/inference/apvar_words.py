"""apVar in words: what each parameter is called, and why there is no interval."""

import numpy as np

from covedge.fits.parameters import CORRELATION, SD, Parameter
from covedge.inference.apvar import BOWL, EDGE, FLAT_VALLEY, NO_BOWL, NONE, ApVar

# Loadings below this part of the largest are not told.
MENTIONED = 0.4
# More parameters than this in one sentence are no help.
MOST_NAMED = 3

SAID_BY_LME = "“Non-positive definite approximate variance-covariance”"
_STATES = {
    FLAT_VALLEY: "the criterion is flat at this point: other values fit as well",
    NO_BOWL: "the criterion is no bowl at this point: it curves downwards in some direction",
    EDGE: "the fit lies on an edge (the covariance is singular), where the criterion still falls "
    "towards the edge instead of being level",
}


def name(one: Parameter) -> str:
    """`the SD of age between levels of Subject`, `the correlation of the intercept and age ...`."""
    effects = ["the intercept" if e == "(Intercept)" else e for e in one.effects]
    if one.kind == SD:
        return f"the SD of {effects[0]} between levels of {one.group}"
    if one.kind == CORRELATION:
        return f"the correlation of {effects[0]} and {effects[1]} ({one.group})"
    return "the residual SD"


def why_none(found: ApVar, one: Parameter) -> str:
    """Why a parameter has no Wald interval."""
    if found.natural is not None and one in found.natural.edges:
        return f"{found.natural.edges[one]}; nlme’s intervals() cannot give one either"
    if found.state == NONE:
        return found.reason
    return f"nlme’s intervals() gives none here: {_STATES[found.state]}"


def sentences(found: ApVar) -> tuple[str, ...]:
    """What apVar is here, and what that means, for somebody who is no statistician."""
    if found.state == NONE:
        return (f"apVar is not computed: {found.reason}.",)
    said = [_verdict(found), *_edges(found)]
    if found.state != BOWL:
        said.append(_direction(found))
    return tuple(words for words in said if words)


def _verdict(found):
    if found.positive_definite:
        return (
            "apVar is positive definite: the criterion is a bowl around its lowest point, and "
            "intervals from it exist."
        )
    if found.state == BOWL:
        return (
            "apVar does not exist for all parameters: the best fit lies on an edge. lme() stops "
            f"just short of it and says {SAID_BY_LME}, or prints intervals without an end."
        )
    what = {
        FLAT_VALLEY: "The criterion is a flat valley here",
        NO_BOWL: "The criterion is no bowl here",
        EDGE: "The criterion is no bowl at the edge",
    }[found.state]
    return f"{what}, so apVar is not positive definite, and lme() refuses intervals: {SAID_BY_LME}."


def _edges(found):
    told = [f"{_capital(name(one))}: {why}." for one, why in found.natural.edges.items()]
    if len(told) > MOST_NAMED:
        more = len(told) - MOST_NAMED
        told = [*told[:MOST_NAMED], f"So it is with {more} more of the parameters."]
    if found.state == EDGE:
        told.append(
            "The covariance of the random effects is singular there: at the edge the criterion is "
            "not level but slopes, and only the edge stops it. An interval that takes the "
            "criterion for a bowl has nothing to stand on."
        )
    elif found.natural.edges:
        told.append(
            "Next to that edge the criterion is not level either: it slopes towards the edge, and "
            "only the edge stops it. The bowl that apVar assumes does not exist there."
        )
    return told


def _direction(found):
    moved = together(found)
    if not moved:
        return ""
    if found.state == FLAT_VALLEY:
        return f"Along the valley {moved}, and the fit hardly changes."
    return (
        f"Where {moved}, the criterion bends downwards at this point, where a bowl would bend "
        "upwards."
    )


def together(found: ApVar) -> str:
    """The direction of the smallest eigenvalue: which parameters move together or apart."""
    loads = found.direction
    largest = np.abs(loads).max(initial=0.0)
    if not largest:
        return ""
    pairs = sorted(
        ((one, x) for one, x in zip(found.free, loads, strict=True)),
        key=lambda pair: -abs(pair[1]),
    )
    pairs = [(one, x) for one, x in pairs if abs(x) >= MENTIONED * largest]
    shown = pairs[:MOST_NAMED]
    sign = 1.0 if shown[0][1] > 0 else -1.0
    up = [name(one) for one, x in shown if sign * x > 0]
    down = [name(one) for one, x in shown if sign * x < 0]
    more = len(pairs) - len(shown)
    words = f"{_list(up)} {'go' if len(up) > 1 else 'goes'} up"
    if down:
        words += f" while {_list(down)} {'go' if len(down) > 1 else 'goes'} down"
    return words + (f", with {more} more parameters" if more else "")


def _list(items):
    return ", ".join(items[:-1]) + " and " + items[-1] if len(items) > 1 else items[0]


def _capital(words):
    return words[0].upper() + words[1:]
