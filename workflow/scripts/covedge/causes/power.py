"""What a design would show: how often a term comes out singular although everything is there.

A collapsed direction means little where it would collapse as well with a variance that matters.
So responses are simulated from the fit with every direction raised to at least the smallest
standard deviation that matters, and fitted again. Design, section 6.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cache

import numpy as np

from covedge.bootstraps.bootstrap import is_degenerate, refits
from covedge.fits.certificate import spectra
from covedge.fits.factors import Factors
from covedge.fits.spectrum import information_root
from covedge.proportion import Proportion

# Error probabilities by which the field goes. A direction that matters and that more than one
# experiment in twenty would miss is not excluded by a singular fit; a power below 80 % is too
# little to look for it at all.
EXCLUDED, TOO_OFTEN = 0.05, 0.20
# From here on a singular fit begins to be a thing that happens, in words: some do.
RARELY = 0.01
# Replicates before a clear answer ends the simulation.
FEWEST = 100
# Multiples of the smallest SD that matters at which all terms are looked at together.
STEPS = (4.0, 16.0, 64.0)
WIDEST = STEPS[-1]
# The detectable SD is known up to this factor.
PRECISION = 1.05


@dataclass(frozen=True)
class Power:
    """How often a term comes out degenerate though each of its directions is truly there.

    singular : of the replicates. smallest_sd : relative to the residual SD. weakest : reliability
    of the weakest direction of the truth. detectable : the SD, relative to the residual's, of
    which this design would miss one in twenty; None where there is none, or was not looked for.
    floor : how often it is singular with SDs as large as WIDEST times the smallest, or None.
    sizes : (SD, relative to the residual's, share of singular fits) of all that was simulated.
    """

    level: int
    singular: Proportion
    smallest_sd: float
    weakest: float
    detectable: float | None = None
    floor: Proportion | None = None
    sizes: tuple[tuple[float, Proportion], ...] = ()

    @property
    def evidence(self) -> dict:
        """The numbers, for a cause and for verdict.json."""
        return {
            "p_singular": self.singular.estimate,
            "interval": list(self.singular.interval),
            "replicates": self.singular.n,
            "smallest_sd_relative": self.smallest_sd,
            "weakest_reliability": self.weakest,
            "detectable_sd_relative": self.detectable,
            "p_singular_however_large": self.floor and self.floor.estimate,
            "thresholds": [RARELY, EXCLUDED, TOO_OFTEN],
        }

    @property
    def enough(self) -> bool:
        """Whether a singular fit excludes a direction of the smallest size, beyond doubt."""
        low, high = self.singular.interval
        return bool(high < EXCLUDED and low <= RARELY)

    @property
    def too_little(self) -> bool:
        """Whether the design may well miss what is there."""
        return bool(self.singular.interval[1] > TOO_OFTEN)


def power(
    factors: Factors, x: np.ndarray, levels: Iterable[int], smallest: float, replicates: int, seed
) -> dict[int, Power]:
    """Power for each of the levels, whose terms are degenerate at the fit (factors, x).

    smallest : the smallest SD that matters, relative to the residual SD (a direction is scaled so
    that over the rows the mean of (z'u)^2 is 1).
    """
    levels = tuple(levels)
    true_factors, truth = raised(factors, x, smallest)
    weakest = _weakest(true_factors, truth)
    counts, n = _counted(true_factors, truth, levels, replicates, seed)
    return {
        level: Power(level, Proportion(count, n), smallest, weakest[level])
        for level, count in counts.items()
        if n
    }


def with_sizes(
    powers: Mapping[int, Power], factors: Factors, x, replicates: int, seed, search: bool
) -> dict[int, Power]:
    """The same with the shares at larger SDs, and the SD that this design would miss in EXCLUDED
    of all cases. Where effects are nearly as many as groups, or cells are empty, there is none.

    search : whether to look for it, which takes several rounds. The same streams of random numbers
    serve all sizes, so that the share falls smoothly.
    """
    levels = tuple(powers)

    @cache
    def shares(size):
        counts, n = _counted(*raised(factors, x, size), levels, replicates, seed, early=False)
        return {level: Proportion(counts[level], n) if n else Proportion(1, 1) for level in levels}

    return {
        level: _with_sizes(power, lambda size, level=level: shares(size)[level], search)
        for level, power in powers.items()
    }


def _with_sizes(power, missed, search):
    found = {power.smallest_sd: power.singular}
    for step in STEPS:
        found[power.smallest_sd * step] = missed(power.smallest_sd * step)
    floor = found[power.smallest_sd * WIDEST]
    detectable = None
    if search and floor.estimate <= EXCLUDED:
        low, high = _bracket(found, power.smallest_sd / WIDEST)
        while high > PRECISION * low:
            middle = float(np.sqrt(low * high))
            found[middle] = missed(middle)
            low, high = (middle, high) if found[middle].estimate > EXCLUDED else (low, middle)
        detectable = high
    return replace(power, detectable=detectable, floor=floor, sizes=tuple(sorted(found.items())))


def _bracket(found, least):
    """(low, high): from `high` on nothing is missed more often than EXCLUDED; at `low` it is."""
    missed = [size for size, share in found.items() if share.estimate > EXCLUDED]
    low = max(missed, default=least)
    return low, min(size for size in found if size > low)


def raised(
    factors: Factors, x: np.ndarray, smallest: float, exactly: int | None = None
) -> tuple[Factors, np.ndarray]:
    """(factors, x) with every direction at least as large as `smallest`.

    exactly : place of a block whose weakest direction is to be as small as that, too.
    """
    H, n_obs = factors.likelihood.at(factors.Sigmas(x)).H, factors.likelihood.gram.n_obs
    parts = []
    for place, (block, L) in enumerate(zip(factors.blocks, factors.split(x), strict=True)):
        information = block.basis.T @ H[block.level] @ block.basis
        n_levels = factors.likelihood.gram.n_groups[block.level]
        S = L @ L.T if L.size else np.zeros((max(block.rows, 1),) * 2)
        held = place == exactly
        parts.append(_raised(S, information, n_levels, n_obs, smallest, block, held))
    return factors.root(parts)


def weakest_sd(factors: Factors, x: np.ndarray, place: int) -> float:
    """How large the weakest direction of the block at `place` is, as `raised` measures it."""
    block, L = factors.blocks[place], factors.split(x)[place]
    H, n_obs = factors.likelihood.at(factors.Sigmas(x)).H, factors.likelihood.gram.n_obs
    information = block.basis.T @ H[block.level] @ block.basis
    n_levels = factors.likelihood.gram.n_groups[block.level]
    S = L @ L.T if L.size else np.zeros((max(block.rows, 1),) * 2)
    if not block.full:
        return float(np.sqrt(S[0, 0] * _per_row(block, n_levels, n_obs)))
    squares, _ = _sizes(S, information, n_levels, n_obs, block)
    return float(np.sqrt(squares[max(len(squares) - block.most, 0)]))


def _raised(S, information, n_levels, n_obs, smallest, block, exactly=False):
    if not block.full:
        least = np.full_like(S, smallest**2 / _per_row(block, n_levels, n_obs))
        return least if exactly else np.maximum(S, least)
    squares, W = _sizes(S, information, n_levels, n_obs, block)
    lacking = np.maximum(smallest**2 - squares, 0.0)
    # A model of limited rank has no other directions than its largest.
    others = max(len(lacking) - block.most, 0)
    lacking[:others] = 0.0
    if exactly:
        lacking[others] = smallest**2 - squares[others]
    return S + (W * lacking) @ W.T


def _per_row(block, n_levels, n_obs):
    """Of one variance for all cells: each row has one, and the mean of (z'u)^2 is that of Z A."""
    return np.trace(block.basis.T @ block.basis) * n_levels / n_obs


def _sizes(S, information, n_levels, n_obs, block):
    """(squares (r,), W (p, r)): S = W diag(squares) W', where W has the size 1; smallest first."""
    R, back = information_root(information, block.informed)
    values, U = np.linalg.eigh(R @ S @ R.T / n_levels)
    W = back @ U
    # Scaled columns have Z'Z = n_levels I over the rows.
    lengths = np.linalg.norm(W, axis=0) * np.sqrt(n_levels / n_obs)
    return np.maximum(values, 0.0) * n_levels * lengths**2, W / lengths


def _counted(factors, truth, levels, replicates, seed, early=True) -> tuple[Mapping, int]:
    """By level how many replicates have a degenerate term there; and of how many."""
    counts, n = dict.fromkeys(levels, 0), 0
    for fitted in refits(factors, truth, replicates, seed):
        if not fitted.settled:
            continue
        n += 1
        for level in counts:
            counts[level] += is_degenerate(fitted, level)
        if (
            early
            and n >= FEWEST
            and n % 20 == 0
            and all(_settled(Proportion(c, n)) for c in counts.values())
        ):
            break
    return counts, n


def _settled(proportion):
    low, high = proportion.interval
    return low > TOO_OFTEN or high < RARELY


def _weakest(factors, x):
    """Per level the reliability of its least reliable direction."""
    found = {}
    for block, directions in zip(factors.blocks, spectra(factors, x), strict=True):
        least = min(d.reliability for d in directions)
        found[block.level] = min(found.get(block.level, 1.0), least)
    return found
