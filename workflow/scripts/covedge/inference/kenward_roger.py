"""Kenward and Roger's covariance and degrees of freedom of fixed effects, for REML.

In the variances (sigma^2, G), every element of each component of G, in which V is linear. With
V_a = dV/dtheta_a, M = V^-1 - V^-1 X Phi X'V^-1 and Phi = (X'V^-1 X)^-1:

    W   = 2 [tr(M V_a M V_b)]^-1                 covariance of the estimated variances
    P_a = X'V^-1 V_a V^-1 X,   Q_ab = X'V^-1 V_a V^-1 V_b V^-1 X
    Phi_adjusted = Phi + 2 Phi { sum W_ab (Q_ab - P_a Phi P_b) } Phi
    df of l'beta = 2 (l'Phi l)^2 / sum W_ab (l'Phi P_a Phi l)(l'Phi P_b Phi l)

the latter being what their F approximation comes to with one numerator degree of freedom.

With W = TT' the sums run over single combinations V~_k = sum_a T_ak V_a, and
Q - P Phi P = (V~V^-1X)' M (V~V^-1X) needs M times p vectors: the mixed-model equations with other
right-hand sides. So nothing has n rows, and nested groups may be many.

All this expands about a truth in the interior: at a singular G the variances cannot vary both ways,
W is no covariance of theirs, and the result is no more than a computation. Kenward and Roger
(1997), Biometrics 53, 983-997; as in pbkrtest (Halekoh and Hojsgaard 2014, J. Stat. Softw. 59(9)).
"""

from dataclasses import dataclass

import numpy as np

from covedge.effects.columns import Columns
from covedge.effects.modes import equations
from covedge.fits.certificate import EXACT_FIT
from covedge.fits.fit import Fit
from covedge.fits.tolerances import TOLERANCES
from covedge.surface.expected_information import Surface, expand
from covedge.surface.span import span_of

ML = "Kenward and Roger's method is for REML fits"
# Random effects times fixed effects times variances: some ten seconds at 1e8. It depends on the
# design alone, so that the same data always get the same answer.
MOST_WORK = 5e8
TOO_LARGE = "there are too many random effects, fixed effects and variances together"
NO_INFORMATION = "the covariance of the observations has too few digits here"


@dataclass(frozen=True)
class KenwardRoger:
    """Phi and its adjustment in the user's units; reason : why there is nothing, else "".

    covariance, adjusted : (p, p). changes : (k, p, p) Phi P~_k Phi of each combination.
    """

    covariance: np.ndarray
    adjusted: np.ndarray
    changes: np.ndarray
    reason: str = ""

    def df(self, contrast) -> float:
        """Denominator degrees of freedom of l'beta; contrast l (p,)."""
        v = float(contrast @ self.covariance @ contrast)
        h = np.einsum("i,kij,j->k", contrast, self.changes, contrast)
        return 2.0 * v**2 / float(h @ h)


def kenward_roger(fit: Fit) -> KenwardRoger:
    """Of a REML fit."""
    likelihood, Phi = fit.factors.likelihood, fit.point.cov_beta
    surface = Surface(likelihood.gram, reml=True)
    reason = "" if fit.reml else ML
    reason = reason or (EXACT_FIT if EXACT_FIT in fit.certificate.reasons else surface.too_large)
    span = span_of(fit.factors.blocks, likelihood.gram.n_effects)
    reason = reason or (TOO_LARGE if _work(likelihood.gram, span) > MOST_WORK else "")
    if reason:
        return _nothing(Phi, reason)
    Sigmas = fit.factors.Sigmas(fit.x)
    point = surface.at(Sigmas)
    if point is None:
        return _nothing(Phi, NO_INFORMATION)
    s = span.coordinates(Sigmas)
    T = _root_of_inverse(expand(point, span, s).joint)
    # V_0 = I is V - sum s_a V_a, and M V V^-1 X = MX = 0: sigma^2 acts through the other elements.
    inside = T[1:] - np.outer(s, T[0])
    U, P = _sums(likelihood.gram, Sigmas, span, T[0], inside)
    # In scaled coordinates sigma^2 = 1; Phi is the user's and brings both back.
    back = np.linalg.inv(likelihood.gram.scaling.fixed) * likelihood.gram.scaling.response
    unit = fit.point.sigma2 / likelihood.gram.scaling.response**2
    scaled = np.linalg.solve(back, np.linalg.solve(back, Phi).T).T / unit

    def users(A):
        return unit * back @ scaled @ A @ scaled @ back.T

    changes = np.array([users(p) for p in P])
    return KenwardRoger(Phi, Phi + 2.0 * users(U), changes)


def _work(gram, span):
    effects = sum(L * q for L, q in zip(gram.n_groups, gram.n_effects, strict=True))
    return float(effects) * gram.n_fixed * (1 + span.size)


def _nothing(Phi, reason):
    return KenwardRoger(Phi, Phi, np.zeros((0, *Phi.shape)), reason)


def _root_of_inverse(B):
    """(a, k) T with TT' = 2 B^-1, less what the data cannot tell apart: there V does not move."""
    scale = np.sqrt(np.maximum(np.diag(B), 1e-14 * np.diag(B).max()))
    values, vectors = np.linalg.eigh(B / np.outer(scale, scale))
    keep = values > TOLERANCES.identifiable
    return vectors[:, keep] * np.sqrt(2.0 / values[keep]) / scale[:, None]


def _sums(gram, Sigmas, span, residual, inside):
    """U = sum_k (V~V^-1X)'M(V~V^-1X), and (k, p, p) P~_k, in scaled coordinates with sigma^2 = 1.

    residual : (k,) and inside : (a, k) the coefficients of V and of each V_a in V~_k.
    """
    system = equations(gram, Sigmas)
    p = gram.n_fixed
    nothing = np.zeros((p, p))

    def columns(effects, fixed):
        return Columns(tuple(effects), fixed)

    zeros = [np.zeros((L, q, p)) for L, q in zip(gram.n_groups, gram.n_effects, strict=True)]
    # The random effects of the response X e_j with beta = 0, and from them -[Z | X]'V^-1 X.
    taken = system.solve(columns(zeros, -system.information))
    ZVX = [-z for z in system.product(taken).effects]
    U, P = np.zeros((p, p)), []
    for own, combination in zip(residual, inside.T, strict=True):
        change = span.Sigmas(combination)
        c = columns([D @ z for D, z in zip(change, ZVX, strict=True)], nothing)
        products = system.product(c)
        U += products.inner(c) - products.inner(system.solve(products))
        moved = sum((np.einsum("gqi,gqj->ij", z, d) for z, d in zip(ZVX, c.effects, strict=True)))
        P.append(own * system.information + moved)
    return U, np.array(P)
