"""A Wishart prior on G with a finite scale, which keeps away from the boundary.

G = B D Z Z' D B' / df with Z (p, df) standard normal and D the scales: G is Wishart with df
degrees of freedom and mean B D^2 B'. With df >= p + 1 its density vanishes where G is singular;
df = p + 2 is what Chung, Gelman, Rabe-Hesketh, Liu and Dorie (2015, Journal of Educational and
Behavioral Statistics 40, 136-157) recommend. Their prior, and blme's, has an infinite scale and no
finite integral: it serves for a posterior mode only. An SD that is shared by all directions of a
component has the same prior as that of one direction.
"""

from dataclasses import dataclass

import numpy as np

from covedge.grams.gram import Gram
from covedge.posteriors.families.placing import Linear, Places, places, stacked
from covedge.posteriors.prior import ComponentPrior, Prior


@dataclass(frozen=True)
class WishartLayout:
    """The map from z (N,), standard normal, to the factors, in units of the scaled response.

    place : from the z of full components; squares : (C', N), z^2 -> squared lengths, of the others,
    place_shared : from those lengths. entries : per component its z (slice) and prior.
    """

    places: Places
    place: Linear
    squares: Linear
    place_shared: Linear
    entries: tuple[tuple[slice, ComponentPrior], ...]

    @property
    def widths(self):
        return self.places.widths

    def declare(self):
        import pymc as pm

        n = self.place.matrix.shape[1]
        return {"w": pm.Normal("w", shape=n)} if n else {}

    def relative(self, values, sigma):
        """Draws: sigma (n, 1), or a scalar tensor, in units of the scaled response."""
        flat = self.place(values["w"])
        if len(self.squares.matrix):
            flat = flat + self.place_shared(self.squares(values["w"] ** 2) ** 0.5)
        return flat / sigma

    def simulate(self, rng, n):
        return {"w": rng.normal(size=(n, self.place.matrix.shape[1]))}

    def log_prior(self, values):
        """(n,) log Wishart density of every G, without constants, in units of its scale."""
        n = len(values["w"])
        total = np.zeros(n)
        for entries, component in self.entries:
            p = len(component.scales)
            Z = values["w"][:, entries].reshape(n, p, -1)
            W = Z @ Z.transpose(0, 2, 1)
            power = 0.5 * (Z.shape[2] - p - 1)
            total += power * np.linalg.slogdet(W)[1] - 0.5 * np.trace(W, axis1=1, axis2=2)
        return total


def wishart_layout(gram: Gram, prior: Prior) -> WishartLayout:
    """Lay out z for the prior's components, in their order."""
    components = prior.components
    columns = [degrees(c) if c.full else c.basis.shape[1] for c in components]
    where = places(gram, components, columns)
    n = sum(len(c.scales) * degrees(c) for c in components)
    place, entries, shared, put = [], [], [], []
    for k, c in enumerate(components):
        basis = where.bases[k] * c.scales / (gram.scaling.response * np.sqrt(degrees(c)))
        own = slice(len(place), len(place) + len(c.scales) * degrees(c))
        if c.full:
            for i in range(len(c.scales)):
                place += [where.put(k, basis[:, [i]], j) for j in range(degrees(c))]
        else:
            place += [np.zeros(where.size)] * degrees(c)
            shared.append((np.arange(n) >= own.start) & (np.arange(n) < own.stop))
            put.append(where.put(k, basis))
        entries.append((own, c))
    return WishartLayout(
        where,
        Linear("place", stacked(place, where.size)),
        Linear("squares", np.array(shared, dtype=float).reshape(len(shared), n)),
        Linear("place_shared", stacked(put, where.size)),
        tuple(entries),
    )


def degrees(component: ComponentPrior) -> int:
    """df: so many more than there are SDs."""
    return len(component.scales) + component.hyper.above
