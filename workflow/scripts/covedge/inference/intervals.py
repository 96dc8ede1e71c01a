"""Everything that can be said of a model's parameters, each method with what it is worth."""

import pandas as pd

from covedge.bootstraps.bootstrap_record import bootstrap_record, percentile_records, settled
from covedge.bootstraps.draws_table import column_names
from covedge.fits.fit import Fit
from covedge.fits.parameters import (
    FIXED,
    SD,
    component_covariances,
    parameters,
    to_components,
    values,
)
from covedge.frames.design import ModelFrame, Term
from covedge.inference.apvar import apvar
from covedge.inference.apvar_record import apvar_record
from covedge.inference.fixed_effects import fixed_effects, with_bootstrap
from covedge.inference.size import reach, size_record
from covedge.inference.wald import wald
from covedge.inference.wald_fixed import degrees, wald_fixed

LEVEL = 0.95
NOT_LOOKED_AT = "profiled are only the model that is looked at and the recommended one"


def intervals_record(
    fit: Fit,
    terms: tuple[Term, ...],
    fixed: tuple[str, ...],
    frame: ModelFrame | None,
    smallest: float,
    profiles: dict | None = None,
    draws: pd.DataFrame | None = None,
    no_draws: str | None = None,
    level: float = LEVEL,
) -> dict:
    """The content of intervals/{model}.json, but for the name of the analysis.

    frame : the rows, None where there are too many. smallest : SD that matters, in units of the
    response. profiles : profiles/{model}.json. draws : bootstrap replicates; no_draws : why there
    are none, or fewer than asked for.
    """
    wanted = parameters(terms, fixed, fit.model)
    found = apvar(fit, terms)
    methods = [
        _wald_records(found, fit, frame, wanted, level),
        _profile_records(profiles, wanted),
        _bootstrap_records(draws, no_draws, fit, wanted, level),
    ]
    sigma = float(fit.point.sigma2**0.5)
    S = component_covariances(fit.factors, fit.x, to_components(fit.factors, fit.model))
    estimates = values(wanted, S, sigma, fit.point.beta)
    records = []
    for one, estimate, *given in zip(wanted, estimates, *methods, strict=True):
        intervals = {name: told for part in given for name, told in part.items()}
        record = {
            "kind": one.kind,
            "group": one.group,
            "effects": list(one.effects),
            "estimate": float(estimate),
            "intervals": intervals,
        }
        if one.kind == SD:
            best = next(
                (i for i in map(intervals.get, ("profile", "bootstrap")) if _known(i)), None
            )
            record["size"] = size_record(
                reach(fit.factors, fit.model, one), float(estimate), best, smallest
            )
        records.append(record)
    effects = fixed_effects(fit, fixed, level)
    if draws is not None:
        betas = [n for n, p in zip(column_names(wanted), wanted, strict=True) if p.kind == FIXED]
        effects = with_bootstrap(effects, settled(draws, fit.model.name)[betas].to_numpy(), level)
    return {
        "model": fit.model.name,
        "formula": fit.model.formula,
        "method": "REML" if fit.reml else "ML",
        "level": level,
        "parameters": records,
        "apvar": apvar_record(found, fit),
        "curves": (profiles or {}).get("curves", []),
        "fixed": effects,
        "bootstrap": _bootstrap_record(draws, no_draws, fit),
    }


def _known(interval):
    return interval is not None and (interval["lower"] is not None or interval["upper"] is not None)


def _none(reason):
    return {"lower": None, "upper": None, "reason": reason}


def _wald_records(curved, fit, frame, wanted, level):
    """{"wald": ...} per parameter, as nlme's `intervals()` prints them."""
    found = wald(curved, level)
    df = None if frame is None else degrees(frame, fit.model)
    beta = iter(wald_fixed(fit, level, df))
    records = []
    for one in wanted:
        # A model that has no apVar has none of its parameters either.
        ends = tuple(map(float, next(beta))) if one.kind == FIXED else found.get(one, curved.reason)
        told = _none(ends) if isinstance(ends, str) else None
        records.append({"wald": told or {"lower": ends[0], "upper": ends[1], "reason": None}})
    return records


def _profile_records(profiles, wanted):
    if profiles is None:
        return [{"profile": _none(NOT_LOOKED_AT)} for _ in wanted]
    if profiles["status"] != "ok":
        return [{"profile": _none(f"the profiles failed: {profiles['reason']}")} for _ in wanted]
    return profiles["intervals"]


def _bootstrap_records(draws, no_draws, fit, wanted, level):
    if draws is None:
        reason = no_draws or "the bootstrap does not simulate from this model"
        return [{"bootstrap": _none(reason)} for _ in wanted]
    found = percentile_records(draws, fit.model.name, wanted, level)
    return [{"bootstrap": record} for record in found]


def _bootstrap_record(draws, no_draws, fit):
    if draws is None:
        return {"replicates": 0, "reason": no_draws}
    groups = [term.term.name for term in fit.terms]
    return bootstrap_record(draws, fit.model.name, groups) | {"reason": no_draws}
