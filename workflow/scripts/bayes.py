"""Posteriors of the formula asked for and of the rungs around the point where the ladder breaks."""

import logging
from pathlib import Path

from covedge.formulas.formula import parse
from covedge.grams.effort import effort
from covedge.grams.reduced_gram import of_model
from covedge.grams.store import ladder_from_json, load_gram
from covedge.jsonio import read_json, write_json
from covedge.posteriors.posterior_choice import (
    choose,
    without_limited_rank,
    without_the_longest,
)
from covedge.posteriors.posterior_rank import reliabilities
from covedge.posteriors.posterior_record import (
    convergence_record,
    draws_tree,
    parameter_records,
    reliability_record,
    versions,
)
from covedge.posteriors.prior_words import in_numbers, in_words
from covedge.posteriors.refit import Settings, refit
from covedge.status import FILE, failure, folder_or_failure, new_file

log = logging.getLogger("bayes")

PRIOR, PARAMETRIZATION = "lkj", "collapsed"


def bayes(gram, ladder, fits, analysis, posterior, threads):
    """Write {model}.lkj.collapsed.nc and .json for each model into the folder `posterior`.

    status.json there says which models were left out, and why; or that nothing was done.
    """
    folder_or_failure(
        "bayes", posterior, lambda folder: _work(gram, ladder, fits, analysis, folder, threads)
    )


def _work(gram, ladder, fits, analysis, folder, threads):
    asked = analysis["bayes"]
    if not asked["enabled"]:
        reason = "the config says `bayes: {enabled: false}`"
        write_json(folder / FILE, {"status": "skipped", "step": "bayes", "reason": reason})
        return
    rungs, data = ladder_from_json(read_json(ladder)), load_gram(gram)
    stored = [read_json(Path(fits) / f"{model.name}.json") for model in rungs.models]
    choice = choose(asked["models"], stored)
    limited = [m.name for m in rungs.models if any(s.limited for s in m.structures)]
    choice = without_limited_rank(choice, limited)
    if asked["models"] == "auto":
        efforts = {m.name: effort(of_model(data, m.structures)) for m in rungs.models}
        choice = without_the_longest(choice, efforts)
    for name, reason in choice.skipped:
        log.info("%s is not sampled: %s", name, reason)
    settings = Settings(asked["chains"], asked["draws"], asked["tune"], threads, analysis["seed"])
    for model, fit in zip(rungs.models, stored, strict=True):
        if model.name in choice.models:
            _one(folder, data, rungs, model, fit, analysis, settings)
    write_json(
        folder / FILE,
        {
            "status": "ok",
            "step": "bayes",
            "models": choice.models,
            "skipped": [{"model": name, "reason": reason} for name, reason in choice.skipped],
        },
    )


def _one(folder, data, rungs, model, fit, analysis, settings):
    """Sample one model; if that fails, its summary says so and the others go on."""
    stem = f"{model.name}.{PRIOR}.{PARAMETRIZATION}"
    head = {
        "analysis": analysis["name"],
        "model": model.name,
        "formula": model.formula,
        "prior": PRIOR,
        "parametrization": PARAMETRIZATION,
    }
    try:
        done = refit(data, rungs, model, settings)
        with new_file(folder / f"{stem}.nc") as path:
            draws_tree(done.quantities, done.chains.statistics).to_netcdf(path)
        record = {"status": "ok"} | head | _record(done, fit, analysis, settings)
    except Exception as error:
        record = failure("bayes", error) | head
        log.exception("%s failed, and the report will say so", model.name)
    write_json(folder / f"{stem}.json", record)


def _record(done, fit, analysis, settings):
    response = parse(analysis["formula"]).response
    found = reliabilities(done.draws, done.gram, analysis["method"] == "REML")
    fixed = tuple(f["name"] for f in fit["fixed"])
    return {
        "prior_words": in_words(done.prior, response, done.levels),
        "prior_numbers": in_numbers(done.prior, fixed, done.levels),
        "chains": settings.chains,
        "draws": settings.draws * done.length,
        "tune": settings.tune * done.length,
        "times_as_long": done.length,
        "divergences": done.chains.divergences,
        **convergence_record(done.listed, done.judged),
        "parameters": parameter_records(done.listed, done.values, done.judged, fit),
        "reliabilities": [
            reliability_record(group, one)
            for group, one in zip(done.levels[::-1], found[::-1], strict=True)
        ],
        "seconds": {"compile": done.compile_seconds, "sample": done.sample_seconds},
        "versions": versions(),
    }


if __name__ == "__main__":
    from covedge.log import to_log

    to_log(snakemake.log[0])
    bayes(
        gram=snakemake.input.gram,
        ladder=snakemake.input.ladder,
        fits=snakemake.input.fits,
        analysis=snakemake.params.analysis,
        posterior=snakemake.output.posterior,
        threads=snakemake.threads,
    )
