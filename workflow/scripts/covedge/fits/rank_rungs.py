"""Rungs of limited rank, beside the richest model that the data identify.

The first is that model's singular fit, said as the model that it is; from there the rank of one
term at a time is lowered, until the fit is worse beyond doubt.
"""

from collections.abc import Callable

from covedge.comparing.few_groups import BEYOND_DOUBT, bound
from covedge.fits.fit import Fit
from covedge.formulas.formula import Formula
from covedge.models.ladder import Ladder, Model
from covedge.models.reduced import lower_ranks, lowerable, without_collapsed


def all_rungs(
    ladder: Ladder, formula: Formula, automatic: bool, fit: Callable[[Model], Fit]
) -> list[Fit]:
    """The fits of a ladder, simplest first; of an automatic one with those of limited rank.

    fit : fits a model of the ladder.
    """
    results = [fit(model) for model in ladder.models]
    around = next((k for k in reversed(range(len(results))) if results[k].identifiable), None)
    if not automatic or around is None:
        return results
    added = rank_rungs(ladder, formula, results[around], fit)
    return [*results[:around], *added, *results[around:]]


def rank_rungs(
    ladder: Ladder, formula: Formula, around: Fit, fit: Callable[[Model], Fit]
) -> list[Fit]:
    """Fits of the models to put before that of `around`, the simplest first.

    fit : fits a model of the ladder.
    """
    terms, whole = ladder.terms, around.model
    reduced = without_collapsed(formula, terms, whole, _ranks(around))
    base = around if reduced is None else fit(reduced)
    found = [base]
    for where in lowerable(base.model):
        lowered = [base]
        for model in lower_ranks(formula, terms, base.model, where, whole):
            lowered.append(fit(model))
            if _beyond_doubt(lowered[-1], around, terms):
                break
        found += lowered[1:]
        # The next term is lowered from where this one had better be.
        base = min(lowered, key=_aic)
    known = [_key(model) for model in ladder.models]
    new = [one for one in found if _key(one.model) not in known]
    return sorted(new, key=lambda one: one.n_parameters)


def _beyond_doubt(fit, around, terms):
    """Whether a fit is worse than that of `around`, which holds it."""
    lost = max(fit.point.criterion - around.point.criterion, 0.0)
    df = around.n_parameters - fit.n_parameters
    n_levels = [term.n_levels for term in terms]
    return bound(lost, df, fit.model, around.model, n_levels) < BEYOND_DOUBT


def _aic(fit):
    return fit.point.criterion + 2 * fit.n_parameters


def _ranks(fit):
    """Per term of the model, outermost first, the rank of each of its components."""
    columns = iter([block.columns for block in fit.factors.blocks])
    deepest_first = [
        [next(columns) for _ in structure.components] for structure in fit.model.structures[::-1]
    ]
    return deepest_first[::-1]


def _key(model):
    """What tells models of one ladder apart."""
    return [
        [(c.kind, c.rank, c.basis.tobytes()) for c in structure.components]
        for structure in model.structures
    ]
