"""A cause: why a fit is degenerate, with its evidence as numbers. Design, section 6."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

NOT_IDENTIFIABLE = "not_identifiable"
MORE_EFFECTS = "more_effects_than_groups"
ONE_GROUP = "one_group"
MISSPECIFIED = "misspecified"
NEGATIVE = "negative_covariance"
TOO_LITTLE = "too_little_information"
UNDECIDED = "cannot_be_told_apart"
NO_VARIATION = "no_variation"
REDUNDANT = "redundant_effects"
OPTIMISER = "optimiser_failure"

# What is certain from the design comes first; then what was seen to mend the fit when it was taken
# away; then what is beyond chance; then what the size of the data allows one to say of the rest.
ORDER = (
    NOT_IDENTIFIABLE,
    MORE_EFFECTS,
    ONE_GROUP,
    MISSPECIFIED,
    NEGATIVE,
    TOO_LITTLE,
    UNDECIDED,
    NO_VARIATION,
    REDUNDANT,
    OPTIMISER,
)

# What a person reads first of each.
TITLES = {
    NOT_IDENTIFIABLE: "The design cannot tell these variances apart",
    MORE_EFFECTS: "More random effects than groups",
    TOO_LITTLE: "Too little information to see the smallest variance that matters",
    UNDECIDED: "Absent or only small: these data cannot tell",
    NO_VARIATION: "The groups do not differ in this",
    REDUNDANT: "Effects that move together",
    NEGATIVE: "Members of a group differ more than strangers",
    ONE_GROUP: "One group decides",
    MISSPECIFIED: "The model does not describe the data",
    OPTIMISER: "An optimiser failed",
}


@dataclass(frozen=True)
class Cause:
    """cause : its name; model, group : where; evidence : numbers; sentence : in words."""

    cause: str
    model: str
    group: str | None
    evidence: dict[str, Any] = field(default_factory=dict)
    sentence: str = ""


def ordered(causes: Iterable[Cause]) -> list[Cause]:
    """In the order in which a reader had better meet them; equal ones as they come.

    A group that decides by a few of its rows only comes after what is said of those rows.
    """

    def place(cause):
        few = cause.cause == ONE_GROUP and cause.evidence.get("few_rows", False)
        return ORDER.index(MISSPECIFIED) + 0.5 if few else ORDER.index(cause.cause)

    return sorted(causes, key=place)
