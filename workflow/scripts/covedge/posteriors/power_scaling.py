"""Power scaling: how much a posterior moves when its prior or its likelihood gets stronger.

The posterior is p(theta) L(theta). Raise the prior, or the likelihood, to a power near 1 by
importance weights, and see how far each number's distribution moves: its distance (cumulative
Jensen-Shannon) per doubling of the power. Kallioinen, Paananen, Buerkner and Vehtari (2024),
Detecting and diagnosing prior and likelihood sensitivity with power-scaling, Statistics and
Computing 34, 57. Of a model with random effects the prior is that of the variances, sigma and beta,
and the likelihood is without b: the distribution of b belongs to the model.

A density depends on what it is a density of: here of SDs, correlations, sigma and beta, as the
prior is written, and not of the numbers that the sampler walks over.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

# Kallioinen et al. take a part as moving the posterior from here on; a normal posterior is this far
# from itself when it moves by a quarter of its SD.
THRESHOLD = 0.05
# Powers whose weights need no further check: the same paper's.
POWERS = (0.99, 1.01)

# How often weights are dealt out at random, to see how far a number seems to move by chance. The
# largest is taken, so one number in eleven that does not move at all lies above it.
SHUFFLES = 10

BOTH_PRIOR = "the prior moves it more than the data"
BOTH_DATA = "the prior moves it too, though less than the data"
PRIOR_ALONE = "the prior moves it and the data hardly do"
NEITHER = "neither the prior nor the data move it much"


@dataclass(frozen=True)
class Sensitivity:
    """How far a number moves with the power of the prior and of the likelihood: 0 is not at all.

    prior_noise, likelihood_noise : how far it may seem to move by chance, with as many draws as
    there are.
    """

    name: str
    prior: float
    likelihood: float
    prior_noise: float = 0.0
    likelihood_noise: float = 0.0

    @property
    def diagnosis(self) -> str | None:
        """What is to be said of the number; None where the data alone move it, as one hopes."""
        by_data = self.likelihood >= max(THRESHOLD, self.likelihood_noise)
        if self.prior < max(THRESHOLD, self.prior_noise):
            return None if by_data else NEITHER
        if not by_data:
            return PRIOR_ALONE
        return BOTH_PRIOR if self.prior > self.likelihood else BOTH_DATA


def power_scaling(
    names: Sequence[str], values: np.ndarray, log_prior: np.ndarray, log_likelihood: np.ndarray
) -> list[Sensitivity]:
    """The sensitivity of k numbers.

    values : (chains, draws, k) of the posterior, none of them constant. log_prior, log_likelihood :
    (chains, draws), of all parameters together, up to constants; see `marginal_likelihood`.
    """
    by_prior, by_likelihood = _weights(log_prior), _weights(log_likelihood)
    spread = log_likelihood.std()
    # Chance moves in proportion to the weights' spread.
    part = float(log_prior.std() / spread) if spread else 0.0
    # Draws that depend on each other leave as much to chance as fewer that do not.
    inflation = np.sqrt(values.shape[0] * values.shape[1] / _effective(values))
    found = []
    for i, name in enumerate(names):
        value = values[:, :, i]
        noise = float(inflation[i]) * _by_chance(value, by_likelihood)
        moved = _moved(value, by_prior), _moved(value, by_likelihood)
        found.append(Sensitivity(name, *moved, part * noise, noise))
    return found


def _weights(log_density):
    """(2, chains, draws) importance weights for the two powers, Pareto-smoothed."""
    from arviz_stats.base import array_stats

    if np.ptp(log_density) == 0.0:  # to any power a flat density is what it was
        return np.ones((2, *log_density.shape))
    log_weights = np.stack(
        [array_stats.power_scale_lw(log_density, alpha=power, axis=(0, 1)) for power in POWERS]
    )
    weights = np.exp(log_weights - log_weights.max(axis=(1, 2), keepdims=True))
    return weights / weights.sum(axis=(1, 2), keepdims=True)


def _moved(value, weights):
    """Distance per doubling of the power; value : (chains, draws)."""
    from arviz_stats.base import array_stats

    if np.ptp(weights[0]) == 0.0:
        return 0.0
    return float(array_stats.power_scale_sense(value, *weights, *POWERS, chain_axis=0, draw_axis=1))


def _by_chance(value, weights):
    """The largest distance with the weights dealt out at random."""
    rng = np.random.default_rng(0)
    flat = weights.reshape(2, -1)
    dealt = [rng.permutation(flat, axis=1) for _ in range(SHUFFLES)]
    return max(_moved(value, one.reshape(weights.shape)) for one in dealt)


def _effective(values):
    """(k,) effective sample sizes."""
    from arviz_stats.base import array_stats

    return array_stats.ess(values, method="bulk", chain_axis=0, draw_axis=1)


def in_words(found: Sequence[Sensitivity]) -> list[str]:
    """Sentences that say which numbers come from the data and which from the prior."""
    if not found:
        return []
    named = {d: [s.name for s in found if s.diagnosis == d] for d in {s.diagnosis for s in found}}
    sentences = [f"{_of(len(named.get(None, ())), len(found))} by the data and not by the prior."]
    for diagnosis in (PRIOR_ALONE, BOTH_PRIOR, BOTH_DATA, NEITHER):
        if diagnosis in named:
            # "it" of one number, "them" of several.
            said = diagnosis if len(named[diagnosis]) == 1 else diagnosis.replace(" it", " them")
            sentences.append(f"{', '.join(named[diagnosis])}: {said}.")
    return sentences


def _of(count, total):
    if count == total:
        return "Every number is moved" if total > 1 else "The number is moved"
    return f"{count} of {total} numbers {'is' if count == 1 else 'are'} moved"


def sensitivity_records(found: Sequence[Sensitivity]) -> list[dict]:
    """For the summary of a posterior."""
    return [
        {
            "name": s.name,
            "prior": s.prior,
            "likelihood": s.likelihood,
            "noise": {"prior": s.prior_noise, "likelihood": s.likelihood_noise},
            "diagnosis": s.diagnosis,
        }
        for s in found
    ]
