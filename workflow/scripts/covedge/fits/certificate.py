"""The certificate: is this point an optimum that no optimiser can improve on nearby?

First order, in Sigma: Sigma and Gamma = dD/dSigma positive semidefinite with Sigma Gamma = 0.
Second order, in the factors: D curves upwards in every direction but the rotations of the factors
within themselves. Both in units of information, so that a change of units or coding changes
nothing. Design, section 4.
"""

from dataclasses import dataclass

import numpy as np

from covedge.fits.curvature import Curvature, curvature
from covedge.fits.factors import Factors
from covedge.fits.likelihood import Point
from covedge.fits.spectrum import ALIVE, UNDECIDED, Direction, directions, scalar_direction
from covedge.fits.tolerances import TOLERANCES, Tolerances

CERTIFIED, FLAT, OPEN, REFUSED = "certified", "flat", "undecided", "refused"
# Below this the curvature is computed again with more digits.
IN_DOUBT = 1e-3
EXACT_FIT = (
    "the residual variance is below 1e-10 of the response's: the model fits the data exactly, or "
    "too closely for the digits of a computer"
)


@dataclass(frozen=True)
class Certificate:
    """status : certified, flat (some change of the parameters changes nothing), undecided (a
    direction is at the boundary without being pushed there) or refused.

    stationarity : predicted decrease of D by one more Newton step.
    dual_feasibility : the smallest dual; below 0 D falls when that direction opens.
    complementarity : largest |reliability x dual|.
    curvature : smallest curvature of D, 1 being that of a well-determined direction; None where
        nothing is left to vary.
    reasons : in words, why it is not certified.
    """

    status: str
    stationarity: float
    dual_feasibility: float
    complementarity: float
    curvature: float | None
    reasons: tuple[str, ...]
    tolerances: Tolerances = TOLERANCES

    @property
    def certified(self):
        return self.status == CERTIFIED


@dataclass(frozen=True)
class Examination:
    """A certificate and what it was made from.

    spectra : the directions of each block of the factors, in the block's own basis.
    descent : a step z of the factors along the most downward curvature, or None.
    point : what the likelihood is there.
    """

    certificate: Certificate
    spectra: tuple[tuple[Direction, ...], ...]
    descent: np.ndarray | None
    point: Point


def examine(factors: Factors, x, known: Curvature | None = None) -> Examination:
    """Judge the point x. Its factors must have full column rank (see `optimum.reduce_ranks`).

    known : the curvature at x, or so near it that D differs by less than what is tolerated.
    """
    point = factors.likelihood.at(factors.Sigmas(x))
    spectra = _first_order(factors, x, point)
    if point.sigma2 < TOLERANCES.exact_fit * factors.likelihood.gram.scaling.response**2:
        refused = Certificate(
            REFUSED, np.inf, worst_dual(factors, spectra), 0.0, None, (EXACT_FIT,)
        )
        return Examination(refused, spectra, None, point)
    decrement, smallest, descent = _second_order(factors, x, point, known)
    certificate = _judge(factors, spectra, decrement, smallest)
    return Examination(certificate, spectra, descent, point)


def spectra(factors: Factors, x) -> tuple[tuple[Direction, ...], ...]:
    """The directions of each block at x, without the second-order part of `examine`."""
    return _first_order(factors, x, factors.likelihood.at(factors.Sigmas(x)))


def _first_order(factors, x, point):
    """Per block its directions."""
    found = []
    for block, L in zip(factors.blocks, factors.split(x), strict=True):
        Gamma, H = (block.basis.T @ M[block.level] @ block.basis for M in (point.Gamma, point.H))
        n_levels = factors.likelihood.gram.n_groups[block.level]
        if block.full:
            seen = directions(L @ L.T, Gamma, H, block.informed, n_levels, block.label)
            # At the largest rank that the model allows, it has no other directions.
            held = block.columns == block.most < len(seen)
            found.append(seen[-block.most :] if held else seen)
        else:
            tau2 = float((L**2).sum())
            found.append(scalar_direction(tau2, Gamma, H, block.informed, n_levels, block.label))
    return tuple(found)


