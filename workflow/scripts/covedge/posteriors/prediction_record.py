"""What is predicted of rows and groups, as the files that the page reads."""

from collections.abc import Mapping, Sequence

from covedge.posteriors.leave_group_out import GroupsOut
from covedge.posteriors.leave_one_out import LeftOut, ranked
from covedge.posteriors.pointwise import Fitted, Pointwise
from covedge.posteriors.random_effects import TermEffects

# Numbers of log densities that are stored: 8 MB.
MOST_STORED = 1e6
LEVEL, EFFECT, ROW = "level", "effect", "row"


def loo_record(found: LeftOut) -> dict:
    """`loo` of a posterior's summary."""
    return {
        "elpd": found.total,
        "se": found.se,
        "p": found.p,
        "n": len(found.elpd),
        "k_max": found.k.max(),
        "k_above": found.k_above,
        "k_threshold": found.k_threshold,
        "draws": found.draws,
    }


def leave_group_out_record(factors: Sequence[GroupsOut]) -> list[dict]:
    """`leave_group_out` of a posterior's summary, an entry for each factor."""
    return [_factor_record(one) for one in factors]


def _factor_record(one):
    if one.found is None:
        return {"group": one.group, "why_not": one.reason}
    record = loo_record(one.found)
    record["n_groups"] = record.pop("n")
    levels = zip(one.levels, one.found.elpd, one.found.k, strict=True)
    return {
        "group": one.group,
        **record,
        "levels": [{"level": label, "elpd": elpd, "k": k} for label, elpd, k in levels],
    }


def comparison_record(
    prior: str, loo: Mapping[str, LeftOut], groups: Mapping[str, Sequence[GroupsOut]]
) -> dict:
    """comparison.json: the models of the ladder by what they predict, best first.

    loo, groups : by model, of those that have it.
    """
    factors: dict[str, dict[str, LeftOut]] = {}
    for model, found in groups.items():
        for one in found:
            if one.found is not None:
                factors.setdefault(one.group, {})[model] = one.found
    return {
        "criterion": "loo",
        "prior": prior,
        "models": _compared(loo),
        "groups": [{"group": name, "models": _compared(found)} for name, found in factors.items()],
    }


def _compared(models):
    return [
        {
            "model": one.model,
            "elpd": one.found.total,
            "se": one.found.se,
            "difference": one.difference,
            "difference_se": one.difference_se,
            "k_above": one.found.k_above,
            "weight": one.weight,
        }
        for one in ranked(models)
    ]


def random_effects_dataset(terms: Sequence[TermEffects]):
    """Group `random_effects` of the draws' file: mean, sd, q05, q95, each (level, effect)."""
    data, coords = {}, {}
    for term in terms:
        axes = [f"{LEVEL}|{term.group}", f"{EFFECT}|{term.group}"]
        coords |= dict(zip(axes, (list(term.levels), list(term.effects)), strict=True))
        data |= {f"{name}|{term.group}": (axes, a) for name, a in term.summary().items()}
    return _dataset(data, coords)


def fitted_dataset(fitted: Fitted):
    """Group `fitted`: mean, sd, q05, q95 of each row."""
    return _dataset({name: (ROW, values) for name, values in vars(fitted).items()})


def pointwise_dataset(loo: LeftOut):
    """Group `pointwise`: elpd and k of each row."""
    return _dataset({"elpd": (ROW, loo.elpd), "k": (ROW, loo.k)})


def log_likelihood_dataset(found: Pointwise):
    """Group `log_likelihood`: log density of each row given the others, or None if too many."""
    if found.log_density.size > MOST_STORED:
        return None
    # The first chain's draws come first, so its places among all are those in the chain.
    coords = {"chain": range(len(found.chosen)), "draw": found.chosen[0]}
    return _dataset({"response": (("chain", "draw", ROW), found.log_density)}, coords)


def _dataset(data, coords=None):
    from xarray import Dataset

    return Dataset(data, coords)
