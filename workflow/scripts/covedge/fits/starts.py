"""Several starts: the criterion may have more than one optimum, and the lowest is wanted."""

import numpy as np

from covedge.fits.certificate import REFUSED
from covedge.fits.factors import Factors
from covedge.fits.likelihood import Likelihood
from covedge.fits.optimum import ROUGH, Solution, sketch, solve
from covedge.fits.tolerances import TOLERANCES
from covedge.kernel.layout import buffer_sizes
from covedge.models.structure import Structure

# Sizes of the random starts, in scaled coordinates: the default start is at 1, and another
# optimum, where there is one, is nearer to zero or far out. A start from far out takes long, but
# drawing it in by steps of EM first would bring it to the optimum that is known already.
RANDOM_STARTS = (0.3, 1.0, 3.0, 10.0)
# Random starts of a model whose likelihood takes long: as packed, this many numbers or more.
LARGE, FEW_STARTS = 1_000_000, (3.0,)
# Two points are the same where D is expected to differ by less than this between them.
SAME_POINT = 1e-3


def searches(
    likelihood: Likelihood, structures: tuple[Structure, ...], seed: int
) -> tuple[list[Solution], list[float]]:
    """Certified searches, and the criterion at the end of each start. structures : deepest first.

    One search starts at Sigma = I in scaled coordinates, the others at random, from near zero to
    far out. A random start is followed roughly, and to the end only where that is not known yet.
    """
    solutions = [solve(likelihood, structures)]
    ends = [solutions[0].criterion]
    factors = Factors(likelihood, structures)
    rng = np.random.default_rng(seed)
    for scale in _scales(factors):
        x, end, _ = factors.search(scale * rng.normal(size=factors.size), ROUGH)
        if not _known(factors, x, end, best(solutions)):
            rough = sketch(likelihood, structures, x)
            end = rough.factors.value_and_gradient(rough.x)[0]
            lowest = best(solutions)
            higher = end > lowest.criterion - TOLERANCES.same_optimum
            if not (rough.settled and higher and not refused(lowest)):
                solutions.append(solve(likelihood, structures, x))
                end = solutions[-1].criterion
        ends.append(end)
    return solutions, ends


def _scales(factors):
    if not factors.size:
        return ()
    work = sum(buffer_sizes(factors.likelihood.ints)) + factors.likelihood.floats.size
    return RANDOM_STARTS if work < LARGE else FEW_STARTS


def _known(factors, x, value, solution):
    """Whether x is a solution that is not refused, but for what a rough search leaves."""
    if refused(solution) or abs(value - solution.criterion) > TOLERANCES.same_optimum:
        return False
    there = solution.factors.Sigmas(solution.x)
    n_levels = factors.likelihood.gram.n_groups
    expected = 0.0
    for Sigma, other, H, n in zip(
        factors.Sigmas(x), there, solution.examination.point.H, n_levels, strict=True
    ):
        moved = H @ (Sigma - other)
        expected += np.einsum("ij,ji->", moved, moved) / (2 * n)
    return expected < SAME_POINT


def best(solutions: list[Solution]) -> Solution:
    """The lowest, and of those that are equally low one that is not refused."""
    lowest = min(s.criterion for s in solutions)
    ends = [s for s in solutions if s.criterion <= lowest + TOLERANCES.same_optimum]
    return min(ends, key=lambda s: (refused(s), s.criterion))


def refused(solution: Solution) -> bool:
    return solution.examination.certificate.status == REFUSED


def distinct(criteria: list[float]) -> int:
    """How many different optima these are."""
    ordered = np.sort(criteria)
    return int(1 + (np.diff(ordered) > TOLERANCES.same_optimum).sum())
