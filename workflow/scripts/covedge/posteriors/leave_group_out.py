"""Leave one group out: how well the others, and the prior, predict all rows of a group together.

log p(y_g | y_-g, G, sigma) is the marginal log density of all rows less that of the rows outside
the group, from a Gram without it; beta and b are integrated out of both. Averaged over draws of
(G, sigma) by importance sampling as in `leave_one_out`, it asks what a model knows of new groups.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from covedge import kernel
from covedge.errors import DesignError
from covedge.frames.design import Term
from covedge.grams.effort import effort
from covedge.grams.gram import Gram, Rows, accumulate, group_indices
from covedge.inference.leave_out import FEWEST_LEVELS, MOST_LEVELS
from covedge.kernel.layout import buffer_sizes
from covedge.posteriors.leave_one_out import LeftOut, left_out
from covedge.posteriors.model_rows import ModelRows
from covedge.posteriors.posterior import Draws
from covedge.posteriors.prior import FixedPrior
from covedge.posteriors.thinning import affordable

# Of the effort of an evaluation with its gradient: the value alone.
VALUE_ALONE = 1.0 / 3.0


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
    work = (n_levels + 1) * VALUE_ALONE * effort(gram)
    chosen = affordable(draws.shape, n_levels, work, "leaving out each of its groups")
    each = chosen.ravel()
    sigma2 = (draws.sigma[each] / gram.scaling.response) ** 2
    roots = _roots([Sigma[each] for Sigma in draws.Sigmas], len(each))
    scaled = fixed.scaled(gram)
    whole = _log_marginals(gram, roots, sigma2, *scaled)
    out = np.empty((len(each), n_levels))
    for level in range(n_levels):
        rest = without(rows, gram, code == level)
        out[:, level] = whole - _log_marginals(rest, roots, sigma2, *scaled)
    out += np.bincount(code, rows.log_jacobian, n_levels)
    return out.reshape(*chosen.shape, n_levels)


def _log_marginals(gram, roots, sigma2, mean, precision):
    """(m,) log p(y | Sigma, sigma) of the scaled response, without the constant of the prior.

    roots : (m, sum q^2) as of `_roots`; sigma2 : (m,); mean, precision : of beta.
    """
    (ints, floats), ranks = gram.packed, np.array(gram.n_effects, dtype=np.int64)
    n_work, n_factors = buffer_sizes(ints)
    work, eliminated = np.empty(n_work), np.empty(n_factors)
    n, p = gram.n_obs, gram.n_fixed
    logdet, S = np.empty(len(roots)), np.empty((len(roots), p + 1, p + 1))
    for i, Lam in enumerate(roots):
        logdet[i] = kernel.forward(ints, floats, Lam, ranks, work, eliminated)
        S[i] = work[n_work - (p + 1) ** 2 :].reshape(p + 1, p + 1)
    # beta = mean + d: the columns [X, y - X mean], and then d integrated out.
    shift = np.eye(p + 1)
    shift[:p, p] = -mean
    S = shift.T @ S @ shift
    root = np.linalg.cholesky(S[:, :p, :p] + sigma2[:, None, None] * precision)
    half = np.linalg.solve(root, S[:, :p, p:])[:, :, 0]
    logdet += 2.0 * np.log(np.einsum("mii->mi", root)).sum(axis=1)
    square = S[:, p, p] - (half**2).sum(axis=1)
    return -0.5 * (n * np.log(2.0 * np.pi) + (n - p) * np.log(sigma2) + logdet + square / sigma2)


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


def _roots(Sigmas, m):
    """(m, sum q^2) flat F with F F' = Sigma and q columns each; Sigmas : per level (m, q, q)."""
    parts = [np.zeros((m, 0))]
    for Sigma in Sigmas:
        values, vectors = np.linalg.eigh(Sigma)
        F = vectors * np.sqrt(np.maximum(values, 0.0))[:, None, :]
        parts.append(F.reshape(m, -1))
    return np.concatenate(parts, axis=1)
