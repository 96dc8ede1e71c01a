"""One odd group, or residuals that are wrong everywhere?

Both bring a direction back when they are taken away. The residuals without the group tell: where
the same defect is still seen in them, the group is only where it shows most; where it is not, the
defect is that group. Without a defect of the residuals the group stands as it was found.
"""

import logging

from covedge.causes.cause import Cause
from covedge.causes.checks.refit import plain, refit, without_rows
from covedge.causes.checks.residuals import Residuals
from covedge.causes.fitted_rows import fitted_rows
from covedge.causes.misspecified import CHECKS, misspecified
from covedge.causes.one_group import one_group
from covedge.errors import DesignError
from covedge.fits.fit import Fit
from covedge.frames.design import ModelFrame

log = logging.getLogger("diagnose")

# With a group less a defect may be a little less clear: it is still seen at this level.
STILL_SEEN = 0.01


def anomalies(frame: ModelFrame, fit: Fit, left_out: dict | None, seed: int) -> list[Cause]:
    """The causes `one_group` and `misspecified` of a fit, of which only one explains a defect.

    left_out : leave_out.json, or None where there is none.
    """
    wrong = misspecified(frame, fit, seed)
    odd = [] if left_out is None else one_group(frame, fit, left_out, seed)
    if not wrong or not odd:
        return [*odd, *wrong]
    groups = {(cause.evidence["of"], cause.evidence["left_out"]) for cause in odd}
    kinds = {cause.evidence["kind"] for cause in wrong}
    remaining = set(kinds)
    for factor, label in groups:
        remaining &= still_seen(frame, fit, factor, label, seed)
    log.info("without the odd group the residuals are still: %s", ", ".join(remaining) or "right")
    if not remaining:
        return odd
    return [cause for cause in wrong if cause.evidence["kind"] in remaining]


def still_seen(frame: ModelFrame, fit: Fit, factor: str, label: str, seed: int) -> set[str]:
    """Kinds of defects that the residuals have without a group of a factor."""
    place = next(k for k, term in enumerate(frame.terms) if term.name == factor)
    group = [str(level) for level in frame.terms[place].levels].index(label)
    rows = fitted_rows(frame, fit)
    left, model = plain(rows)
    try:
        left = without_rows(left, frame.codes[place] != group)
        found = refit(left, model, fit.reml)
        residuals = Residuals(found.rows(), seed)
        defects = [defect for check in CHECKS for defect in check(residuals)]
    except DesignError as reason:
        log.info("the residuals without %s are not looked at: %s", label, reason)
        return set()
    return {defect.kind for defect in defects if defect.p is not None and defect.p < STILL_SEEN}
