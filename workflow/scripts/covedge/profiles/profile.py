"""Profile likelihood intervals: of standard deviations, correlations, sigma and fixed effects.

All values of a parameter at which the other parameters can bring D to within qchisq(level, 1) of
its minimum. Nothing is said of a distribution of the estimate, so that the interval is right in
form at an edge: a standard deviation that may be zero has the lower end 0, and a correlation on
which nothing depends has no ends at all.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.stats import chi2

from covedge.fits.factors import Block
from covedge.fits.fit import Fit, fit
from covedge.fits.likelihood import Likelihood
from covedge.fits.own_gram import moved, own_gram
from covedge.fits.parameters import (
    CORRELATION,
    FIXED,
    SD,
    SIGMA,
    Parameter,
    component_covariances,
    parameters,
    to_components,
    values,
)
from covedge.frames.design import Term
from covedge.grams.effort import effort
from covedge.profiles.profile_criterion import Criterion
from covedge.profiles.profile_curve import Side, Walk
from covedge.profiles.profile_paths import CorrelationPath, DeviationPath, FixedPath, SigmaPath
from covedge.profiles.profile_points import Solver

REML, ML = "REML", "ML"
# Multiplications that the profiles of one model may take: half a minute or so.
MOST_WORK = 3e10
# Evaluations of the likelihood that one profile takes at least.
FEWEST_CALLS = 150
# A profile that is this much below the fit has found what the fit has missed.
DEFECT = 1e-5
# A correlation this near to 1 is 1.
SAME_AS_ONE = 1e-10
# Standard errors of the first step, which the walk then adapts.
FIRST_STEP = 0.25

CONFOUNDED = "the data cannot tell the variances of this model apart"
NO_VARIANCE = "one of the two effects has no variance, so that its correlation means nothing"
HELD = "the model holds these effects to one direction, where a correlation is 1 or -1"
NOT_IN_REML = "the REML criterion does not contain the fixed effects; they are profiled by ML"
TOO_LARGE = "not computed: the likelihood of this model takes too long"
NEVER_FALLS = "the likelihood never falls off"
ANY_CORRELATION = "no correlation can be excluded: the likelihood is nearly the same for all"
RETURNS = "the likelihood rises again towards the edge: values in between are less likely"


@dataclass(frozen=True)
class Profile:
    """Interval and curve of one parameter, by the criterion REML or ML.

    lower, upper : None where the interval is open or where there is none; `reason` says why.
    at_lower_edge, at_upper_edge : the end is the edge of what is possible, and belongs to it.
    values, differences : the curve, D less D at the estimate. below : how far the curve comes below
    the fit, 0 where the fit is the minimum, as it should be.
    """

    parameter: Parameter
    estimate: float | None
    lower: float | None
    upper: float | None
    reason: str | None
    at_lower_edge: bool
    at_upper_edge: bool
    values: tuple[float, ...]
    differences: tuple[float, ...]
    criterion: str
    below: float = 0.0


def cut(level: float) -> float:
    """How far above its minimum D may be within the interval: qchisq(level, 1)."""
    return float(chi2.ppf(level, 1))


def profile(
    fit: Fit,
    terms: tuple[Term, ...],
    fixed_names: tuple[str, ...],
    level: float = 0.95,
    progress: Callable[[int, int], None] | None = None,
) -> tuple[Profile, ...]:
    """The profiles of a fit by its own criterion, in the order of `parameters.parameters`.

    progress : called with how many parameters are done, and of how many.
    """
    return profile_of(fit, parameters(terms, fixed_names, fit.model), level, progress)


def profile_of(
    fit: Fit,
    wanted: Sequence[Parameter],
    level: float = 0.95,
    progress: Callable[[int, int], None] | None = None,
) -> tuple[Profile, ...]:
    """The profiles of these parameters, in their order."""
    job = _Job(fit, cut(level))
    estimates = job.estimates(wanted)
    found: dict[int, Profile] = {}
    for done, k in enumerate(sorted(range(len(wanted)), key=lambda k: _urgency(wanted[k]))):
        found[k] = job.one(wanted[k], estimates[k])
        if progress is not None:
            progress(done + 1, len(wanted))
    return tuple(found[k] for k in range(len(wanted)))


def by_maximum_likelihood(known: Fit, terms: tuple[Term, ...], seed: int) -> Fit:
    """The ML fit of the same model to the same data, as lme4's confint makes it."""
    if not known.reml:
        return known
    gram = known.factors.likelihood.gram
    return fit(Likelihood(gram, reml=False), terms, known.model, seed)


def _urgency(parameter):
    """What comes first where there is not enough time for all."""
    return (SD, SIGMA, FIXED, CORRELATION).index(parameter.kind)


