"""What a singular fit says of a direction's true size, and what it cannot say."""

from covedge.causes.cause import TOO_LITTLE, UNDECIDED, Cause
from covedge.causes.power import EXCLUDED, RARELY, TOO_OFTEN, Power
from covedge.proportion import Proportion


def too_little_information(power: Power, model: str, group: str) -> list[Cause]:
    """A cause where the design would often miss what is there."""
    if not power.too_little:
        return []
    sentence = (
        f"This design says too little about {group}: if every direction truly had at least "
        f"{_size(power)}, the fit would still come out singular in {_share(power.singular)}. "
        f"A collapsed direction is then no proof that nothing varies. {what_would_tell(power)}"
    )
    return [Cause(TOO_LITTLE, model, group, power.evidence, sentence)]


def cannot_be_told_apart(
    power: Power, absent: Proportion | None, model: str, group: str
) -> list[Cause]:
    """A cause where the design neither excludes what matters nor would often miss it.

    absent : how often the fit is singular where the collapsed directions are truly zero.
    """
    if power.enough or power.too_little:
        return []
    beside = f"; with none at all, in {100 * absent.estimate:.0f} %" if absent is not None else ""
    sentence = (
        f"These data cannot tell whether what collapsed of {group} is absent or only small. With "
        f"{_size(power)} the fit would come out singular in {_share(power.singular)}{beside}. That "
        f"is too often to call the directions absent (up to {100 * RARELY:.0f} %), and too seldom "
        f"to call the design too small (from {100 * TOO_OFTEN:.0f} %). {what_would_tell(power)}"
    )
    evidence = power.evidence
    if absent is not None:
        evidence["p_singular_if_absent"] = absent.estimate
    return [Cause(UNDECIDED, model, group, evidence, sentence)]


def what_would_tell(power: Power) -> str:
    """What would decide it: a size that this design can see, or a larger design."""
    if power.floor is not None and power.floor.estimate > EXCLUDED:
        return (
            f"However large the standard deviations, {100 * power.floor.estimate:.0f} % of such "
            "experiments would give a singular fit: there are too many effects for so few groups, "
            "or too many empty cells. More groups would tell; more observations in each would not."
        )
    if power.detectable is None:
        return "More groups would tell, or more observations in each."
    return (
        f"As it is, the design can exclude no less than a standard deviation of "
        f"{power.detectable:.2g} residual standard deviations (one that {100 * EXCLUDED:.0f} % of "
        "such experiments would miss). More groups would tell, or more observations in each."
    )


def _size(power):
    return (
        f"a standard deviation of {power.smallest_sd:.2g} residual standard deviations (the "
        "smallest that matters)"
    )


def _share(singular):
    low, high = singular.interval
    return (
        f"{100 * singular.estimate:.0f} % of such experiments (95 % interval {100 * low:.0f} to "
        f"{100 * high:.0f} %, {singular.n} simulations)"
    )
