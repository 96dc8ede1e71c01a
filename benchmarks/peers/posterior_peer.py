"""covedge's sampler: from a data frame to draws of sigma, beta and G, written to a file.

Each run has a seed of its own. What is compiled is told apart from the rest.
"""

import time
from importlib.metadata import version

from serve import read, serve

from covedge.formulas.formula import parse
from covedge.frames.design import model_frame
from covedge.grams.gram import build
from covedge.models import ladder
from covedge.models.ladder import Ladder
from covedge.posteriors.posterior import COVARIANCE, FIXED, RESIDUAL
from covedge.posteriors.refit import Settings, pose, refit

KINDS = (RESIDUAL, FIXED, COVARIANCE)


def prepare(job):
    table, formula = read(job), parse(job["formula"])
    seeds = iter(range(1, 1000))

    def run():
        frame = model_frame(table, formula)
        models = ladder.build(formula, frame.terms)
        rungs = Ladder(frame.terms, frame.fixed, frame.dropped, models)
        posed = pose(build(frame), rungs, rungs.asked, job["prior"])
        settings = Settings(
            job["chains"], job["draws"], job["tune"], job["cores"], next(seeds), lengths=(1,)
        )
        began = time.perf_counter()
        done = refit(posed, settings)
        seconds = time.perf_counter() - began - done.compile_seconds
        wanted = [i for i, (quantity, _) in enumerate(done.listed) if quantity.kind in KINDS]
        done.numbers[:, :, wanted].tofile(job["written"])
        names = [
            " ".join([done.listed[i][0].name, ",".join(done.listed[i][1])]).strip() for i in wanted
        ]
        return {
            "sampling": seconds,
            "compiling": done.compile_seconds,
            "divergences": done.chains.divergences,
            "steps": float(done.chains.statistics["n_steps"].mean()),
            "names": names,
        }

    return run, {name: version(name) for name in ("covedge", "nutpie", "pymc", "numba")}


if __name__ == "__main__":
    serve(prepare)