class _Job:
    """What the profiles of one fit share. cut : of D."""

    def __init__(self, known: Fit, cut: float):
        self.known, self.cut = known, cut
        self._at_zero: dict[tuple[int, int], float] = {}
        own = own_gram(known.factors.likelihood, known.model)
        factors, x = moved(own.factors(known.model), known)
        self.maps = to_components(factors, known.model)
        self.covariances = component_covariances(factors, x, self.maps)
        self.criterion = Criterion(own.likelihood, factors.blocks)
        self.work = effort(own.likelihood.gram)
        self.factors = [
            _widened(L, b) for L, b in zip(factors.split(x), factors.blocks, strict=True)
        ]
        self.shapes = [L.shape for L in self.factors]
        self.sigma = float(np.sqrt(known.point.sigma2))
        H = own.likelihood.at(factors.Sigmas(x)).H
        self.information = [b.basis.T @ H[b.level] @ b.basis for b in factors.blocks]
        self.n_levels = [own.likelihood.gram.n_groups[b.level] for b in factors.blocks]

    def estimates(self, wanted):
        found = values(wanted, self.covariances, self.sigma, self.known.point.beta)
        kinds = np.array([one.kind for one in wanted])
        # Of rank 1, a correlation is 1 but for rounding errors; the walk must know that.
        edge = (kinds == CORRELATION) & (np.abs(found) > 1.0 - SAME_AS_ONE)
        return np.where(edge, np.sign(found), found)

    def one(self, parameter: Parameter, estimate: float) -> Profile:
        reason = self._without(parameter, estimate)
        if reason is not None:
            known = float(estimate) if np.isfinite(estimate) else None
            return self._profile(parameter, known, None, None, reason)
        path, step = self._path(parameter), FIRST_STEP * self._error(parameter, estimate)
        solver = Solver(path, self.information, self.n_levels)
        unit = self.criterion.likelihood.gram.scaling.response
        sigma = self.sigma / unit
        start = solver.first(self.factors, sigma, float(estimate))
        lowest = self.known.point.criterion
        ceiling = self._ceiling(parameter)
        walk = Walk(solver, start, lowest, self.cut, step, sigma, ceiling, parameter.kind == SIGMA)
        edges = _edges(parameter)
        sides = walk.side(-1.0, edges[0]), walk.side(1.0, edges[1])
        return self._profile(parameter, float(estimate), *sides)

    def _without(self, parameter, estimate):
        """Why there is no profile, or None."""
        if not self.known.identifiable:
            return CONFOUNDED
        if parameter.kind == FIXED and self.known.reml:
            return NOT_IN_REML
        if parameter.kind == CORRELATION:
            if not np.isfinite(estimate):
                return NO_VARIANCE
            if self.shapes[parameter.block][1] < 2:
                return HELD
        if self.work * (self.criterion.calls + FEWEST_CALLS) > MOST_WORK:
            return TOO_LARGE
        return None

    def _ceiling(self, parameter):
        """What D is at most: a correlation may have any value where an effect has no variance."""
        if parameter.kind != CORRELATION:
            return np.inf
        return min(self._without_variance(parameter.block, i) for i in parameter.places)

    def _without_variance(self, block, i):
        """D where effect i of a block has no variance."""
        if (block, i) not in self._at_zero:
            path = DeviationPath(self.criterion, self.shapes, block, self.maps[block][i])
            unit = self.criterion.likelihood.gram.scaling.response
            solver = Solver(path, self.information, self.n_levels)
            found = solver.first(self.factors, self.sigma / unit, 0.0)
            self._at_zero[block, i] = found.criterion
        return self._at_zero[block, i]

    def _path(self, parameter):
        block = parameter.block
        if parameter.kind == SIGMA:
            return SigmaPath(self.criterion, self.shapes)
        if parameter.kind == FIXED:
            return FixedPath(self.criterion, self.shapes, parameter.places[0])
        # A scalar component has one row, whatever the number of effects that share it.
        width = self.shapes[block][0]
        rows = [self.maps[block][i, :width] for i in parameter.places]
        kind = DeviationPath if parameter.kind == SD else CorrelationPath
        return kind(self.criterion, self.shapes, block, *rows)

    def _error(self, parameter, estimate):
        """Roughly a standard error."""
        if parameter.kind == FIXED:
            j = parameter.places[0]
            return float(np.sqrt(self.known.point.cov_beta[j, j]))
        if parameter.kind == SIGMA:
            return estimate / np.sqrt(2.0 * self.known.n_obs)
        n = self.n_levels[parameter.block]
        if parameter.kind == CORRELATION:
            return (1.0 - estimate**2) / np.sqrt(n) + 0.02
        t = self.maps[parameter.block][parameter.places[0], : self.shapes[parameter.block][0]]
        return max(estimate / np.sqrt(2.0 * n), 0.1 * self.sigma * np.linalg.norm(t) / np.sqrt(n))

    def _profile(self, parameter, estimate, low: Side | None, high: Side | None, reason=None):
        criterion = REML if self.known.reml else ML
        if low is None or high is None:
            return Profile(parameter, estimate, None, None, reason, False, False, (), (), criterion)
        points = [*low.points[:0:-1], *high.points]
        lowest, ceiling = self.known.point.criterion, self._ceiling(parameter)
        below = lowest - min(p.criterion for p in points)
        return Profile(
            parameter,
            estimate,
            low.end,
            high.end,
            _words(parameter, low, high),
            low.at_edge,
            high.at_edge,
            tuple(p.value for p in points),
            tuple(min(p.criterion, ceiling) - lowest for p in points),
            criterion,
            float(below) if below > DEFECT else 0.0,
        )


def _words(parameter, low, high):
    if low.returns or high.returns:
        return RETURNS
    if parameter.kind == CORRELATION and low.at_edge and high.at_edge:
        return ANY_CORRELATION
    return NEVER_FALLS if low.end is None or high.end is None else None


def _edges(parameter):
    if parameter.kind == CORRELATION:
        return -1.0, 1.0
    return (0.0 if parameter.kind == SD else -np.inf), np.inf


def _widened(L, block: Block):
    """L with as many columns as the model allows; those that have collapsed are zero."""
    rows = block.basis.shape[1] if block.full else 1
    wide = np.zeros((rows, block.most))
    if L.size:
        wide[:, : L.shape[1]] = L
    return wide
