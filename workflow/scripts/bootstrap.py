"""Parametric bootstrap of the rungs of a ladder: one batch of its replicates.

A replicate depends on nothing but the seed, the model and its own number, so that batches may be
computed anywhere, in any order, and more of them later.
"""

import logging
import time
from itertools import islice

import numpy as np

from covedge.bootstraps.bootstrap import Bootstrap, refit_work
from covedge.bootstraps.bootstrap_plan import plans
from covedge.bootstraps.draws_table import Table
from covedge.errors import DesignError
from covedge.fits.fit import fit as fit_model
from covedge.fits.likelihood import Likelihood
from covedge.fits.own_gram import own_gram
from covedge.grams.store import ladder_from_json, load_gram
from covedge.jsonio import read_json, write_json
from covedge.status import FILE, folder_or_failure

log = logging.getLogger("bootstrap")

# Seconds between two lines of progress.
PROGRESS = 10.0


def bootstrap(gram, ladder, fits, analysis, first, last, draws):
    """Write {model}.parquet for each model that is bootstrapped into the folder `draws`.

    first, last : numbers of the replicates, from 1.
    """

    def work(folder):
        found = ladder_from_json(read_json(ladder))
        records = [read_json(f"{fits}/{model.name}.json") for model in found.models]
        likelihood = Likelihood(load_gram(gram), reml=analysis["method"] == "REML")
        planned = plans(
            records,
            found.models,
            [term.n_levels for term in found.terms],
            [_work(likelihood, model) for model in found.models],
            last,
            analysis["bootstrap"]["models"],
        )
        by_name = {model.name: model for model in found.models}
        skipped = {plan.model: plan.reason for plan in planned if plan.reason}
        for place, plan in enumerate(planned):
            log.info("%s (%d of %d)%s", plan.model, place + 1, len(planned), _with(plan))
            numbers = range(first - 1, min(last, plan.replicates))
            if not numbers:
                continue
            try:
                table = _one(likelihood, found, by_name, plan, numbers, analysis)
            except DesignError as reason:
                skipped[plan.model] = str(reason)
                continue
            table.to_parquet(folder / f"{plan.model}.parquet")
        write_json(folder / FILE, {"status": "ok", "step": "bootstrap", "skipped": skipped})

    folder_or_failure("bootstrap", draws, work)


def _one(likelihood, ladder, models, plan, numbers, analysis):
    """The table of the replicates of one true model with these numbers."""
    fit = fit_model(likelihood, ladder.terms, models[plan.model], analysis["seed"])
    simulated = Bootstrap(likelihood, fit, [models[name] for name in plan.richer])
    table = Table(simulated, fit, ladder.terms, ladder.fixed)
    # The model's own stream does not depend on which others are simulated.
    root = np.random.SeedSequence([analysis["seed"], *plan.model.encode()])
    streams = islice(root.spawn(numbers.stop), numbers.start, None)
    told = time.monotonic()
    for number, seeds in zip(numbers, streams, strict=True):
        table.add(number, simulated.replicate(seeds))
        if time.monotonic() - told > PROGRESS:
            told = time.monotonic()
            log.info("%s: %d of %d", plan.model, number + 1 - numbers.start, len(numbers))
    return table.frame()


def _work(likelihood, model):
    """Multiplications of a refit, roughly."""
    return refit_work(own_gram(likelihood, model).factors(model))


def _with(plan):
    if not plan.replicates:
        return f": {plan.reason}"
    return f", with {', '.join(plan.richer)}" if plan.richer else ""


if __name__ == "__main__":
    from covedge.log import to_log

    to_log(snakemake.log[0])
    bootstrap(
        gram=snakemake.input.gram,
        ladder=snakemake.input.ladder,
        fits=snakemake.input.fits,
        analysis=snakemake.params.analysis,
        first=int(snakemake.wildcards.first),
        last=int(snakemake.wildcards.last),
        draws=snakemake.output.draws,
    )
