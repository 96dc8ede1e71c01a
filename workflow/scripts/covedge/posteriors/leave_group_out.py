"""Leave one group out: how well the others, and the prior, predict all rows of a group together.

log p(y_g | y_-g, G, sigma) is the marginal log density of all rows less that of the rows outside
the group, from a Gram without it; beta and b are integrated out of both. Averaged over draws of
(G, sigma) by importance sampling as in `leave_one_out`, it asks what a model knows of new groups.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from covedge.errors import DesignError
from covedge.frames.design import Term
from covedge.grams.effort import effort
from covedge.grams.gram import Gram, Rows, accumulate, group_indices
from covedge.inference.leave_out import FEWEST_LEVELS, MOST_LEVELS
from covedge.posteriors.leave_one_out import LeftOut, left_out
from covedge.posteriors.marginal_op import buffers, conditional
from covedge.posteriors.model_rows import ModelRows
from covedge.posteriors.posterior import Draws
from covedge.posteriors.prior import FixedPrior
from covedge.posteriors.thinning import affordable


@dataclass(frozen=True)
class GroupsOut:
    """One grouping factor. levels : (L,) labels, as `found` has them; found : None where its groups
    were not left out, for the reason.
    """

    group: str
    levels: tuple[str, ...]
    found: LeftOut | None
    reason: str = ""


def leave_groups_out(
    draws: Draws,
    gram,
    fixed: FixedPrior,
    rows: ModelRows,
    terms: Sequence[Term],
    codes: Sequence[np.ndarray],
) -> tuple[GroupsOut, ...]:
    """The GroupsOut of each grouping factor of the ladder, outermost first.

    gram, rows : of the model. terms, codes : of the frame; a factor that the model lacks is left
    out group by group all the same, so that models can be compared.
    """
    found = []
    for term, code in zip(terms, codes, strict=True):
        try:
            _check(term)
            densities = group_densities(draws, gram, fixed, rows, code, term.n_levels)
            found.append(GroupsOut(term.name, term.levels, left_out(densities)))
        except DesignError as error:
            found.append(GroupsOut(term.name, term.levels, None, error.message))
    return tuple(found)


def _check(term):
    L = term.n_levels
    if L < FEWEST_LEVELS:
        raise DesignError(f"it has {L} levels, and a variance needs more")
    if L > MOST_LEVELS:
        raise DesignError(f"it has {L:,} levels, and up to {MOST_LEVELS} are left out one by one")


def group_densities(
    draws: Draws, gram, fixed: FixedPrior, rows: ModelRows, code: np.ndarray, n_levels: int
) -> np.ndarray:
    """(chains, m, n_levels) log p(y_g | the other rows, draw), in the response's units.

    code : (n,) level of each row.
    """
    work = (n_levels + 1) * effort(gram)
    chosen = affordable(draws.shape, n_levels, work, "leaving out each of its groups")
    widths = [Sigma.shape[1] for Sigma in draws.Sigmas]
    mean, precision = fixed.scaled(gram)
    data = [buffers(gram, widths, mean, precision)]
    for level in range(n_levels):
        data.append(buffers(without(rows, gram, code == level), widths, mean, precision))
    each = chosen.ravel()
    out = np.empty((len(each), n_levels))
    for i, draw in enumerate(each):
        sigma2 = (draws.sigma[draw] / gram.scaling.response) ** 2
        factors = _roots([Sigma[draw] for Sigma in draws.Sigmas])
        values = [conditional(*one, factors, sigma2)[0] for one in data]
        out[i] = 0.5 * (np.array(values[1:]) - values[0])
    out += np.bincount(code, rows.log_jacobian, n_levels)
    return out.reshape(*chosen.shape, n_levels)


def without(rows: ModelRows, gram, gone: np.ndarray):
    """The Gram of the model without the rows `gone` (n,), on the scale of the whole.

    On a scale of its own (`without_group`) it would be refused where the rest do not determine the
    fixed effects; here the prior does.
    """
    kept = ~gone
    codes = [np.unique(code[kept], return_inverse=True)[1] for code in rows.codes]
    parents = None
    if isinstance(gram, Gram):
        codes, parents = group_indices(codes[::-1])
    return accumulate(
        Rows(
            np.ascontiguousarray(rows.columns[kept]),
            rows.y[kept],
            tuple(codes),
            tuple(int(code.max()) + 1 for code in codes),
            parents,
            gram.n_effects,
            gram.n_fixed,
            gram.scaling,
        )
    )


def _roots(Sigmas):
    """Flat F with F F' = Sigma, q columns each."""
    parts = [np.zeros(0)]
    for Sigma in Sigmas:
        values, vectors = np.linalg.eigh(Sigma)
        parts.append((vectors * np.sqrt(np.maximum(values, 0.0))).ravel())
    return np.concatenate(parts)
