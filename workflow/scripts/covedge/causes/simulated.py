"""What simulated responses say of the terms that came out degenerate."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from covedge.bootstraps.bootstrap import refit_work
from covedge.causes.absent import absent, largest_push
from covedge.causes.negative_covariance import Push, push
from covedge.causes.power import Power, power, with_sizes
from covedge.errors import DesignError
from covedge.fits.certificate import spectra
from covedge.fits.factors import Factors
from covedge.fits.fit import Fit
from covedge.fits.likelihood import Likelihood
from covedge.fits.own_gram import moved, own_gram
from covedge.grams.simulated_crossed import simulator
from covedge.proportion import Proportion

log = logging.getLogger("diagnose")

# Multiplications that the simulations of one analysis may cost: some twenty seconds of one core.
MOST_WORK = 9e9
# With fewer replicates a share says too little.
FEWEST = 100
# Replicates of each round of the search for the detectable SD, and of a size that is only drawn.
SEARCHED, DRAWN = 150, 40


@dataclass(frozen=True)
class Simulated:
    """What simulated responses say of one degenerate term.

    push : how hard it is held at the boundary. absent : how often it is degenerate where all that
    collapsed is truly zero. power : where it is truly there; None where that was not counted.
    """

    push: Push
    absent: Proportion
    power: Power | None


def simulations(
    likelihood: Likelihood,
    fit: Fit,
    groups: Sequence[str],
    smallest: float,
    replicates: int,
    seed: int,
    most_work: float = MOST_WORK,
) -> dict[str, Simulated]:
    """By grouping factor, for those terms of a fit whose names are given.

    smallest : the smallest SD that matters, in units of the response.

    Raises DesignError where a response of this model cannot be simulated, or takes too long.
    """
    own = own_gram(likelihood, fit.model)
    simulator(own.likelihood.gram)
    # Levels of the Gram are deepest first.
    kept = [fit.terms[len(fit.terms) - 1 - level].term.name for level in own.kept]
    levels = {group: kept.index(group) for group in groups}
    factors, x = moved(own.factors(fit.model), fit)
    n = _affordable(factors, replicates, most_work)
    # Larger sizes, and the search for the one that the design can see, make several rounds.
    search = n // 3 >= FEWEST
    rounds = min(n // 3, SEARCHED) if search else min(n, DRAWN)
    streams = np.random.SeedSequence([seed, 6]).generate_state(3)
    log.info("simulating %s, %d replicates each", fit.model.name, n)
    wanted = tuple(levels.values())
    without = absent(factors, x, wanted, n, int(streams[0]))
    relative = smallest / float(np.sqrt(fit.point.sigma2))
    powers = power(factors, x, wanted, relative, n, int(streams[1]))
    powers = with_sizes(powers, factors, x, rounds, int(streams[2]), search)
    known = spectra(factors, x)
    return {
        group: Simulated(
            push(largest_push(factors.blocks, known, level), without.pushes[level]),
            without.singular[level],
            powers.get(level),
        )
        for group, level in levels.items()
    }


def _affordable(factors: Factors, replicates: int, most_work: float) -> int:
    """How many replicates the work allows.

    Raises DesignError where they are too few.
    """
    most = int(most_work / refit_work(factors))
    if most < min(FEWEST, replicates):
        raise DesignError("refits of this model take so long that nothing was simulated")
    return min(most, replicates)
