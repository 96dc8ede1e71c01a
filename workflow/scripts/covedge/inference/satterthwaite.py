"""Satterthwaite's degrees of freedom of fixed effects, on the directions that are not collapsed.

The variance v = l'Cov(beta)l of a contrast is itself estimated. Its own variance follows from the
curvature of the criterion D (delta method), and v is treated as chi-square with as many degrees of
freedom as give that variance:

    df = 2 v^2 / Var(v),    Var(v) = 2 g'D''^-1 g,   g = dv / d(variance parameters).

With sigma^2 profiled out, h = dv/dz along the profile and P = D''(z) there, the joint form over z
and sigma^2 is g'D''^-1 g = h'P^-1 h + v^2 / nu. Here z are the factors at the rank of the optimum,
without the rotations that change nothing: a collapsed direction has no slope (v depends on its
square), and a curvature there has nothing to say.

lmerTest (Kuznetsova, Brockhoff and Christensen 2017, J. Stat. Softw. 82(13)) does the same in
(theta, sigma) by numerical differences, and leaves out eigenvalues of its Hessian below 1e-8, a
number that depends on units. At a singular optimum it gives the same as this, where lme4 has
reached it; elsewhere a rotation or a saddle shows as "1 negative eigenvalue", and the degrees of
freedom change with the units and the optimiser in their second or third digit.
"""

from dataclasses import dataclass

import numpy as np

from covedge.fits.certificate import EXACT_FIT, modulo_rotations
from covedge.fits.curvature import STEP, curvature
from covedge.fits.factors import Factors
from covedge.fits.fit import Fit
from covedge.fits.tolerances import TOLERANCES

SADDLE = "the criterion does not curve upwards here, so that the point is no optimum"


@dataclass(frozen=True)
class Satterthwaite:
    """How surely Cov(beta) is known.

    covariance : (p, p) of beta; slopes : (k, p, p) its derivatives along k directions, scaled so
        that the inverse curvature is I. nu : n, or n - p for REML.
    reason : why there is nothing, else "".
    """

    covariance: np.ndarray
    slopes: np.ndarray
    nu: int
    reason: str = ""

    def df(self, contrast) -> float:
        """Degrees of freedom of l'beta; contrast l (p,)."""
        v = float(contrast @ self.covariance @ contrast)
        h = np.einsum("i,kij,j->k", contrast, self.slopes, contrast)
        return v**2 / float(h @ h + v**2 / self.nu)


def satterthwaite(fit: Fit) -> Satterthwaite:
    """Of the fit, in the user's units."""
    factors, x, point = fit.factors, fit.x, fit.point
    nu, p = factors.likelihood.nu, len(point.beta)
    none = np.zeros((0, p, p))
    if EXACT_FIT in fit.certificate.reasons:
        return Satterthwaite(point.cov_beta, none, nu, EXACT_FIT)
    if not factors.size:
        return Satterthwaite(point.cov_beta, none, nu)
    found = curvature(factors, x, point, accurate=True)
    values, vectors = modulo_rotations(factors, x, found)
    if values.size and values[0] < -TOLERANCES.curvature:
        return Satterthwaite(point.cov_beta, none, nu, SADDLE)
    # Along a flat direction V does not change, nor does Cov(beta).
    steep = values > TOLERANCES.curvature
    axes = vectors[:, steep] / np.sqrt(values[steep])
    slopes = np.tensordot(axes.T, _slopes(factors, x, found.T), 1)
    return Satterthwaite(point.cov_beta, slopes, nu)


def _slopes(factors: Factors, x, T):
    """(size, p, p) dCov(beta)/dz, sigma^2 profiled out; by differences, with an error of step^4."""
    steps = np.empty(factors.size)
    for block, place in zip(factors.blocks, factors.places, strict=True):
        steps[place] = STEP * np.sqrt(factors.likelihood.gram.n_groups[block.level])

    def covariance(moved):
        return factors.likelihood.at(factors.Sigmas(moved), information=False).cov_beta

    def slope(move):
        near = covariance(x + move) - covariance(x - move)
        far = covariance(x + 2.0 * move) - covariance(x - 2.0 * move)
        return (8.0 * near - far) / 12.0

    moves = (T * steps).T
    return np.array([slope(move) / step for move, step in zip(moves, steps, strict=True)])
