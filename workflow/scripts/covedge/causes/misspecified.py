"""A model that is wrong in a way that makes it singular.

Named only where a test of the residuals is beyond chance and the fit with the remedy has a
direction more. A defect that leaves the rank as it is may matter for other things, but is not why.
"""

import logging
from dataclasses import dataclass

from covedge.causes.cause import MISSPECIFIED, Cause
from covedge.causes.checks.autocorrelated import autocorrelated
from covedge.causes.checks.bounded import bounded
from covedge.causes.checks.check import Defect
from covedge.causes.checks.curved import curved
from covedge.causes.checks.heteroscedastic import heteroscedastic
from covedge.causes.checks.outliers import outliers
from covedge.causes.checks.residuals import Residuals
from covedge.causes.fitted_rows import fitted_rows
from covedge.errors import DesignError
from covedge.fits.fit import Fit
from covedge.fits.spectrum import ALIVE
from covedge.frames.design import ModelFrame
from covedge.streaming.sufficient import BATCHED_FROM

log = logging.getLogger("diagnose")

CHECKS = (heteroscedastic, autocorrelated, curved, outliers, bounded)


@dataclass(frozen=True)
class Checked:
    """kind, about : what was looked at. p : of the test, None where it does not apply.

    moved : whether the remedy brings a direction back; None where there was nothing to mend, or
    it could not be mended, for the reason.
    """

    kind: str
    about: str
    p: float | None
    moved: bool | None = None
    reason: str = ""


@dataclass(frozen=True)
class Checks:
    """causes : strongest first. checked : everything that was looked at. reason : why nothing."""

    causes: tuple[Cause, ...]
    checked: tuple[Checked, ...]
    reason: str = ""


@dataclass(frozen=True)
class _Gain:
    """What a remedy does for a term."""

    defect: Defect
    group: str
    before: int
    after: int
    reliability: float


def misspecified(frame: ModelFrame, fit: Fit, seed: int) -> list[Cause]:
    """The causes that `checks` finds."""
    return list(checks(frame, fit, seed).causes)


def checks(frame: ModelFrame, fit: Fit, seed: int) -> Checks:
    """All checks of the residuals of a degenerate fit to the frame."""
    reason = _not_done(frame, fit)
    if reason:
        return Checks((), (), reason)
    try:
        residuals = Residuals(fitted_rows(frame, fit), seed)
        defects = [defect for check in CHECKS for defect in check(residuals)]
    except DesignError as error:
        return Checks((), (), str(error))
    checked, gains = [], []
    for defect in defects:
        told, found = _mended(defect, fit)
        checked.append(told)
        gains += found
    gains = _strongest(gains)
    return Checks(tuple(_cause(fit, gain) for gain in gains), tuple(checked))


def _not_done(frame, fit):
    if not fit.degenerate:
        return "the fit is not singular"
    if not fit.identifiable:
        return "the model is not identifiable"
    if not fit.certificate.certified:
        return "the fit is not certified"
    if len(frame.y) >= BATCHED_FROM:
        return "there are too many rows"
    return ""


def _mended(defect, fit):
    """(Checked, gains): whether the remedy moves the rank of a degenerate term."""
    if not defect.found:
        return Checked(defect.kind, defect.about, defect.p), []
    try:
        refitted = defect.remedy()
    except DesignError as error:
        return Checked(defect.kind, defect.about, defect.p, None, str(error)), []
    gains = []
    for term in fit.terms if refitted.certified else ():
        before = sum(d.direction.state == ALIVE for d in term.spectrum)
        found = refitted.reliabilities(term.term.name)
        after = int((found > 0).sum())
        if term.degenerate and after > before:
            gains.append(_Gain(defect, term.term.name, before, after, float(found[before])))
    log.info("%s: p = %.2g, %s", defect.about, defect.p, "it is why" if gains else "it is not why")
    return Checked(defect.kind, defect.about, defect.p, bool(gains)), gains


def _strongest(gains):
    """Of each kind and term the one that gains most, largest first."""
    best = {}
    for gain in gains:
        key = gain.defect.kind, gain.group
        if key not in best or gain.reliability > best[key].reliability:
            best[key] = gain
    return sorted(best.values(), key=lambda gain: -gain.reliability)


def _cause(fit, gain):
    defect = gain.defect
    evidence = {
        "kind": defect.kind,
        "about": defect.about,
        "p": defect.p,
        **defect.size,
        "directions": gain.before,
        "directions_with_remedy": gain.after,
        "reliability_with_remedy": gain.reliability,
    }
    ways = "direction" if gain.after == 1 else "directions"
    sentence = (
        f"{defect.sentence.removesuffix('.')} (p = {defect.p:.2g}). A model that allows for it has "
        f"{gain.after} independent {ways} of {gain.group} instead of {gain.before}, the new one "
        f"seen with a reliability of {gain.reliability:.2g}: what collapsed was hidden by it. "
        f"{defect.advice}"
    )
    return Cause(MISSPECIFIED, fit.model.name, gain.group, evidence, sentence)
