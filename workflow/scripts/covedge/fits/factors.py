"""Factors: the free parameters of a model, Sigma_k = sum over components of A L (A L)'.

A full component has L (p, d), a scalar one L = tau (1,). Nothing has an edge, so any optimiser
walks through singular Sigma. Bases A are orthonormal in the Gram's scaled coordinates.
"""

from dataclasses import dataclass, replace

import numpy as np

from covedge.fits.likelihood import Likelihood, square_root
from covedge.fits.spectrum import informed
from covedge.kernel.factored import gradients, value_and_gradient
from covedge.kernel.search import search
from covedge.models.structure import FULL, Structure


@dataclass(frozen=True)
class Block:
    """One component as the optimiser sees it: basis A (q, p) at a level, d columns of L.

    columns : d for a full component; 1, or 0 where it is held at zero, for a scalar one.
    most : the largest d that the model allows. label : what a direction is called.
    informed : (p, r) the directions that the data say anything of (see `spectrum.informed`).
    """

    level: int
    basis: np.ndarray
    full: bool
    columns: int
    most: int
    label: str
    informed: np.ndarray

    @property
    def rows(self):
        return self.basis.shape[1] if self.full else self.columns

    @property
    def size(self):
        return self.rows * self.columns

    def times(self, L):
        """A L, with A tau for a scalar component."""
        if self.full:
            return self.basis @ L
        return self.basis * L[0, 0] if self.columns else self.basis[:, :0]


class Factors:
    """The map from a vector x of all factors to Sigma, and derivatives back.

    structures : one per level, deepest first.
    """

    def __init__(self, likelihood: Likelihood, structures: tuple[Structure, ...], blocks=None):
        self.likelihood = likelihood
        self.structures = structures
        self.blocks = _blocks(likelihood, structures) if blocks is None else blocks
        ends = np.cumsum([b.size for b in self.blocks], dtype=int)
        self.places = [slice(e - b.size, e) for e, b in zip(ends, self.blocks, strict=True)]
        self.size = int(ends[-1]) if len(ends) else 0
        self.compiled = self._compiled()

    def _compiled(self):
        """The model as `kernel.factored` reads it."""
        n_levels = len(self.likelihood.gram.n_effects)
        wanted = np.zeros(n_levels, dtype=np.int64)
        widths = np.zeros(n_levels, dtype=np.int64)
        table, bases, at = [], [np.zeros(0)], 0
        for block, place in zip(self.blocks, self.places, strict=True):
            k, (q, p) = block.level, block.basis.shape
            table.append((k, block.full, p, block.columns, at, place.start, widths[k]))
            wanted[k] = 1
            widths[k] += block.columns if block.full else p * block.columns
            bases.append(block.basis.ravel())
            at += q * p
        table = np.array(table, dtype=np.int64).reshape(-1, 7)
        ints, floats, reml = self.likelihood.ints, self.likelihood.floats, self.likelihood.reml
        return ints, floats, reml, wanted, table, np.concatenate(bases), widths

    def with_ranks(self, columns):
        """The same model with these numbers of columns of L per block."""
        blocks = [replace(b, columns=d) for b, d in zip(self.blocks, columns, strict=True)]
        return Factors(self.likelihood, self.structures, blocks)

    def on(self, likelihood):
        """The same factors on the Gram of another response; the rows are the same."""
        return Factors(likelihood, self.structures, self.blocks)

    def opened(self, x, size):
        """(factors, x) with size I added to each component's S, and all columns."""
        parts = []
        for block, L in zip(self.blocks, self.split(x), strict=True):
            p = block.basis.shape[1] if block.full else 1
            S = size * np.eye(p) + (L @ L.T if L.size else 0.0)
            values, vectors = np.linalg.eigh(S)
            parts.append((vectors * np.sqrt(values))[:, -block.most :])
        wider = self.with_ranks([block.most for block in self.blocks])
        return wider, wider.join(parts)

    def split(self, x):
        """L of each block."""
        return [
            x[place].reshape(block.rows, block.columns)
            for place, block in zip(self.places, self.blocks, strict=True)
        ]

    def Sigmas(self, x):
        """Sigma (q, q) of each level."""
        found = [np.zeros((q, q)) for q in self.likelihood.gram.n_effects]
        for block, L in zip(self.blocks, self.split(x), strict=True):
            columns = block.times(L)
            found[block.level] += columns @ columns.T
        return tuple(found)

    def value_and_gradient(self, x):
        """D and dD/dx."""
        gradient = np.empty(self.size)
        value = value_and_gradient(self.compiled, np.asarray(x, dtype=float), gradient)
        return value + self.likelihood.constant, gradient

    def gradients(self, points):
        """dD/dx at each of the points (n, size)."""
        found = np.empty_like(points)
        gradients(self.compiled, points, found)
        return found

    def search(self, x, tolerance, most=4000):
        """(x, D, evaluations) where a quasi-Newton search from x expects to gain no more than that.

        most : evaluations that may be made.
        """
        x = np.array(x, dtype=float)
        value, evaluations = search(self.compiled, x, tolerance, most)
        return x, value + self.likelihood.constant, evaluations

    def root(self, S):
        """(factors, x) with L L' = S (p, p) for each block, at the rank of S."""
        parts = [square_root(s) for s in S]
        moved = self.with_ranks([L.shape[1] for L in parts])
        return moved, moved.join(parts)

    def start(self, scale=1.0):
        """x with every Sigma = scale^2 on its components' own bases."""
        return self.join(scale * np.eye(b.rows, b.columns) for b in self.blocks)

    def join(self, parts):
        """Inverse of `split`."""
        return np.concatenate([np.zeros(0), *(np.ravel(L) for L in parts)])


def _blocks(likelihood, structures):
    """Components in scaled coordinates: Sigma_scaled = W^-1 A S A' W^-T, with A orthonormal."""
    blocks = []
    scaling = likelihood.gram.scaling
    for level, (structure, W) in enumerate(zip(structures, scaling.random, strict=True)):
        for component in structure.components:
            # W is square, or (q, p) on a Gram without the effects that no component has.
            basis = np.linalg.lstsq(W, component.basis, rcond=None)[0]
            if component.kind == FULL:
                basis = np.linalg.qr(basis)[0]
            else:
                basis = basis * np.sqrt(basis.shape[1] / (basis**2).sum())
            full = component.kind == FULL
            most = min(component.rank, basis.shape[1]) if full else 1
            inside = informed(
                basis.T @ likelihood.information[level] @ basis, likelihood.gram.n_groups[level]
            )
            blocks.append(Block(level, basis, full, most, most, component.label, inside))
    return blocks
