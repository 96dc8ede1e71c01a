"""Where and why the fits of an analysis degenerate, and which model to report instead."""

import logging
from pathlib import Path

import numpy as np

from covedge.causes.cause import ordered
from covedge.causes.diagnosis import Diagnosis, Looked
from covedge.causes.diagnosis import diagnose as diagnose_fit
from covedge.causes.not_identifiable import not_identifiable
from covedge.causes.optimiser_failure import optimiser_failure
from covedge.fits.fit import fit as fit_model
from covedge.fits.likelihood import Likelihood
from covedge.focus import focus
from covedge.frames.analysis import frame_of
from covedge.grams.store import ladder_from_json, load_gram
from covedge.inference.size import smallest_sd
from covedge.jsonio import read_json
from covedge.recommendation import read_tests
from covedge.status import FAILED, json_or_failure
from covedge.streaming.sufficient import BATCHED_FROM
from covedge.surface.beyond_record import below_zero
from covedge.verdict import verdict

log = logging.getLogger("diagnose")


def diagnose(data, design, gram, ladder, fits, engines, tests, leave_out, analysis, output):
    """Write verdict.json."""

    def work():
        found = ladder_from_json(read_json(ladder))
        records = [read_json(f"{fits}/{model.name}.json") for model in found.models]
        looked_at = focus(records)
        smallest = smallest_sd(analysis["smallest_sd"], looked_at)
        causes = not_identifiable(records[-1], read_json(design))
        likelihood = Likelihood(load_gram(gram), reml=analysis["method"] == "REML")
        diagnosis = Diagnosis(())
        if looked_at["degenerate"] and looked_at["identifiable"]:
            model = next(m for m in found.models if m.name == looked_at["model"])
            diagnosis = diagnose_fit(
                Looked(
                    likelihood,
                    found.terms,
                    fit_model(likelihood, found.terms, model, analysis["seed"]),
                    smallest,
                    analysis["seed"],
                    analysis["bootstrap"]["replicates"],
                    frame_of(data, analysis) if likelihood.gram.n_obs < BATCHED_FROM else None,
                    _or_none(read_json(leave_out)),
                    below_zero(looked_at["free"]),
                )
            )
        answers = [read_json(path) for path in sorted(Path(engines).glob("*/*.json"))]
        causes += [*diagnosis.causes]
        by_model = {record["model"]: record for record in records}
        causes += optimiser_failure(answers, by_model, _conditions(found, likelihood))
        causes = ordered(causes)
        for cause in causes:
            log.info("%s (%s): %s", cause.cause, cause.model, cause.sentence)
        return verdict(analysis["name"], records, causes, diagnosis, smallest, read_tests(tests))

    json_or_failure("diagnose", output, work)


def _conditions(ladder, likelihood):
    """By grouping factor the condition number of Z'Z over all rows, in the effects as written."""
    scalings = likelihood.gram.scaling.random[::-1]
    return {
        term.name: float(np.linalg.cond(W)) ** 2
        for term, W in zip(ladder.terms, scalings, strict=True)
    }


def _or_none(record):
    """What an earlier step wrote, or None where it failed."""
    return None if record.get("status") == FAILED else record


if __name__ == "__main__":
    from covedge.log import to_log

    to_log(snakemake.log[0])
    diagnose(
        data=snakemake.input.data,
        design=snakemake.input.design,
        gram=snakemake.input.gram,
        ladder=snakemake.input.ladder,
        fits=snakemake.input.fits,
        engines=snakemake.input.engines,
        tests=snakemake.input.tests,
        leave_out=snakemake.input.leave_out,
        analysis=snakemake.params.analysis,
        output=snakemake.output.verdict,
    )
