"""How often something happened, and how sure that is."""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Proportion:
    """count of n, with a 95 % Wilson interval."""

    count: int
    n: int

    @property
    def estimate(self):
        return self.count / self.n

    @property
    def interval(self):
        z = 1.959963984540054
        centre = (self.count + z**2 / 2) / (self.n + z**2)
        half = z * np.sqrt(self.count * (self.n - self.count) / self.n + z**2 / 4) / (self.n + z**2)
        return max(centre - half, 0.0), min(centre + half, 1.0)
