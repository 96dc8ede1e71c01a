"""Certified fits: a quasi-Newton search on factors, then Newton steps, until the certificate holds.

The factor's gradient vanishes at rank-deficient saddle points, so that a stop is only a candidate:
collapsed directions are cut off, those that the dual wants open are opened, and the search goes on.
"""

from dataclasses import dataclass

import numpy as np

from covedge.fits.certificate import EXACT_FIT, REFUSED, Examination, examine, spectra, worst_dual
from covedge.fits.curvature import curvature
from covedge.fits.factors import Factors
from covedge.fits.likelihood import Likelihood
from covedge.fits.spectrum import Direction, information_root
from covedge.fits.tolerances import TOLERANCES
from covedge.models.structure import Structure

# A direction less reliable than this after the search is tried at zero; its dual decides.
TENTATIVE = 1e-4
# A dual this far below 0 asks for another direction where five digits will do.
ROUGH_DUAL = 1e-4
# A search ends where it expects to gain less than this in D: Newton steps do the rest, where it
# counts.
SEARCHED, ROUGH = 1e-7, 1e-6
ROUNDS = 20
NEWTON_STEPS = 12
# Curvature serves until the steps taken since it was computed are expected to gain more than this:
# it has then changed by less than a thousandth.
NEAR = 1e-7


@dataclass(frozen=True)
class Solution:
    """An optimum on the Gram: factors, their values x, D, its examination.

    evaluations : calls of the kernel with gradient.
    """

    factors: Factors
    x: np.ndarray
    criterion: float
    examination: Examination
    evaluations: int


def solve(likelihood: Likelihood, structures: tuple[Structure, ...], start=None) -> Solution:
    """The optimum reached from one start. structures : deepest first.

    start : x of a `Factors` of the same structures at full rank, default Sigma = I, which in
    scaled coordinates is a reliability near one half.
    """
    factors = Factors(likelihood, structures)
    return finish(factors, factors.start() if start is None else start)


def finish(factors: Factors, x) -> Solution:
    """The optimum reached from x."""
    evaluations = 0
    for _ in range(ROUNDS):
        x, _, count = factors.search(x, SEARCHED)
        evaluations += count
        factors, x = reduce_ranks(factors, x, TENTATIVE)
        x, known, count = _newton(factors, x)
        evaluations += count
        found = examine(factors, x, known)
        if found.certificate.status != REFUSED or EXACT_FIT in found.certificate.reasons:
            break
        opened = _open(factors, x, found)
        if opened is None:
            break
        factors, x = opened
    return Solution(factors, x, found.point.criterion, found, evaluations)


@dataclass(frozen=True)
class Sketch:
    """An optimum to some five digits, for the bootstrap: no Newton steps, no second order.

    spectra : directions of each block; settled : no dual asks for another direction.
    """

    factors: Factors
    x: np.ndarray
    spectra: tuple[tuple[Direction, ...], ...]
    settled: bool


def sketch(likelihood: Likelihood, structures: tuple[Structure, ...], start=None) -> Sketch:
    """The optimum reached from one start (see `solve`), at a fraction of the cost."""
    factors = Factors(likelihood, structures)
    return roughly(factors, factors.start() if start is None else start)


def roughly(factors: Factors, x) -> Sketch:
    """The optimum reached from x."""
    for _ in range(ROUNDS):
        x = factors.search(x, ROUGH)[0]
        factors, x = reduce_ranks(factors, x, TENTATIVE)
        x = factors.search(x, ROUGH)[0]
        found = spectra(factors, x)
        if worst_dual(factors, found) > -ROUGH_DUAL:
            return Sketch(factors, x, found, settled=True)
        opened = _open_directions(factors, x)
        if opened is None:
            break
        factors, x = opened
    return Sketch(factors, x, found, settled=False)


def reduce_ranks(factors: Factors, x, below):
    """The same point without the directions of each block less reliable than `below`."""
    H = factors.likelihood.at(factors.Sigmas(x)).H
    columns, parts = [], []
    for block, L in zip(factors.blocks, factors.split(x), strict=True):
        information = block.basis.T @ H[block.level] @ block.basis
        n_levels = factors.likelihood.gram.n_groups[block.level]
        if not block.full:
            keep = block.columns and L[0, 0] ** 2 * np.trace(information) / len(information)
            columns.append(int(keep / n_levels >= below))
            parts.append(L[:, : columns[-1]])
            continue
        # What the data say nothing of changes nothing.
        L = block.informed @ (block.informed.T @ L)
        # L = sum of s_i u_i v_i' in the metric of the information.
        reliability = L.T @ information @ L / n_levels
        values, V = np.linalg.eigh((reliability + reliability.T) / 2)
        V = V[:, values >= below]
        columns.append(V.shape[1])
        parts.append(L @ V)
    reduced = factors.with_ranks(columns)
    return reduced, reduced.join(parts)


