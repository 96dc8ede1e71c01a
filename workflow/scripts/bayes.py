"""Posteriors of the formula asked for and of the rungs around the point where the ladder breaks."""

import logging
import time
from itertools import combinations
from pathlib import Path

from covedge.errors import DesignError
from covedge.fits.likelihood import Likelihood
from covedge.formulas.formula import parse
from covedge.frames.analysis import frame_of
from covedge.grams.effort import effort
from covedge.grams.reduced_gram import of_model
from covedge.grams.store import ladder_from_json, load_gram
from covedge.jsonio import read_json, write_json
from covedge.posteriors import agreement as agreeing
from covedge.posteriors.improper import why_improper
from covedge.posteriors.mode import NoMode, mode_record, posterior_mode
from covedge.posteriors.posterior_choice import (
    EXAMPLE,
    MAIN,
    RUNG,
    choose,
    runs,
    too_long_for_more,
    without_limited_rank,
    without_the_longest,
)
from covedge.posteriors.posterior_record import name_in_r
from covedge.posteriors.prediction_record import comparison_record
from covedge.posteriors.predictions import Frame, predictions
from covedge.posteriors.refit import LENGTHS, Settings, pose, refit
from covedge.posteriors.summary import summary
from covedge.status import FILE, failure, folder_or_failure
from covedge.whole import new_file

log = logging.getLogger("bayes")


def bayes(data, gram, ladder, fits, analysis, posterior, threads):
    """Write {model}.{prior}.{parametrization}.nc and .json for each run into `posterior`.

    comparison.json there compares the models by what they predict, agreement.json the forms of the
    same posterior. status.json says which models were left out, and why; or that nothing was done.
    """

    def work(folder):
        asked = analysis["bayes"]
        if not asked["enabled"]:
            reason = "the config says `bayes: {enabled: false}`"
            write_json(folder / FILE, {"status": "skipped", "step": "bayes", "reason": reason})
            return
        found = ladder_from_json(read_json(ladder))
        stored = {m.name: read_json(Path(fits) / f"{m.name}.json") for m in found.models}
        grams = load_gram(gram)
        choice = _choice(asked, found, list(stored.values()), grams)
        _Step(folder, data, grams, found, stored, analysis, threads).run(choice)

    folder_or_failure("bayes", posterior, work)


def _choice(asked, ladder, stored, gram):
    limited = [m.name for m in ladder.models if any(s.limited for s in m.structures)]
    if asked["models"] == "auto":
        # The rung before the one that breaks the ladder had better be one that has a prior.
        stored = [fit for fit in stored if fit["model"] not in limited or fit is stored[-1]]
    choice = without_limited_rank(choose(asked["models"], stored), limited)
    if asked["models"] == "auto":
        efforts = {m.name: effort(of_model(gram, m.structures)) for m in ladder.models}
        choice = without_the_longest(choice, efforts)
    return choice


