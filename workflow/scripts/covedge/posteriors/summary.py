"""All that is said of one posterior: its record in JSON, and its draws as ArviZ has them."""

from covedge.posteriors.marginal_likelihood import log_likelihood
from covedge.posteriors.posterior import CORRELATION, FIXED, RESIDUAL, SD
from covedge.posteriors.posterior_choice import MAIN
from covedge.posteriors.posterior_rank import reliabilities
from covedge.posteriors.posterior_record import (
    convergence_record,
    draws_tree,
    name_in_r,
    parameter_records,
    reliability_record,
    versions,
)
from covedge.posteriors.power_scaling import in_words as sensitivity_words
from covedge.posteriors.power_scaling import power_scaling, sensitivity_records
from covedge.posteriors.prediction_record import (
    fitted_dataset,
    leave_group_out_record,
    log_likelihood_dataset,
    loo_record,
    pointwise_dataset,
    random_effects_dataset,
)
from covedge.posteriors.predictions import Predictions
from covedge.posteriors.prior_words import in_numbers, in_words
from covedge.posteriors.refit import Refit
from covedge.posteriors.sampling import seed_of

# Draws of the prior: its quantiles are then known to a few per cent.
PRIOR_DRAWS = 4000


def summary(
    done: Refit, predicted: Predictions | None, fit: dict, role: str, response: str, seed: int
):
    """(record, DataTree) of a refit.

    predicted : None where they were not asked for. fit : of the model, as stored. seed : the
    analysis'.
    """
    posed = done.posed
    reml = fit["method"] == "REML"
    prior_draws = posed.prior_draws(PRIOR_DRAWS, seed_of(seed, posed.name, "prior"))
    before = posed.quantities(prior_draws)
    found = reliabilities(done.draws, posed.gram, reml)
    found_before = reliabilities(prior_draws, posed.gram, reml)
    levels = list(zip(posed.levels, found, found_before, strict=True))[::-1]
    record = {
        "prior_words": in_words(posed.prior, response, posed.levels),
        "prior_numbers": in_numbers(posed.prior, posed.ladder.fixed, posed.levels),
        **_sampling(done),
        **convergence_record(done.listed, done.judged),
        "parameters": parameter_records(done.listed, done.numbers, done.judged, fit, before),
        "reliabilities": [reliability_record(*level) for level in levels],
        **(_sensitivity(done) if role == MAIN else {}),
        **({} if predicted is None else _predictions(predicted)),
        "versions": versions(),
    }
    tree = draws_tree(done.quantities, done.chains.statistics, before)
    for group, dataset in _datasets(levels, predicted).items():
        if dataset is not None:
            tree[group] = _tree(dataset)
    return record, tree


def _sampling(done):
    steps = done.chains.statistics.get("n_steps")
    shape = done.draws.shape
    return {
        "chains": shape[0],
        "draws": shape[1],
        "times_as_long": done.length,
        "divergences": done.chains.divergences,
        "n_steps": None if steps is None else float(steps.mean()),
    }


def _sensitivity(done):
    """Power scaling of what a reader asks for; the sampler must know the prior's density."""
    posed, draws = done.posed, done.draws
    if draws.effects is not None:
        return {}
    widths = posed.layout.widths
    likelihood = log_likelihood(draws.factors, draws.sigma, draws.beta, posed.gram, widths)
    believed = posed.log_prior(done.values, draws)
    kinds = (SD, CORRELATION, RESIDUAL, FIXED)
    chosen = [i for i, (quantity, _) in enumerate(done.listed) if quantity.kind in kinds]
    names = [name_in_r(*done.listed[i]) for i in chosen]
    values = done.numbers[:, :, chosen]
    found = power_scaling(
        names, values, believed.reshape(draws.shape), likelihood.reshape(draws.shape)
    )
    return {
        "sensitivity": sensitivity_records(found),
        "sensitivity_words": sensitivity_words(found),
    }


def _predictions(predicted):
    if predicted.left_out is None:
        loo = {"why_not": predicted.why_not}
    else:
        loo = loo_record(predicted.left_out)
    return {"loo": loo, "leave_group_out": leave_group_out_record(predicted.groups)}


def _datasets(levels, predicted):
    import xarray as xr

    arrays = {}
    for group, found, before in levels:
        for word, one in (("reliability", found), ("prior reliability", before)):
            axes = (f"{word} draw|{group}", f"direction|{group}")
            arrays[f"{word}|{group}"] = (axes, one.values)
    datasets = {"reliability": xr.Dataset(arrays)}
    if predicted is None:
        return datasets
    if predicted.effects:
        datasets["random_effects"] = random_effects_dataset(predicted.effects)
    if predicted.pointwise is not None:
        datasets["fitted"] = fitted_dataset(predicted.pointwise.fitted)
        datasets["log_likelihood"] = log_likelihood_dataset(predicted.pointwise)
    if predicted.left_out is not None:
        datasets["pointwise"] = pointwise_dataset(predicted.left_out)
    return datasets


def _tree(dataset):
    import xarray as xr

    return xr.DataTree(dataset)
