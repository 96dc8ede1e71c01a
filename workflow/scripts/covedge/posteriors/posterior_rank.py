"""Posterior of the reliabilities: how many directions of a term are more than noise."""

from dataclasses import dataclass

import numpy as np

from covedge.fits.likelihood import Likelihood
from covedge.grams.gram import Gram
from covedge.posteriors.posterior import Draws

# A direction counts when more than this part of what is seen of it is the groups.
RELIABLE = 0.01
# Each needs an evaluation of the likelihood; this many give a probability to 1.5 %.
EVALUATIONS = 1000


@dataclass(frozen=True)
class Reliabilities:
    """values : (m, q) of one level of the model, least reliable direction first."""

    values: np.ndarray

    @property
    def above(self):
        """(q,) probability that each direction is more than 1 % reliable."""
        return (self.values > RELIABLE).mean(axis=0)

    @property
    def rank(self):
        """(q + 1,) probability of 0, 1, ..., q such directions."""
        m, q = self.values.shape
        counts = (self.values > RELIABLE).sum(axis=1)
        return np.bincount(counts, minlength=q + 1) / m


def reliabilities(draws: Draws, gram: Gram, reml: bool) -> tuple[Reliabilities, ...]:
    """One per level of the model, deepest first, from evenly spaced draws.

    gram : of the model. Reliability is what `spectrum` defines: eigenvalues of Sigma H / n_levels.
    """
    likelihood = Likelihood(gram, reml)
    n = len(draws.sigma)
    chosen = np.unique(np.linspace(0, n - 1, min(n, EVALUATIONS)).astype(int))
    values = [np.empty((len(chosen), q)) for q in gram.n_effects]
    for i, draw in enumerate(chosen):
        Sigmas = [Sigma[draw] for Sigma in draws.Sigmas]
        point = likelihood.at(Sigmas)
        for found, Sigma, H, n_levels in zip(values, Sigmas, point.H, gram.n_groups, strict=True):
            found[i] = np.sort(np.linalg.eigvals(Sigma @ H).real) / n_levels
    return tuple(Reliabilities(v) for v in values)
