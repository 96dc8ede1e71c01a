"""Where a term degenerates: its directions, each with reliability and dual. Design, section 4.

Sigma and Gamma = dD/dSigma are looked at in the metric of the information H = R'R: in it
R Sigma R' / n_levels has the reliabilities as eigenvalues, and R^-T Gamma R^-1 the duals. At an
optimum their product is zero, so both have the same eigenvectors.
"""

from dataclasses import dataclass

import numpy as np
from scipy.linalg import null_space

from covedge.fits.tolerances import TOLERANCES

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


def informed(H, n_levels):
    """(p, r) orthonormal basis of the directions that the data say anything of.

    H : (p, p) at Sigma = 0, where it is largest: n_levels I for scaled columns (by REML less what
    the fixed effects take). Elsewhere it is small where reliability is near 1, which is no lack.
    """
    values, vectors = np.linalg.eigh((H + H.T) / 2)
    return vectors[:, values > TOLERANCES.information * n_levels]


def information_root(H, inside):
    """(R, back) on the informed directions `inside` (p, r).

    R (r, p) with R'R = H there, and back (p, r) with R back = I.
    """
    values, vectors = np.linalg.eigh(inside.T @ (H + H.T) @ inside / 2)
    # H is zero next to an exact fit, where nothing has digits.
    roots = np.sqrt(np.maximum(values, max(1e-15 * values.max(initial=0.0), 1e-300)))
    axes = inside @ vectors
    return roots[:, None] * axes.T, axes / roots


def directions(S, Gamma, H, inside, n_levels, label=""):
    """Directions of a full component, least reliable first.

    S, Gamma, H : (p, p) in one basis, inside : (p, r) as from `informed`. Loadings are in that
    basis.
    """
    R, back = information_root(H, inside)
    reliability = R @ S @ R.T / n_levels
    dual = back.T @ Gamma @ back
    values, U = np.linalg.eigh(reliability)
    # Among those without variance the dual tells the directions apart.
    without = values < TOLERANCES.collapsed
    U[:, without] = U[:, without] @ np.linalg.eigh(U[:, without].T @ dual @ U[:, without])[1]
    found = [
        Direction(*_judged(u @ reliability @ u, u @ dual @ u), _scaled(R.T @ u), label) for u in U.T
    ]
    for v in null_space(inside.T).T:
        found.append(Direction(0.0, 0.0, UNINFORMED, _scaled(v), label))
    return tuple(sorted(found, key=order))


def order(direction):
    """Sorts directions: those without variance first, the most pushed of them before others."""
    if direction.state == ALIVE:
        return direction.reliability, 0.0
    return 0.0, -direction.dual


def scalar_direction(tau2, Gamma, H, inside, n_levels, label):
    """The one direction of a scalar component tau^2 I; Gamma, H : (p, p) in its basis."""
    if not inside.size:
        return (Direction(0.0, 0.0, UNINFORMED, None, label),)
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
