"""The prior of a model: one family on each G, in units of the data, and weak priors on the rest.

All of it is derived from the Gram, so no rows are needed. Design, section 5.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from covedge.frames.design import Term
from covedge.grams.gram import Gram
from covedge.models.structure import FULL, Component
from covedge.posteriors.fixed_prior import FixedPrior, fixed_prior
from covedge.posteriors.hyperparameters import (
    Decov,
    Lkj,
    Wishart,
    hyperparameters,
    scale_of,
)

LKJ, DECOV, WISHART = "lkj", "decov", "wishart"
# sum x^2 = sum x to this relative precision: x is an indicator, 0 or 1.
INDICATOR = 1e-9


@dataclass(frozen=True)
class ComponentPrior:
    """Component k of a structure: G = B Omega B' with SDs on B's columns.

    level : of those that the model has, deepest first. basis : (q, p) B in the effects' own basis.
    full : correlations among the p directions; else the one SD is shared by all p.
    scales : (p,), or (1,) for a shared SD, scale of each SD in the response's units per unit of
        the direction, not used by `decov`; names : what the SDs are of.
    cells : whether the directions are the means of a factor's cells, and not the effects.
    hyper : what the family is told for this term.
    """

    level: int
    basis: np.ndarray
    full: bool
    scales: np.ndarray
    names: tuple[str, ...]
    cells: bool
    hyper: Lkj | Decov | Wishart

    @property
    def correlated(self) -> bool:
        """Whether the component has correlations."""
        return self.full and self.basis.shape[1] > 1


@dataclass(frozen=True)
class Prior:
    """sigma ~ Exponential(mean sigma_scale); residual_sd : of y after X, the default scale."""

    family: str
    fixed: FixedPrior
    sigma_scale: float
    components: tuple[ComponentPrior, ...]
    residual_sd: float


def prior(
    gram: Gram,
    fixed: tuple[str, ...],
    terms: tuple[Term, ...],
    structures,
    family: str = LKJ,
    told: Mapping | None = None,
) -> Prior:
    """The prior of a model.

    gram : of the ladder. fixed : names of the columns of X. terms, structures : outermost first.
    family : `lkj`, `decov` or `wishart`. told : `bayes.hyperparameters` of the config.
    """
    beta, sd_y = fixed_prior(gram, fixed)
    hypers = hyperparameters(family, told, [term.name for term in terms])
    residual_sd = gram.scaling.response
    levels = [
        (term, structure, _spread(gram, level, term))
        for level, (term, structure) in enumerate(zip(terms[::-1], structures[::-1], strict=True))
        if structure.components
    ]
    components = [
        _component(component, term, level, residual_sd, spread, hypers[term.name])
        for level, (term, structure, spread) in enumerate(levels)
        for component in structure.components
    ]
    return Prior(family, beta, sd_y, tuple(components), residual_sd)


def _spread(gram, level, term):
    """(q,) SD over the rows of each effect's column, 1 for indicators and for the intercept."""
    back = np.linalg.inv(gram.scaling.random[level])
    squares = _whitened_squares(gram, level)
    squares = back.T @ squares @ back
    if term.intercept is None:
        squares = squares / gram.n_obs
        mean_square = variance = np.diag(squares)
        mean = np.full(len(squares), np.nan)
    else:
        squares = squares / (term.intercept @ squares @ term.intercept)
        mean_square, mean = np.diag(squares), squares @ term.intercept
        variance = mean_square - mean**2
    constant = variance <= INDICATOR * mean_square
    indicator = np.abs(mean_square - mean) <= INDICATOR * mean_square
    return np.where(constant | indicator, 1.0, np.sqrt(np.maximum(variance, 0.0)))


def _whitened_squares(gram, level):
    """(q, q) Z'Z over all rows of a level's scaled columns."""
    return gram.pairs(level, level).blocks.sum(axis=0)


def _component(component: Component, term, level, residual_sd, spread, hyper):
    p = component.basis.shape[1]
    if component.kind != FULL:
        names, basis = (component.label,), component.basis
        scales = _scales(hyper, residual_sd, np.ones(1), names)
        return ComponentPrior(level, basis, False, scales, names, True, hyper)
    if component.rank < p:
        raise ValueError(f"there is no prior for a term of reduced rank ({component.rank} < {p})")
    identity = np.array_equal(component.basis, np.eye(len(term.effects)))
    # decov is rstanarm's: on the effects as R codes them, whatever the coding.
    if identity and p > 1 and term.cells is not None and not isinstance(hyper, Decov):
        names = tuple(f"{term.cells.factor}[{label}]" for label in term.cells.labels)
        scales = _scales(hyper, residual_sd, np.ones(p), names)
        basis = np.linalg.inv(term.cells.rows)
        return ComponentPrior(level, basis, True, scales, names, True, hyper)
    names, basis = _names(component, term), component.basis
    scales = _scales(hyper, residual_sd, _along(basis, spread), names)
    return ComponentPrior(level, basis, True, scales, names, False, hyper)


def _scales(hyper, residual_sd, spread, names):
    if isinstance(hyper, Decov):
        return np.full(len(names), np.nan)
    each = zip(spread, names, strict=True)
    return np.array([scale_of(hyper, residual_sd, s, name) for s, name in each])


def _along(basis, spread):
    """Spread of the columns Z B: of the effect itself where B picks one, else 1 (an intercept)."""
    picks = (np.count_nonzero(basis, axis=0) == 1) & (basis.sum(axis=0) == 1.0)
    return np.where(picks, spread[np.argmax(np.abs(basis), axis=0)], 1.0)


def _names(component, term):
    if component.label:
        return (component.label,)
    return tuple(term.effects[i] for i in np.argmax(np.abs(component.basis), axis=0))
