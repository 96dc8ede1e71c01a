"""LKJ through unit vectors: from unconstrained numbers to a factor of each G. Design, section 5.

A full component of p > 1 directions has a factor with rows s_i u_i, u_i = z_i / |z_i|, with
s_i ~ N(0, scale_i) without a sign constraint and z_i in R^nu, nu = p - 1 + 2 eta, of a density that
knows no direction (see `collapsed`). Then |s_i| is half-normal and U U' is LKJ(eta). Nothing has
an edge. A component of one direction, or with one SD shared by all its directions, needs no unit
vectors.
"""

from dataclasses import dataclass

import numpy as np

from covedge.grams.gram import Gram
from covedge.posteriors.prior import ComponentPrior


@dataclass(frozen=True)
class UnitVectors:
    """The map from s (R,), standard normal, and z (N,) to the factors, as arrays.

    rows : (R, N) indicators of the unit vector that an entry of z belongs to, so that rows @ z**2
        are the squared lengths; zero rows for the s that have no unit vector.
    place : (sum q_k w_k, N), from the numbers s_i u_i to the flat factors of all levels, in the
        Gram's scaled coordinates; the prior's scales are in it. place_single : (sum q_k w_k, R),
        the same from the s without unit vectors.
    widths : (K,) w_k, columns of the factors.
    """

    rows: np.ndarray
    place: np.ndarray
    place_single: np.ndarray
    widths: np.ndarray
    n_effects: tuple[int, ...]

    def factors(self, s, z):
        """(draws, sum q_k w_k) flat factors from s (draws, R) and z (draws, N)."""
        lengths = np.sqrt(z**2 @ self.rows.T @ self.rows)
        return s @ self.place_single.T + (s @ self.rows * z / lengths) @ self.place.T

    def covariances(self, factors):
        """Per level (draws, q, q), F F'."""
        ends = np.cumsum([q * w for q, w in zip(self.n_effects, self.widths, strict=True)])
        blocks = np.split(factors, ends[:-1], axis=1) if len(ends) else []
        blocks = [
            block.reshape(len(factors), q, w)
            for block, q, w in zip(blocks, self.n_effects, self.widths, strict=True)
        ]
        return [F @ F.transpose(0, 2, 1) for F in blocks]


def unit_vectors(gram: Gram, components: tuple[ComponentPrior, ...]) -> UnitVectors:
    """Lay out s and z for the components, in their order.

    gram : of the model (`reduced_gram.of_model`), to whose levels the components refer.
    """
    widths = np.zeros(len(gram.n_effects), dtype=np.int64)
    for component in components:
        widths[component.level] += component.columns
    starts = np.concatenate([[0], np.cumsum(np.array(gram.n_effects, dtype=int) * widths)])
    n_rows = sum(len(c.scales) for c in components)
    size, at = starts[-1], 0
    rows, place, place_single = [], [], np.zeros((size, n_rows))
    column = np.zeros_like(widths)
    for c in components:
        block = slice(starts[c.level], starts[c.level + 1])
        shape = (gram.n_effects[c.level], widths[c.level])
        W = gram.scaling.random[c.level]
        basis = np.linalg.lstsq(W, c.basis)[0] * c.scales / gram.scaling.response
        if c.full and len(c.scales) > 1:
            for i in range(len(c.scales)):
                for j in range(column[c.level], column[c.level] + c.columns):
                    rows.append(np.arange(n_rows) == at + i)
                    place.append(_placed(size, block, shape, basis[:, [i]], j))
        else:
            place_single[:, at] = _placed(size, block, shape, basis, column[c.level])
        column[c.level] += c.columns
        at += len(c.scales)
    return UnitVectors(
        np.array(rows, dtype=float).reshape(len(rows), n_rows).T.copy(),
        np.array(place).reshape(len(rows), size).T.copy(),
        place_single,
        widths,
        gram.n_effects,
    )


def _placed(size, block, shape, columns, first):
    """Flat factors (size,) that hold `columns` (q, c) from column `first` of one level's factor."""
    flat = np.zeros(size)
    flat[block].reshape(shape)[:, first : first + columns.shape[1]] = columns
    return flat
