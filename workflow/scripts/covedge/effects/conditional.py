"""How many parameters a fit really uses, and the conditional AIC.

The fitted values Xb + Zb respond to the data by tr(d fitted / dy) degrees of freedom. With the
variances known that is the trace of the hat matrix, p + sum of tr(Sigma_k H_k). They are estimated,
which adds what Greven and Kneib (2010, Biometrika 97, 773) derive: x of Sigma(x) moves with y as
dx/dy = -(D_xx)^-1 D_xy. Where a direction has collapsed, it stays so for a small change of the
data, and its parameters are not there to move: their rule of dropping zero variances. This holds
for rank-deficient Sigma too, since x holds no more columns than Sigma has rank.

All from the Gram, in its scaled coordinates.
"""

from dataclasses import dataclass

import numpy as np

from covedge.effects.columns import Columns
from covedge.effects.modes import equations, residual_square
from covedge.errors import DesignError
from covedge.fits.curvature import curvature
from covedge.fits.fit import Fit
from covedge.fits.likelihood import Likelihood
from covedge.fits.tolerances import TOLERANCES

# Where the criterion is flat, as along rotations of the factors, fitted values that move by less
# than this part of the most that they move elsewhere do not move.
STILL = 1e-7


@dataclass(frozen=True)
class Conditional:
    """What a fit says of the groups that were seen, rather than of new ones.

    per_term : effective parameters of each term of the fit, tr(Sigma_k Z_k'PZ_k), at most q L.
    effective_parameters : with the fixed effects; the trace of the hat matrix.
    correction : what estimating the variances adds to it.
    deviance : -2 log-likelihood of y given the conditional modes.
    caic : deviance + 2 (effective_parameters + correction + 1).
    reason : why correction and caic are None, where they are.
    """

    per_term: tuple[float, ...]
    effective_parameters: float
    correction: float | None
    deviance: float
    caic: float | None
    reason: str | None


def conditional(fit: Fit) -> Conditional:
    """The Conditional of a certified fit, its terms as in `fit.terms`."""
    likelihood = fit.factors.likelihood
    Sigmas = fit.factors.Sigmas(fit.x)
    system = equations(likelihood.gram, Sigmas)
    found = system.solve(system.response())
    used = _effective(likelihood, Sigmas)
    held = [bool(structure.components) for structure in fit.model.structures]
    per_term = tuple(value for value, there in zip(used[::-1], held, strict=True) if there)
    total = likelihood.gram.n_fixed + sum(used)
    deviance = _deviance(likelihood, system, found, fit.point.sigma2)
    correction, reason = _correction(fit, system, found)
    caic = None if correction is None else deviance + 2.0 * (total + correction + 1.0)
    return Conditional(per_term, total, correction, deviance, caic, reason)


def with_conditional(record: dict, fit: Fit) -> dict:
    """The record of a fit, fits/{model}.json, with what is said here; each term has its part."""
    try:
        found = conditional(fit)
    except DesignError as error:
        found = Conditional((None,) * len(fit.terms), None, None, None, None, str(error))
    for term, used in zip(record["terms"], found.per_term, strict=True):
        term["effective_parameters"] = used
    return record | {
        "effective_parameters": found.effective_parameters,
        "effective_correction": found.correction,
        "conditional_deviance": found.deviance,
        "caic": found.caic,
        "caic_reason": found.reason,
    }


def _effective(likelihood, Sigmas):
    """Per level tr(Sigma Z'PZ). P leaves the fixed effects out, be it ML or REML."""
    restricted = Likelihood(likelihood.gram, reml=True)
    H = restricted.at(Sigmas).H
    return [float(np.trace(Sigma @ h)) for Sigma, h in zip(Sigmas, H, strict=True)]


def _deviance(likelihood, system, found, sigma2):
    scaling, n = likelihood.gram.scaling, likelihood.gram.n_obs
    square = residual_square(system, found) * scaling.response**2
    return n * np.log(2.0 * np.pi * sigma2) + square / sigma2 - scaling.log_weights


def _correction(fit, system, found):
    """(sum over x of d fitted / dx . dx / dy, None), or (None, why not)."""
    if not fit.identifiable:
        return None, "the data do not determine the variances"
    if not fit.certificate.certified:
        return None, "the fit is not certified"
    if not fit.x.size:
        return 0.0, None
    likelihood = fit.factors.likelihood
    # With e = Py the residuals and W_j = dV/dx_j: a_j = P W_j e = d fitted / dx_j, as Z c - its own
    # fit by the model, and m_j = e'W_j e.
    residual = _less(system.response(), system.product(found))
    pseudo = Columns(_pushed(fit, residual), np.zeros((len(residual.fixed), fit.x.size)))
    moves = _less(pseudo, system.solve(system.product(pseudo)))
    square = system.response_square - found.inner(system.response())[0, 0]
    m = pseudo.inner(residual)[:, 0]
    products = moves.inner(system.product(moves))
    along = moves.inner(residual)[:, 0]
    M = 2.0 * likelihood.nu / square * (products - np.outer(along, m) / square)
    curved = curvature(fit.factors, fit.x, fit.point, accurate=True)
    return _trace_over(curved.hessian, curved.T.T @ M @ curved.T)


def _less(one, other):
    effects = tuple(a - b for a, b in zip(one.effects, other.effects, strict=True))
    return Columns(effects, one.fixed - other.fixed)


def _pushed(fit, residual):
    """Per level (L, q, size of x): c_j = (dSigma / dx_j) Z'e."""
    factors = fit.factors
    pushed = [np.zeros((*e.shape[:2], fit.x.size)) for e in residual.effects]
    for block, place, L in zip(factors.blocks, factors.places, factors.split(fit.x), strict=True):
        seen = residual.effects[block.level][:, :, 0] @ block.basis
        for i, j in enumerate(range(place.start, place.stop)):
            if block.full:
                unit = np.zeros(L.size)
                unit[i] = 1.0
                change = unit.reshape(L.shape) @ L.T
            else:
                change = L[0, 0] * np.eye(block.basis.shape[1])
            pushed[block.level][:, :, j] = seen @ (change + change.T) @ block.basis.T
    return tuple(pushed)


def _trace_over(hessian, M):
    """(tr(hessian^-1 M), None) on what moves; rotations of x, which move nothing, are left out."""
    values, vectors = np.linalg.eigh(hessian)
    moved = np.diag(vectors.T @ M @ vectors)
    steep = values > TOLERANCES.curvature
    if np.abs(moved[~steep]).max(initial=0.0) > STILL * np.abs(moved).max():
        return None, "the criterion is flat along a variance"
    return float((moved[steep] / values[steep]).sum()), None
