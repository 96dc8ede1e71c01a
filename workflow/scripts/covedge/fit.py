"""A model's certified fit, in the user's own units and names."""

import time
from dataclasses import dataclass

import numpy as np

from covedge.certificate import FLAT, REFUSED, Certificate, Examination, examine
from covedge.design import Term
from covedge.factors import Factors
from covedge.identifiability import Identifiability, canonical, identifiability
from covedge.ladder import Model
from covedge.likelihood import Likelihood, Point
from covedge.optimum import Solution, sketch, solve
from covedge.terms import TermFit, fitted_terms
from covedge.tolerances import TOLERANCES

# Sizes of the random starts, in scaled coordinates: the default start is at 1, and another
# optimum, where there is one, is nearer to zero or far out.
RANDOM_STARTS = (0.3, 1.0, 3.0, 10.0)


@dataclass(frozen=True)
class Fit:
    """The certified fit of a model: where the search ended, and what it is worth.

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
    solutions, ends = _searches(likelihood, structures, seed)
    best = _best(solutions)
    found = identifiability(Factors(likelihood, structures))
    factors, x, examination = best.factors, best.x, best.examination
    if found.confoundings:
        factors, x = canonical(factors, x, found)
        examination = _flat(examine(factors, x), found)
    point = likelihood.at(factors.Sigmas(x))
    return Fit(
        model=model,
        reml=likelihood.reml,
        n_obs=likelihood.gram.n_obs,
        n_parameters=likelihood.gram.n_fixed + found.n_parameters,
        point=point,
        terms=fitted_terms(factors, x, point, examination, terms, model, found),
        certificate=examination.certificate,
        identifiability=found,
        starts=len(ends),
        optima=_distinct(ends),
        evaluations=sum(s.evaluations for s in solutions),
        seconds=time.perf_counter() - began,
    )


def best_of_starts(likelihood: Likelihood, structures, seed: int) -> Solution:
    """Where `fit` ends, before a flat direction is resolved. structures : deepest first."""
    return _best(_searches(likelihood, structures, seed)[0])


def _searches(likelihood, structures, seed) -> tuple[list[Solution], list[float]]:
    """Certified searches, and the criterion at the end of each start.

    A random start is followed roughly, and to the end only where that is not known yet.
    """
    solutions = [solve(likelihood, structures)]
    ends = [solutions[0].criterion]
    factors = Factors(likelihood, structures)
    rng = np.random.default_rng(seed)
    for scale in RANDOM_STARTS if factors.size else ():
        start = scale * rng.normal(size=factors.size)
        rough = sketch(likelihood, structures, start)
        end = rough.factors.value_and_gradient(rough.x)[0]
        best = _best(solutions)
        known = end > best.criterion - TOLERANCES.same_optimum and not _refused(best)
        if not (rough.settled and known):
            solutions.append(solve(likelihood, structures, start))
            end = solutions[-1].criterion
        ends.append(end)
    return solutions, ends


def _best(solutions):
    """The lowest, and of those that are equally low one that is not refused."""
    lowest = min(s.criterion for s in solutions)
    ends = [s for s in solutions if s.criterion <= lowest + TOLERANCES.same_optimum]
    return min(ends, key=lambda s: (_refused(s), s.criterion))


def _refused(solution):
    return solution.examination.certificate.status == REFUSED


def _distinct(criteria):
    ordered = np.sort(criteria)
    return int(1 + (np.diff(ordered) > TOLERANCES.same_optimum).sum())


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
    return Examination(flat, examination.spectra, None)
