"""Posterior mode under the default prior of R's blme, which keeps every Sigma off the boundary.

blmer() adds to lme4's criterion a Wishart prior on each Sigma, relative to sigma^2, with
df = q + 2.5 and an infinite scale (`wishart(df = level.dim + 2.5, scale = Inf, common.scale = TRUE,
posterior.scale = "cov")`, blme 1.0-7; for q = 1 the same as its gamma(2.5, 0) on the SD). That is
p(Sigma) ~ |Sigma|^((df - q - 1) / 2) = |Sigma|^0.75, so that the mode is the minimum of

    D(Sigma) - 1.5 sum over components log|S|,

with D by ML or REML, beta and sigma^2 profiled out, and S each component's own covariance: a
random term of lme4's notation has one. Chung, Rabe-Hesketh, Dorie, Gelman and Liu (2013),
Psychometrika 78, 685-709; Chung, Gelman, Rabe-Hesketh, Liu and Dorie (2015), JEBS 40, 136-157.

Other units or contrasts change log|S| by a constant: the mode is the same model.
"""

from dataclasses import dataclass

import numpy as np

from covedge.errors import CovedgeError
from covedge.fits.factors import Factors
from covedge.fits.identifiability import identifiability
from covedge.fits.likelihood import Likelihood
from covedge.fits.parameters import component_covariances, to_components
from covedge.fits.spread import correlations, standard_deviations
from covedge.frames.design import Term
from covedge.models.ladder import Model
from covedge.posteriors.log_cholesky import LogCholesky

PRIOR = "wishart(df = q + 2.5, scale = Inf, common.scale = TRUE)"
# df - q - 1: what log|S| is multiplied with in units of D.
WEIGHT = 1.5
# SDs that searches start from, in scaled coordinates, where 1 is a reliability near one half.
STARTS = (1.0, 0.2, 5.0)
# The last Newton step is one that promises less than this in D.
STATIONARY = 1e-8
SAME = 1e-5
NEWTON_STEPS = 20
STEP = 1e-5
# Logarithm of an SD, in scaled coordinates, where D has become a straight line of it: further out
# digits are lost.
FAR = 6.0


class NoMode(CovedgeError):
    """The posterior has no mode, or none was found."""


@dataclass(frozen=True)
class ModeTerm:
    """Sigma, G (q, q) of a term's effects, relative and in squared units of the response."""

    term: Term
    Sigma: np.ndarray
    G: np.ndarray


@dataclass(frozen=True)
class Mode:
    """criterion : D - 1.5 sum log|S|. penalty : its second part. sigma, beta : user's units.

    terms : those that the model has, outermost first. modes : different ends of the searches.
    decrement : what the last Newton step promised in D.
    """

    model: Model
    reml: bool
    criterion: float
    penalty: float
    sigma: float
    beta: np.ndarray
    terms: tuple[ModeTerm, ...]
    modes: int
    decrement: float


def posterior_mode(likelihood: Likelihood, terms: tuple[Term, ...], model: Model) -> Mode:
    """The mode of a model; terms outermost first, as its structures.

    Raises NoMode where the posterior has no mode or the search finds none, with the reason.
    """
    structures = model.structures
    if any(structure.limited for structure in structures):
        raise NoMode(
            "this prior is zero wherever a covariance matrix is singular, and the model holds one "
            "to a limited rank"
        )
    factors = Factors(likelihood, structures[::-1])
    if identifiability(factors).confoundings:
        raise NoMode(
            "the data cannot tell some of the model's variances from others, and along what they "
            "leave open this prior grows without bound"
        )
    penalised = _Penalised(factors)
    _refuse_unbounded(penalised, terms)
    ends = [_search(penalised, scale) for scale in (STARTS if factors.size else (1.0,))]
    found = [end for end in ends if end is not None]
    if not found:
        raise NoMode("no search for it has ended at a minimum")
    _, x, decrement = min(found, key=lambda end: end[0])
    different = 1 + int((np.diff(sorted(end[0] for end in found)) > SAME).sum())
    return _in_user_units(factors, x, terms, model, different, decrement)


