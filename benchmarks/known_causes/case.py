"""A data set whose cause is known."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from covedge.causes.cause import (
    MISSPECIFIED,
    MORE_EFFECTS,
    NEGATIVE,
    NO_VARIATION,
    NOT_IDENTIFIABLE,
    ONE_GROUP,
    OPTIMISER,
    REDUNDANT,
    TOO_LITTLE,
    UNDECIDED,
)
from covedge.engines.answer import Answer

HEALTHY = "healthy"
# The number of each is a part of its seeds: new ones go to the end.
CAUSES = (
    HEALTHY,
    NO_VARIATION,
    REDUNDANT,
    TOO_LITTLE,
    UNDECIDED,
    NEGATIVE,
    ONE_GROUP,
    MISSPECIFIED,
    MORE_EFFECTS,
    NOT_IDENTIFIABLE,
    OPTIMISER,
)
TUNING, REPORTED = "tuning", "reported"
HALVES = (TUNING, REPORTED)
# Data sets of each cause in each half.
EACH = 50


@dataclass(frozen=True)
class Engine:
    """What an engine answered, and what is known of it: wrong, or right to the digits that count.

    answer : components in the order of the model's structures, as `judge` takes them.
    """

    name: str
    wrong: bool
    answer: Answer


@dataclass(frozen=True)
class Case:
    """cause : what was planted. design : label of the recipe. table : as a user brings it.

    smallest_sd : in units of the response. group : name of the grouping factor where the cause
    was planted, or None. null : (q, k) contrasts of the term's effects, in the user's basis, that
    have no variance in the truth; None where the truth has none, or it is not known.
    attempts : data sets drawn until one could be kept, with this one.
    clean : of a spoilt data set, the response before. odd : label of the group that was spoilt.
    present : true size of the directions that may be absent, in units of smallest_sd.
    """

    name: str
    cause: str
    design: str
    formula: str
    method: str
    table: pd.DataFrame
    smallest_sd: float
    group: str | None
    null: np.ndarray | None
    half: str
    seed: int
    attempts: int = 1
    clean: np.ndarray | None = None
    odd: str = ""
    present: float = 0.0
    answers: tuple[Engine, ...] = ()


def half_of(number: int) -> str:
    """Even numbers are tuned with, odd ones reported."""
    return HALVES[number % 2]


def numbers(half: str | None = None) -> list[int]:
    """Of the data sets of each cause, in one half or in both."""
    return [n for n in range(2 * EACH) if half in (None, half_of(n))]
