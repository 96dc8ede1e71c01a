"""One group that decides: without it a direction is there that the whole fit has lost.

That leaving out some group opens a direction happens by chance too: ten groups are ten chances.
So what the best of them opens is held against responses drawn at the fit itself, whose fits are as
singular, and from which each group is left out in turn.
"""

import logging
from dataclasses import dataclass

import numpy as np

from covedge.causes.cause import ONE_GROUP, Cause
from covedge.causes.fitted_rows import FittedRows, fitted_rows
from covedge.causes.left_out_null import Held, held_against, replicates_affordable
from covedge.comparing.bootstrap_test import clopper_pearson
from covedge.errors import DesignError
from covedge.fits.fit import Fit
from covedge.fits.tolerances import TOLERANCES
from covedge.frames.design import ModelFrame

log = logging.getLogger("diagnose")

LEVEL = 0.005
# A group whose typical residual is so many times that of the others is odd as a whole.
ODD = 4.0
# Enough for p < LEVEL where none of them opens as much, with a few to spare.
REPLICATES = 239


@dataclass(frozen=True)
class Suspect:
    """The group without which a degenerate term has most.

    term : the degenerate one; factor, label : the group and the factor that it is a level of.
    alive : directions of the term in the whole fit; reliability : of the next one without the
    group; gain : summed over all that are new. rank, without : of the term in both fits.
    """

    term: str
    factor: str
    label: str
    alive: int
    reliability: float
    gain: float
    rank: int
    without: int


def one_group(frame: ModelFrame, fit: Fit, left_out: dict, seed, replicates=REPLICATES):
    """list[Cause]. left_out : leave_out.json of the same fit; nothing is tested where it is not."""
    causes, rows = [], None
    factors = [term for term in left_out["terms"] if term["status"] == "ok"]
    for term in fit.terms if left_out["model"] == fit.model.name else ():
        found = [suspect(left_out, factor, term.term.name) for factor in factors]
        found = [one for one in found if one is not None] if term.degenerate else []
        for one in sorted(found, key=lambda one: -one.gain):
            rows = rows or fitted_rows(frame, fit)
            # Each grouping factor is another search for an odd group.
            held = _held(rows, one, seed, replicates * len(factors), LEVEL / len(factors))
            if held is not None and held.p < LEVEL / len(factors):
                causes.append(_cause(rows, one, held))
                break
    return causes


def suspect(left_out: dict, factor: dict, term: str) -> Suspect | None:
    """The group of a factor without which the term gains most; None where it gains nothing.

    left_out, factor : leave_out.json and one of its `terms`.
    """
    whole = left_out["whole"]
    alive = sum(r >= TOLERANCES.collapsed for r in whole["reliabilities"][term])
    best = None
    for one in factor["levels"]:
        if one["reason"] or one["identifiable"] is False:
            continue
        new = [r for r in one["reliabilities"][term][alive:] if r >= TOLERANCES.collapsed]
        if not new or one["rank"][term] <= whole["rank"][term]:
            continue
        if best is None or sum(new) > best.gain:
            where, ranks = (term, factor["group"], one["level"]), (whole["rank"], one["rank"])
            best = Suspect(*where, alive, new[0], sum(new), *(rank[term] for rank in ranks))
    return best


def _held(rows, one, seed, replicates, level) -> Held | None:
    """None where it takes too long or says too little."""
    try:
        most = replicates_affordable(rows, one.factor, replicates, level)
        held = held_against(rows, one, most, np.random.SeedSequence([seed, 7]))
    except DesignError as reason:
        log.info("whether one %s decides of %s is not tested: %s", one.factor, one.term, reason)
        return None
    log.info("without %s %s gains a direction, p = %.3g", one.label, one.term, held.p)
    return held


