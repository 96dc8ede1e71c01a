"""rstanarm's `decov`, as its Stan code has it (2.21 and later: make_theta_L, decov_lp).

T is the lower triangular factor of G. With sigma the residual SD,

    sd_j = sigma tau scale sqrt(q pi_j),  tau ~ Gamma(shape, 1),  pi ~ Dirichlet(concentration),

and for one effect sd = sigma tau scale. Row i of T is made of a unit vector u_i in R^nu, nu = q - 1
+ 2 regularization: T_ij = u_ij sd_i for j < i, and T_ii = sd_i times the length of the rest of u_i.
With that alone the correlations would be LKJ(regularization). But where i >= 3 the code scales the
T_ij by sd_(i-1), the previous row's, which its documentation does not say; so it is done here.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import gammaln

from covedge.grams.gram import Gram
from covedge.posteriors.families.directions import declare_directions
from covedge.posteriors.families.placing import Linear, Places, places, stacked
from covedge.posteriors.prior import ComponentPrior, Prior


@dataclass(frozen=True)
class DecovLayout:
    """The map from tau (C,), zeta (R',) with pi = zeta / sum zeta, and z (N,) to the factors.

    R SDs in all: those of components with correlations have a zeta, the others are tau alone.
    sd_tau : tau -> (R,) tau scale sqrt(q). sd_zeta, ones : zeta -> (R,) zeta, 1 for the others.
    sd_sum : (R,) zeta -> the sum over the component. same : as in `LkjLayout`. left : u -> the
    entries below the diagonal, left_sd : their SDs, as coded. rest : u^2 -> (R,) the squared length
    of the rest of each row's vector, first : (R,) 1 where the row has no vector.
    place_left, place_diagonal : to the flat factors. For the density: shape, concentration, and
    regularization (R,), 1 where there is no vector.
    """

    places: Places
    sd_tau: Linear
    sd_zeta: Linear
    ones: np.ndarray
    sd_sum: Linear
    same: Linear
    left: Linear
    left_sd: Linear
    rest: Linear
    first: np.ndarray
    place_left: Linear
    place_diagonal: Linear
    shape: np.ndarray
    concentration: np.ndarray
    regularization: np.ndarray

    @property
    def widths(self):
        return self.places.widths

    def declare(self):
        import pymc as pm
        import pytensor

        def gamma(name, alpha):
            return pm.Gamma(name, alpha=pytensor.shared(alpha), beta=1.0, shape=len(alpha))

        values = {}
        if len(self.shape):
            values["tau"] = gamma("tau", self.shape)
        if len(self.concentration):
            values["zeta"] = gamma("zeta", self.concentration)
            values["z"] = declare_directions("z", self.same.matrix.shape[0], self.same)
        return values

    def relative(self, values, sigma):
        """sigma is not used: the prior is on SDs relative to it."""
        return self.place_left(self.below(values)) + self.place_diagonal(self.diagonal(values))

    def sd(self, values):
        """SDs over sigma, (R,)."""
        scale = self.sd_tau(values["tau"])
        if "zeta" not in values:
            return scale
        zeta = self.sd_zeta(values["zeta"]) + self.ones
        return scale * (zeta / self.sd_sum(zeta)) ** 0.5

    def below(self, values):
        """Entries of T below the diagonal, row by row, over sigma."""
        if "z" not in values:
            return np.zeros((len(values["tau"]), 0)) if _drawn(values) else np.zeros(0)
        z = values["z"]
        return self.left(z / self.same(z**2) ** 0.5) * self.left_sd(self.sd(values))

    def diagonal(self, values):
        """(R,) diagonal entries of T over sigma."""
        if "z" not in values:
            return self.sd(values)
        return self.sd(values) * self._rest(values) ** 0.5

    def _rest(self, values):
        z = values["z"]
        squares = z**2
        return self.rest(squares / self.same(squares)) + self.first

    def simulate(self, rng, n):
        values = {"tau": rng.gamma(self.shape, size=(n, len(self.shape)))}
        if len(self.concentration):
            values["zeta"] = rng.gamma(self.concentration, size=(n, len(self.concentration)))
            values["z"] = rng.normal(size=(n, self.same.matrix.shape[0]))
        return values

    def log_prior(self, values):
        """(n,) of tau, of each Dirichlet pi, and of the correlations (what LKJ would give)."""
        tau = values["tau"]
        total = ((self.shape - 1.0) * np.log(tau) - tau - gammaln(self.shape)).sum(axis=1)
        if "zeta" not in values:
            return total
        zeta = self.sd_zeta(values["zeta"]) + self.ones
        share = np.log(zeta / self.sd_sum(zeta))
        with_zeta = self.sd_zeta.matrix.any(axis=1)
        total = total + share[:, with_zeta] @ (self.concentration - 1.0)
        return total + np.log(self._rest(values)) @ (self.regularization - 1.0)


def decov_layout(gram: Gram, prior: Prior) -> DecovLayout:
    """Lay out tau, zeta and z for the prior's components, in their order."""
    components = prior.components
    where = places(gram, components, [c.basis.shape[1] for c in components])
    of = np.repeat(np.arange(len(components)), [len(c.scales) for c in components])
    member = (of[:, None] == np.arange(len(components))).astype(float)
    scale = np.array([c.hyper.scale * np.sqrt(len(c.scales)) for c in components])
    with_zeta = np.array([components[k].correlated for k in of], dtype=bool)
    rows, diagonal = _rows(components, where)
    return DecovLayout(
        where,
        Linear("sd_tau", member * scale),
        Linear("sd_zeta", np.eye(len(of))[:, with_zeta]),
        (~with_zeta).astype(float),
        Linear("sd_sum", member @ member.T),
        *rows.matrices(where.size),
        Linear("place_diagonal", diagonal),
        np.array([c.hyper.shape for c in components]),
        np.array([components[k].hyper.concentration for k in of[with_zeta]]),
        np.where(with_zeta, [components[k].hyper.regularization for k in of], 1.0),
    )


def _rows(components: Sequence[ComponentPrior], where: Places):
    """The rows of all T that have a vector; and (size, R) the places of the diagonal."""
    n_rows = sum(len(c.scales) for c in components)
    rows, diagonal, row = _Rows(n_rows), np.zeros((where.size, n_rows)), 0
    for k, c in enumerate(components):
        # rstanarm's LKJ, of as many dimensions in every row.
        length = round(len(c.scales) - 1 + 2 * c.hyper.regularization)
        for i in range(len(c.scales)):
            columns = where.bases[k][:, [i]] if c.full else where.bases[k]
            diagonal[:, row] = where.put(k, columns, i)
            if i:
                put = [where.put(k, columns, j) for j in range(i)]
                # From the third row on, the previous row's SD: see above.
                rows.add(row, row - 1 if i > 1 else row, put, length)
            row += 1
    return rows, diagonal


def _drawn(values):
    return isinstance(values["tau"], np.ndarray)


class _Rows:
    """Rows of T that have a vector, one after the other."""

    def __init__(self, n_rows):
        self.n_rows = n_rows
        self.owners: list[int] = []
        self.left: list[tuple[int, int, np.ndarray]] = []
        self.rest: list[tuple[int, int]] = []

    def add(self, row, sd, put, length):
        for j in range(length):
            entry = len(self.owners)
            self.owners.append(row)
            if j < len(put):
                self.left.append((entry, sd, put[j]))
            else:
                self.rest.append((row, entry))

    def matrices(self, size):
        """same, left, left_sd, rest, first, place_left: see `DecovLayout`."""
        n, owners = len(self.owners), np.array(self.owners, dtype=int)
        left, left_sd = np.zeros((len(self.left), n)), np.zeros((len(self.left), self.n_rows))
        for k, (entry, sd, _) in enumerate(self.left):
            left[k, entry], left_sd[k, sd] = 1.0, 1.0
        rest = np.zeros((self.n_rows, n))
        for row, entry in self.rest:
            rest[row, entry] = 1.0
        first = np.ones(self.n_rows)
        first[owners] = 0.0
        return (
            Linear("same", (owners[:, None] == owners).astype(float)),
            Linear("left", left),
            Linear("left_sd", left_sd),
            Linear("rest", rest),
            first,
            Linear("place_left", stacked([put for *_, put in self.left], size)),
        )
