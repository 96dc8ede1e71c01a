"""Parametric bootstrap: what the fits of some models would be, were one of them the truth.

A replicate draws the sufficient statistics of a response from the model, puts them into the Gram
and refits; rows are never touched. Design, section 5.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from covedge.fits.factors import Factors
from covedge.fits.fit import Fit
from covedge.fits.likelihood import Likelihood, square_root
from covedge.fits.optimum import Sketch, roughly
from covedge.fits.own_gram import moved, own_gram
from covedge.fits.spectrum import ALIVE
from covedge.grams.effort import effort
from covedge.grams.responses import Responses
from covedge.grams.simulated_crossed import simulator
from covedge.models.ladder import Model

# Searches start at the truth with every direction open by this much, in scaled coordinates.
OPEN = 0.1
# Evaluations of the likelihood in a refit, beside one per parameter.
EVALUATIONS = 10
# A richer model's criterion may be above a simpler one's by this much: searches are rough.
ROUGHNESS = 1e-4


class Draws:
    """Likelihoods of responses drawn from a model at one point.

    factors, x : the model and the point. beta, sigma : in the user's units; without them 0 and 1
        residual standard deviation of the scaled problem, which is all that variances need.
    """

    def __init__(self, factors: Factors, x, beta=None, sigma=1.0):
        self._gram, self._reml = factors.likelihood.gram, factors.likelihood.reml
        self._simulator, self._responses = simulator(self._gram), Responses(self._gram)
        self._roots = [square_root(Sigma) for Sigma in factors.Sigmas(x)]
        self._beta = np.zeros(self._gram.n_fixed) if beta is None else beta
        self._sigma = sigma

    def draw(self, seeds: np.random.SeedSequence) -> Likelihood:
        """The likelihood of one response, from a random stream of its own."""
        response = self._simulator.draw(self._roots, np.random.default_rng(seeds))
        return Likelihood(self._responses.gram(response, self._beta, self._sigma), self._reml)


def refits(factors: Factors, truth, replicates: int, seed: int) -> Iterator[Sketch]:
    """Fits of the model of `factors` to draws at its point `truth`.

    Each replicate has its own random stream, so that any of them can be made again alone.
    """
    draws = Draws(factors, truth)
    wider, start = factors.opened(truth, OPEN)
    for seeds in np.random.SeedSequence(seed).spawn(replicates):
        yield roughly(wider.on(draws.draw(seeds)), start)


def refit_work(factors: Factors) -> float:
    """Multiplications of one refit of the model of `factors`, roughly."""
    return effort(factors.likelihood.gram) * (factors.size + EVALUATIONS)


@dataclass(frozen=True)
class Replicate:
    """The fits of some models to one response, the true model's first."""

    fits: tuple[Sketch, ...]
    criteria: tuple[float, ...]


class Bootstrap:
    """Responses drawn from a fitted model, and fits to them of it and of richer models.

    fit : of the true model. richer : models of the same ladder that contain it.

    names : of the models, the true one first. kept : the ladder's levels, deepest first, that they
    have; levels below are counted among these. factors : of the true model.
    """

    def __init__(self, likelihood: Likelihood, fit: Fit, richer: Sequence[Model] = ()):
        models = (fit.model, *richer)
        own = own_gram(likelihood, *models)
        self.names, self.kept = [model.name for model in models], own.kept
        self.factors, truth = moved(own.factors(fit.model), fit)
        self._draws = Draws(self.factors, truth, fit.point.beta, np.sqrt(fit.point.sigma2))
        Sigmas = self.factors.Sigmas(truth)
        self._starts = [_near(own.factors(model), Sigmas) for model in models]

    def replicate(self, seeds: np.random.SeedSequence) -> Replicate:
        """The fits to one response, which depends on nothing but the seeds."""
        likelihood = self._draws.draw(seeds)
        fits, criteria = [], []
        for factors, start in self._starts:
            found = roughly(factors.on(likelihood), start)
            value = found.factors.value_and_gradient(found.x)[0]
            if criteria and value > criteria[0] + ROUGHNESS:
                # It is no optimum: go on from that of the simpler model.
                factors, start = _near(factors, fits[0].factors.Sigmas(fits[0].x))
                found = roughly(factors.on(likelihood), start)
                value = found.factors.value_and_gradient(found.x)[0]
            fits.append(found)
            criteria.append(value)
        return Replicate(tuple(fits), tuple(criteria))


def _near(factors, Sigmas):
    """(factors, x) with all columns, near Sigmas, which may be of a simpler model."""
    parts = []
    for block in factors.blocks:
        inverse = np.linalg.pinv(block.basis)
        S = inverse @ Sigmas[block.level] @ inverse.T
        parts.append(S if block.full else np.array([[np.trace(S) / len(S)]]))
    factors, x = factors.root(parts)
    return factors.opened(x, OPEN)


def ranks(fitted: Sketch) -> dict[int, int]:
    """Per level of the Gram, how many of its directions are alive."""
    found = {}
    for block, spectrum in zip(fitted.factors.blocks, fitted.spectra, strict=True):
        alive = sum(direction.state == ALIVE for direction in spectrum)
        width = 1 if block.full else block.basis.shape[1]
        found[block.level] = min(found.get(block.level, 0) + alive * width, len(block.basis))
    return found


def is_degenerate(fitted: Sketch, level: int) -> bool:
    """Whether some direction of the term at `level` has collapsed."""
    return any(
        direction.state != ALIVE
        for block, spectrum in zip(fitted.factors.blocks, fitted.spectra, strict=True)
        if block.level == level
        for direction in spectrum
    )
