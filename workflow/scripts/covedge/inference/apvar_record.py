"""apVar and the spectra of the three matrices, for JSON and the page (key "apvar")."""

import numpy as np

from covedge.fits.fit import Fit
from covedge.fits.parameters import Parameter
from covedge.fits.spectrum import ALIVE, UNDECIDED
from covedge.fits.terms import TermFit
from covedge.inference.apvar import ApVar
from covedge.inference.apvar_words import sentences
from covedge.inference.spectrum_of_v import spectrum_of_v

# Eigenvalues of V that are kept: more make no better picture.
MOST_KEPT = 200


def apvar_record(found: ApVar, fit: Fit) -> dict:
    """state, words and numbers of apVar, and `matrices`: the eigenvalues of G, apVar's and V."""
    return {
        "state": found.state,
        "positive_definite": found.positive_definite,
        "reason": found.reason or None,
        "words": list(sentences(found)),
        "parameters": _parameters(found),
        "eigenvalues": _list(found.eigenvalues),
        "slopes": _list(found.gradient),
        "direction": _direction(found),
        "push": push(fit),
        "matrices": {"G": [_of_G(term) for term in fit.terms], "V": _of_V(fit)},
    }


def push(fit: Fit) -> float | None:
    """The strongest push of a collapsed direction towards zero, at most 1; None without one."""
    duals = [
        d.direction.dual
        for term in fit.terms
        for d in term.spectrum
        if d.direction.state not in (ALIVE, UNDECIDED)
    ]
    return float(max(duals)) if duals else None


def _list(values):
    return None if values is None else [float(v) for v in values]


def _named(one: Parameter) -> dict:
    return {"kind": one.kind, "group": one.group, "effects": list(one.effects)}


def _parameters(found):
    if found.natural is None:
        return []
    where = found.natural
    return [
        _named(one)
        | {
            "estimate": float(estimate) if np.isfinite(estimate) else None,
            "natural": value,
            "edge": where.edges.get(one),
        }
        for one, estimate, value in zip(
            where.parameters, where.estimates, where.values, strict=True
        )
    ]


def _direction(found):
    if found.direction is None:
        return []
    return [
        _named(one) | {"loading": float(loading)}
        for one, loading in zip(found.free, found.direction, strict=True)
    ]


def _of_G(term: TermFit) -> dict:
    """Eigenvalues of G, largest first: as many as the structure allows, exact zeros as zeros."""
    values = np.linalg.eigvalsh(term.G)[::-1][: term.full_rank]
    values[term.rank :] = 0.0
    return {"group": term.term.name, "eigenvalues": _list(values)}


def _of_V(fit: Fit) -> dict:
    found = spectrum_of_v(fit.factors.likelihood, fit.factors.Sigmas(fit.x), fit.point.sigma2)
    above = found.above
    kept = above
    if above is not None and len(above) > MOST_KEPT:
        kept = above[np.linspace(0, len(above) - 1, MOST_KEPT).astype(int)]
    return {
        "n": found.n,
        "smallest": found.sigma2,
        "n_above": None if above is None else len(above),
        "above": _list(kept),
        "largest": None if above is None else float(max(above[-1:], default=found.sigma2)),
        "mean": found.mean,
    }
