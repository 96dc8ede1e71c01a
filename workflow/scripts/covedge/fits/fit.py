"""A model's certified fit, in the user's own units and names."""

import time
from dataclasses import dataclass

import numpy as np

from covedge.fits.certificate import FLAT, REFUSED, Certificate, Examination, examine
from covedge.fits.factors import Factors
from covedge.fits.identifiability import Identifiability, canonical, identifiability
from covedge.fits.likelihood import Likelihood, Point
from covedge.fits.optimum import Solution
from covedge.fits.starts import best, distinct, searches
from covedge.fits.terms import TermFit, fitted_terms
from covedge.frames.design import Term
from covedge.models.ladder import Model


@dataclass(frozen=True)
class Fit:
    """The certified fit of a model: where the search ended, and what it is worth.

    factors, x : where the search ended, as the optimiser sees it.
    starts, optima : searches made, and how many different ends they had.
    evaluations : calls of the kernel with gradient, in the searches that were followed to the end.
    seconds : wall time of all of it.
    """

    model: Model
    reml: bool
    n_obs: int
    n_parameters: int
    point: Point
    terms: tuple[TermFit, ...]
    certificate: Certificate
    identifiability: Identifiability
    factors: Factors
    x: np.ndarray
    starts: int
    optima: int
    evaluations: int
    seconds: float

    @property
    def degenerate(self):
        return any(term.degenerate for term in self.terms)

    @property
    def identifiable(self):
        return not self.identifiability.confoundings


def fit(likelihood: Likelihood, terms: tuple[Term, ...], model: Model, seed: int) -> Fit:
    """Fit `model`, whose structures belong to `terms`, outermost first.

    One search starts at Sigma = I in scaled coordinates, the others at random, from near zero to
    far out; the best end counts.
    Where the model is not identifiable, the point with the smallest Sigma is given.
    """
    began = time.perf_counter()
    structures = model.structures[::-1]
    solutions, ends = searches(likelihood, structures, seed)
    found = identifiability(Factors(likelihood, structures))
    return fitted(terms, model, found, solutions, ends, began)


def best_of_starts(likelihood: Likelihood, structures, seed: int) -> Solution:
    """Where `fit` ends, before a flat direction is resolved. structures : deepest first."""
    return best(searches(likelihood, structures, seed)[0])


def fitted(
    terms: tuple[Term, ...],
    model: Model,
    found: Identifiability,
    solutions: list[Solution],
    ends: list[float],
    began: float,
) -> Fit:
    """The best of the solutions in the user's units. began : by `time.perf_counter`."""
    lowest = best(solutions)
    factors, x, examination = lowest.factors, lowest.x, lowest.examination
    if found.confoundings:
        factors, x = canonical(factors, x, found)
        examination = _flat(examine(factors, x), found)
    likelihood, point = factors.likelihood, examination.point
    return Fit(
        model=model,
        reml=likelihood.reml,
        n_obs=likelihood.gram.n_obs,
        n_parameters=likelihood.gram.n_fixed + found.n_parameters,
        point=point,
        terms=fitted_terms(factors, x, point, examination, terms, model, found),
        certificate=examination.certificate,
        identifiability=found,
        factors=factors,
        x=x,
        starts=len(ends),
        optima=distinct(ends),
        evaluations=sum(s.evaluations for s in solutions),
        seconds=time.perf_counter() - began,
    )


def _flat(examination: Examination, found: Identifiability) -> Examination:
    """Say that the fit is flat where nothing else is wrong with it."""
    certificate = examination.certificate
    if certificate.status == REFUSED:
        return examination
    lost = found.n_parameters - found.rank
    reason = f"{lost} of the {found.n_parameters} variance parameters cannot be told from the rest"
    flat = Certificate(
        FLAT,
        certificate.stationarity,
        certificate.dual_feasibility,
        certificate.complementarity,
        certificate.curvature,
        (reason,),
    )
    return Examination(flat, examination.spectra, None, examination.point)
