"""Whether the default run of the sampler can be trusted from other seeds and on other rows.

The rats at one speed, a 6 x 6 covariance matrix of ten rats. Writes
tests/reference/robustness.json after each run; interrupted, it goes on if the code is the same.
"""

import json
import sys
import time
from dataclasses import asdict
from functools import cache
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
FAMILIES = ("lkj",)
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


def wanted() -> list[tuple[str, int, int | None]]:
    """(prior, seed, number of the subset or None for all rows) of every run."""
    return [
        (family, *which)
        for family in FAMILIES
        for which in (
            *((seed, None) for seed in range(1, SEEDS + 1)),
            *((1, number) for number in range(1, SUBSETS + 1)),
        )
    ]


@cache
def program_of(family: str):
    """The sampler of one prior, compiled once."""
    model = posed(table(), family)
    return compiled(model.program(), model.kind)[0]


def main() -> None:
    found, rows = _begun(), table()
    known = {(run["prior"], run["data"]) for run in found["runs"]}
    for family, seed, number in wanted():
        name = f"all rows, seed {seed}" if number is None else f"subset {number}"
        if (family, name) not in known:
            model = posed(rows if number is None else part(rows, number), family)
            found["runs"].append(run(program_of(family), model, seed, name))
            ROBUSTNESS.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
            print(json.dumps(found["runs"][-1]), file=sys.stderr, flush=True)


def _begun():
    """What is stored by the same code, to go on from where it was interrupted, or no run yet."""
    head = {"digest": current_digest(), "length": asdict(Length())}
    if ROBUSTNESS.exists():
        stored = json.loads(ROBUSTNESS.read_text(encoding="utf-8"))
        if all(stored.get(name) == value for name, value in head.items()):
            return stored
    return {
        **head,
        "title": TITLE,
        "formula": FORMULA,
        "rows": len(table()),
        "seeds": SEEDS,
        "subsets": SUBSETS,
        "share": SHARE,
        "cores": CORES,
        "versions": versions(),
        "processor": machine()["processor"],
        "runs": [],
    }


if __name__ == "__main__":
    main()
