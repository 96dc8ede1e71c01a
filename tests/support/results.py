"""Made-up results of one analysis, in exactly the form that the steps write.

The pages are tested on these: they come in a second, and any label can be put into them.
"""

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from support.inferred import inferred

PAIRS = ("BFVL", "GAGL", "GASO", "GATA", "RFVL", "TAVL")


@dataclass(frozen=True)
class Labels:
    """The user's own words, anywhere they can turn up."""

    title: str = "Coactivation of muscle pairs at one speed"
    response: str = "cc_marg"
    factor: str = "mPair"
    group: str = "ratID"
    pairs: tuple[str, ...] = PAIRS


def write(folder: Path, labels: Labels | None = None, seed: int = 1, infer: bool = False) -> dict:
    """Write the results below `folder`; returns the parameters of the page.

    infer : whether with intervals, tests and left-out groups, which take some seconds.
    """
    labels, rng = labels or Labels(), np.random.default_rng(seed)
    asked = f"{labels.response} ~ {labels.factor} + ({labels.factor} | {labels.group})"
    analysis = {"name": "rats_s15", "title": labels.title, "formula": asked, "method": "REML"}
    analysis |= {"data": "data/rats.csv", "subset": "spd_des == 's15'", "seed": 1}
    ladder = _ladder(labels)
    _save(folder / "design.json", _design(labels, rng))
    _save(folder / "ladder.json", ladder)
    for index, rung in enumerate(ladder):
        fit = _fit(rung, index, labels, rng)
        _save(folder / "fits" / f"{rung['model']}.json", fit)
        _save(folder / "engines/statsmodels" / f"{rung['model']}.json", _engine(fit, index))
    _save(folder / "posterior/m2-compound.lkj.collapsed.json", _posterior(labels, rng))
    _save(folder / "posterior/m4-full.lkj.collapsed.json", _failed_posterior())
    _save(folder / "verdict.json", _verdict(labels, ladder))
    places = {} if not infer else _inferred(folder, labels)
    return places | {
        "title": labels.title,
        "analysis": analysis,
        "design": str(folder / "design.json"),
        "ladder": str(folder / "ladder.json"),
        "fits": str(folder / "fits"),
        "engines": str(folder / "engines"),
        "posterior": str(folder / "posterior"),
        "verdict": str(folder / "verdict.json"),
    }


def _inferred(folder: Path, labels: Labels) -> dict[str, str]:
    found = inferred(labels.response, labels.factor, labels.group, labels.pairs)
    for model, record in found["intervals"].items():
        _save(folder / f"intervals/{model}.json", record)
    places = {"intervals": str(folder / "intervals")}
    for name in ("tests", "leave_out"):
        _save(folder / f"{name}.json", found[name])
        places[name] = str(folder / f"{name}.json")
    return places


def _save(path: Path, content: object) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content, ensure_ascii=False, allow_nan=False), encoding="utf-8")


def _ladder(labels: Labels) -> list[dict]:
    y, f, g = labels.response, labels.factor, labels.group
    rungs = [
        ("m0-fixed", f"{y} ~ {f}", "no random effects", "the yardstick"),
        ("m1-intercept", f"{y} ~ {f} + (1 | {g})", "intercepts", "does the group matter?"),
        (
            "m2-compound",
            f"{y} ~ {f} + (1 | {g}) + (1 | {g}:{f})",
            "compound symmetry",
            "do slopes vary?",
        ),
        ("m3-diagonal", f"{y} ~ {f} + ({f} || {g})", "uncorrelated slopes", "by how much each?"),
        ("m4-full", f"{y} ~ {f} + ({f} | {g})", "correlated slopes", "the formula asked for"),
    ]
    return [dict(zip(("model", "formula", "label", "why"), rung, strict=True)) for rung in rungs]


def _design(labels: Labels, rng) -> dict:
    rats = [f"r{i:02d}" for i in range(1, 11)]
    counts = rng.integers(60, 110, size=(10, len(labels.pairs)))
    counts[3, 2] = counts[7, 4] = 0
    terms = [
        {
            "group": labels.group,
            "formula": f"({labels.factor} | {labels.group})",
            "groups": 10,
            "effects": _effects(labels),
            "observations": {"min": 420, "median": 520.0, "max": 590},
            "singletons": 0,
            "identifiable": True,
        }
    ]
    cells = {
        "group": labels.group,
        "factor": labels.factor,
        "n_groups": 10,
        "groups": rats,
        "levels": list(labels.pairs),
        "matrix": counts.tolist(),
        "min": 0,
        "max": int(counts.max()),
        "n_empty": 2,
        "n_singletons": 0,
    }
    used = int(counts.sum())
    dropped = [{"reason": "missing", "column": labels.response, "rows": 6000 - used}]
    return {
        "rows": {"read": 6000, "subset": 6000, "used": used, "dropped": dropped},
        "levels": {labels.group: rats, labels.factor: list(labels.pairs)},
        "counts": [cells],
        "terms": terms,
    }


def _effects(labels: Labels) -> list[str]:
    return ["(Intercept)"] + [labels.factor + pair for pair in labels.pairs[1:]]


