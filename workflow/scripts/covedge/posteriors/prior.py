"""The prior: LKJ x half-normal on each G, in units of the data, and weak priors on the rest.

All of it is derived from the Gram, so no rows are needed. Design, section 5.
"""

from dataclasses import dataclass

import numpy as np

from covedge.frames.design import Term
from covedge.grams.gram import Gram
from covedge.models.structure import FULL, Component

INTERCEPT = "(Intercept)"
# LKJ(eta = 1): every correlation matrix is as likely as any other.
ETA = 1.0
# A fixed effect may well move the response by this many of its standard deviations.
WEAK = 2.5
# sum x^2 = sum x to this relative precision: x is an indicator, 0 or 1.
INDICATOR = 1e-9


@dataclass(frozen=True)
class FixedPrior:
    """beta ~ N(mean, precision^-1), in the user's units.

    scales : (p,) standard deviations of the slopes, and of the intercept of centred X.
    """

    mean: np.ndarray
    precision: np.ndarray
    scales: np.ndarray

    def scaled(self, gram: Gram):
        """(mean, precision) of the Gram's scaled coefficients R (beta - beta_ls) / s."""
        R, s = gram.scaling.fixed, gram.scaling.response
        if not len(self.mean):
            return self.mean, self.precision
        back = np.linalg.inv(R) * s
        return R @ (self.mean - gram.scaling.beta) / s, back.T @ self.precision @ back


@dataclass(frozen=True)
class ComponentPrior:
    """Component k of a structure: G = B Omega B' with SDs on B's columns.

    level : of those that the model has, deepest first. basis : (q, p) B in the effects' own basis.
    full : LKJ on the p directions' correlations; else the one SD is shared by all p.
    scales : (p,), or (1,) for a shared SD, scale of the half-normal in the response's units per
        unit of the direction; names : what the SDs are of.
    cells : whether the directions are the means of a factor's cells, and not the effects.
    """

    level: int
    basis: np.ndarray
    full: bool
    scales: np.ndarray
    names: tuple[str, ...]
    cells: bool

    @property
    def columns(self):
        """Columns of its factor: dimensions of the unit vectors, or of the directions."""
        p = self.basis.shape[1]
        return round(p - 1 + 2 * ETA) if self.full and p > 1 else p


@dataclass(frozen=True)
class Prior:
    """sigma ~ Exponential(mean sigma_scale); response_sd : of y; residual_sd : after X."""

    fixed: FixedPrior
    sigma_scale: float
    components: tuple[ComponentPrior, ...]
    response_sd: float
    residual_sd: float


def prior(gram: Gram, fixed: tuple[str, ...], terms: tuple[Term, ...], structures) -> Prior:
    """The default prior of a model.

    gram : of the ladder. fixed : names of the columns of X. terms, structures : outermost first.
    """
    mean_y, sd_y, mean_x, sd_x = _moments(gram, fixed)
    scales = WEAK * sd_y / sd_x
    to_centred = np.eye(len(fixed))
    centre = np.zeros(len(fixed))
    if INTERCEPT in fixed:
        at = fixed.index(INTERCEPT)
        scales[at] = WEAK * sd_y
        # Row of the intercept of centred X: beta_0 + sum mean(x_j) beta_j.
        to_centred[at] = mean_x
        centre[at] = mean_y
    precision = to_centred.T @ np.diag(1.0 / scales**2) @ to_centred
    beta = FixedPrior(np.linalg.solve(to_centred, centre), precision, scales)
    residual_sd = gram.scaling.response
    levels = [
        (term, structure, _spread(gram, level, term))
        for level, (term, structure) in enumerate(zip(terms[::-1], structures[::-1], strict=True))
        if structure.components
    ]
    components = [
        _component(component, term, level, residual_sd, spread)
        for level, (term, structure, spread) in enumerate(levels)
        for component in structure.components
    ]
    return Prior(beta, sd_y, tuple(components), sd_y, residual_sd)


def _moments(gram, fixed):
    """Mean and SD of y, and (p,) means and SDs of the columns of X, with the prior weights.

    Without an intercept nothing can be centred: the means are 0 and the SDs are root mean squares.
    """
    # Columns of R and `fitted` are X's columns and X beta in an orthonormal basis, over sqrt(n).
    R = gram.scaling.fixed
    fitted = R @ gram.scaling.beta
    square_x = (R**2).sum(axis=0)
    square_y = gram.scaling.response**2 + fitted @ fitted
    if INTERCEPT not in fixed:
        return 0.0, float(np.sqrt(square_y)), np.zeros(len(fixed)), np.sqrt(square_x)
    at = fixed.index(INTERCEPT)
    ones = R[:, at]
    mean_x, mean_y = R.T @ ones / square_x[at], float(ones @ fitted) / square_x[at]
    variance_x = square_x / square_x[at] - mean_x**2
    variance_x[at] = 1.0
    return mean_y, float(np.sqrt(square_y / square_x[at] - mean_y**2)), mean_x, np.sqrt(variance_x)


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


def _component(component: Component, term, level, residual_sd, spread):
    p = component.basis.shape[1]
    if component.kind != FULL:
        return ComponentPrior(
            level, component.basis, False, np.array([residual_sd]), (component.label,), True
        )
    if component.rank < p:
        raise ValueError(f"there is no prior for a term of reduced rank ({component.rank} < {p})")
    identity = np.array_equal(component.basis, np.eye(len(term.effects)))
    if identity and p > 1 and term.cells is not None:
        names = tuple(f"{term.cells.factor}[{label}]" for label in term.cells.labels)
        basis, cells = np.linalg.inv(term.cells.rows), True
        scales = np.full(p, residual_sd)
    else:
        names, basis, cells = _names(component, term), component.basis, False
        scales = residual_sd / _along(component.basis, spread)
    return ComponentPrior(level, basis, True, scales, names, cells)


def _along(basis, spread):
    """Spread of the columns Z B: of the effect itself where B picks one, else 1 (an intercept)."""
    picks = (np.count_nonzero(basis, axis=0) == 1) & (basis.sum(axis=0) == 1.0)
    return np.where(picks, spread[np.argmax(np.abs(basis), axis=0)], 1.0)


def _names(component, term):
    if component.label:
        return (component.label,)
    return tuple(term.effects[i] for i in np.argmax(np.abs(component.basis), axis=0))
