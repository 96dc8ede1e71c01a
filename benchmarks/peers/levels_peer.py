"""covedge with many levels of the deepest grouping factor: times of the Gram and of the fit.

python levels_peer.py L [L ...]
"""

import json
import sys
import time
from statistics import median

import numpy as np
import pandas as pd

from covedge.fits.fit import fit
from covedge.fits.likelihood import Likelihood
from covedge.formulas.formula import parse
from covedge.frames.design import model_frame
from covedge.grams.gram import build
from covedge.models import ladder

FORMULA = "y ~ x + (1 | a) + (x | a:b)"
PER_LEVEL = 8
OUTER = 20
# Fits of each size, fewer where they take more than the budget in seconds.
RUNS, BUDGET = 5, 20.0


def table(n_levels: int) -> pd.DataFrame:
    """Eight rows in each of n_levels groups, which are shared out among twenty outer ones."""
    rng = np.random.default_rng(n_levels)
    b = np.repeat(np.arange(n_levels), PER_LEVEL)
    a, n = b % OUTER, n_levels * PER_LEVEL
    x = rng.normal(size=n)
    effects = rng.normal(size=(n_levels, 2)) * [1.0, 0.5]
    y = 5.0 + x + rng.normal(size=OUTER)[a] + effects[b, 0] + effects[b, 1] * x
    return pd.DataFrame(
        {
            "y": y + rng.normal(size=n),
            "x": x,
            "a": pd.Categorical(a.astype(str)),
            "b": pd.Categorical(b.astype(str)),
        }
    )


def measure(data: pd.DataFrame, n_levels: int) -> dict:
    formula, grams, fits = parse(FORMULA), [], []
    while not fits or (len(fits) < RUNS and sum(grams + fits) < BUDGET):
        began = time.perf_counter()
        frame = model_frame(data, formula)
        likelihood = Likelihood(build(frame), reml=True)
        built = time.perf_counter()
        model = ladder.build(formula, frame.terms)[-1]
        result = fit(likelihood, frame.terms, model, seed=1)
        grams.append(built - began)
        fits.append(time.perf_counter() - built)
    return {
        "size": n_levels,
        "gram": median(grams),
        "fit": median(fits),
        "criterion": result.point.criterion,
        "message": result.certificate.status,
    }


if __name__ == "__main__":
    measure(table(100), 100)  # compiles, or reads what was compiled before
    for n_levels in map(int, sys.argv[1:]):
        print(json.dumps(measure(table(n_levels), n_levels)), flush=True)
