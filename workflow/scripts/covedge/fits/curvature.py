"""The curvature of the criterion in the factors, in coordinates of information.

x = T z, with T such that z moves a reliability by about as much in every direction. So a step of
one size suits all of them, and what is small or large does not depend on units or coding.
"""

from dataclasses import dataclass

import numpy as np

from covedge.fits.factors import Factors
from covedge.fits.likelihood import Point
from covedge.fits.spectrum import information_root

# Of the differences, in z times the root of the number of levels.
STEP = 1e-3


@dataclass(frozen=True)
class Curvature:
    """T (size, size), and the hessian (size, size) of D in z, where x = T z."""

    T: np.ndarray
    hessian: np.ndarray


def curvature(factors: Factors, x, point: Point, accurate=False) -> Curvature:
    """The curvature at x by differences of the gradient. point : `Likelihood.at` x.

    The error is of order step^2 for 2 size gradients, step^4 for 4 size if accurate.
    """
    T = np.zeros((factors.size, factors.size))
    steps = np.empty(factors.size)
    for block, place in zip(factors.blocks, factors.places, strict=True):
        T[place, place] = _coordinates(block, point.H[block.level])
        steps[place] = STEP * np.sqrt(factors.likelihood.gram.n_groups[block.level])
    slopes = _slopes(factors, x, T, steps)
    if accurate:
        slopes = (4.0 * slopes - _slopes(factors, x, T, 2.0 * steps)) / 3.0
    return Curvature(T, (slopes + slopes.T) / 2)


def _slopes(factors, x, T, steps):
    moves = (T * steps).T
    up, down = factors.gradients(x + moves), factors.gradients(x - moves)
    return (up - down) @ T / (2.0 * steps[:, None])


def _coordinates(block, H):
    """T of one block; H (q, q) is its level's information."""
    H = block.basis.T @ H @ block.basis
    if not block.full:
        return np.eye(block.columns) / np.sqrt(np.trace(H) if block.informed.size else 1.0)
    return np.kron(_root_inverse(H, block.informed), np.eye(block.columns))


def _root_inverse(H, inside):
    """(p, p) symmetric inverse root of H; directions without information keep their length."""
    _, back = information_root(H, inside)
    outside = np.eye(len(H)) - inside @ inside.T
    values, vectors = np.linalg.eigh(back @ back.T)
    return (vectors * np.sqrt(np.maximum(values, 0.0))) @ vectors.T + outside
