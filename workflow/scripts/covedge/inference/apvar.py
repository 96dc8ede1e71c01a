"""apVar as nlme computes it: the inverse of the log-likelihood's curvature in natural parameters.

nlme's `lme` stops giving intervals where that curvature is not a bowl: "Non-positive definite
approximate variance-covariance". nlme takes it by differences at the place where it stopped. Here
it is exact, and at the certified optimum, where it does not depend on an optimiser; `apvar_at`
takes it anywhere else. Fixed effects are profiled out, as nlme does.

On an edge (an SD of zero, a correlation of one, a singular covariance) the criterion is not a bowl:
it still falls towards the edge, and only the edge stops it. Then there is no quadratic form whose
inverse could be a covariance matrix. Design, section 5.
"""

from dataclasses import dataclass, replace

import numpy as np

from covedge.fits.certificate import REFUSED
from covedge.fits.factors import Factors
from covedge.fits.fit import Fit
from covedge.fits.likelihood import Likelihood
from covedge.fits.parameters import (
    SIGMA,
    Parameter,
    component_covariances,
    random_parameters,
    to_components,
)
from covedge.frames.design import Term
from covedge.inference.natural import Natural, coordinates, natural
from covedge.inference.unprofiled_slopes import unprofiled_slopes
from covedge.models.ladder import Model
from covedge.surface.expected_information import Surface, expand
from covedge.surface.span import S_of, span_of

# Of an eigenvalue of the curvature. The parameters are logarithms, so it has no units: below it a
# standard error is over 300, and the interval's end is a number with 270 digits.
FLAT = 1e-5
# A variance below this part of the residual's, in units of information, is zero.
ZERO = 1e-14
# Slopes above this, squared and per curvature, are no rounding: the point is not the lowest.
STEEP = 1e-6

BOWL, FLAT_VALLEY, NO_BOWL, EDGE, NONE = "bowl", "flat", "not a bowl", "edge", "none"


@dataclass(frozen=True)
class ApVar:
    """The curvature of minus the log-likelihood in natural parameters, at one point.

    state : bowl (positive definite); flat; not a bowl (a negative eigenvalue); edge (the point
        lies on an edge that the parameters cannot follow, so that the criterion has a slope there);
        none (not computed). reason : why it is none.
    natural : the parameters, their values, and which have one; None where state is none.
    gradient, hessian : (f,), (f, f) of minus the log-likelihood in the free parameters.
    eigenvalues : (f,) of the hessian, smallest first. direction : (f,) unit vector of the smallest.
    """

    state: str
    reason: str = ""
    natural: Natural | None = None
    gradient: np.ndarray | None = None
    hessian: np.ndarray | None = None
    eigenvalues: np.ndarray | None = None
    direction: np.ndarray | None = None

    @property
    def parameters(self) -> tuple[Parameter, ...]:
        return self.natural.parameters if self.natural else ()

    @property
    def free(self) -> tuple[Parameter, ...]:
        """The parameters that the curvature is of."""
        return tuple(self.parameters[i] for i in self.natural.free) if self.natural else ()

    @property
    def positive_definite(self) -> bool:
        """Whether nlme's condition holds, of all parameters of the model."""
        return self.state == BOWL and not self.natural.edges

    @property
    def covariance(self) -> np.ndarray | None:
        """(f, f) apVar itself; None where the curvature is no bowl."""
        return np.linalg.inv(self.hessian) if self.state == BOWL else None


def apvar(fit: Fit, terms: tuple[Term, ...]) -> ApVar:
    """apVar at a certified fit. terms : outermost first, as the model's structures."""
    if fit.certificate.status == REFUSED:
        return ApVar(NONE, "the fit is not certified: " + "; ".join(fit.certificate.reasons))
    covariances = component_covariances(fit.factors, fit.x, to_components(fit.factors, fit.model))
    singular = any(b.full and 0 < b.columns < b.basis.shape[1] for b in fit.factors.blocks)
    sigma = float(np.sqrt(fit.point.sigma2))
    return _apvar(fit.factors.likelihood, fit.model, terms, covariances, sigma, singular)


def apvar_at(likelihood: Likelihood, model: Model, terms: tuple[Term, ...], Sigmas, sigma) -> ApVar:
    """apVar at any point, such as where another engine stopped.

    Sigmas : per term, outermost first, (q, q) G / sigma^2 in the user's basis; sigma : residual SD.
    """
    blocks = _blocks(Factors(likelihood, model.structures[::-1]), model)
    span = span_of(blocks, likelihood.gram.n_effects)
    s = span.coordinates(likelihood.from_user(Sigmas[::-1]))
    covariances, at = [], 0
    for block in blocks:
        p = block.basis.shape[1]
        size = p * (p + 1) // 2 if block.full else 1
        S = S_of(block, s[at : at + size])
        covariances.append(S if block.full else S[:1, :1])
        at += size
    return _apvar(likelihood, model, terms, covariances, float(sigma), False)


def _blocks(factors, model):
    """The blocks with each component's own basis: Sigma = A S A', S in the user's effects."""
    components = [c for structure in model.structures[::-1] for c in structure.components]
    random = factors.likelihood.gram.scaling.random
    return [
        replace(block, basis=np.linalg.solve(random[block.level], component.basis))
        for block, component in zip(factors.blocks, components, strict=True)
    ]


def _apvar(likelihood, model, terms, covariances, sigma, singular) -> ApVar:
    surface = Surface(likelihood.gram, likelihood.reml)
    reason = _beyond(surface, model)
    if reason:
        return ApVar(NONE, reason)
    blocks = _blocks(Factors(likelihood, model.structures[::-1]), model)
    span = span_of(blocks, likelihood.gram.n_effects)
    parameters = (*random_parameters(terms, model), Parameter(SIGMA, None, (), None, ()))
    where = natural(parameters, covariances, sigma, _zeros(likelihood, blocks))
    s = np.concatenate([np.zeros(0), *map(coordinates, covariances)])
    point = surface.at(span.Sigmas(s))
    if point is None:
        return ApVar(NONE, "the covariance of the observations is not positive definite there")
    sigma2 = (sigma / likelihood.gram.scaling.response) ** 2
    gradient, hessian = unprofiled_slopes(expand(point, span, s), sigma2)
    return _judged(where, gradient, hessian, singular)


def _beyond(surface, model):
    if any(structure.limited for structure in model.structures):
        return "nlme has no covariance of limited rank, and so no parameters of one"
    return surface.too_large


def _zeros(likelihood, blocks):
    """Per block (p,) the variance, relative to sigma^2, that counts as zero."""
    found = []
    for block in blocks:
        H = block.basis.T @ likelihood.information[block.level] @ block.basis
        information = np.diag(H) if block.full else np.array([np.trace(H)])
        found.append(ZERO * likelihood.gram.n_groups[block.level] / np.maximum(information, 1e-300))
    return found


def _judged(where, gradient, hessian, singular) -> ApVar:
    """Chain rule into the natural parameters, halved since D is -2 log-likelihood."""
    first, second = where.first, where.second
    slope = first @ gradient / 2.0
    curvature = (first @ hessian @ first.T + second @ gradient) / 2.0
    curvature = (curvature + curvature.T) / 2.0
    values, vectors = np.linalg.eigh(curvature)
    steep = (slope**2 > STEEP * np.maximum(np.abs(np.diag(curvature)), FLAT)).any()
    if singular and steep:
        state = EDGE
    elif values[0] < -FLAT:
        state = NO_BOWL
    else:
        state = BOWL if values[0] > FLAT else FLAT_VALLEY
    return ApVar(state, "", where, slope, curvature, values, vectors[:, 0])
