"""Made-up posteriors of one analysis, in exactly the form that the sampling step writes.

Draws are inverse-Wishart covariances; what the records say of them is computed from the draws, so
that a page can be held against them. The chains of the example stick, as a centred form's do.
"""

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from scipy.stats import invwishart

from support.posterior_records import CHAINS, DRAWS, MAIN, agreement, comparison, record_of
from support.results import Labels


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
    ladder = [run for run in runs if run.role in ("main", "rung")]
    _save(folder / "comparison.json", comparison(ladder, labels.group))
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
    before = np.sort(1 / (1 + 0.02 / rng.chisquare(2, size=(300, q))), axis=1)
    both = (reliability, before)
    tree = _tree(labels, found, diverging, both, rng, effects)
    return record_of(run, labels, found, diverging, both), tree


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

    axes = ("sample", "direction")
    tree["reliability"] = xarray.DataTree(
        xarray.Dataset(
            {
                f"reliability|{labels.group}": (axes, reliability[0]),
                f"prior reliability|{labels.group}": (axes, reliability[1]),
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
