"""Whether the default run of the sampler can be trusted from other seeds and on other rows.

python posterior_robustness.py [prior ...]

The rats at one speed, a 6 x 6 covariance matrix of ten rats. Writes
tests/reference/robustness.json; with priors named it only tells their runs, on the terminal.
"""

import json
import sys
import time
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pandas as pd
from calibrated import Length
from calibration_page import ROBUSTNESS
from calibration_run import versions
from code_digest import ROOT, sampler_digest
from machine import machine
from with_data import with_data

from covedge.formulas.formula import parse
from covedge.frames.data import prepare
from covedge.frames.design import model_frame
from covedge.grams.gram import build
from covedge.models import ladder
from covedge.posteriors.compilation import compiled
from covedge.posteriors.convergence import convergence
from covedge.posteriors.posterior import flat
from covedge.posteriors.posterior_record import scalars
from covedge.posteriors.refit import Posed, pose
from covedge.posteriors.sampling import sample, seed_of

TITLE = "The rats at one speed"
FORMULA, SUBSET = "cc_marg ~ mPair + (mPair | ratID)", "spd_des == 's15'"
FAMILIES = ("lkj", "decov", "wishart")
SEEDS, SUBSETS, SHARE = 10, 5, 0.7
CORES = 2
SCRIPTS = tuple(
    Path(__file__).with_name(name) for name in ("posterior_robustness.py", "with_data.py")
)


def current_digest() -> str:
    return sampler_digest(*SCRIPTS)


def table() -> pd.DataFrame:
    """The rows that are used."""
    rats = pd.read_csv(ROOT / "data" / "rats.csv")
    return prepare(rats, parse(FORMULA), subset=SUBSET).frame


def part(rows: pd.DataFrame, number: int) -> pd.DataFrame:
    """A random part of the rows, in their order."""
    rng = np.random.default_rng([1, number])
    return rows.iloc[np.sort(rng.permutation(len(rows))[: round(SHARE * len(rows))])]


def posed(rows: pd.DataFrame, family: str) -> Posed:
    formula = parse(FORMULA)
    frame = model_frame(rows, formula)
    models = ladder.build(formula, frame.terms)
    rungs = ladder.Ladder(frame.terms, frame.fixed, frame.dropped, models)
    return pose(build(frame), rungs, rungs.asked, family)


def run(program, model: Posed, seed: int, name: str) -> dict:
    """One default run, of no more than its length, as stored."""
    length = Length()
    began = time.perf_counter()
    found = sample(
        with_data(program, model),
        name,
        chains=length.chains,
        draws=length.draws,
        tune=length.tune,
        cores=CORES,
        seed=seed_of(seed, model.name, 1),
    )
    seconds = time.perf_counter() - began
    draws = model.draws(flat(found.values), (length.chains, length.draws), seed)
    listed, numbers = scalars(model.quantities(draws))
    judged = convergence(numbers, found.statistics["energy"])
    worst = int(np.nanargmin(np.minimum(judged.ess_bulk, judged.ess_tail)))
    return {
        "prior": model.prior.family,
        "data": name,
        "reached": judged.reached,
        "max_rhat": float(np.nanmax(judged.rhat)),
        "min_ess_bulk": float(np.nanmin(judged.ess_bulk)),
        "min_ess_tail": float(np.nanmin(judged.ess_tail)),
        "worst": f"{listed[worst][0].name}[{', '.join(listed[worst][1])}]",
        "numbers": len(listed),
        "divergences": found.divergences,
        "n_steps": float(found.statistics["n_steps"].mean()),
        "e_bfmi": float(judged.bfmi.min()),
        "seconds": seconds,
    }


def runs_of(family: str, rows: pd.DataFrame, told=print) -> list[dict]:
    """All seeds, then all subsets, of one prior; compiled once."""
    whole = posed(rows, family)
    program = compiled(whole.program(), whole.kind)[0]
    found = []
    for seed in range(1, SEEDS + 1):
        found.append(run(program, whole, seed, f"all rows, seed {seed}"))
        told(json.dumps(found[-1]))
    for number in range(1, SUBSETS + 1):
        model = posed(part(rows, number), family)
        found.append(run(program, model, 1, f"subset {number}"))
        told(json.dumps(found[-1]))
    return found


def main(families: list[str]) -> None:
    rows = table()
    head = {"digest": current_digest()}
    runs = [run for family in families or FAMILIES for run in runs_of(family, rows, _tell)]
    if families:
        return
    found = {
        **head,
        "title": TITLE,
        "formula": FORMULA,
        "rows": len(rows),
        "seeds": SEEDS,
        "subsets": SUBSETS,
        "share": SHARE,
        "length": asdict(Length()),
        "cores": CORES,
        "versions": versions(),
        "processor": machine()["processor"],
        "runs": runs,
    }
    ROBUSTNESS.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")


def _tell(line):
    print(line, file=sys.stderr, flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