class _Penalised:
    """D - 1.5 sum log|S|, S in scaled coordinates, as a function of all log-Cholesky parameters."""

    def __init__(self, factors):
        self.factors = factors
        self.map = LogCholesky([block.rows for block in factors.blocks])

    def __call__(self, z):
        value, slopes = self.factors.value_and_gradient(self.map.factors(z))
        gradient = self.map.gradient(z, slopes) - 2.0 * WEIGHT * self.map.diagonal
        return value - 2.0 * WEIGHT * z[self.map.diagonal].sum(), gradient

    def hessian(self, z):
        """By central differences of the gradient."""
        rows = [
            (self(z + step)[1] - self(z - step)[1]) / (2.0 * STEP) for step in STEP * np.eye(len(z))
        ]
        H = np.array(rows).reshape(len(z), len(z))
        return (H + H.T) / 2


def _refuse_unbounded(penalised, terms):
    """Raise NoMode if the posterior grows without end with the variances of some component.

    Far out D rises by twice the component's levels, less what the fixed effects take, per unit of
    log SD, and the prior by 2 WEIGHT.
    """
    for block, at in zip(penalised.factors.blocks, penalised.map.blocks, strict=True):
        far = np.zeros(len(penalised.map.places))
        far[at] = FAR * penalised.map.diagonal[at]
        slopes = penalised(far)[1][at][penalised.map.diagonal[at]]
        if not (slopes > 0.0).all():
            raise NoMode(
                f"this prior grows with every variance, and {terms[::-1][block.level].name} has so "
                "few levels that the likelihood falls too slowly to stop it"
            )


def _search(penalised, scale):
    """(value, x, decrement) of the minimum reached from SDs of `scale`, or None if there is none.

    A quasi-Newton search, and Newton steps for the last digits.
    """
    from scipy.optimize import minimize

    z = np.log(scale) * penalised.map.diagonal
    if not len(z):
        return penalised(z)[0], penalised.map.factors(z), 0.0
    z = minimize(penalised, z, jac=True, method="BFGS", options={"gtol": 1e-4}).x
    value, gradient = penalised(z)
    for _ in range(NEWTON_STEPS):
        values, vectors = np.linalg.eigh(penalised.hessian(z))
        if not values[0] > 0.0:
            return None
        parts = vectors.T @ gradient
        decrement = 0.5 * (parts**2 / values).sum()
        step = -vectors @ (parts / values)
        z = z + step / max(1.0, np.abs(step).max())
        value, gradient = penalised(z)
        if decrement < STATIONARY:
            return value, penalised.map.factors(z), float(decrement)
    return None


def _in_user_units(factors, x, terms, model, modes, decrement):
    likelihood = factors.likelihood
    point = likelihood.at(factors.Sigmas(x), information=False)
    Sigmas = likelihood.to_user(factors.Sigmas(x))[::-1]
    own = component_covariances(factors, x, to_components(factors, model))
    penalty = -WEIGHT * sum(float(np.linalg.slogdet(S)[1]) for S in own)
    return Mode(
        model=model,
        reml=likelihood.reml,
        criterion=point.criterion + penalty,
        penalty=penalty,
        sigma=float(np.sqrt(point.sigma2)),
        beta=point.beta,
        terms=tuple(
            ModeTerm(term, Sigma, point.sigma2 * Sigma)
            for term, structure, Sigma in zip(terms, model.structures, Sigmas, strict=True)
            if structure.components
        ),
        modes=modes,
        decrement=decrement,
    )


def mode_record(mode: Mode, fixed: tuple[str, ...]) -> dict:
    """For JSON, in the words of a stored fit. fixed : names of the columns of X."""
    return {
        "prior": PRIOR,
        "method": "REML" if mode.reml else "ML",
        "criterion": mode.criterion,
        "penalty": mode.penalty,
        "sigma": mode.sigma,
        "fixed": [
            {"name": name, "estimate": estimate}
            for name, estimate in zip(fixed, mode.beta, strict=True)
        ],
        "terms": [
            {
                "group": one.term.name,
                "effects": list(one.term.effects),
                "sd": standard_deviations(one.G),
                "correlation": correlations(one.G),
                "covariance": one.G,
            }
            for one in mode.terms
        ],
        "modes": mode.modes,
        "newton_decrement": mode.decrement,
    }
