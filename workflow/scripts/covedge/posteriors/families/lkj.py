"""LKJ through unit vectors: from unconstrained numbers to a factor of each G. Design, section 5.

A full component of p > 1 directions has a factor with rows s_i u_i, u_i = z_i / |z_i|, with
s_i ~ N(0, scale_i) without a sign constraint and z_i in R^nu, nu = p - 1 + 2 eta, of a density that
knows no direction (see `directions`). Then |s_i| is half-normal and U U' is LKJ(eta). Nothing has
an edge. A component of one direction, or with one SD shared by all its directions, needs no unit
vectors.
"""

from dataclasses import dataclass

import numpy as np

from covedge.grams.gram import Gram
from covedge.posteriors.families.directions import declare_directions
from covedge.posteriors.families.placing import Linear, Places, places, stacked
from covedge.posteriors.prior import ComponentPrior, Prior


@dataclass(frozen=True)
class LkjLayout:
    """The map from s (R,), standard normal, and z (N,) to the factors.

    same : (N, N), z^2 -> the squared length of the vector that each entry belongs to; spread : (N,
    R), s -> the s of each entry. place : from the numbers s_i u_i to the flat factors, in units of
    the scaled response; place_single : the same from the s without unit vectors.
    vectors : per full component of more than one direction, its s (slice), z (slice) and prior.
    """

    places: Places
    same: Linear
    spread: Linear
    place: Linear
    place_single: Linear
    vectors: tuple[tuple[slice, slice, ComponentPrior], ...]

    @property
    def widths(self):
        return self.places.widths

    @property
    def sizes(self):
        """Numbers of s and of z."""
        return self.place_single.matrix.shape[1], self.place.matrix.shape[1]

    def declare(self):
        import pymc as pm

        n_s, n_z = self.sizes
        values = {}
        if n_s:
            values["s"] = pm.Normal("s", shape=n_s)
        if n_z:
            values["z"] = declare_directions("z", n_z, self.same)
        return values

    def relative(self, values, sigma):
        """Draws: sigma (n, 1), or a scalar tensor, in units of the scaled response."""
        flat = self.place_single(values["s"])
        if "z" in values:
            z = values["z"]
            numbers = self.spread(values["s"]) * z / self.same(z**2) ** 0.5
            flat = flat + self.place(numbers)
        return flat / sigma

    def simulate(self, rng, n):
        n_s, n_z = self.sizes
        return {"s": rng.normal(size=(n, n_s)), "z": rng.normal(size=(n, n_z))}

    def log_prior(self, values):
        """(n,) half-normals of all SDs, and |R|^(eta - 1) of the correlations."""
        total = -0.5 * (values["s"] ** 2).sum(axis=1)
        for _, entries, component in self.vectors:
            p = component.basis.shape[1]
            z = values["z"][:, entries].reshape(len(total), p, -1)
            U = z / np.linalg.norm(z, axis=2, keepdims=True)
            logdet = np.linalg.slogdet(U @ U.transpose(0, 2, 1))[1]
            total = total + (component.hyper.eta - 1.0) * logdet
        return total


def lkj_layout(gram: Gram, prior: Prior) -> LkjLayout:
    """Lay out s and z for the prior's components, in their order."""
    components = prior.components
    columns = [_columns(c) for c in components]
    where = places(gram, components, columns)
    n_rows = sum(len(c.scales) for c in components)
    rows, place, vectors = [], [], []
    single = np.zeros((where.size, n_rows))
    at = 0
    for k, c in enumerate(components):
        basis = where.bases[k] * c.scales / gram.scaling.response
        if c.correlated:
            started = len(rows)
            for i in range(len(c.scales)):
                rows += [np.arange(n_rows) == at + i] * columns[k]
                place += [where.put(k, basis[:, [i]], j) for j in range(columns[k])]
            vectors.append((slice(at, at + len(c.scales)), slice(started, len(rows)), c))
        else:
            single[:, at] = where.put(k, basis)
        at += len(c.scales)
    spread = np.array(rows, dtype=float).reshape(len(rows), n_rows)
    return LkjLayout(
        where,
        Linear("same", spread @ spread.T),
        Linear("spread", spread),
        Linear("place", stacked(place, where.size)),
        Linear("place_single", single),
        tuple(vectors),
    )


def _columns(component):
    """Columns of its factor: dimensions of the unit vectors, or of the directions."""
    p = component.basis.shape[1]
    return round(p - 1 + 2 * component.hyper.eta) if component.correlated else p