class _Step:
    """All runs of an analysis, in one process, so that what one compiles serves the next."""

    def __init__(self, folder, data, gram, ladder, fits, analysis, threads):
        asked = analysis["bayes"]
        self.folder, self.gram, self.ladder, self.fits = folder, gram, ladder, fits
        self.analysis, self.asked = analysis, asked
        self.response = parse(analysis["formula"]).response
        self.frame = Frame(frame_of(data, analysis))
        self.settings = {
            "chains": asked["chains"],
            "draws": asked["draws"],
            "tune": asked["tune"],
            "cores": threads,
            "seed": analysis["seed"],
        }
        self.predicted, self.summaries, self.skipped = {}, {}, []

    def run(self, choice):
        self.skipped += choice.skipped
        asked, auto = self.asked, self.asked["models"] == "auto"
        families, forms = asked["priors"], asked["parametrizations"]
        if auto and choice.models and (reason := self._too_long(choice.models[-1])):
            left_out = ", ".join([*families[1:], *forms[1:]])
            if left_out:
                self.skipped.append((f"{choice.models[-1]} ({left_out})", reason))
            families, forms = families[:1], forms[:1]
        planned = runs(choice.models, families, forms, auto)
        for number, run in enumerate(planned, 1):
            log.info(
                "%d of %d: %s, prior %s, %s", number, len(planned), run.model, run.family, run.form
            )
            self._one(run)
        for name, reason in self.skipped:
            log.info("%s is not sampled: %s", name, reason)
        if self.predicted:
            loo = {m: p.left_out for m, p in self.predicted.items() if p.left_out is not None}
            groups = {m: p.groups for m, p in self.predicted.items()}
            record = comparison_record(asked["priors"][0], loo, groups)
            write_json(self.folder / "comparison.json", record)
        write_json(self.folder / "agreement.json", self._agreements())
        write_json(self.folder / "modes.json", [self._mode(r.model) for r in planned[:1]])
        skipped = [{"model": name, "reason": reason} for name, reason in self.skipped]
        status = {"status": "ok", "step": "bayes", "models": choice.models, "skipped": skipped}
        write_json(self.folder / FILE, status)

    def _too_long(self, name):
        model = next(m for m in self.ladder.models if m.name == name)
        return too_long_for_more(effort(of_model(self.gram, model.structures)))

    def _one(self, run):
        """Sample one model; if that fails, its summary says so and the others go on."""
        stem = f"{run.model}.{run.family}.{run.form}"
        model = next(m for m in self.ladder.models if m.name == run.model)
        head = {
            "analysis": self.analysis["name"],
            "model": run.model,
            "formula": model.formula,
            "prior": run.family,
            "parametrization": run.form,
            "role": run.role,
        }
        try:
            told = self.asked["hyperparameters"]
            posed = pose(self.gram, self.ladder, model, run.family, run.form, told)
            record, tree = self._sampled(posed, run)
            with new_file(self.folder / f"{stem}.nc") as path:
                # in one piece: where the disk is full, HDF5 crashes
                path.write_bytes(tree.to_netcdf())
            record = {"status": "ok"} | head | record
        except DesignError as error:
            self.skipped.append((f"{run.model} ({run.form})", error.message))
            return
        except Exception as error:
            record = failure("bayes", error) | head
            log.exception("%s failed, and the report will say so", stem)
        write_json(self.folder / f"{stem}.json", record)

    def _sampled(self, posed, run):
        # The example is to show what happens to chains as they come.
        lengths = LENGTHS[:1] if run.role == EXAMPLE else LENGTHS
        done = refit(posed, Settings(**self.settings, lengths=lengths))
        began, predicted = time.perf_counter(), None
        if run.role in (MAIN, RUNG):
            predicted = predictions(done, self.frame, self.analysis["seed"])
            self.predicted[run.model] = predicted
        fit = self.fits[run.model]
        seed = self.analysis["seed"]
        record, tree = summary(done, predicted, fit, run.role, self.response, seed)
        names = [name_in_r(*one) for one in done.listed]
        self.summaries[run] = agreeing.summary(names, done.numbers)
        seconds = {
            "compile": done.compile_seconds,
            "sample": done.sample_seconds,
            "after": time.perf_counter() - began,
        }
        return record | {"tune": self.asked["tune"] * done.length, "seconds": seconds}, tree

    def _mode(self, name):
        """The posterior mode under blme's prior, or why there is none."""
        model = next(m for m in self.ladder.models if m.name == name)
        terms = self.ladder.terms
        head = {"model": name, "formula": model.formula, "not_sampled": why_improper(terms, model)}
        likelihood = Likelihood(self.gram, reml=self.analysis["method"] == "REML")
        try:
            found = posterior_mode(likelihood, terms, model)
        except NoMode as error:
            return head | {"status": "none", "reason": error.message}
        return head | {"status": "ok"} | mode_record(found, self.ladder.fixed)

    def _agreements(self):
        """Of every two forms of one model under one prior."""
        return [
            {"model": one.model, "prior": one.family, "one": one.form, "other": other.form}
            | agreeing.agreement_record(agreeing.agreement(mine, theirs))
            for (one, mine), (other, theirs) in combinations(self.summaries.items(), 2)
            if (one.model, one.family) == (other.model, other.family)
        ]


if __name__ == "__main__":
    from covedge.log import to_log

    to_log(snakemake.log[0])
    bayes(
        data=snakemake.input.data,
        gram=snakemake.input.gram,
        ladder=snakemake.input.ladder,
        fits=snakemake.input.fits,
        analysis=snakemake.params.analysis,
        posterior=snakemake.output.posterior,
        threads=snakemake.threads,
    )