def _fit(rung: dict, index: int, labels: Labels, rng) -> dict:
    effects = _effects(labels) if index >= 2 else ["(Intercept)"]
    criterion = [-3000.0, -4800.0, -4912.0, -4905.0, -4969.27][index]
    parameters = [7, 8, 9, 13, 28][index]
    terms = [] if index == 0 else [_term(effects, labels, rank=2 if index == 4 else len(effects))]
    fixed = [
        {"name": name, "estimate": 0.05 * k - 0.1, "std_error": 0.02 + 0.005 * index}
        for k, name in enumerate(_effects(labels))
    ]
    certificate = {"certified": True, "stationarity": 1e-12, "dual_feasibility": -1e-9}
    certificate |= {"complementarity": 1e-12, "starts": 8, "optima": 1}
    return {
        "analysis": "rats_s15",
        "model": rung["model"],
        "formula": rung["formula"],
        "method": "REML",
        "n_obs": 5000,
        "n_parameters": parameters,
        "criterion": criterion,
        "loglik": -criterion / 2,
        "aic": criterion + 2 * parameters,
        "bic": criterion + 8 * parameters,
        "sigma": 0.14,
        "fixed": fixed,
        "terms": terms,
        "identifiable": True,
        "identifiability": {"n_parameters": parameters - 6, "rank": parameters - 6},
        "certificate": certificate,
        "seconds": 0.02,
    }


def _term(effects: list[str], labels: Labels, rank: int) -> dict:
    q = len(effects)
    factor = np.linspace(0.2, 0.02, q)[:, None] * np.cos(np.outer(np.arange(q), np.arange(rank)))
    covariance = factor @ factor.T
    sd = np.sqrt(np.diag(covariance))
    spectrum = []
    vectors = np.linalg.qr(np.vander(np.linspace(-1, 1, q), q))[0]
    for k in range(q):
        alive = k >= q - rank
        spectrum.append(
            {
                "reliability": 0.9 + 0.08 * k / q if alive else 0.0,
                "dual": 0.0 if alive else 0.6 - 0.1 * k,
                "state": "alive" if alive else "collapsed",
                "direction": dict(zip(effects, vectors[:, k].tolist(), strict=True)),
                "cells": dict(zip(labels.pairs, vectors[::-1, k].tolist(), strict=True))
                if q > 1
                else None,
            }
        )
    return {
        "group": labels.group,
        "effects": effects,
        "n_levels": 10,
        "structure": "full",
        "covariance": covariance.tolist(),
        "sd": sd.tolist(),
        "correlation": (covariance / np.outer(sd, sd)).tolist(),
        "factor": labels.factor,
        "rank": rank,
        "full_rank": q,
        "identifiable": True,
        "degenerate": rank < q,
        "spectrum": spectrum,
    }


def _engine(fit: dict, index: int) -> dict:
    if index in (0, 2):
        return {"status": "not_expressible", "model": fit["model"], "reason": "two terms"}
    return fit | {
        "status": "ok",
        "criterion": fit["criterion"] + (2.3 if index == 4 else 0.0),
        "distance": 2.3 if index == 4 else 0.0,
        "messages": ["ConvergenceWarning: The MLE may be on the boundary of the parameter space."],
        "certificate": fit["certificate"] | {"certified": index != 4},
        "seconds": 3.1,
    }


def _posterior(labels: Labels, rng) -> dict:
    names = [("sigma", "sigma", None, [])]
    names += [(f"sd_{pair}|{labels.group}", "sd", labels.group, [pair]) for pair in labels.pairs]
    parameters = [
        {
            "name": name,
            "kind": kind,
            "group": group,
            "coding": group and "cells",
            "labels": cells,
            "draws": name,
            "best": 0.1,
            "q05": 0.05,
            "q50": 0.11,
            "q95": 0.2,
            "rhat": 1.001,
            "ess_bulk": float(rng.integers(500, 4000)),
            "ess_tail": float(rng.integers(500, 4000)),
        }
        for name, kind, group, cells in names
    ]
    return {
        "status": "ok",
        "model": "m2-compound",
        "prior": "lkj",
        "parametrization": "collapsed",
        "chains": 4,
        "draws": 1000,
        "divergences": 0,
        "max_rhat": 1.001,
        "min_ess_bulk": 700.0,
        "min_ess_tail": 512.0,
        "converged": True,
        "parameters": parameters,
        "prior_words": ["Correlations: LKJ(1)."],
        "seconds": {"compile": 3.0, "sample": 4.0},
    }


def _failed_posterior() -> dict:
    return {"status": "failed", "model": "m4-full", "reason": "RuntimeError: no sampler here"}


def _verdict(labels: Labels, ladder: list[dict]) -> dict:
    where = {"model": "m4-full", "group": labels.group, "direction": "a contrast of cells"}
    sentence = f"{labels.factor} varies between levels of {labels.group} in two directions only."
    return {
        "degenerate": True,
        "where": [where | {"reliability": 0.0}],
        "causes": [
            {
                "cause": "too_little_information",
                "model": "m4-full",
                "group": labels.group,
                "evidence": {"p_singular": 0.98, "replicates": 500},
                "sentence": sentence,
            }
        ],
        "recommended": ladder[2] | {"because": "It is the simplest rung that is not worse."},
        "points": [
            {
                "about": "engines",
                "sentence": "The fit is singular, and that is the best these data allow.",
            },
            {"about": "geometry", "sentence": f"Of the directions of {labels.group} 2 vary."},
        ],
    }
