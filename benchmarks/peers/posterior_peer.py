"""covedge's sampler: from a data frame to draws of sigma, beta and G, written to a file.

Each run has a seed of its own. What is compiled is told apart from the rest. Time is that of the
processor, as Stan's clocks have it: what else the machine does is not in it.
"""

import time
from importlib.metadata import version

import numpy as np
from serve import read, serve

from covedge.formulas.formula import parse
from covedge.frames.design import model_frame
from covedge.grams.gram import build
from covedge.models import ladder
from covedge.models.ladder import Ladder
from covedge.posteriors import refit as module
from covedge.posteriors.posterior import COVARIANCE, FIXED, RESIDUAL
from covedge.posteriors.refit import Settings, pose, refit

KINDS = (RESIDUAL, FIXED, COVARIANCE)


def seconds():
    """Of the processor by all threads and by this one, and by the clock on the wall."""
    return np.array([time.process_time(), time.thread_time(), time.perf_counter()])


def timed_compilation():
    """A list that gets the seconds of each compilation of `refit`, waiting for others included."""
    found, compiled = [], module.compiled

    def timed(*given):
        began = seconds()
        result = compiled(*given)
        found.append(seconds() - began)
        return result

    module.compiled = timed
    return found


def prepare(job):
    table, formula = read(job), parse(job["formula"])
    seeds, compilations = iter(range(1, 1000)), timed_compilation()

    def run():
        frame = model_frame(table, formula)
        models = ladder.build(formula, frame.terms)
        rungs = Ladder(frame.terms, frame.fixed, frame.dropped, models)
        posed = pose(build(frame), rungs, rungs.asked, job["prior"])
        settings = Settings(
            job["chains"], job["draws"], job["tune"], job["cores"], next(seeds), lengths=(1,)
        )
        began = seconds()
        done = refit(posed, settings)
        everywhere, here, wall = seconds() - began - compilations[-1]
        wanted = [i for i, (quantity, _) in enumerate(done.listed) if quantity.kind in KINDS]
        done.numbers[:, :, wanted].tofile(job["written"])
        names = [
            " ".join([done.listed[i][0].name, ",".join(done.listed[i][1])]).strip() for i in wanted
        ]
        return {
            # The chains run side by side, the rest does not.
            "sampling": (everywhere - here) / job["cores"] + here,
            "wall": wall,
            "compiling": compilations[-1][0],
            "divergences": done.chains.divergences,
            "steps": float(done.chains.statistics["n_steps"].mean()),
            "names": names,
        }

    return run, {name: version(name) for name in ("covedge", "nutpie", "pymc", "numba")}


if __name__ == "__main__":
    serve(prepare)
