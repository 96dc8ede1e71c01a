"""Where to try designs: first everywhere, then where it is least known whether it matters.

A round depends on nothing but what the rounds before it found, so that more rounds can be asked
for later without doing any of them again.
"""

from dataclasses import dataclass

import numpy as np
from scipy.special import ndtri
from scipy.stats import qmc

from covedge.atlas.region import Region
from covedge.atlas.surface import Surface, Where
from covedge.atlas.trial import Place

# Probabilities whose contours are wanted.
LEVELS = (0.05, 0.20, 0.50)
# Replicates at one place. Many places with few each tell more than few with many.
REPLICATES, AT_MILESTONES = 100, 1000
SPREAD_OUT, ADDED = 32, 16
# Numbers of groups, as multiples of the user's, of which the page says more than P.
MILESTONES = (0.5, 1.0, 2.0, 4.0)
# Half of the places have as many observations in a group as the user's own: that is the map.
CANDIDATES, OTHER_DENSITIES, OFF_THE_MAP = 14, (0.5, 2.0), 0.7
SURE = 1.96


@dataclass(frozen=True)
class Trial:
    """A place, and how often it is tried."""

    place: Place
    replicates: int


def milestones(region: Region) -> list[Place]:
    """More groups, or fewer, with all else as it is here."""
    here = region.here
    numbers = {max(round(m * here.n_groups), region.groups[0]) for m in MILESTONES}
    inside = sorted(n for n in numbers if n <= region.groups[1])
    return [Place(n, here.sd, here.density) for n in inside]


def first(region: Region, seed: int) -> list[Trial]:
    """The milestones, and places spread over the region."""
    points = qmc.Sobol(3, rng=np.random.default_rng([seed, 9])).random(SPREAD_OUT)
    points[::2, 2] = _middle(region)
    spread = [Trial(region.place(point), REPLICATES) for point in points]
    return [Trial(place, AT_MILESTONES) for place in milestones(region)] + spread


def following(region: Region, surface: Surface) -> list[Trial]:
    """Places near a contour where the surface is least sure, each chosen after the ones before."""
    candidates = _candidates(region)
    where = at(region, candidates)
    weight = np.where([c.density == region.here.density for c in candidates], 1.0, OFF_THE_MAP)
    chosen = []
    for _ in range(ADDED):
        mean, sd = surface.probit(where)
        near = np.abs(mean[:, None] - ndtri(np.array(LEVELS))).min(axis=1)
        best = int(np.argmax(np.round(weight * (SURE * sd) - near, 9)))
        chosen.append(Trial(candidates[best], REPLICATES))
        surface = surface.after(at(region, [candidates[best]]), REPLICATES)
    return chosen


def at(region: Region, places: list[Place]) -> Where:
    """The places as the surface has them."""
    return Where(region.coordinates(places), region.theory(places))


def _candidates(region):
    low, high = np.log(region.groups)
    numbers = sorted({round(n) for n in np.exp(np.linspace(low, high, CANDIDATES))})
    sds = np.exp(np.linspace(*np.log(region.sds), CANDIDATES))
    densities = [d * region.here.density for d in (1.0, *OTHER_DENSITIES)]
    inside = [d for d in densities if region.densities[0] <= d <= region.densities[1]]
    return [Place(n, float(sd), d) for d in inside for n in numbers for sd in sds]


def _middle(region):
    low, high = np.log(region.densities)
    return (np.log(region.here.density) - low) / (high - low)
