"""The free fit: D without the condition that Sigma be positive semidefinite, only V > 0.

Demidenko, Mixed Models, section 2.15.2. From the certified fit downhill, to a stationary point of
D in the interior of {V > 0}; or to the edge of that set, where there is none. The set is convex, so
what is between two of its points is in it.
"""

from dataclasses import dataclass

import numpy as np

from covedge.fits.tolerances import TOLERANCES
from covedge.surface.expected_information import Expansion, Surface, expand
from covedge.surface.span import Span

FOUND, SADDLE, NONE = "found", "not verified", "none"
STEPS = 60
# What the last Newton step promises, in units of D: the step after it squares the error.
CONVERGED = 1e-8
# `nearness` is about 1 / the smallest eigenvalue of V. Where it is more, the edge is reached:
# responses whose energy between groups is 1e-5 of what independent ones would show.
EDGE = 1e5
# One step comes nearer to the edge by this factor at most, so that it is not reached by accident.
NEARER = 10.0
# A curvature below this part of the expected one is not trusted for the length of a step.
FLATTEST = 1e-2


@dataclass(frozen=True)
class Free:
    """status : found; not verified (stationary, but no minimum); or none, with the reason.

    Sigmas : per level, scaled; s : their coordinates; H : per level (q, q); criterion : D without
    the scaling's constant; sigma2 : scaled residual variance; curvature : smallest, as part of the
    expected one. Where there is none, all of these are of the last point that was reached.
    """

    status: str
    reason: str
    Sigmas: tuple[np.ndarray, ...]
    H: tuple[np.ndarray, ...]
    criterion: float
    sigma2: float
    curvature: float
    steps: int


def free_fit(surface: Surface, span: Span, Sigmas) -> Free:
    """From `Sigmas`, scaled and deepest first, where V > 0."""
    s = span.coordinates(Sigmas)
    point = surface.at(span.Sigmas(s))
    status, reason, steps = NONE, f"D still falls after {STEPS} steps", 0
    while steps <= STEPS:
        here = expand(point, span, s)
        if point.nearness > EDGE:
            status = NONE
            reason = "D falls towards the edge of the set on which V is positive definite"
            break
        curvature, newton, decrement, downward = _model(here)
        if decrement < CONVERGED and downward is None:
            good = curvature > TOLERANCES.curvature
            status, reason = (FOUND, "") if good else (SADDLE, "D is flat or falls to both sides")
            point = surface.at(span.Sigmas(s + newton)) or point
            break
        tries = [newton] if decrement >= CONVERGED else [downward, -downward]
        moved = _descend(surface, span, here, tries, NEARER * max(point.nearness, 1.0))
        if moved is None:
            good = decrement < 1e-6 and curvature > TOLERANCES.curvature
            status = FOUND if good else NONE
            reason = "" if good else "no step lowers D any more, though it is not flat"
            break
        s, point = moved
        steps += 1
    return Free(
        status,
        reason,
        point.Sigmas,
        tuple(G[1] for G in point.gradients),
        point.criterion,
        point.root.residual / point.root.nu,
        curvature,
        steps,
    )


def _model(here: Expansion):
    """(smallest curvature, Newton step, its decrement, a step down the most negative curvature).

    In units of the expected information, in which a well-determined curvature is 1.
    """
    if not len(here.s):
        return 1.0, here.s, 0.0, None
    values, vectors = np.linalg.eigh(here.information)
    back = vectors / np.sqrt(np.maximum(values, 1e-14 * values[-1]))
    values, vectors = np.linalg.eigh(back.T @ here.hessian @ back)
    axes = back @ vectors
    slopes = axes.T @ here.gradient
    lengths = slopes / np.maximum(np.abs(values), FLATTEST)
    downward = axes[:, 0] if values[0] < -TOLERANCES.curvature else None
    return float(values[0]), -axes @ lengths, float(slopes @ lengths / 2), downward


def _descend(surface, span, here, tries, nearest):
    """(s, point) with V > 0 and a lower D along one of the steps, halved as often as it takes.

    nearest : to the edge that the point may be.
    """
    for halvings in range(40):
        for step in tries:
            s = here.s + 0.5**halvings * step
            point = surface.at(span.Sigmas(s))
            slope = min(here.gradient @ (s - here.s), 0.0)
            if point is None or point.nearness > nearest:
                continue
            if point.criterion < here.value + 1e-4 * slope:
                return s, point
    return None
