"""What can still be concluded: intervals of every rung, and what each single group decides."""

import logging
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pandas as pd

from covedge.bootstraps.draws import all_draws
from covedge.fits.fit import Fit
from covedge.fits.fit import fit as fit_model
from covedge.fits.likelihood import Likelihood
from covedge.focus import focus
from covedge.frames.analysis import frame_of
from covedge.frames.design import ModelFrame
from covedge.grams.store import ladder_from_json, load_gram
from covedge.inference.intervals import intervals_record
from covedge.inference.leave_out import leave_out as leave_out_of
from covedge.inference.leave_out import leave_out_record
from covedge.inference.size import smallest_sd
from covedge.jsonio import read_json, write_json
from covedge.models.ladder import Ladder
from covedge.status import FILE, failure, folder_or_failure, json_or_failure
from covedge.streaming.sufficient import BATCHED_FROM

log = logging.getLogger("infer")


@dataclass(frozen=True)
class _Known:
    """What both results share. frame : None where there are too many rows.

    draws : by model, all batches; reasons : by model, why there are none or fewer than asked for.
    smallest : the smallest SD that matters, in units of the response. focus : model looked at.
    """

    ladder: Ladder
    fits: dict[str, Fit]
    frame: ModelFrame | None
    draws: dict[str, pd.DataFrame]
    reasons: dict[str, str]
    smallest: float
    focus: str


def infer(data, gram, ladder, fits, profiles, bootstrap, analysis, intervals, leave_out):
    """Write intervals/{model}.json and leave_out.json.

    profiles : folder of the step before. bootstrap : folders with batches of draws. What one of
    the two results lacks does not cost the other.
    """

    @cache
    def known():
        return _known(data, gram, ladder, fits, bootstrap, analysis)

    folder_or_failure(
        "infer", intervals, lambda folder: _intervals(known(), profiles, analysis["name"], folder)
    )
    json_or_failure("leave_out", leave_out, lambda: _left_out(known()))


def _known(data, gram, ladder, fits, bootstrap, analysis):
    found = ladder_from_json(read_json(ladder))
    records = [read_json(f"{fits}/{model.name}.json") for model in found.models]
    likelihood = Likelihood(load_gram(gram), reml=analysis["method"] == "REML")
    # A rung that cannot be identified has no intervals; the one asked for has three matrices.
    refitted = {
        model.name: fit_model(likelihood, found.terms, model, analysis["seed"])
        for model, record in zip(found.models, records, strict=True)
        if record["identifiable"] or model is found.models[-1]
    }
    looked_at = focus(records)
    return _Known(
        found,
        refitted,
        frame_of(data, analysis) if likelihood.gram.n_obs < BATCHED_FROM else None,
        *all_draws(bootstrap, list(refitted)),
        smallest_sd(analysis["smallest_sd"], looked_at),
        looked_at["model"],
    )


def _intervals(known, profiles, analysis, folder):
    for name, fit in known.fits.items():
        try:
            record = intervals_record(
                fit,
                known.ladder.terms,
                known.ladder.fixed,
                known.frame,
                known.smallest,
                _profiles(profiles, name),
                known.draws.get(name),
                known.reasons.get(name),
            )
            record = {"analysis": analysis, "smallest_sd": known.smallest} | record
        except Exception as error:
            log.exception("the intervals of %s failed, and the report will say so", name)
            record = failure("intervals", error) | {"model": name}
        write_json(folder / f"{name}.json", record)


def _profiles(folder, model):
    """The profiles of a model; None where it is not looked at closely; or why they failed."""
    path = Path(folder) / f"{model}.json"
    if path.exists():
        return read_json(path)
    told = read_json(Path(folder) / FILE)
    return told if told["status"] != "ok" else None


def _left_out(known):
    if known.frame is None:
        return {"model": known.focus, "terms": [], "reason": "there are too many rows"}
    return leave_out_record(leave_out_of(known.frame, known.fits[known.focus]))


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
        leave_out=snakemake.output.leave_out,
    )
