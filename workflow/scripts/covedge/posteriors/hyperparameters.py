"""What each family of priors can be told, and how the config tells it, term by term."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace

from covedge.errors import ConfigError, did_you_mean

# The config's word for all terms that are not named.
ALL = "all"


@dataclass(frozen=True)
class Lkj:
    """eta : 1 is every correlation matrix alike, more is smaller correlations; a multiple of 1/2.

    scale : of the half-normal SDs in units of the response (for a numeric effect per SD of its
    variable); None takes what the fixed effects leave in the response. Or by effect, in its units.
    """

    eta: float = 1.0
    scale: float | Mapping[str, float] | None = None


@dataclass(frozen=True)
class Decov:
    """As rstanarm's `decov()`; regularization a multiple of 1/2."""

    regularization: float = 1.0
    concentration: float = 1.0
    shape: float = 1.0
    scale: float = 1.0


@dataclass(frozen=True)
class Wishart:
    """above : degrees of freedom beyond the number of SDs. scale : as of `Lkj`, of the RMS SD."""

    above: int = 2
    scale: float | Mapping[str, float] | None = None


FAMILIES = {"lkj": Lkj, "decov": Decov, "wishart": Wishart}


def hyperparameters(family: str, told: Mapping | None, groups: Sequence[str]) -> dict:
    """By grouping factor, what `family` is told.

    told : `bayes.hyperparameters` of the config, family -> grouping factor or `all` -> values.
    groups : the model's grouping factors.

    Raises ConfigError for a factor or a value that there is not.
    """
    own = dict((told or {}).get(family) or {})
    default = FAMILIES[family]()
    found, problems = {}, []
    known = [field.name for field in fields(default)]
    for group, values in own.items():
        key = f"bayes.hyperparameters.{family}.{group}"
        if group not in (ALL, *groups):
            problems.append(f"{key}: no grouping factor `{group}`{did_you_mean(group, groups)}")
        for name in values:
            if name not in known:
                problems.append(f"{key}: no value `{name}`{did_you_mean(name, known)}")
    if problems:
        raise ConfigError(problems)
    for group in groups:
        found[group] = replace(default, **{**own.get(ALL, {}), **own.get(group, {})})
    return found


def scale_of(hyper, default: float, spread: float, name: str) -> float:
    """The scale of one SD per unit of its effect.

    default : SD that the fixed effects leave. spread : SD of the effect's variable.

    Raises ConfigError where scales are told by effect and this one is not among them.
    """
    if hyper.scale is None:
        return default / spread
    if isinstance(hyper.scale, Mapping):
        if name not in hyper.scale:
            raise ConfigError(
                [f"bayes.hyperparameters: a scale by effect needs one for `{name}` as well"]
            )
        return float(hyper.scale[name])
    return float(hyper.scale) / spread
