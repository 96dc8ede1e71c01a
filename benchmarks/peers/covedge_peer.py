"""covedge: from a data frame to the certified fit."""

import time
from dataclasses import replace
from importlib.metadata import version

from serve import read, serve

from covedge import ladder
from covedge.design import model_frame
from covedge.fit import fit
from covedge.formula import parse
from covedge.gram import build
from covedge.likelihood import Likelihood


def prepare(job):
    table, reml = read(job), job["method"] == "REML"

    def fitted(frame, formula):
        likelihood = Likelihood(build(frame), reml=reml)
        model = ladder.build(formula, frame.terms)[-1]
        result = fit(likelihood, frame.terms, model, seed=1)
        return result.point.criterion, result.certificate.status

    def whole():
        formula = parse(job["formula"])
        return fitted(model_frame(table, formula), formula)

    formula = parse(job["formula"])
    frame = model_frame(table, formula)
    y = table["again"].to_numpy() if job["refit"] else None

    def again():
        return fitted(replace(frame, y=y), formula)

    run = again if job["refit"] else whole
    began = time.perf_counter()
    run()  # compiles, or reads what was compiled before
    first = time.perf_counter() - began
    packages = ("covedge", "numpy", "numba", "scipy", "pandas")
    return run, {**{name: version(name) for name in packages}, "first run, seconds": first}


if __name__ == "__main__":
    serve(prepare)
