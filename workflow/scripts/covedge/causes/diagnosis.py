"""Why the fit that is looked at is degenerate: all causes, from the evidence that there is."""

import logging
from dataclasses import dataclass, field

import numpy as np

from covedge.causes.absent import Absent, absent, largest_push
from covedge.causes.cause import Cause, ordered
from covedge.causes.information import cannot_be_told_apart, too_little_information
from covedge.causes.misspecified import misspecified
from covedge.causes.more_effects_than_groups import more_effects_than_groups
from covedge.causes.negative_covariance import negative_covariance, push
from covedge.causes.one_group import one_group
from covedge.causes.power import Power, power, with_detectable
from covedge.causes.variation import variation
from covedge.errors import DesignError
from covedge.fits.certificate import spectra
from covedge.fits.factors import Factors
from covedge.fits.fit import Fit
from covedge.fits.likelihood import Likelihood
from covedge.fits.own_gram import moved, own_gram
from covedge.frames.design import ModelFrame, Term
from covedge.grams.effort import effort
from covedge.grams.simulated_crossed import simulator

log = logging.getLogger("diagnose")

# Multiplications that the simulations of one analysis may cost: some twenty seconds of one core.
MOST_WORK = 9e9
# With fewer replicates a share says too little; evaluations in a refit, beside one per parameter.
FEWEST, EVALUATIONS = 100, 10
# Replicates of each round of the search for the detectable SD.
SEARCHED = 150


@dataclass(frozen=True)
class Looked:
    """The fit that is looked at, and what else is known.

    terms : of the ladder, outermost first. smallest : the smallest SD that matters, in units of
    the response. left_out : leave_out.json. frame : None where there are too many rows.
    """

    likelihood: Likelihood
    terms: tuple[Term, ...]
    fit: Fit
    smallest: float
    seed: int
    replicates: int
    frame: ModelFrame | None = None
    left_out: dict | None = None
    negative: dict[str, list[float]] = field(default_factory=dict)


@dataclass(frozen=True)
class Diagnosis:
    """causes : in order. powers, absent : by grouping factor, of the degenerate terms that the
    design does not force. not_done : what was not looked into, and why.
    """

    causes: tuple[Cause, ...]
    powers: dict[str, Power] = field(default_factory=dict)
    not_done: tuple[str, ...] = ()


def diagnose(looked: Looked) -> Diagnosis:
    """All causes but those of a model that is not identifiable, and of other engines."""
    fit, names = looked.fit, [term.name for term in reversed(looked.terms)]
    causes = more_effects_than_groups(
        looked.likelihood, fit.model.structures[::-1], fit.model.name, names
    )
    forced = {cause.group for cause in causes}
    open_terms = [t for t in fit.terms if t.degenerate and t.term.name not in forced]
    if not open_terms or not fit.identifiable:
        return Diagnosis(tuple(ordered(causes)))
    if looked.frame is not None:
        if looked.left_out is not None:
            causes += one_group(looked.frame, fit, looked.left_out, looked.seed)
        causes += misspecified(looked.frame, fit, looked.seed)
    try:
        simulated = _Simulated(looked, [t.term.name for t in open_terms])
    except DesignError as reason:
        return Diagnosis(tuple(ordered(causes)), not_done=(str(reason),))
    for term in open_terms:
        causes += simulated.of(term, {c.group for c in causes})
    return Diagnosis(tuple(ordered(causes)), simulated.powers)


class _Simulated:
    """What simulated responses say of the degenerate terms, which are given by name."""

    def __init__(self, looked, groups):
        self.looked, fit = looked, looked.fit
        own = own_gram(looked.likelihood, fit.model)
        simulator(own.likelihood.gram)
        names = [looked.terms[len(looked.terms) - 1 - level].name for level in own.kept]
        self.levels = {group: names.index(group) for group in groups}
        self.factors, self.x = moved(own.factors(fit.model), fit)
        replicates = _affordable(self.factors, looked.replicates)
        # A search for the size that the design can see makes several rounds.
        self._searched = min(replicates // 3, SEARCHED)
        smallest = looked.smallest / float(np.sqrt(fit.point.sigma2))
        streams = np.random.SeedSequence([looked.seed, 6]).generate_state(3)
        log.info("simulating %s, %d replicates each", fit.model.name, replicates)
        wanted = tuple(self.levels.values())
        self.absent: Absent = absent(self.factors, self.x, wanted, replicates, int(streams[0]))
        found = power(self.factors, self.x, wanted, smallest, replicates, int(streams[1]))
        self.powers = {
            group: found[level] for group, level in self.levels.items() if level in found
        }
        self._stream = int(streams[2])
        self._spectra = spectra(self.factors, self.x)

    def of(self, term, explained):
        """The causes of one term; explained : grouping factors that have a cause already."""
        group, fit, level = term.term.name, self.looked.fit, self.levels[term.term.name]
        observed = largest_push(self.factors.blocks, self._spectra, level)
        pushed = push(observed, self.absent.pushes[level])
        found = negative_covariance(
            pushed,
            fit.model.name,
            group,
            self.looked.frame,
            self.looked.negative.get(group, []),
        )
        if group not in self.powers:
            return found
        power = self._with_detectable(group)
        found += too_little_information(power, fit.model.name, group)
        found += cannot_be_told_apart(power, self.absent.singular[level], fit.model.name, group)
        if not found and group not in explained:
            found += variation(self.looked.likelihood, fit, term, power)
        return found

    def _with_detectable(self, group):
        if self._searched >= FEWEST:
            found = self.powers[group]
            self.powers[group] = with_detectable(
                found, self.factors, self.x, self._searched, self._stream
            )
        return self.powers[group]


def _affordable(factors: Factors, replicates: int) -> int:
    """How many replicates MOST_WORK allows.

    Raises DesignError where they are too few.
    """
    work = effort(factors.likelihood.gram) * (factors.size + EVALUATIONS)
    most = int(MOST_WORK / work)
    if most < min(FEWEST, replicates):
        raise DesignError("refits of this model take so long that nothing was simulated")
    return min(most, replicates)
