"""Factors: the free parameters of a model, Sigma_k = sum over components of A L (A L)'.

A full component has L (p, d), a scalar one L = tau (1,). Nothing has an edge, so any optimiser
walks through singular Sigma. Bases A are orthonormal in the Gram's scaled coordinates.
"""

from dataclasses import dataclass, replace

import numpy as np

from covedge.likelihood import Likelihood, square_root
from covedge.spectrum import informed
from covedge.structure import FULL, Structure


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
        q = likelihood.gram.n_effects
        self.wanted = np.zeros(len(q), dtype=np.int64)
        widths = [0] * len(q)
        for block in self.blocks:
            self.wanted[block.level] = 1
            widths[block.level] += block.columns if block.full else block.basis.shape[1]
        self.stacked = all(w <= n for w, n in zip(widths, q, strict=True))
        self._Gamma = np.zeros(int(likelihood.sizes.sum()))

    def with_ranks(self, columns):
        """The same model with these numbers of columns of L per block."""
        blocks = [replace(b, columns=d) for b, d in zip(self.blocks, columns, strict=True)]
        return Factors(self.likelihood, self.structures, blocks)

    def split(self, x):
        """L of each block."""
        return [
            x[place].reshape(block.rows, block.columns)
            for place, block in zip(self.places, self.blocks, strict=True)
        ]

    def _per_level(self, x):
        columns = [[] for _ in self.likelihood.gram.n_effects]
        for block, L in zip(self.blocks, self.split(x), strict=True):
            columns[block.level].append(block.times(L))
        return [
            np.hstack(c) if c else np.zeros((q, 0))
            for c, q in zip(columns, self.likelihood.gram.n_effects, strict=True)
        ]

    def Sigmas(self, x):
        return tuple(F @ F.T for F in self._per_level(x))

    def value_and_gradient(self, x):
        """D and dD/dx."""
        factors = self._per_level(x)
        if not self.stacked:
            factors = [square_root(F @ F.T) for F in factors]
        Lam, ranks = self.likelihood.pack(factors)
        value = self.likelihood.criterion(Lam, ranks, self._Gamma, self.wanted)
        if not np.isfinite(value):
            return np.inf, np.zeros(self.size)
        Gammas = self.likelihood.unpack(self._Gamma)
        gradient = np.empty(self.size)
        for block, place, L in zip(self.blocks, self.places, self.split(x), strict=True):
            inner = block.basis.T @ Gammas[block.level] @ block.basis
            if block.full:
                gradient[place] = (2.0 * inner @ L).ravel()
            elif block.columns:
                gradient[place] = 2.0 * L[0, 0] * np.trace(inner)
        return value, gradient

    def hessian(self, x, step=1e-3, accurate=True):
        """(size, size) d2 D / dx2 from differences of the gradient.

        The error is of order step^4 if accurate, else step^2 for half the work. The step suits the
        scaled coordinates, where Sigma = I is a reliability near one half.
        """
        H = np.empty((self.size, self.size))
        for i in range(self.size):
            unit = np.zeros(self.size)
            unit[i] = step
            slope = self._difference(x, unit) / (2.0 * step)
            if accurate:
                slope = (4.0 * slope - self._difference(x, 2.0 * unit) / (4.0 * step)) / 3.0
            H[i] = slope
        return (H + H.T) / 2

    def _difference(self, x, h):
        return self.value_and_gradient(x + h)[1] - self.value_and_gradient(x - h)[1]

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
            basis = np.linalg.solve(W, component.basis)
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
