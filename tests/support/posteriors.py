"""Made-up posteriors of one analysis, in exactly the form that the sampling step writes.

Draws are inverse-Wishart covariances; what the records say of them is computed from the draws, so
that a page can be held against them. The chains of the example stick, as a centred form's do.
"""

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from scipy.stats import invwishart

from support.results import Labels

CHAINS, DRAWS = 4, 400
QUANTILES = {"q025": 0.025, "q05": 0.05, "q50": 0.5, "q95": 0.95, "q975": 0.975}
RELIABLE = 0.01
MAIN = "m4-full"


@dataclass(frozen=True)
class Run:
    """Which run; size : of the SDs, as a factor; sticks : whether the chains do."""

    model: str
    prior: str
    form: str
    role: str
    size: float = 1.0
    sticks: bool = False

    @property
    def stem(self):
        return f"{self.model}.{self.prior}.{self.form}"


RUNS = (
    Run(MAIN, "lkj", "collapsed", "main"),
    Run("m3-diagonal", "lkj", "collapsed", "rung", 1.1),
    Run("m2-compound", "lkj", "collapsed", "rung", 0.9),
    Run(MAIN, "decov", "collapsed", "prior", 1.15),
    Run(MAIN, "wishart", "collapsed", "prior", 1.3),
    Run(MAIN, "lkj", "noncentred", "form"),
    Run(MAIN, "lkj", "centred", "example", sticks=True),
)


def write_posteriors(
    folder: Path, labels: Labels | None = None, runs=RUNS, seed: int = 1, effects: int | None = None
) -> dict[str, dict]:
    """Write records, draws, comparison.json and agreement.json into `folder`; records by stem.

    effects : how many of the factor's levels have an SD; all if None.
    """
    labels = labels or Labels()
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.glob("*"):
        old.unlink()
    records = {}
    for k, run in enumerate(runs):
        rng = np.random.default_rng([seed, k])
        record, tree = _one(run, labels, rng, labels.pairs[:effects])
        tree.to_netcdf(folder / f"{run.stem}.nc")
        records[run.stem] = record
        _save(folder / f"{run.stem}.json", record)
    _save(folder / "comparison.json", comparison([r for r in runs if r.role in ("main", "rung")]))
    _save(folder / "agreement.json", agreement())
    return records


def _save(path, content):
    words = json.dumps(content, ensure_ascii=False, allow_nan=False)
    path.write_text(words, encoding="utf-8")


def _one(run, labels, rng, names):
    q = len(names)
    G = _covariances(rng, q, run)
    low = G[..., 0, 0] < np.quantile(G[..., 0, 0], 0.06)
    diverging = low & run.sticks & (rng.random(low.shape) < 0.5)
    cells = [f"{labels.factor}[{name}]" for name in names]
    effects = ["(Intercept)"] + [f"{labels.factor}{name}" for name in names[1:]]
    # From cells to the intercept and differences from the first cell, which a formula asks for.
    C = np.eye(q)
    C[1:, 0] = -1
    found = {
        "sigma": (0.126 + 0.001 * rng.normal(size=(CHAINS, DRAWS)), []),
        "beta": (0.1 + 0.02 * rng.normal(size=(CHAINS, DRAWS, q)), [effects]),
    }
    for suffix, labelled, matrix in (("", effects, C @ G @ C.T), ("|cells", cells, G)):
        if q > 1 or not suffix:
            found |= _spread(matrix, f"{labels.group}{suffix}", labelled)
    reliability = np.sort(1 / (1 + 0.05 / rng.chisquare(1, size=(300, q))), axis=1)
    record = _record(run, labels, found, diverging, reliability, rng)
    return record, _tree(labels, found, diverging, reliability, rng, effects)


def _spread(G, suffix, names):
    sd = np.sqrt(np.einsum("...ii->...i", G))
    found = {f"sd|{suffix}": (sd, [names])}
    if len(names) > 1:
        R = G / (sd[..., None] * sd[..., None, :])
        found[f"correlation|{suffix}"] = (R, [names, names])
    return found


