"""MIVQUE: one step of REML scoring for (sigma^2, G), which may come out indefinite.

The quadratic forms y'M V_a M y have expectations sum_b tr(M V_a M V_b) theta_b that are linear in
theta = (sigma^2, elements of G), whatever the truth; M is taken at V of the certified fit. Solving
for theta gives the unbiased estimate that is best near that point (Rao's minimum variance quadratic
unbiased). In balanced designs M does not matter, and it is the analysis of variance's estimate.
REML for ML fits too: ML's step is biased towards negative values, and these are asked about.
"""

from dataclasses import dataclass

import numpy as np

from covedge.fits.tolerances import TOLERANCES
from covedge.surface.expected_information import Expansion
from covedge.surface.span import Span


@dataclass(frozen=True)
class Mivque:
    """sigma2 and, per level, G (q, q), in the Gram's scaled coordinates; either can be negative."""

    sigma2: float
    G: tuple[np.ndarray, ...]

    @property
    def Sigmas(self):
        """G / sigma^2; None where sigma^2 is not positive."""
        return tuple(G / self.sigma2 for G in self.G) if self.sigma2 > 0 else None


def mivque(expansion: Expansion, span: Span) -> Mivque | None:
    """The step from a point; None where the elements of `span` cannot be told apart.

    expansion : of the REML criterion on `span`.
    """
    B = expansion.joint
    scale = np.sqrt(np.maximum(np.diag(B), 1e-300))
    values, vectors = np.linalg.eigh(B / np.outer(scale, scale))
    if values[0] < TOLERANCES.identifiable:
        return None
    theta = vectors @ ((vectors.T @ (expansion.energies / scale)) / values) / scale
    # r^2 / n is 1 or less in scaled coordinates, and G in units of the same response.
    return Mivque(float(theta[0]), span.Sigmas(theta[1:]))
