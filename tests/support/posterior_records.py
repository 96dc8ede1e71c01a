"""What the sampling step records of made-up posteriors, computed from their draws."""

import numpy as np

CHAINS, DRAWS = 4, 400
QUANTILES = {"q025": 0.025, "q05": 0.05, "q50": 0.5, "q95": 0.95, "q975": 0.975}
RELIABLE = 0.01
MAIN = "m4-full"


def record_of(run, labels, found, diverging, reliability):
    """The record. reliability : (values, values of the prior), each (n, q)."""
    from arviz_stats.base import array_stats

    parameters = [
        _parameter(labels.group, name, words, values, array_stats)
        for name, (array, axes) in found.items()
        for words, values in _free(array, axes)
    ]
    worst = {
        key: function(parameters, key=lambda p, key=key: p[key])
        for key, function in (("rhat", max), ("ess_bulk", min), ("ess_tail", min))
    }
    converged = worst["rhat"]["rhat"] < 1.01 and min(p["ess_bulk"] for p in parameters) > 400
    return {
        "status": "ok",
        "role": run.role,
        "model": run.model,
        "formula": f"{labels.response} ~ {labels.factor} + ({labels.factor} | {labels.group})",
        "prior": run.prior,
        "parametrization": run.form,
        "chains": CHAINS,
        "draws": DRAWS,
        "tune": 500,
        "divergences": int(diverging.sum()),
        "n_steps": 511.0 if run.sticks else 11.3,
        "e_bfmi": 0.19 if run.sticks else 0.81,
        "converged": bool(converged),
        "max_rhat": worst["rhat"]["rhat"],
        "min_ess_bulk": worst["ess_bulk"]["ess_bulk"],
        "min_ess_tail": worst["ess_tail"]["ess_tail"],
        "worst": {key: p["name"] for key, p in worst.items()},
        "thresholds": {"rhat": 1.01, "ess": 400.0},
        "parameters": parameters,
        "reliabilities": [_reliability(labels.group, *reliability)],
        "prior_words": [f"Standard deviations: half-normal with scale 0.1467 {labels.response}."],
        "seconds": {"compile": 3.0, "sample": 4.0, "after": 1.0},
        **(_only_main(parameters, labels) if run.role == "main" else {}),
    }


def _free(array, axes):
    for place in np.ndindex(*array.shape[2:]):
        if len(axes) < 2 or place[1] < place[0]:
            words = [names[k] for names, k in zip(axes, place, strict=True)]
            yield words, array[(slice(None), slice(None), *place)]


def _parameter(group, name, words, values, array_stats):
    kind = {"sigma": "sigma", "beta": "fixed"}.get(name, name.split("|", maxsplit=1)[0])
    inside = kind in ("sd", "correlation")
    short = {"sd": "sd", "correlation": "cor"}.get(kind)
    prior = {"q05": 0.0092, "q50": 0.0989, "q95": 0.2875} if kind in ("sd", "sigma") else None
    axes = {"chain_axis": 0, "draw_axis": 1}
    return {
        "name": f"{short}_{'.'.join(words)}|{group}" if inside else (words or [name])[0],
        "kind": kind,
        "group": group if inside else None,
        "coding": ("cells" if name.endswith("|cells") else "effects") if inside else None,
        "labels": words,
        "draws": f"{name}[{', '.join(words)}]" if words else name,
        "best": float(np.median(values) * (0.9 if inside else 1.0)),
        "mean": float(values.mean()),
        "sd": float(values.std(ddof=1)),
        **{q: float(np.quantile(values, p)) for q, p in QUANTILES.items()},
        "rhat": float(array_stats.rhat(values, **axes)),
        "ess_bulk": float(array_stats.ess(values, method="bulk", **axes)),
        "ess_tail": float(array_stats.ess(values, method="tail", prob=(0.05, 0.95), **axes)),
        "prior": prior,
    }


def _reliability(group, values, before):
    told = [
        _direction(values[:, k]) | {"prior": _direction(before[:, k])}
        for k in range(values.shape[1])
    ]
    ranks = [
        (np.bincount((v > RELIABLE).sum(axis=1), minlength=v.shape[1] + 1) / len(v)).tolist()
        for v in (values, before)
    ]
    return {
        "group": group,
        "threshold": RELIABLE,
        "directions": told,
        "rank": ranks[0],
        "prior_rank": ranks[1],
    }


def _direction(values):
    return {
        "mean": float(values.mean()),
        **{q: float(np.quantile(values, QUANTILES[q])) for q in ("q05", "q50", "q95")},
        "probability_reliable": float((values > RELIABLE).mean()),
    }


def _only_main(parameters, labels):
    named = [p for p in parameters if p["kind"] in ("sd", "sigma")]
    # One SD that is shown: of the first cell where there are cells.
    weak = next((p for p in named if p["coding"] == "cells"), named[1])
    return {
        "sensitivity": [
            {
                "name": p["name"],
                "prior": 0.11 if p is weak else 0.02,
                "likelihood": 0.04 if p is weak else 0.12,
                "diagnosis": "the prior moves it and the data hardly do" if p is weak else None,
            }
            for p in named
        ],
        "loo": {"elpd": 4030.0, "se": 60.0, "p": 40.0, "n": 6106, "k_max": 0.4, "k_above": 0}
        | {"k_threshold": 0.7, "draws": 1000},
        "leave_group_out": [
            {"group": labels.group, "elpd": 3970.0, "se": 90.0, "n_groups": 10, "k_max": 0.9}
            | {"k_above": 2, "k_threshold": 0.7}
        ],
    }


def comparison(runs, group) -> dict:
    """comparison.json: the first run best for observations, the last best for groups."""
    return {
        "criterion": "loo",
        "prior": "lkj",
        "models": [_compared(run, 4030.0 - 12 * k, -12.0 * k, k) for k, run in enumerate(runs)],
        "groups": [
            {
                "group": group,
                "models": [
                    _compared(run, 3970.0 - 1.5 * k, -1.5 * k, k)
                    for k, run in enumerate(reversed(runs))
                ],
            }
        ],
    }


def _compared(run, elpd, difference, k):
    return {"model": run.model, "elpd": elpd, "se": 60.0, "difference": difference} | {
        "difference_se": 4.0 * k,
        "k_above": k // 2,
        "weight": [0.9, 0.1, 0.0][k],
    }


def agreement() -> list:
    one = {"model": MAIN, "prior": "lkj", "one": "collapsed", "numbers": 39, "limit": 4.0}
    return [
        one | {"other": "noncentred", "largest": 2.31, "agree": True, "where": "mean of sigma"},
        one | {"other": "centred", "largest": 7.4, "where": "q05 of sigma", "agree": False},
    ]
