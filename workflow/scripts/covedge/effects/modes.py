"""Conditional modes: what the fit says of each single group.

b_k = Sigma_k Z_k' V^-1 (y - X beta), and how uncertain that is, in the user's effects and units.
From the Gram alone: the rows are not needed. Design, sections 2 and 3.
"""

from dataclasses import dataclass

import numpy as np

from covedge.effects.columns import Columns
from covedge.effects.nested_equations import NestedEquations
from covedge.effects.sparse_equations import SparseEquations
from covedge.fits.spread import standard_deviations
from covedge.frames.design import Term
from covedge.grams.crossed_gram import CrossedGram
from covedge.grams.gram import group_indices

# A group's rows determine its effects where no eigenvalue of Z_g'Z_g is below this part of the
# largest.
DETERMINED = 1e-8


@dataclass(frozen=True)
class TermModes:
    """The predicted random effects of one term.

    levels : (L,) labels; effects : (q,) names.
    modes : (L, q) in units of the response per unit of the effect.
    covariance : (L, q, q) of b given y for known beta and Sigma, as lme4's condVar.
    error : (L, q, q) covariance of the prediction error, with the uncertainty of beta.
    alone : (L, q) what least squares makes of each level's own rows, given beta; NaN where they
        do not determine all effects.
    """

    levels: tuple[str, ...]
    effects: tuple[str, ...]
    modes: np.ndarray
    covariance: np.ndarray
    error: np.ndarray
    alone: np.ndarray

    @property
    def sd(self):
        """(L, q) conditional standard deviations."""
        return standard_deviations(self.covariance)

    @property
    def error_sd(self):
        """(L, q) standard deviations of the prediction error."""
        return standard_deviations(self.error)


def equations(gram, Sigmas) -> NestedEquations | SparseEquations:
    """The mixed-model equations on a Gram, at scaled Sigmas, one (q, q) per level."""
    if isinstance(gram, CrossedGram):
        return SparseEquations(gram, Sigmas)
    return NestedEquations(gram, Sigmas)


def modes(gram, Sigmas, sigma2: float, terms: tuple[Term, ...], order) -> tuple[TermModes, ...]:
    """A TermModes for each term, in the order of `terms`.

    Sigmas : scaled, per level of the engine. sigma2 : in squared units of the response.
    terms : of the model frame; order : see `level_order`.
    """
    system = equations(gram, Sigmas)
    found = system.solve(system.response())
    known = system.covariances(np.zeros_like(system.information))
    unknown = system.covariances(np.linalg.inv(system.information))
    out = []
    for k, term in enumerate(reversed(terms)):
        W = gram.scaling.random[k]
        place = np.argsort(order[k])
        out.append(
            TermModes(
                levels=term.levels,
                effects=term.effects,
                modes=gram.scaling.response * (found.effects[k][place, :, 0] @ W.T),
                covariance=sigma2 * (W @ known[k][place] @ W.T),
                error=sigma2 * (W @ unknown[k][place] @ W.T),
                alone=gram.scaling.response * (_alone(gram, k, found.fixed)[place] @ W.T),
            )
        )
    return tuple(reversed(out))


def _alone(gram, k, beta):
    """(L, q) scaled least-squares effects of each group of level k by itself."""
    own = gram.pairs(k, k).blocks
    fixed = gram.fixed_blocks(k)
    seen = fixed[:, :, -1] - (fixed[:, :, :-1] @ beta)[:, :, 0]
    values, vectors = np.linalg.eigh(own)
    poor = values[:, 0] < DETERMINED * values[:, -1]
    values = np.where(poor[:, None], np.nan, values)
    along = np.swapaxes(vectors, 1, 2) @ seen[:, :, None]
    return (vectors @ (along / values[:, :, None]))[:, :, 0]


def level_order(codes) -> tuple[np.ndarray, ...]:
    """Per level of the engine (L,): which level of the grouping factor each of its groups is.

    codes : per term (n,), in the order of the model frame's terms.
    """
    order = []
    for numbered, code in zip(group_indices(codes)[0], reversed(codes), strict=True):
        _, first = np.unique(numbered, return_index=True)
        order.append(code[first])
    return tuple(order)


def residual_square(system, found: Columns) -> float:
    """|y - X beta - Z b|^2 of the scaled columns, for the one vector `found` of (b, beta)."""
    cross = found.inner(system.response())[0, 0]
    fitted = found.inner(system.product(found))[0, 0]
    return float(system.response_square - 2.0 * cross + fitted)
