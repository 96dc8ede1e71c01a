"""A posterior as the files that the page reads: draws for ArviZ, and a summary in JSON."""

from collections.abc import Sequence
from importlib.metadata import version

import numpy as np

from covedge.fits.spread import correlations, standard_deviations
from covedge.posteriors.convergence import ESS, RHAT, Convergence
from covedge.posteriors.posterior import (
    CELLS,
    CORRELATION,
    COVARIANCE,
    FIXED,
    RESIDUAL,
    SD,
    Quantity,
)
from covedge.posteriors.posterior_rank import RELIABLE, Reliabilities

VERSIONS = ("arviz", "numba", "nutpie", "pymc", "pytensor")
QUANTILES = {"q025": 0.025, "q05": 0.05, "q50": 0.5, "q95": 0.95, "q975": 0.975}
PRIOR_QUANTILES = {"q05": 0.05, "q50": 0.5, "q95": 0.95}


def draws_tree(found: Sequence[Quantity], statistics: dict, before: Sequence[Quantity] = ()):
    """ArviZ's DataTree: groups `posterior` and `sample_stats`; `prior` of the SDs in `before`."""
    from arviz_base import from_dict

    dims, coords, data = {}, {}, {"posterior": {}, "prior": {}}
    spread = [quantity for quantity in before if quantity.kind in (SD, RESIDUAL)]
    for group, listed in (("posterior", found), ("prior", spread)):
        for quantity in listed:
            axes = [f"{quantity.name}_dim_{i}" for i in range(len(quantity.labels))]
            dims[quantity.name] = axes
            pairs = zip(axes, quantity.labels, strict=True)
            coords |= {axis: list(names) for axis, names in pairs}
            data[group][quantity.name] = quantity.values
    groups = {group: arrays for group, arrays in data.items() if arrays}
    return from_dict(groups | {"sample_stats": statistics}, dims=dims, coords=coords)


def scalars(found: Sequence[Quantity]):
    """[(quantity, labels)] and (chains, draws, k) of every free number of the posterior."""
    listed = [
        (q, labels, values)
        for q in found
        for labels, values in q.scalars()
        if values.min() < values.max()  # a covariance that the structure holds at zero is no number
    ]
    return [(q, labels) for q, labels, _ in listed], np.stack([v for *_, v in listed], axis=-1)


def parameter_records(
    listed, values: np.ndarray, judged: Convergence, fit: dict, before: Sequence[Quantity] = ()
) -> list[dict]:
    """What is known of each number; `best` is the certified fit's value.

    fit : as stored. before : the same quantities under the prior alone.
    """
    flat = values.reshape(-1, values.shape[2])
    priors = {
        (q.name, labels): np.quantile(drawn, list(PRIOR_QUANTILES.values()))
        for q in before
        for labels, drawn in q.scalars()
    }
    quantiles = np.quantile(flat, list(QUANTILES.values()), axis=0)
    return [
        {
            "name": name_in_r(quantity, labels),
            "kind": quantity.kind,
            "group": quantity.group or None,
            "coding": quantity.coding or None,
            "labels": labels,
            "draws": f"{quantity.name}[{', '.join(labels)}]" if labels else quantity.name,
            "best": _best(quantity, labels, fit),
            "mean": flat[:, i].mean(),
            "sd": flat[:, i].std(ddof=1),
            **dict(zip(QUANTILES, quantiles[:, i], strict=True)),
            "rhat": judged.rhat[i],
            "ess_bulk": judged.ess_bulk[i],
            "ess_tail": judged.ess_tail[i],
            "prior": _named(priors.get((quantity.name, labels))),
        }
        for i, (quantity, labels) in enumerate(listed)
    ]


def _named(quantiles):
    return None if quantiles is None else dict(zip(PRIOR_QUANTILES, quantiles, strict=True))


def convergence_record(listed, judged: Convergence) -> dict:
    """The worst of all, what it was, and the thresholds."""

    def worst(values, function):
        i = int(function(values))
        return values[i], name_in_r(*listed[i])

    rhat, bulk, tail = (
        worst(judged.rhat, np.nanargmax),
        worst(judged.ess_bulk, np.nanargmin),
        worst(judged.ess_tail, np.nanargmin),
    )
    return {
        "converged": judged.reached,
        "max_rhat": rhat[0],
        "min_ess_bulk": bulk[0],
        "min_ess_tail": tail[0],
        "worst": {"rhat": rhat[1], "ess_bulk": bulk[1], "ess_tail": tail[1]},
        "thresholds": {"rhat": RHAT, "ess": ESS},
        "e_bfmi": judged.bfmi.min(),
    }


def reliability_record(group: str, found: Reliabilities, before: Reliabilities) -> dict:
    """directions : least reliable first. rank : probability of 0, 1, ... reliable directions.

    before : under the prior alone.
    """
    return {
        "group": group,
        "threshold": RELIABLE,
        "directions": [
            {"mean": found.values[:, k].mean(), **_direction(found, QUANTILES, k)}
            | {"prior": _direction(before, PRIOR_QUANTILES, k)}
            for k in range(found.values.shape[1])
        ],
        "rank": found.rank,
        "prior_rank": before.rank,
    }


def _direction(found, quantiles, k):
    values = np.quantile(found.values[:, k], list(quantiles.values()))
    return dict(zip(quantiles, values, strict=True)) | {"probability_reliable": found.above[k]}


def versions() -> dict:
    return {name: version(name) for name in VERSIONS}


def name_in_r(quantity: Quantity, labels: Sequence[str]) -> str:
    """As lme4's `confint` writes them: `sd_(Intercept)|g`, `cor_x.(Intercept)|g`, `sigma`."""
    if quantity.kind in (SD, CORRELATION, COVARIANCE):
        word = {SD: "sd", CORRELATION: "cor", COVARIANCE: "cov"}[quantity.kind]
        return f"{word}_{'.'.join(labels)}|{quantity.group}"
    return labels[0] if quantity.kind == FIXED else quantity.name


def _best(quantity, labels, fit):
    if quantity.kind == FIXED:
        return {f["name"]: f["estimate"] for f in fit["fixed"]}.get(labels[0])
    if not quantity.group:
        return fit["sigma"]
    term = next((t for t in fit["terms"] if t["group"] == quantity.group), None)
    if term is None:
        return None
    names, G = term["effects"], np.array(term["covariance"])
    if quantity.coding == CELLS:
        names = [f"{term['factor']}[{label}]" for label in term["cells"]["labels"]]
        G = np.array(term["cells"]["covariance"])
    i, j = (list(names).index(label) for label in (labels[0], labels[-1]))
    if quantity.kind == COVARIANCE:
        return G[i, j]
    if quantity.kind == SD:
        return standard_deviations(G)[i]
    R = correlations(G)[i, j]
    return None if np.isnan(R) else R
