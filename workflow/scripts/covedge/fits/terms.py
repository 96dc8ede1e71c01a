"""A fitted term in the user's basis: covariance, rank, and directions by the names of effects."""

from dataclasses import dataclass

import numpy as np

from covedge.fits.certificate import Examination
from covedge.fits.factors import Block, Factors
from covedge.fits.identifiability import Identifiability
from covedge.fits.likelihood import Point
from covedge.fits.spectrum import ALIVE, UNINFORMED, Direction, order
from covedge.frames.design import Term
from covedge.models.ladder import Model
from covedge.models.structure import Component, Structure


@dataclass(frozen=True)
class TermDirection:
    """A combination of effects, with what `spectrum.Direction` knows of it.

    loadings : by effect; cells : the same combination by the cells of the term's factor, or None
        where there are none. Both have 1 as their largest entry.
    """

    direction: Direction
    loadings: dict[str, float]
    cells: dict[str, float] | None


@dataclass(frozen=True)
class TermFit:
    """One term of a fitted model.

    Sigma, G : (q, q) relative and absolute covariance of the effects, G in squared units of the
        response.
    rank : number of directions that are alive, of `full_rank` that the structure has.
    """

    term: Term
    structure: Structure
    Sigma: np.ndarray
    G: np.ndarray
    rank: int
    full_rank: int
    identifiable: bool
    spectrum: tuple[TermDirection, ...]

    @property
    def degenerate(self):
        return self.rank < self.full_rank

    @property
    def theta(self):
        """lme4's theta: the lower triangle of Lambda, Sigma = Lambda Lambda', by columns."""
        q = len(self.Sigma)
        values, vectors = np.linalg.eigh(self.Sigma)
        # The root of a rounding error is not small: leave collapsed directions at zero.
        values = np.where(values > 1e-13 * values[-1], values, 0.0)
        R = np.linalg.qr((vectors * np.sqrt(values)).T, mode="r")
        R = R * np.where(np.diag(R) < 0, -1.0, 1.0)[:, None]
        return R[np.triu_indices(q)]


def fitted_terms(
    factors: Factors,
    x: np.ndarray,
    point: Point,
    examination: Examination,
    terms: tuple[Term, ...],
    model: Model,
    found: Identifiability,
) -> tuple[TermFit, ...]:
    """A TermFit for each term that the model has, outermost first."""
    Sigmas = factors.likelihood.to_user(factors.Sigmas(x))[::-1]
    fitted = []
    for k, (term, structure) in enumerate(zip(terms, model.structures, strict=True)):
        level = len(terms) - 1 - k
        mine = [i for i, block in enumerate(factors.blocks) if block.level == level]
        if not mine:
            continue
        W = factors.likelihood.gram.scaling.random[level]
        spectrum, alive, possible = [], 0, 0
        for i, component in zip(mine, structure.components, strict=True):
            block = factors.blocks[i]
            width = 1 if block.full else block.basis.shape[1]
            possible += block.most * width
            alive += width * sum(d.state == ALIVE for d in examination.spectra[i])
            spectrum += [
                in_user_basis(direction, component, block, W, term)
                for direction in examination.spectra[i]
            ]
        confounded = any(np.any(c.S[i]) for c in found.confoundings for i in mine)
        fitted.append(
            TermFit(
                term=term,
                structure=structure,
                Sigma=Sigmas[k],
                G=point.sigma2 * Sigmas[k],
                rank=min(alive, len(term.effects)),
                full_rank=min(possible, len(term.effects)),
                identifiable=not confounded,
                spectrum=tuple(sorted(spectrum, key=lambda d: order(d.direction))),
            )
        )
    return tuple(fitted)


def in_user_basis(
    direction: Direction, component: Component, block: Block, W: np.ndarray, term: Term
) -> TermDirection:
    """c'a in the block's coordinates a as loadings on the effects b = W A a."""
    if direction.loadings is None:
        return TermDirection(direction, {component.label: 1.0}, None)
    if direction.state == UNINFORMED:
        return _uninformed(direction, component, block, W, term)
    # b = W A_block a = A b_component, so c = A'W^-T A_block c_block on the component's own effects.
    own = component.basis.T @ np.linalg.solve(W.T, block.basis @ direction.loadings)
    own = _scaled(own)
    cells = None
    if term.cells is not None and component.basis.shape[1] == len(term.effects):
        on_cells = _scaled(np.linalg.solve(term.cells.rows.T, component.basis @ own))
        cells = dict(zip(term.cells.labels, map(float, on_cells), strict=True))
    names = component_effects(component, term)
    return TermDirection(direction, dict(zip(names, map(float, own), strict=True)), cells)


def _uninformed(direction, component, block, W, term):
    """The change of the effects, and of the cells, that the data say nothing of."""
    change = W @ block.basis @ direction.loadings
    own = _scaled(np.linalg.lstsq(component.basis, change, rcond=None)[0])
    cells = None
    if term.cells is not None and component.basis.shape[1] == len(term.effects):
        moved = _scaled(term.cells.rows @ change)
        cells = dict(zip(term.cells.labels, map(float, moved), strict=True))
    names = component_effects(component, term)
    return TermDirection(direction, dict(zip(names, map(float, own), strict=True)), cells)


def component_effects(component: Component, term: Term) -> list[str]:
    """What the columns of a component's basis are called."""
    if component.label:
        return [component.label]
    return [term.effects[int(np.argmax(column))] for column in component.basis.T]


def _scaled(c):
    """Largest entry 1, and zero where it is rounding error."""
    c = c / c[np.argmax(np.abs(c))]
    return np.where(np.abs(c) < 1e-12, 0.0, c)
