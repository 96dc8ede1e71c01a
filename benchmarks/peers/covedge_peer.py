"""covedge: from a data frame to the certified fit."""

import time
from importlib.metadata import version

import numpy as np
from serve import read, serve

from covedge.bootstraps.bootstrap import Bootstrap
from covedge.fits.fit import fit
from covedge.fits.likelihood import Likelihood
from covedge.fits.new_response import Refitter
from covedge.formulas.formula import parse
from covedge.frames.design import model_frame
from covedge.grams.gram import build
from covedge.models import ladder

REPLICATES = 1000


def prepare(job):
    table, reml = read(job), job["method"] == "REML"

    formula = parse(job["formula"])

    def fitted(formula, frame):
        likelihood = Likelihood(build(frame), reml=reml)
        model = ladder.build(formula, frame.terms)[-1]
        return fit(likelihood, frame.terms, model, seed=1)

    def told(result):
        return result.point.criterion, result.certificate.status

    def whole():
        formula = parse(job["formula"])
        return told(fitted(formula, model_frame(table, formula)))

    if job["task"] == "refit":
        frame = model_frame(table, formula)
        refitter, y = Refitter(frame, fitted(formula, frame)), table["again"].to_numpy()

    def again():
        return told(refitter.fit(y))

    if job["task"] == "bootstrap":
        frame = model_frame(table, formula)
        known = fitted(formula, frame)
        drawn = Bootstrap(known.factors.likelihood, known)

    def bootstrap():
        for seeds in np.random.SeedSequence(1).spawn(REPLICATES):
            drawn.replicate(seeds)
        return told(known)

    run = {"fit": whole, "refit": again, "bootstrap": bootstrap}[job["task"]]
    began = time.perf_counter()
    run()  # compiles, or reads what was compiled before
    first = time.perf_counter() - began
    packages = ("covedge", "numpy", "numba", "scipy", "pandas")
    return run, {**{name: version(name) for name in packages}, "first run, seconds": first}


if __name__ == "__main__":
    serve(prepare)
