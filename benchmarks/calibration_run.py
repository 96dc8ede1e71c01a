"""The replicates of the calibration, several at a time, and the errors that are planted in it."""

from collections.abc import Callable
from concurrent.futures import Executor
from functools import cache, partial
from importlib.metadata import version

import numpy as np
from calibrated import (
    QUANTITIES,
    RANKED,
    Calibrated,
    Length,
    Replicate,
    Truth,
    drawn,
    ranks,
    stacked,
)

from covedge.posteriors.sampling import seed_of

VERSIONS = ("numba", "numpy", "nutpie", "pymc", "pytensor")
# A prior on SDs that is too narrow by this factor is planted.
NARROW = 0.25
# Enough for what is planted and needs sampling of its own.
PLANTED_LENGTH = Length(chains=1, draws=1000, tune=500)


def ignorant(model: Calibrated, replicate: Replicate, number: int) -> Truth:
    """Draws from the prior, whatever the data."""
    rng = np.random.default_rng(seed_of(2, model.prior.family, number))
    return stacked([drawn(model.prior, rng) for _ in range(RANKED)])


def too_large(model: Calibrated, replicate: Replicate, number: int) -> Truth:
    draws = replicate.draws
    return Truth(draws.G, 1.05 * draws.sigma, draws.beta)


def turned(model: Calibrated, replicate: Replicate, number: int) -> Truth:
    draws = replicate.draws
    return Truth(draws.G * np.array([[1.0, -1.0], [-1.0, 1.0]]), draws.sigma, draws.beta)


def without_spread(model: Calibrated, replicate: Replicate, number: int) -> Truth:
    draws = replicate.draws
    return Truth(draws.G, draws.sigma, np.broadcast_to(draws.beta.mean(axis=0), draws.beta.shape))


# What is done to the draws, and a function of the model, the replicate and its number.
PLANTED: dict[str, Callable[[Calibrated, Replicate, int], Truth]] = {
    "draws from the prior, whatever the data are": ignorant,
    "σ too large by 5 %": too_large,
    "the correlation with the other sign": turned,
    "the posterior mean of β in place of its draws": without_spread,
}
TOO_NARROW = f"fitted with SDs of {NARROW:g} times the prior's scale"


@cache
def model_of(family: str) -> Calibrated:
    """Compiled once in each process."""
    return Calibrated(family)


@cache
def narrow_model() -> Calibrated:
    """The LKJ model with a prior other than that which the truths are drawn from."""
    scale = NARROW * model_of("lkj").prior.residual_sd
    return Calibrated("lkj", {"lkj": {"all": {"scale": scale}}})


def one(family: str, length: Length, number: int) -> dict:
    """One replicate: ranks by what was done to the draws, and how its chains are."""
    model = model_of(family)
    found = model.replicate(number, length)
    others = {
        error: ranks(found.truth, plant(model, found, number), found.y)
        for error, plant in PLANTED.items()
    }
    judged = found.judged
    return {
        "ranks": found.ranks,
        "planted": others,
        "divergences": found.divergences,
        "rhat": float(judged.rhat.max()),
        "ess": float(min(judged.ess_bulk.min(), judged.ess_tail.min())),
        "converged": judged.reached,
    }


def one_narrow(number: int) -> np.ndarray:
    return model_of("lkj").replicate(number, PLANTED_LENGTH, narrow_model()).ranks


def calibrate(family: str, length: Length, numbers: range, pool: Executor) -> dict:
    """Some of the replicates under one prior, as stored."""
    found = list(pool.map(partial(one, family, length), numbers, chunksize=5))
    return {
        "prior": family,
        "replicates": len(found),
        "converged": sum(each["converged"] for each in found),
        "with_divergences": sum(each["divergences"] > 0 for each in found),
        "divergences": sum(each["divergences"] for each in found),
        "max_rhat": max(each["rhat"] for each in found),
        "min_ess": min(each["ess"] for each in found),
        "ranks": as_text([each["ranks"] for each in found]),
        "planted": {
            error: as_text([each["planted"][error] for each in found]) for error in PLANTED
        },
    }


def joined(before: dict, more: dict) -> dict:
    """Two parts of the replicates under one prior."""
    counts = ("replicates", "converged", "with_divergences", "divergences")
    return {
        **before,
        **{name: before[name] + more[name] for name in counts},
        "max_rhat": max(before["max_rhat"], more["max_rhat"]),
        "min_ess": min(before["min_ess"], more["min_ess"]),
        "ranks": _lines(before["ranks"], more["ranks"]),
        "planted": {
            error: _lines(lines, more["planted"][error])
            for error, lines in before["planted"].items()
        },
    }


def _lines(before, more):
    return {name: f"{line} {more[name]}" for name, line in before.items()}


def plant_narrow(n: int, pool: Executor) -> dict[str, str]:
    """Ranks in n replicates of a model with the wrong prior."""
    return as_text(list(pool.map(one_narrow, range(n), chunksize=5)))


def as_text(rows) -> dict[str, str]:
    """(n, 7) ranks as a line for each quantity, replicate after replicate."""
    columns = np.transpose(rows)
    return {name: " ".join(map(str, c)) for name, c in zip(QUANTITIES, columns, strict=True)}


def as_numbers(stored: dict[str, str]) -> dict[str, np.ndarray]:
    """The ranks of each quantity, as `as_text` has written them."""
    return {name: np.array(line.split(), dtype=int) for name, line in stored.items()}


def versions() -> dict[str, str]:
    return {name: version(name) for name in VERSIONS}
