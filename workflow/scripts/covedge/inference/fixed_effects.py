"""The fixed effects of a fit with every interval there is for them, and which one to report.

Records are plain dictionaries, for the key "fixed" of intervals/{model}.json; `with_bootstrap`
fills in what comes later.
"""

import numpy as np
from scipy import stats

from covedge.fits.fit import Fit
from covedge.inference.kenward_roger import KenwardRoger, kenward_roger
from covedge.inference.satterthwaite import Satterthwaite, satterthwaite

KENWARD_ROGER, SATTERTHWAITE, BOOTSTRAP = "kenward_roger", "satterthwaite", "bootstrap"
# Fewer draws leave the ends of a 95 % interval to five of them on a side.
FEWEST_REPLICATES = 200

SINGULAR = (
    "the fit is singular: the method expands about a truth in the interior, where every variance "
    "can be over- or underestimated"
)
CONFOUNDED = "the data cannot tell the variances apart; only their sums count here"
_BECAUSE = {
    KENWARD_ROGER: "The fit is sound and by REML: Kenward and Roger's method allows for the "
    "uncertainty of the variances in the standard error too.",
    SATTERTHWAITE: "The fit is sound and by ML, for which Satterthwaite's degrees of freedom are "
    "defined and Kenward and Roger's are not.",
    BOOTSTRAP: "The fit is singular, where both formulas are void: these are the percentiles of "
    "refits to data simulated from the fitted model.",
    "large": "The fit is sound; Kenward and Roger's method was not computed: {reason}.",
    "singular": "The fit is singular and there are too few bootstrap replicates: Satterthwaite's "
    "degrees of freedom, counting the directions that have variance, are the best there is.",
    "nothing": "No degrees of freedom could be computed: {reason}.",
}


def fixed_effects(fit: Fit, names: tuple[str, ...], level: float = 0.95) -> list[dict]:
    """A record for each column of X, named `names`; intervals at confidence `level`.

    Each has estimate, std_error, singular (whether the fit is, or cannot tell its variances apart),
    method, satterthwaite, kenward_roger (with a reason where it is missing or void), bootstrap
    (None), use (one of those three names, or None) and because.
    """
    first, second = satterthwaite(fit), kenward_roger(fit)
    errors = np.sqrt(np.diag(fit.point.cov_beta))
    records = []
    for j, name in enumerate(names):
        contrast = np.eye(len(names))[j]
        record = {
            "name": name,
            "estimate": float(fit.point.beta[j]),
            "std_error": float(errors[j]),
            "singular": fit.degenerate or not fit.identifiable,
            "method": "REML" if fit.reml else "ML",
            SATTERTHWAITE: _satterthwaite(first, fit, contrast, float(errors[j]), level),
            KENWARD_ROGER: _kenward_roger(second, fit, contrast, level),
            BOOTSTRAP: None,
        }
        records.append(chosen(record))
    return records


def with_bootstrap(records: list[dict], draws: np.ndarray, level: float = 0.95) -> list[dict]:
    """The records with percentile intervals, and the choice made again.

    draws : (replicates, p) estimates of refits to data simulated from the fitted model; replicates
        that failed are NaN and not counted.
    """
    draws = np.asarray(draws, dtype=float)
    draws = draws[np.isfinite(draws).all(axis=1)]
    if len(draws) < 2:
        return records
    tails = [(1.0 - level) / 2.0, (1.0 + level) / 2.0]
    found = []
    for record, values in zip(records, draws.T, strict=True):
        lower, upper = np.quantile(values, tails)
        told = {
            "lower": float(lower),
            "upper": float(upper),
            "std_error": float(values.std(ddof=1)),
            "replicates": len(values),
        }
        found.append(chosen(record | {BOOTSTRAP: told}))
    return found


def interval(record: dict) -> dict | None:
    """What the record says to report: at least lower and upper; None where there is nothing."""
    return record[record["use"]] if record["use"] else None


def chosen(record: dict) -> dict:
    """The record with `use` and `because`."""
    simulated = record[BOOTSTRAP]
    adjusted = "reason" not in record[KENWARD_ROGER]
    if "reason" in record[SATTERTHWAITE]:
        use, reason = None, record[SATTERTHWAITE]["reason"]
        return record | {"use": use, "because": _BECAUSE["nothing"].format(reason=reason)}
    if record["singular"]:
        enough = simulated is not None and simulated["replicates"] >= FEWEST_REPLICATES
        return record | (
            {"use": BOOTSTRAP, "because": _BECAUSE[BOOTSTRAP]}
            if enough
            else {"use": SATTERTHWAITE, "because": _BECAUSE["singular"]}
        )
    if record["method"] == "ML" or adjusted:
        use = KENWARD_ROGER if adjusted else SATTERTHWAITE
        return record | {"use": use, "because": _BECAUSE[use]}
    because = _BECAUSE["large"].format(reason=record[KENWARD_ROGER]["reason"])
    return record | {"use": SATTERTHWAITE, "because": because}


def _satterthwaite(found: Satterthwaite, fit, contrast, std_error, level):
    if found.reason:
        return {"reason": found.reason}
    return _by_t(float(contrast @ fit.point.beta), std_error, found.df(contrast), level)


def _kenward_roger(found: KenwardRoger, fit, contrast, level):
    if found.reason:
        return {"reason": found.reason}
    std_error = float(np.sqrt(contrast @ found.adjusted @ contrast))
    told = _by_t(float(contrast @ fit.point.beta), std_error, found.df(contrast), level)
    told = {"std_error": std_error} | told
    if fit.degenerate or not fit.identifiable:
        told["reason"] = SINGULAR if fit.degenerate else CONFOUNDED
    return told


def _by_t(estimate, std_error, df, level):
    """df, interval and two-sided p-value of estimate / std_error as Student's t."""
    reach = float(stats.t.ppf((1.0 + level) / 2.0, df)) * std_error
    p = 2.0 * stats.t.sf(abs(estimate) / std_error, df) if std_error > 0 else 0.0
    return {"df": float(df), "lower": estimate - reach, "upper": estimate + reach, "p": float(p)}
