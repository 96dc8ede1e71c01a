"""The draws of a posterior, as plain arrays by the names that its summary uses."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

# What the page knows as the dimensions of every quantity that is sampled.
SAMPLED = ("chain", "draw")
# Variables of the group `reliability`: the posterior's, and the prior's.
POSTERIOR, PRIOR = "reliability|", "prior reliability|"


@dataclass(frozen=True)
class Effects:
    """Posterior of one term's random effects: (levels, effects) each, and their names."""

    levels: tuple[str, ...]
    effects: tuple[str, ...]
    mean: np.ndarray
    lower: np.ndarray
    upper: np.ndarray


@dataclass(frozen=True)
class Posterior:
    """What a posterior's file holds; what it lacks is empty.

    draws : (chains, draws) by name: `sigma`, or `sd[mPair p1]` of a labelled quantity.
    statistics : (chains, draws) by name, of the sampler. prior : (n,) by the names of `draws`.
    reliability, prior_reliability : (n, q) by group, least reliable direction first.
    effects : by group.
    """

    draws: dict[str, np.ndarray]
    statistics: dict[str, np.ndarray] = field(default_factory=dict)
    prior: dict[str, np.ndarray] = field(default_factory=dict)
    reliability: dict[str, np.ndarray] = field(default_factory=dict)
    prior_reliability: dict[str, np.ndarray] = field(default_factory=dict)
    effects: dict[str, Effects] = field(default_factory=dict)

    @property
    def divergent(self) -> np.ndarray | None:
        """(chains, draws) whether the transition to a draw was divergent; None if not recorded."""
        found = self.statistics.get("diverging")
        return None if found is None else found.astype(bool)


def read_posterior(path: Path) -> Posterior:
    """Read all groups that the page shows."""
    import xarray

    with xarray.open_datatree(path) as tree:
        reliability = _variables(tree, "reliability")
        return Posterior(
            draws=dict(_all_scalars(_variables(tree, "posterior"))),
            statistics=dict(_all_scalars(_variables(tree, "sample_stats"))),
            prior={
                name: values.ravel() for name, values in _all_scalars(_variables(tree, "prior"))
            },
            reliability=_by_group(reliability, POSTERIOR),
            prior_reliability=_by_group(reliability, PRIOR),
            effects=_effects(_variables(tree, "random_effects")),
        )


def _variables(tree, group) -> dict:
    return {str(k): v for k, v in tree[group].data_vars.items()} if group in tree.children else {}


def _all_scalars(variables) -> Iterator[tuple[str, np.ndarray]]:
    for variable, array in variables.items():
        yield from _scalars(variable, array)


def _scalars(variable, array):
    labels = [dim for dim in array.dims if dim not in SAMPLED]
    stacked = array.transpose(*SAMPLED, *labels)
    values = np.asarray(stacked.values, dtype=float)
    names = [_labels(stacked, dim) for dim in labels]
    for place in np.ndindex(*values.shape[2:]):
        words = [each[k] for each, k in zip(names, place, strict=True)]
        name = f"{variable}[{', '.join(words)}]" if words else variable
        yield name, values[(slice(None), slice(None), *place)]


def _labels(array, dim) -> tuple[str, ...]:
    known = array[dim].values if dim in array.coords else range(array.sizes[dim])
    return tuple(str(label) for label in known)


def _by_group(variables, prefix):
    return {
        name.removeprefix(prefix): np.asarray(array.values, dtype=float)
        for name, array in variables.items()
        if name.startswith(prefix)
    }


def _effects(variables):
    groups = [name.removeprefix("mean|") for name in variables if name.startswith("mean|")]
    return {
        group: Effects(
            *(_labels(variables[f"mean|{group}"], dim) for dim in variables[f"mean|{group}"].dims),
            *(np.asarray(variables[f"{what}|{group}"].values) for what in ("mean", "q05", "q95")),
        )
        for group in groups
        if {f"q05|{group}", f"q95|{group}"} <= set(variables)
    }