def _second_order(factors, x, point, known):
    """(Newton decrement, smallest curvature, descent step), in information units."""
    if not factors.size:
        return 0.0, None, None
    found = known or curvature(factors, x, point)
    values, vectors = modulo_rotations(factors, x, found)
    if values[0] < IN_DOUBT:
        found = curvature(factors, x, point, accurate=True)
        values, vectors = modulo_rotations(factors, x, found)
    parts = vectors.T @ (found.T.T @ factors.value_and_gradient(x)[1])
    # Flat directions are judged as such; their gradient is noise divided by noise.
    steep = np.abs(values) > TOLERANCES.curvature
    decrement = float((parts[steep] ** 2 / np.abs(values[steep])).sum() / 2)
    descent = found.T @ vectors[:, 0] if values[0] < -TOLERANCES.curvature else None
    return decrement, float(values[0]), descent


def modulo_rotations(factors, x, found):
    """Eigenvalues of the curvature where no factor turns within itself, and vectors (size, k)."""
    free = _complement(_rotations(factors, np.linalg.solve(found.T, x)))
    values, vectors = np.linalg.eigh(free.T @ found.hessian @ free)
    return values, free @ vectors


def _rotations(factors, z):
    """(size, k): the directions that turn some factor within itself."""
    tangents = [np.zeros((factors.size, 0))]
    for block, place, L in zip(factors.blocks, factors.places, factors.split(z), strict=True):
        for i in range(block.columns if block.full else 0):
            for j in range(i):
                turned = np.zeros_like(L)
                turned[:, i], turned[:, j] = L[:, j], -L[:, i]
                tangent = np.zeros((factors.size, 1))
                tangent[place, 0] = turned.ravel()
                tangents.append(tangent / np.linalg.norm(tangent))
    return np.hstack(tangents)


def _complement(A):
    """Orthonormal basis of everything orthogonal to the columns of A."""
    if not A.shape[1]:
        return np.eye(len(A))
    U, s, _ = np.linalg.svd(A, full_matrices=True)
    return U[:, int((s > 1e-7).sum()) :]


def worst_dual(factors, spectra):
    """The smallest dual of a direction without variance that the model allows to open, at most 0.

    Where there is variance the dual is the slope along it, which `stationarity` judges.
    """
    duals = [0.0]
    for block, found in zip(factors.blocks, spectra, strict=True):
        # A component at the largest rank that its structure allows cannot open another direction.
        if block.columns < block.most or block.most == block.basis.shape[1] or not block.full:
            duals += [d.dual for d in found if d.state != ALIVE]
    return float(min(duals))


def _judge(factors, spectra, decrement, curvature):
    products = [abs(d.reliability * d.dual) for found in spectra for d in found]
    undecided = any(d.state == UNDECIDED for found in spectra for d in found)
    worst = worst_dual(factors, spectra)
    reasons = []
    if decrement > TOLERANCES.stationarity:
        reasons.append(f"one more step would lower the criterion by {decrement:.2g}")
    if worst < -TOLERANCES.dual:
        reasons.append("the criterion falls when a collapsed direction opens")
    if curvature is not None and curvature < -TOLERANCES.curvature:
        reasons.append("the criterion falls on both sides: a saddle")
    if reasons:
        status = REFUSED
    elif curvature is not None and curvature <= TOLERANCES.curvature:
        status = FLAT
        reasons.append("some change of the variances leaves the fit as it is")
    elif undecided:
        status = OPEN
        reasons.append("a direction has no variance and nothing holds it at zero")
    else:
        status = CERTIFIED
    return Certificate(
        status, decrement, worst, float(max(products, default=0.0)), curvature, tuple(reasons)
    )