def _covariances(rng, q, run):
    S = 0.05 * (0.3 * np.eye(q) + 0.7) * run.size**2
    G = invwishart.rvs(q + 10, S, size=CHAINS * DRAWS, random_state=rng)
    G = np.reshape(G, (CHAINS, DRAWS, q, q))
    if not run.sticks:
        return G
    walk = 0.0 * G[..., 0, 0]
    for t in range(1, DRAWS):
        moved = 0.985 * walk[:, t - 1] + 0.16 * rng.normal(size=CHAINS)
        stuck = (walk[:, t - 1] < -1.0) & (rng.random(CHAINS) < 0.9)
        walk[:, t] = np.where(stuck, walk[:, t - 1], moved)
    # The covariances themselves wander slowly too.
    wandering = np.repeat(G[:, ::20], 20, axis=1)[:, :DRAWS]
    return wandering * np.exp(walk)[..., None, None]


def _tree(labels, found, diverging, reliability, rng, effects):
    from arviz_base import from_dict

    dims, coords, data = {}, {}, {}
    for name, (values, axes) in found.items():
        dims[name] = [f"{name}_dim_{i}" for i in range(len(axes))]
        coords |= dict(zip(dims[name], axes, strict=True))
        data[name] = values
    prior = {
        name: np.abs(0.147 * rng.normal(size=(1, 1000, *values.shape[2:])))
        for name, (values, axes) in found.items()
        if name.startswith("sd|") or name == "sigma"
    }
    energy = rng.normal(size=diverging.shape) * 4
    groups = {
        "posterior": data,
        "prior": prior,
        "sample_stats": {"diverging": diverging, "energy": energy},
    }
    tree = from_dict(groups, dims=dims, coords=coords)
    import xarray

    before = np.sort(1 / (1 + 0.02 / rng.chisquare(2, size=reliability.shape)), axis=1)
    axes = ("sample", "direction")
    tree["reliability"] = xarray.DataTree(
        xarray.Dataset(
            {
                f"reliability|{labels.group}": (axes, reliability),
                f"prior reliability|{labels.group}": (axes, before),
            }
        )
    )
    tree["random_effects"] = xarray.DataTree(_random_effects(labels.group, effects, rng))
    return tree


def _random_effects(group, effects, rng):
    import xarray

    axes = (f"level|{group}", f"effect|{group}")
    mean = 0.1 * rng.normal(size=(10, len(effects)))
    named = {"mean": mean, "sd": 0.02 + 0 * mean, "q05": mean - 0.04, "q95": mean + 0.04}
    coords = {axes[0]: [f"r{k:02d}" for k in range(1, 11)], axes[1]: effects}
    return xarray.Dataset({f"{k}|{group}": (axes, v) for k, v in named.items()}, coords)


def _record(run, labels, found, diverging, reliability, rng):
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
        "tune": 1000,
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
        "reliabilities": [_reliability(labels.group, reliability, rng)],
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


def _reliability(group, values, rng):
    before = np.sort(1 / (1 + 0.02 / rng.chisquare(2, size=values.shape)), axis=1)
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
    named = [p["name"] for p in parameters if p["kind"] in ("sd", "sigma")]
    weak = "potential strong prior / weak likelihood"
    return {
        "sensitivity": [
            {
                "name": name,
                "prior": 0.11 if k == 1 else 0.02,
                "likelihood": 0.04 if k == 1 else 0.12,
                "diagnosis": weak if k == 1 else None,
            }
            for k, name in enumerate(named)
        ],
        "loo": {"elpd": 4030.0, "se": 60.0, "p": 40.0, "n": 6106, "k_max": 0.4, "k_above": 0}
        | {"k_threshold": 0.7, "draws": 1000},
        "leave_group_out": [
            {"group": labels.group, "elpd": 3970.0, "se": 90.0, "n_groups": 10, "k_max": 0.9}
            | {"k_above": 2, "k_threshold": 0.7}
        ],
    }


def comparison(runs) -> dict:
    """comparison.json: the first run best for observations, the last best for groups."""
    return {
        "criterion": "loo",
        "prior": "lkj",
        "models": [_compared(run, 4030.0 - 12 * k, -12.0 * k, k) for k, run in enumerate(runs)],
        "groups": [
            {
                "group": "ratID",
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
        one | {"other": "noncentred", "largest": 2.31, "where": "sigma", "agree": True},
        one | {"other": "centred", "largest": 7.4, "where": "sd of p1", "agree": False},
    ]
