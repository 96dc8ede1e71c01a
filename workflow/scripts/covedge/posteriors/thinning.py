"""Evenly spaced draws, as many as there is time and memory for."""

import numpy as np

from covedge.errors import DesignError
from covedge.grams.crossed_gram import CrossedGram
from covedge.grams.gram import Gram

# Of all chains together: what is averaged over draws is then known to 3 % of its posterior SD.
MOST_DRAWS = 1000
# With fewer a 5 % quantile rests on a handful of draws.
FEWEST_DRAWS = 100
# Numbers that are kept for all draws: 100 MB.
MOST_NUMBERS = 1.2e7
# Multiplications for all draws: some five seconds.
MOST_WORK = 2.5e9


def evenly(shape: tuple[int, int], most: int) -> np.ndarray:
    """(chains, m) which of all draws, chains one after the other, with m * chains <= most.

    shape : (chains, draws). At least one of each chain.
    """
    chains, draws = shape
    each = min(draws, max(int(most) // chains, 1))
    within = np.linspace(0, draws - 1, each).round().astype(int)
    return np.arange(chains)[:, None] * draws + within


def affordable(shape: tuple[int, int], numbers: float, work: float, what: str) -> np.ndarray:
    """`evenly` spaced draws within the budgets.

    numbers, work : numbers kept and multiplications, per draw. what : is computed, for the message.

    Raises DesignError where fewer than FEWEST_DRAWS could be afforded; that the chains are short
    is no reason to.
    """
    most = min(MOST_DRAWS, MOST_NUMBERS / max(numbers, 1.0), MOST_WORK / max(work, 1.0))
    if most < FEWEST_DRAWS:
        raise DesignError(
            f"{what} would take {numbers:,.0f} numbers and {work:,.0f} multiplications for each "
            f"draw of the posterior; the budget is for fewer than {FEWEST_DRAWS} draws"
        )
    return evenly(shape, int(most))


def solving_work(gram: Gram | CrossedGram) -> float:
    """Multiplications, roughly, of setting up and solving the mixed-model equations once."""
    q, L = gram.n_effects, gram.n_groups
    last = gram.n_fixed + 1
    if isinstance(gram, CrossedGram):
        sizes = [a * b for a, b in zip(q, L, strict=True)]
        return float(sum(sizes) - max(sizes, default=0) + last) ** 3
    return float(sum(L[k] * q[k] * (sum(q[k:]) + last) ** 2 for k in range(len(q))) + last**3)
