"""Profile likelihood of the rungs that the report looks at closely."""

import logging
import time

from covedge.fits.fit import fit as fit_model
from covedge.fits.likelihood import Likelihood
from covedge.focus import focus
from covedge.grams.store import ladder_from_json, load_gram
from covedge.inference.intervals import LEVEL
from covedge.jsonio import read_json, write_json
from covedge.profiles.profile import by_maximum_likelihood, cut, profile
from covedge.profiles.profile_record import profile_record
from covedge.recommendation import read_tests, recommend
from covedge.status import failure, folder_or_failure

log = logging.getLogger("profiles")

# Seconds between two lines of progress.
PROGRESS = 10.0


def profiles(gram, ladder, fits, tests, analysis, profiles):
    """Write {model}.json of the model that is looked at and of the recommended one.

    Each has the profiles by the fit's own criterion and, of a REML fit, by ML as well.
    """

    def work(folder):
        found = ladder_from_json(read_json(ladder))
        records = [read_json(f"{fits}/{model.name}.json") for model in found.models]
        likelihood = Likelihood(load_gram(gram), reml=analysis["method"] == "REML")
        looked_at = focus(records)
        chosen = recommend(records, looked_at, read_tests(tests)).chosen
        wanted = {fit["model"] for fit in (looked_at, chosen) if fit is not None}
        for model in found.models:
            if model.name in wanted:
                record = _one(likelihood, found, model, analysis["seed"])
                write_json(folder / f"{model.name}.json", record)

    folder_or_failure("profiles", profiles, work)


def _one(likelihood, ladder, model, seed):
    """The record of one model; if that fails, it says so and the other goes on."""
    try:
        fit = fit_model(likelihood, ladder.terms, model, seed)
        own = _profile(fit, ladder)
        by_ml = by_maximum_likelihood(fit, ladder.terms, seed) if fit.reml else None
        also = by_ml and _profile(by_ml, ladder)
        return {"status": "ok", "model": model.name} | profile_record(own, cut(LEVEL), also)
    except Exception as error:
        log.exception("the profiles of %s failed, and the report will say so", model.name)
        return failure("profiles", error) | {"model": model.name}


def _profile(fit, ladder):
    return profile(fit, ladder.terms, ladder.fixed, LEVEL, _Progress(fit))


class _Progress:
    """Tells how far the profiles of a fit are, every few seconds."""

    def __init__(self, fit):
        self._what = f"{fit.model.name} by {'REML' if fit.reml else 'ML'}"
        self._told = time.monotonic()

    def __call__(self, done, n):
        if done == n or time.monotonic() - self._told > PROGRESS:
            self._told = time.monotonic()
            log.info("%s: %d of %d parameters", self._what, done, n)


if __name__ == "__main__":
    from covedge.log import to_log

    to_log(snakemake.log[0])
    profiles(
        gram=snakemake.input.gram,
        ladder=snakemake.input.ladder,
        fits=snakemake.input.fits,
        tests=snakemake.input.tests,
        analysis=snakemake.params.analysis,
        profiles=snakemake.output.profiles,
    )
