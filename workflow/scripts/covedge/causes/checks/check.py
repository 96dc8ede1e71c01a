"""What a check of the residuals finds, and whether the remedy brings a direction back."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from covedge.causes.checks.refit import Refitted

HETEROSCEDASTIC, AUTOCORRELATED, CURVED = "heteroscedastic", "autocorrelated", "curved"
OUTLIERS, BOUNDED = "outliers", "bounded"
# A defect of the residuals is one only where chance gives as much this seldom.
LEVEL = 0.001


@dataclass(frozen=True)
class Defect:
    """One check of one aspect.

    about : what was looked at, in words. p : of the test, None where it does not apply. size : of
    the defect, in numbers. sentence : what is wrong; advice : what to do.
    remedy : refits the model without the defect; raises DesignError where that cannot be.
    """

    kind: str
    about: str
    p: float | None = None
    size: dict[str, Any] = field(default_factory=dict)
    sentence: str = ""
    advice: str = ""
    remedy: Callable[[], Refitted] | None = None

    @property
    def found(self):
        return self.p is not None and self.p < LEVEL