def _cause(rows: FittedRows, one: Suspect, held: Held):
    sd, others = residual_sds(rows, one.factor, one.label)
    typical = typical_ratio(rows, one.factor, one.label)
    low, high = clopper_pearson(held.above, held.kept)
    evidence = {
        "left_out": one.label,
        "of": one.factor,
        "rank": one.rank,
        "rank_without": one.without,
        "reliability_without": one.reliability,
        "only_as_singular": held.alike,
        "p": held.p,
        "interval": [low, high],
        "replicates": held.kept,
        "residual_sd": sd,
        "residual_sd_of_others": others,
        "typical_ratio": typical,
        "few_rows": typical < ODD,
    }
    chance = f"{held.above} of {held.kept}" if held.above else f"none of {held.kept}"
    n_levels = len(rows.frame.terms[_place(rows.frame, one.factor)].levels)
    sentence = (
        f"One group decides: without {one.label} of {one.factor} the fit of {one.term} has "
        f"{one.without} independent {_ways(one.without)} instead of {one.rank}, and the new one is "
        f"seen with a reliability of {one.reliability:.2g}. Leaving out whichever of the "
        f"{n_levels} {one.factor} does most opens as much in {chance} data sets simulated from "
        f"the singular model (p = {held.p:.2g}). {_odd(one, sd, others, typical)} Look at how "
        f"{one.label} was recorded, and report the analysis with it and without. A single odd "
        f"group and noise with heavy tails cannot be told apart from {n_levels} groups."
    )
    return Cause(ONE_GROUP, rows.model.name, one.term, evidence, sentence)


def _ways(n):
    return "direction" if n == 1 else "directions"


def _odd(one, sd, others, typical):
    ratio = sd / others if others > 0 else np.inf
    told = f"{sd:.3g} in {one.label}, {others:.3g} in the others (median)"
    if ratio > 1.5 and typical < ODD:
        return f"A few of its rows scatter more than the rest: the residual SD is {told}."
    if ratio > 1.5:
        return f"Its rows scatter more than the rest: the residual standard deviation is {told}."
    if ratio < 1 / 1.5:
        return f"Its rows scatter less than the rest: the residual standard deviation is {told}."
    return (
        f"Its rows scatter as those of the rest do (residual standard deviation {told}): what is "
        "odd about it is its level or its effects."
    )


def typical_ratio(rows: FittedRows, factor: str, label: str) -> float:
    """Median absolute residual of a group over that of all other rows.

    Large where the whole group is odd, and not where a few of its rows are.
    """
    place = _place(rows.frame, factor)
    y = rows.rows.y[:, None]
    size = np.abs((y - rows.fitted(y))[:, 0])
    names = [str(level) for level in rows.frame.terms[place].levels]
    own = rows.frame.codes[place] == names.index(label)
    rest = float(np.median(size[~own]))
    return float(np.median(size[own])) / rest if rest > 0 else np.inf


def residual_sds(rows: FittedRows, factor: str, label: str) -> tuple[float, float]:
    """Residual SD of a group, and the median of the others', in units of the response.

    Each residual's variance is sigma^2 (1 - leverage), so that the sum of squares of a group is
    sigma^2 times the sum of those in expectation.
    """
    term_place = _place(rows.frame, factor)
    term, codes = rows.frame.terms[term_place], rows.frame.codes[term_place]
    y = rows.rows.y[:, None]
    e = (y - rows.fitted(y))[:, 0] * rows.gram.scaling.response
    squares = np.bincount(codes, weights=e**2, minlength=term.n_levels)
    free = np.bincount(codes, weights=rows.free, minlength=term.n_levels)
    sds = np.sqrt(squares / np.maximum(free, 1e-12))
    own = [str(level) for level in term.levels].index(label)
    seen = np.delete(sds, own)[np.delete(free, own) > 0.5]
    return float(sds[own]), float(np.median(seen)) if len(seen) else 0.0


def _place(frame, name):
    return next(k for k, term in enumerate(frame.terms) if term.name == name)
