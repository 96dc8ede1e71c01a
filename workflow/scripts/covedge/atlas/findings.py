"""What an atlas found: the map, how many groups it would take, and what each number buys."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from covedge.atlas.region import Region
from covedge.atlas.rounds import LEVELS, at
from covedge.atlas.surface import Counts, Surface
from covedge.atlas.trial import Place
from covedge.proportion import Proportion

# Points of the map along each axis.
MAP = 25


@dataclass(frozen=True)
class Needed:
    """How many groups bring P(singular) below `level`, and a 95 % interval.

    None : more than the atlas covers.
    """

    level: float
    density: float
    n_groups: int | None
    low: int | None
    high: int | None


@dataclass(frozen=True)
class Tried:
    """What came of the trials at one place.

    singular : of the fits. ranks : by term how often each rank was found. rejected : by fixed
    effect how often its interval missed the truth. widths : of these intervals, mean, in units of
    the residual SD.
    """

    place: Place
    singular: Proportion
    ranks: dict[str, dict[int, int]]
    rejected: dict[str, Proportion]
    widths: dict[str, float]


def tried(place: Place, outcomes: pd.DataFrame) -> Tried | None:
    """None where no search came to its end."""
    kept = outcomes[outcomes["settled"]]
    if kept.empty:
        return None
    n = len(kept)

    def named(prefix):
        return {c.removeprefix(prefix): kept[c] for c in kept if c.startswith(prefix)}

    return Tried(
        place,
        Proportion(int(kept["degenerate"].sum()), n),
        {
            group: {int(k): int(m) for k, m in ranks.value_counts().sort_index().items()}
            for group, ranks in named("rank ").items()
        },
        {name: Proportion(int(c.sum()), n) for name, c in named("rejected ").items()},
        {name: float(c.mean()) for name, c in named("width ").items()},
    )


def surface(region: Region, found: Sequence[Tried]) -> Surface:
    """P(singular) as a smooth function of the place."""
    return Surface(
        Counts(
            at(region, [one.place for one in found]),
            np.array([float(one.singular.count) for one in found]),
            np.array([float(one.singular.n) for one in found]),
        )
    )


def mapped(region: Region, smooth: Surface) -> dict:
    """P with its 95 % interval on a grid: groups (MAP,), SDs (MAP,), p, low, high (SDs, groups)."""
    numbers = np.exp(np.linspace(*np.log(region.groups), MAP))
    sds = np.exp(np.linspace(*np.log(region.sds), MAP))
    places = [Place(n, sd, region.here.density) for sd in sds for n in numbers]
    found = smooth.at(at(region, places)).reshape(MAP, MAP, 3)
    return {
        "n_groups": numbers,
        "sd": sds,
        "p": found[:, :, 0],
        "low": found[:, :, 1],
        "high": found[:, :, 2],
    }


def needed(region: Region, smooth: Surface, density: float) -> list[Needed]:
    """For each level, with the smallest SD that matters and this many observations in a group."""
    numbers = np.arange(region.groups[0], region.groups[1] + 1)
    places = [Place(int(n), region.here.sd, density) for n in numbers]
    p = smooth.at(at(region, places))
    return [
        Needed(level, density, *(_from_here_on(numbers, p[:, k], level) for k in (0, 1, 2)))
        for level in LEVELS
    ]


def _from_here_on(numbers, p, level):
    """The smallest number from which on p stays below the level; None without one."""
    above = np.flatnonzero(p >= level)
    first = above[-1] + 1 if len(above) else 0
    return int(numbers[first]) if first < len(numbers) else None
