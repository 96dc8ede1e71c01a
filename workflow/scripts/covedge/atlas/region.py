"""The part of all designs that an atlas covers, and its coordinates."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from covedge.atlas.trial import Place

# Groups, sizes of the weakest direction and observations in a group, as multiples of the user's.
GROUPS, SIZES, DENSITIES = (1 / 4, 8.0), (1 / 4, 16.0), (1 / 4, 4.0)
FEWEST_GROUPS = 3
# What theory says is cut off here: beyond, nothing is singular, or everything.
SURE = 6.0


@dataclass(frozen=True)
class Region:
    """groups, sds, densities : smallest and largest; here : the user's own design.

    reliabilities : (k, 2) SDs of the weakest direction and its reliabilities on the user's design.
    """

    groups: tuple[int, int]
    sds: tuple[float, float]
    densities: tuple[float, float]
    here: Place
    reliabilities: np.ndarray

    def place(self, unit: Sequence[float]) -> Place:
        """The place at (3,) from 0 to 1: groups, SD, density, each on a logarithmic scale."""
        low, high = self._logs()
        n_groups, sd, density = np.exp(low + (high - low) * np.asarray(unit))
        return Place(int(np.round(n_groups)), float(sd), float(density))

    def coordinates(self, places: Sequence[Place]) -> np.ndarray:
        """(k, 3) from -1 to 1."""
        low, high = self._logs()
        at = np.log([(p.n_groups, p.sd, p.density) for p in places])
        return 2.0 * (at - low) / (high - low) - 1.0

    def theory(self, places: Sequence[Place]) -> np.ndarray:
        """(k,) what theory says of the probit of P(singular).

        With balanced groups, of which the outermost differ in one direction, a fit is singular
        where F (1 + lambda) < 1, F of Fisher's distribution with L - 1 degrees of freedom and
        lambda = rho / (1 - rho); log F is nearly normal with the variance 2 / (L - 1).
        """
        sds, reliabilities = self.reliabilities.T
        found = []
        for p in places:
            rho = min(np.interp(np.log(p.sd), np.log(sds), reliabilities), 1.0 - 1e-12)
            spread = np.sqrt(2.0 / max(p.n_groups - 1, 1))
            found.append(-np.log1p(p.density * rho / (1.0 - rho)) / spread)
        return np.maximum(np.array(found), -SURE) / SURE * 2.0

    def _logs(self):
        limits = np.log([self.groups, self.sds, self.densities])
        return limits[:, 0], limits[:, 1]
