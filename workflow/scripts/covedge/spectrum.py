"""Where a term degenerates: its directions, each with reliability and dual. Design, section 4.

Sigma and Gamma = dD/dSigma are looked at in the metric of the information H = R'R: in it
R Sigma R' / n_levels has the reliabilities as eigenvalues, and R^-T Gamma R^-1 the duals. At an
optimum their product is zero, so both have the same eigenvectors.
"""

from dataclasses import dataclass

import numpy as np

from covedge.tolerances import TOLERANCES

ALIVE, COLLAPSED, UNDECIDED, UNINFORMED = "alive", "collapsed", "undecided", "uninformed"


@dataclass(frozen=True)
class Direction:
    """A combination c'b of a term's effects.

    reliability : in [0, 1), how much of what is seen of it is the groups and not noise.
    dual : in (-inf, 1], the push against the boundary; 0 where the direction is alive.
    state : alive, collapsed, undecided, or uninformed (the data say nothing of it).
    loadings : (q,) c in the effects' basis of the caller, largest entry 1; None for a scalar
        component, whose one variance is shared by several effects.
    label : of a component with one direction, else "".
    """

    reliability: float
    dual: float
    state: str
    loadings: np.ndarray | None
    label: str = ""


def information_root(H):
    """(R, back): R (d, p) with H = R'R on the range of H, and back (p, d) with R back = I."""
    values, vectors = np.linalg.eigh((H + H.T) / 2)
    keep = values > TOLERANCES.information * max(values.max(initial=0.0), 1e-300)
    roots = np.sqrt(values[keep])
    return roots[:, None] * vectors[:, keep].T, vectors[:, keep] / roots


def directions(S, Gamma, H, n_levels, label=""):
    """Directions of a full component, least reliable first.

    S, Gamma, H : (p, p) in one basis. Loadings are in that basis.
    """
    R, back = information_root(H)
    reliability = R @ S @ R.T / n_levels
    dual = back.T @ Gamma @ back
    # One decomposition serves both; where neither has weight any direction will do.
    _, U = np.linalg.eigh(reliability - dual)
    found = [
        Direction(*_judged(u @ reliability @ u, u @ dual @ u), _scaled(R.T @ u), label) for u in U.T
    ]
    values, vectors = np.linalg.eigh((H + H.T) / 2)
    for v in vectors.T[values <= TOLERANCES.information * values.max(initial=0.0)]:
        found.append(Direction(0.0, 0.0, UNINFORMED, _scaled(v), label))
    return tuple(sorted(found, key=lambda d: (d.reliability, -d.dual)))


def scalar_direction(tau2, Gamma, H, n_levels, label):
    """The one direction of a scalar component tau^2 I; Gamma, H : (p, p) in its basis."""
    information = np.trace(H)
    reliability = tau2 * information / (n_levels * len(H))
    return (Direction(*_judged(reliability, np.trace(Gamma) / information), None, label),)


def _judged(reliability, dual):
    reliability = max(float(reliability), 0.0)
    if reliability >= TOLERANCES.collapsed:
        return reliability, float(dual), ALIVE
    return reliability, float(dual), COLLAPSED if dual > TOLERANCES.pushed else UNDECIDED


def _scaled(c):
    return c / c[np.argmax(np.abs(c))]
