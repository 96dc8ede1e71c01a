"""Why the fit that is looked at is degenerate: all causes, from the evidence that there is."""

from dataclasses import dataclass, field

from covedge.causes.cause import Cause, ordered
from covedge.causes.information import cannot_be_told_apart, too_little_information
from covedge.causes.misspecified import Checks, checks
from covedge.causes.more_effects_than_groups import more_effects_than_groups
from covedge.causes.negative_covariance import negative_covariance
from covedge.causes.one_group import one_group
from covedge.causes.simulated import MOST_WORK, Simulated, simulations
from covedge.causes.variation import variation
from covedge.errors import DesignError
from covedge.fits.fit import Fit
from covedge.fits.likelihood import Likelihood
from covedge.frames.design import ModelFrame, Term


@dataclass(frozen=True)
class Looked:
    """The fit that is looked at, and what else is known.

    terms : of the ladder, outermost first. smallest : the smallest SD that matters, in units of
    the response. left_out : leave_out.json. frame : None where there are too many rows.
    most_work : multiplications that the simulations may cost.
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
    most_work: float = MOST_WORK


@dataclass(frozen=True)
class Diagnosis:
    """causes : in order. simulated : by grouping factor, of the degenerate terms that the design
    does not force. checks : of the residuals, None where the rows were not looked at.
    not_done : what was not looked into, and why.
    """

    causes: tuple[Cause, ...]
    simulated: dict[str, Simulated] = field(default_factory=dict)
    checks: Checks | None = None
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
    checked = None
    if looked.frame is not None:
        if looked.left_out is not None:
            causes += one_group(looked.frame, fit, looked.left_out, looked.seed)
        checked = checks(looked.frame, fit, looked.seed)
        causes += checked.causes
    try:
        found = simulations(
            looked.likelihood,
            fit,
            [t.term.name for t in open_terms],
            looked.smallest,
            looked.replicates,
            looked.seed,
            looked.most_work,
        )
    except DesignError as reason:
        return Diagnosis(tuple(ordered(causes)), {}, checked, (str(reason),))
    for term in open_terms:
        explained = {cause.group for cause in causes}
        causes += _of_simulated(looked, term, found[term.term.name], explained)
    return Diagnosis(tuple(ordered(causes)), found, checked)


def _of_simulated(looked, term, known, explained):
    """The causes of one term; explained : grouping factors that have a cause already."""
    group, model = term.term.name, looked.fit.model.name
    below_zero = looked.negative.get(group, [])
    found = negative_covariance(known.push, model, group, looked.frame, below_zero)
    if known.power is None:
        return found
    found += too_little_information(known.power, model, group)
    found += cannot_be_told_apart(known.power, known.absent, model, group)
    if not found and group not in explained:
        found += variation(looked.likelihood, looked.fit, term, known.power)
    return found
