"""What can still be concluded: intervals of every rung, tests between rungs, one group left out."""

import logging
from pathlib import Path

import pandas as pd

from covedge.analysis import frame_of
from covedge.bootstrap_record import criteria
from covedge.comparisons import compare, plan
from covedge.comparisons_record import comparisons_record
from covedge.fit import fit as fit_model
from covedge.intervals import intervals_record
from covedge.jsonio import read_json, write_json
from covedge.leave_out import leave_out as leave_out_of
from covedge.leave_out import leave_out_record
from covedge.likelihood import Likelihood
from covedge.size import smallest_sd
from covedge.status import FILE, failure, folder_or_failure, json_or_failure
from covedge.store import ladder_from_json, load_gram
from covedge.sufficient import BATCHED_FROM
from covedge.verdict import focus

log = logging.getLogger("infer")


def infer(data, gram, ladder, fits, profiles, bootstrap, analysis, intervals, tests, leave_out):
    """Write intervals/{model}.json, tests.json and leave_out.json.

    profiles : folder of the step before. bootstrap : folders with batches of draws. What one of
    the three results lacks does not cost the others.
    """
    found = ladder_from_json(read_json(ladder))
    records = [read_json(f"{fits}/{model.name}.json") for model in found.models]
    likelihood = Likelihood(load_gram(gram), reml=analysis["method"] == "REML")
    # A rung that cannot be identified has no intervals; the one asked for has three matrices.
    refitted = {
        model.name: fit_model(likelihood, found.terms, model, analysis["seed"])
        for model, record in zip(found.models, records, strict=True)
        if record["identifiable"] or model is found.models[-1]
    }
    frame = frame_of(data, analysis) if likelihood.gram.n_obs < BATCHED_FROM else None
    draws, reasons = _draws(bootstrap, refitted)
    smallest = smallest_sd(analysis["smallest_sd"], focus(records))

    def write_intervals(folder):
        for name, fit in refitted.items():
            known = {"analysis": analysis["name"], "smallest_sd": smallest}
            try:
                record = known | intervals_record(
                    fit,
                    found.terms,
                    found.fixed,
                    frame,
                    smallest,
                    _profiles(profiles, name),
                    draws.get(name),
                    reasons.get(name),
                )
            except Exception as error:
                log.exception("the intervals of %s failed, and the report will say so", name)
                record = failure("intervals", error) | {"model": name}
            write_json(folder / f"{name}.json", record)

    folder_or_failure("infer", intervals, write_intervals)
    json_or_failure("tests", tests, lambda: _tests(found, refitted, draws, reasons, analysis))
    json_or_failure(
        "leave_out", leave_out, lambda: _left_out(frame, refitted[focus(records)["model"]])
    )


def _draws(folders, models):
    """({model: its draws, all batches}, {model: why there are none or fewer})."""
    batches, reasons = {name: [] for name in models}, {}
    for folder in map(Path, folders):
        told = read_json(folder / FILE)
        if told["status"] != "ok":
            reasons |= dict.fromkeys(models, f"the bootstrap failed: {told['reason']}")
        reasons |= told.get("skipped", {})
        for name, found in batches.items():
            if (folder / f"{name}.parquet").exists():
                found.append(pd.read_parquet(folder / f"{name}.parquet"))
    tables = {name: pd.concat(found, ignore_index=True) for name, found in batches.items() if found}
    return {name: table for name, table in tables.items() if len(table)}, reasons


def _profiles(folder, model):
    """The profiles of a model; None where it is not looked at closely; or why they failed."""
    path = Path(folder) / f"{model}.json"
    if path.exists():
        return read_json(path)
    told = read_json(Path(folder) / FILE)
    return told if told["status"] != "ok" else None


def _tests(ladder, fits, draws, reasons, analysis):
    planned = plan(ladder.models, fits, analysis["seed"])
    simulated = {}
    for smaller, larger in (pair.names for pair in planned.pairs):
        both = criteria(draws[smaller], smaller, larger) if smaller in draws else None
        simulated[smaller, larger] = reasons.get(smaller) if both is None else both
    return comparisons_record(compare(planned, simulated))


def _left_out(frame, fit):
    if frame is None:
        return {"model": fit.model.name, "terms": [], "reason": "there are too many rows"}
    return leave_out_record(leave_out_of(frame, fit))


if __name__ == "__main__":
    from covedge.log import to_log

    to_log(snakemake.log[0])
    infer(
        data=snakemake.input.data,
        gram=snakemake.input.gram,
        ladder=snakemake.input.ladder,
        fits=snakemake.input.fits,
        profiles=snakemake.input.profiles,
        bootstrap=snakemake.input.bootstrap,
        analysis=snakemake.params.analysis,
        intervals=snakemake.output.intervals,
        tests=snakemake.output.tests,
        leave_out=snakemake.output.leave_out,
    )
