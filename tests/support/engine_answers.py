"""Made-up answers of lme4, stan_lmer and the user, in exactly the form that the steps write."""

import json
from pathlib import Path

import numpy as np

from support.results import Labels

REASON = "one more step would lower the criterion by 0.44"
SINGULAR = "Message: boundary (singular) fit: see help('isSingular')"
FAILED = "Warning: Model failed to converge with max|grad| = 1.2 (tol = 0.002, component 1)"
RIGHT, SHORT = 0.0, 0.4
OPTIMISERS = {"nloptwrap": SHORT, "bobyqa": RIGHT, "Nelder_Mead": 24.0}


def write_answers(folder: Path, labels: Labels | None = None) -> None:
    """Write lme4, rstanarm and yours below `folder`/engines, about the model asked for there."""
    labels = labels or Labels()
    (path,) = (folder / "fits").glob("m4-*.json")
    fit = json.loads(path.read_text(encoding="utf-8"))
    answers = [_optimiser(fit, name, above) for name, above in OPTIMISERS.items()]
    silent = {"status": "failed", "optimiser": "nmkbw", "reason": "R was stopped after 600 seconds"}
    given = {"criterion_reported": fit["criterion"] - 30, "converged": None, "messages": []}
    told = {
        "lme4": fit | answers[0] | {"optimisers": [*answers[1:], silent]},
        "yours": fit | _optimiser(fit, "", RIGHT) | given,
        "rstanarm": _sample(labels),
    }
    for engine, answer in told.items():
        place = folder / "engines" / engine
        place.mkdir(parents=True, exist_ok=True)
        version = None if engine == "yours" else "1.0 (R 4.2.2)"
        record = answer | {"engine": engine, "model": fit["model"], "version": version}
        text = json.dumps(record, ensure_ascii=False, allow_nan=False)
        (place / f"{fit['model']}.json").write_text(text, encoding="utf-8")


def _optimiser(fit, name, above):
    near = above < 1e-3
    return {
        "status": "ok",
        "optimiser": name,
        "criterion": fit["criterion"] + above,
        "criterion_reported": fit["criterion"] + above,
        "distance": above,
        "agrees": near,
        "converged": above < 1,
        "messages": [SINGULAR if above < 1 else FAILED],
        "calls_singular": above < 1,
        "singular": True,
        "certificate": {"certified": near, "reasons": [] if near else [REASON]},
        "seconds": 1.5,
    }


def _sample(labels):
    rng = np.random.default_rng(1)
    names = ["(Intercept)", "sigma"]
    names += [f"sd_{labels.factor}{pair}|{labels.group}" for pair in labels.pairs[1:]]
    return {
        "status": "ok",
        "kind": "posterior",
        "messages": ["Warning: There were 8 divergent transitions after warmup."],
        "chains": 4,
        "draws": 1000,
        "divergences": 8,
        "max_rhat": 1.02,
        "min_ess_bulk": 494.0,
        "min_ess_tail": 512.0,
        "e_bfmi": 0.8,
        "parameters": [
            {
                "name": name,
                "mean": float(rng.uniform(0.1, 0.2)),
                "sd": 0.02,
                "q05": 0.05,
                "q95": 0.3,
                "errors": {"mean": 1e-4, "sd": 1e-4, "q05": 2e-4, "q95": 2e-4},
                "rhat": 1.02,
                "ess_bulk": 494.0,
                "ess_tail": 512.0,
            }
            for name in names
        ],
        "seconds": 240.0,
    }
