"""A Fit as the JSON that other steps and people read (design, section 8)."""

import numpy as np

from covedge.effects.conditional import with_conditional
from covedge.fits.fit import Fit
from covedge.fits.spread import correlations, standard_deviations
from covedge.fits.terms import TermFit


def fit_record(fit: Fit, analysis: str, fixed: tuple[str, ...]) -> dict:
    """The content of fits/{model}.json. fixed : names of the columns of X."""
    D, k = fit.point.criterion, fit.n_parameters
    errors = np.sqrt(np.diag(fit.point.cov_beta))
    record = {
        "analysis": analysis,
        "model": fit.model.name,
        "formula": fit.model.formula,
        "method": "REML" if fit.reml else "ML",
        "n_obs": fit.n_obs,
        "n_parameters": k,
        "criterion": D,
        "loglik": -D / 2,
        "aic": D + 2 * k,
        "bic": D + k * np.log(fit.n_obs),
        "sigma": np.sqrt(fit.point.sigma2),
        "fixed": [
            {"name": name, "estimate": b, "std_error": e}
            for name, b, e in zip(fixed, fit.point.beta, errors, strict=True)
        ],
        "terms": [_term_record(term) for term in fit.terms],
        "degenerate": fit.degenerate,
        "identifiable": fit.identifiable,
        "identifiability": {
            "n_parameters": fit.identifiability.n_parameters,
            "rank": fit.identifiability.rank,
            "confounded": [_confounded(fit, c) for c in fit.identifiability.confoundings],
        },
        "certificate": certificate_record(fit.certificate)
        | {"starts": fit.starts, "optima": fit.optima},
        "evaluations": fit.evaluations,
        "seconds": fit.seconds,
    }
    return with_conditional(record, fit)


def certificate_record(certificate) -> dict:
    """A Certificate for JSON, with the tolerances that it was judged by."""
    return {
        "certified": certificate.certified,
        "status": certificate.status,
        "stationarity": certificate.stationarity,
        "dual_feasibility": certificate.dual_feasibility,
        "complementarity": certificate.complementarity,
        "curvature": certificate.curvature,
        "reasons": certificate.reasons,
        "tolerances": vars(certificate.tolerances),
    }


def _term_record(term: TermFit) -> dict:
    return {
        "group": term.term.name,
        "effects": term.term.effects,
        "factor": term.term.cells.factor if term.term.cells is not None else None,
        "cells": _cells(term),
        "n_levels": term.term.n_levels,
        "structure": term.structure.name,
        "covariance": term.G,
        "sd": standard_deviations(term.G),
        "correlation": correlations(term.G),
        "theta": term.theta,
        "rank": term.rank,
        "full_rank": term.full_rank,
        "degenerate": term.degenerate,
        "identifiable": term.identifiable,
        "spectrum": [
            {
                "reliability": d.direction.reliability,
                "dual": d.direction.dual,
                "state": d.direction.state,
                "direction": d.loadings,
                "cells": d.cells,
            }
            for d in term.spectrum
        ],
    }


def _cells(term: TermFit) -> dict | None:
    """The covariance of the cells of the term's factor, which does not depend on the coding."""
    if term.term.cells is None:
        return None
    rows = term.term.cells.rows
    return {"labels": term.term.cells.labels, "covariance": rows @ term.G @ rows.T}


def _confounded(fit: Fit, confounding) -> dict:
    """Which variances can be traded for which: groups, and whether the residual takes part."""
    groups, at = [], 0
    # Blocks come deepest level first, each level's components in order.
    for term in reversed(fit.terms):
        n = len(term.structure.components)
        if any(np.any(S) for S in confounding.S[at : at + n]):
            groups.insert(0, term.term.name)
        at += n
    return {"groups": groups, "residual": bool(confounding.residual != 0.0)}
