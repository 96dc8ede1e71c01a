"""Members of a group that differ more than strangers: a covariance that wants to be negative.

The dual of a collapsed direction is one minus the energy that the groups show in it, as part of
what noise alone would give. Chance makes some of it (Demidenko 2013, section 2.15: with no effect
at all an estimate below zero is as likely as one above), so it is held against responses drawn at
the fit itself, where all that has collapsed is zero.
"""

from dataclasses import dataclass

import numpy as np

from covedge.causes.cause import NEGATIVE, Cause
from covedge.comparing.bootstrap_test import clopper_pearson
from covedge.frames.design import ModelFrame

LEVEL = 0.005
# A spread below this part of the response's own is none but for rounding.
NOTHING = 1e-6
CENTRED, STANDARDISED, SHARES = "centred", "standardised", "shares of a total"


@dataclass(frozen=True)
class Push:
    """The largest dual of a term, and how often chance gives as much; interval : of p.

    by_chance : (replicates,) the same of simulated responses, 0 where nothing collapsed.
    """

    largest: float
    p: float
    interval: tuple[float, float]
    by_chance: np.ndarray

    @property
    def replicates(self):
        return len(self.by_chance)


def push(observed: float, null: np.ndarray) -> Push:
    """observed : largest dual of a term at its fit. null : (n,) the same of simulated responses."""
    above = int((null >= observed - NOTHING).sum())
    p = (1 + above) / (1 + len(null))
    return Push(observed, p, clopper_pearson(above, len(null)), null)


def negative_covariance(
    pushed: Push, model: str, group: str, frame: ModelFrame | None, negative: list[float]
) -> list[Cause]:
    """A cause where the push is beyond chance.

    frame : of the rows, which may show why; None where they are too many. negative : what MIVQUE
    gives the term, those of its ratios that are below zero.
    """
    if pushed.p >= LEVEL:
        return []
    kind = centring(frame, group) if frame is not None else None
    evidence = {
        "largest_dual": pushed.largest,
        "p": pushed.p,
        "interval": list(pushed.interval),
        "replicates": pushed.replicates,
        "kind": kind,
        "unconstrained_ratios": negative,
    }
    sentence = (
        f"Rows of one {group} differ from each other more than chance would make them: in the "
        f"direction that collapsed, the groups show {_part(pushed.largest)} of the differences "
        f"that noise alone would give, and that happens in {_often(pushed)} of simulated data "
        f"sets without any variance there. The covariance between members of a {group} wants to "
        f"be negative, and a variance cannot. {_REASONS[kind].format(group=group)}"
    )
    return [Cause(NEGATIVE, model, group, evidence, sentence)]


_REASONS = {
    CENTRED: (
        "The reason is in the responses: their mean is the same in every {group}, so they have "
        "been centred within it, and what differs between groups is gone. Analyse them as they "
        "were measured."
    ),
    STANDARDISED: (
        "The reason is in the responses: mean and standard deviation are the same in every "
        "{group}, so they have been standardised within it, and what differs between groups is "
        "gone. Analyse them as they were measured."
    ),
    SHARES: (
        "The reason is in the responses: they add up to the same total in every {group}, as "
        "shares do, so that more of one is less of another. Leave out the random intercept, or "
        "model the shares as a composition."
    ),
    None: (
        "Members that compete for something limited do that, and so do responses that were "
        "adjusted within groups, or alternate in time: these cannot be told apart from the fit "
        "alone. A model that allows it (compound symmetry with a negative covariance: nlme's gls "
        "with corCompSymm) says how large it is."
    ),
}


def _part(dual):
    share = 1.0 - dual
    return "almost none" if share < 0.005 else f"only {100 * share:.0f} %"


def _often(pushed):
    if pushed.p <= 1.0 / (1 + pushed.replicates):
        return f"none of {pushed.replicates}"
    return f"{100 * pushed.p:.1g} %"


def centring(frame: ModelFrame, group: str) -> str | None:
    """What the responses say of having been adjusted within the groups, or None."""
    place = next(k for k, term in enumerate(frame.terms) if term.name == group)
    codes, y = frame.codes[place], frame.y
    n = np.bincount(codes).astype(float)
    if (n < 2).any():
        return None
    totals = np.bincount(codes, weights=y)
    means = totals / n
    spread = np.std(y) or 1.0
    if np.ptp(means) < NOTHING * spread:
        squares = np.bincount(codes, weights=(y - means[codes]) ** 2) / (n - 1)
        if np.ptp(np.sqrt(squares)) < NOTHING * spread:
            return STANDARDISED
        if (y >= 0).all() and np.ptp(totals) < NOTHING * totals.mean():
            return SHARES
        return CENTRED
    if (y >= 0).all() and np.ptp(totals) < NOTHING * totals.mean():
        return SHARES
    return None
