"""covedge's part of an atlas: fits to simulated responses of one model, without the others' rows.

python trials_peer.py data.csv formula replicates seed; waits for a line before it starts.
"""

import json
import sys
import time

import pandas as pd

from covedge.atlas.question import question
from covedge.atlas.rounds import Trial
from covedge.fits.fit import fit
from covedge.fits.likelihood import Likelihood
from covedge.fits.own_gram import moved
from covedge.formulas.formula import parse
from covedge.frames.data import prepare
from covedge.frames.design import model_frame
from covedge.grams.gram import build
from covedge.models import ladder

# The smallest SD that matters where nothing else is said, relative to the residual's.
SMALLEST = 0.1


def asked(csv: str, text: str, seed: int):
    formula = parse(text)
    frame = model_frame(prepare(pd.read_csv(csv), formula).frame, formula)
    likelihood = Likelihood(build(frame), reml=True)
    model = ladder.build(formula, frame.terms)[-1]
    known = fit(likelihood, frame.terms, model, seed=1)
    return question(frame, model, lambda f: moved(f, known), SMALLEST, True, seed)


if __name__ == "__main__":
    csv, text, replicates, seed = sys.argv[1:]
    about = asked(csv, text, int(seed))
    about.answer(Trial(about.region.here, 3), 0, 0)
    print("ready", flush=True)
    sys.stdin.readline()
    wall, processor = time.perf_counter(), time.process_time()
    found = about.answer(Trial(about.region.here, int(replicates)), 0, 1)
    answer = {
        "wall": time.perf_counter() - wall,
        "processor": time.process_time() - processor,
        "fits": len(found),
        "settled": int(found["settled"].sum()),
        "singular": int(found["degenerate"].sum()),
        "sd": about.region.here.sd,
        "covariance": about.truths.at(about.region.here.sd).covariances[0].tolist(),
    }
    print(json.dumps(answer), flush=True)
