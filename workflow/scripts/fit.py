"""The Gram of an analysis, and the certified fit of every rung of its ladder."""

import logging
from dataclasses import replace

from covedge.effects.modes_record import with_modes
from covedge.errors import CovedgeError
from covedge.fits.fit import fit as fit_model
from covedge.fits.likelihood import Likelihood
from covedge.fits.rank_rungs import all_rungs
from covedge.frames.analysis import formulas
from covedge.grams.crossed_gram import CrossedGram
from covedge.grams.store import ladder_to_json, save_gram
from covedge.jsonio import write_json
from covedge.models import ladder as ladders
from covedge.records import fit_record
from covedge.streaming.sufficient import sufficient
from covedge.surface.beyond import beyond
from covedge.surface.beyond_record import free_record, next_rung_record
from covedge.whole import new_file, new_folder

log = logging.getLogger("fit")


def fit(data, analysis, gram, ladder, fits):
    """Write the Gram, the ladder, and fits/{model}.json for each of its models."""
    try:
        found, likelihood, order = _set_up(data, analysis)
    except CovedgeError as error:
        raise error.at(f"analyses.{analysis['name']}") from None
    log.info("%d models of %s", len(found.models), analysis["name"])
    results = _fits(found, likelihood, analysis)
    found = replace(found, models=tuple(result.model for result in results))
    with new_folder(fits) as folder:
        for model, result in zip(found.models, results, strict=True):
            extras = beyond(likelihood, found.terms, result, found.models)
            record = fit_record(result, analysis["name"], found.fixed)
            record = with_modes(record, result, found.terms, order)
            record |= {"free": free_record(extras), "next_rungs": next_rung_record(extras)}
            write_json(folder / f"{model.name}.json", record)
    with new_file(gram) as path:
        save_gram(likelihood.gram, path)
    write_json(ladder, ladder_to_json(found))


def _fits(ladder, likelihood, analysis):
    """The fits of all rungs, simplest first; of an automatic ladder with those of limited rank."""

    def fit_one(model):
        result = fit_model(likelihood, ladder.terms, model, analysis["seed"])
        log.info(
            "%-28s %s %.4f, %s%s, %.2f s",
            model.name,
            analysis["method"],
            result.point.criterion,
            result.certificate.status,
            ", degenerate" if result.degenerate else "",
            result.seconds,
        )
        return result

    return all_rungs(ladder, formulas(analysis)[0], analysis["ladder"] == "auto", fit_one)


def _set_up(data, analysis):
    formula, listed = formulas(analysis)
    statistics = sufficient(data, analysis)
    crossed = isinstance(statistics.gram, CrossedGram)
    models = ladders.build(formula, statistics.terms, listed, crossed)
    found = ladders.Ladder(statistics.terms, statistics.fixed, statistics.dropped, models)
    likelihood = Likelihood(statistics.gram, reml=analysis["method"] == "REML")
    return found, likelihood, statistics.order


if __name__ == "__main__":
    from covedge.log import to_log

    to_log(snakemake.log[0])
    fit(
        data=snakemake.input.data,
        analysis=snakemake.params.analysis,
        gram=snakemake.output.gram,
        ladder=snakemake.output.ladder,
        fits=snakemake.output.fits,
    )
