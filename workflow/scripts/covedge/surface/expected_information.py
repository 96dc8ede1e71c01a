"""D near a point, to second order: slopes, curvature, and what the design alone says of both.

For V = V(Sigma) relative to sigma^2, M = V^-1 - V^-1X(X'V^-1X)^-1X'V^-1 and V_a = dV/ds_a,

    B_ab = tr(M V_a M V_b)  = -d tr(M V_a)/ds_b         (ML: V^-1 in place of M)

is the expected information of (sigma^2, G), up to a factor, with V_0 = I for sigma^2. From
M V M = M:

    B_a0 = tr(M V_a) - sum_b B_ab s_b,    B_00 = nu - 2 sum_a B_a0 s_a - sum_ab s_a B_ab s_b.

With sigma^2 profiled out, E[d2D/ds2] = B_ab - tr(M V_a) tr(M V_b) / nu. Design, sections 3 and 6.
"""

from dataclasses import dataclass

import numpy as np

from covedge.grams.gram import Gram
from covedge.surface import indefinite, indefinite_slopes
from covedge.surface.indefinite_dense import MOST_EFFECTS, Crossed, crossed_point, products
from covedge.surface.span import Span


class Surface:
    """D as a function of any symmetric Sigmas on one Gram, where V is positive definite."""

    def __init__(self, gram: Gram, reml: bool):
        self.gram, self.reml = gram, reml
        self.nested = hasattr(gram, "parents")
        self._shared = None

    @property
    def too_large(self):
        """Why this Gram is beyond what is computed here, or ""."""
        effects = sum(q * L for q, L in zip(self.gram.n_effects, self.gram.n_groups, strict=True))
        if self.nested or effects <= MOST_EFFECTS:
            return ""
        return (
            f"crossed grouping factors with {effects:,} random effects; up to {MOST_EFFECTS:,} are "
            "computed"
        )

    def at(self, Sigmas):
        """The point at Sigmas, scaled and deepest first; None where V is not positive definite."""
        gram = self.gram
        if self.nested:
            self._shared = self._shared or indefinite.localised(gram)
            return indefinite.nested_point(gram, Sigmas, self.reml, self._shared)
        if self._shared is None:
            self._shared = products(gram.full(), gram.n_obs, gram.n_fixed, gram.n_groups)
        return crossed_point(self._shared, Sigmas, self.reml)


@dataclass(frozen=True)
class Expansion:
    """D about a point of a span, sigma^2 and beta profiled out, in scaled coordinates.

    s : (a,) the point. value : D without the scaling's constant. residual : r^2; nu.
    gradient, hessian : of D in s. traces : (a,) tr(M V_a). B : (a, a) tr(M V_a M V_b).
    """

    s: np.ndarray
    value: float
    residual: float
    nu: int
    gradient: np.ndarray
    hessian: np.ndarray
    traces: np.ndarray
    B: np.ndarray

    @property
    def information(self):
        """(a, a) E[d2D/ds2], sigma^2 profiled out."""
        return self.B - np.outer(self.traces, self.traces) / self.nu

    @property
    def joint(self):
        """(1 + a, 1 + a) B over sigma^2 and s."""
        across = self.traces - self.B @ self.s
        corner = self.nu - 2.0 * across @ self.s - self.s @ self.B @ self.s
        return np.block([[np.array([[corner]]), across[None]], [across[:, None], self.B]])

    @property
    def energies(self):
        """(1 + a,) y'MMy and y'M V_a M y."""
        own = (self.traces - self.gradient) * self.residual / self.nu
        return np.append(self.residual - own @ self.s, own)

    def restricted(self, C, s) -> "Expansion":
        """On the span whose coordinates s are C s here."""
        return Expansion(
            s,
            self.value,
            self.residual,
            self.nu,
            C.T @ self.gradient,
            C.T @ self.hessian @ C,
            C.T @ self.traces,
            C.T @ self.B @ C,
        )


def expand(point, span: Span, s) -> Expansion:
    """The Expansion at a point of `Surface.at(span.Sigmas(s))`."""
    slopes = (
        point.slopes(span.directions)
        if isinstance(point, Crossed)
        else indefinite_slopes.slopes(point, span.directions)
    )
    first = np.concatenate(
        [
            np.zeros((2, 0)),
            *(
                np.einsum("sij,aij->sa", G, E)
                for G, E in zip(point.gradients, span.directions, strict=True)
            ),
        ],
        axis=1,
    )
    root = point.root
    return Expansion(
        s, point.criterion, root.residual, root.nu, first[0], slopes[0], first[1], -slopes[1]
    )