def _newton(factors, x):
    """Newton steps to the last digits, modulo flat directions and rotations.

    Returns (x, its curvature or None where that is not known, evaluations).
    """
    if not factors.size:
        return x, None, 0
    value, gradient = factors.value_and_gradient(x)
    known, since, evaluations = None, 0.0, 1
    for _ in range(NEWTON_STEPS):
        if known is None or since > NEAR:
            known, since = curvature(factors, x, factors.likelihood.at(factors.Sigmas(x))), 0.0
            evaluations += 2 * factors.size
            if not np.isfinite(known.hessian).all():
                # Next to an exact fit no digits are left: the certificate will say so.
                return x, None, evaluations
            values, vectors = np.linalg.eigh(known.hessian)
        parts = vectors.T @ (known.T.T @ gradient)
        steep = np.abs(values) > 1e-7 * np.abs(values).max()
        lengths = np.where(steep, parts / np.where(steep, np.abs(values), 1.0), 0.0)
        expected = 0.5 * (parts * lengths).sum()
        if expected < 1e-3 * TOLERANCES.stationarity:
            break
        stepped = _shortened(factors, x, value, -known.T @ (vectors @ lengths))
        if stepped is None:
            break
        x, value, gradient, count = stepped
        evaluations += count
        since += expected
    return x, known if since <= NEAR else None, evaluations


def _shortened(factors, x, value, step):
    """(x, D, gradient, evaluations) after the step, shortened until D falls, or None."""
    for count in range(1, 31):
        new_value, gradient = factors.value_and_gradient(x + step)
        if new_value <= value + 1e-12 * abs(value):
            return x + step, new_value, gradient, count
        step = step / 2
    return None


def _open(factors, x, found):
    """A lower point: a new column where a dual is negative, else down a saddle; or None."""
    opened = _open_directions(factors, x)
    if opened is not None or found.descent is None:
        return opened
    value = factors.value_and_gradient(x)[0]
    step = found.descent
    for _ in range(40):
        for sign in (1.0, -1.0):
            if factors.value_and_gradient(x + sign * step)[0] < value:
                return factors, x + sign * step
        step = step / 2
    return None


def _open_directions(factors, x):
    """(factors, x) with a new column in each block where a dual is negative, or None."""
    point = factors.likelihood.at(factors.Sigmas(x))
    value = point.criterion
    columns, parts, opened = [], [], False
    for block, L in zip(factors.blocks, factors.split(x), strict=True):
        Gamma, H = (block.basis.T @ M[block.level] @ block.basis for M in (point.Gamma, point.H))
        if block.columns < block.most and block.full:
            _, back = information_root(H, block.informed)
            duals, U = np.linalg.eigh(back.T @ Gamma @ back)
            if duals.size and duals[0] < -TOLERANCES.dual:
                n_levels = factors.likelihood.gram.n_groups[block.level]
                size = np.sqrt(-duals[0] * n_levels)
                L, opened = np.column_stack([L, back @ U[:, 0] * size]), True
        elif (
            not block.columns
            and block.informed.size
            and np.trace(Gamma) < -TOLERANCES.dual * np.trace(H)
        ):
            L, opened = np.full((1, 1), np.sqrt(-np.trace(Gamma) / np.trace(H))), True
        columns.append(L.shape[1])
        parts.append(L)
    if opened:
        wider = factors.with_ranks(columns)
        return wider, _backtrack(wider, wider.join(parts), factors, x, value)
    return None


def _backtrack(wider, candidate, factors, x, value):
    """Shorten the new columns until the criterion is lower than without them."""
    for _ in range(60):
        if wider.value_and_gradient(candidate)[0] < value:
            break
        parts = [
            np.column_stack([new[:, : old.shape[1]], new[:, old.shape[1] :] / 2])
            for new, old in zip(wider.split(candidate), factors.split(x), strict=True)
        ]
        candidate = wider.join(parts)
    return candidate
