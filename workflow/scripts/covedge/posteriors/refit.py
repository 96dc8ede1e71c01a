"""One Bayesian refit: sample a model until its chains can be trusted."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from covedge.grams.gram import Gram
from covedge.grams.reduced_gram import of_model
from covedge.models.ladder import Ladder, Model
from covedge.posteriors.collapsed import collapsed_model
from covedge.posteriors.convergence import Convergence, convergence
from covedge.posteriors.posterior import Draws, Quantity, draws_of, quantities
from covedge.posteriors.posterior_record import scalars
from covedge.posteriors.prior import Prior, prior
from covedge.posteriors.sampling import Chains, compiled, sample, seed_of
from covedge.posteriors.unit_vectors import UnitVectors, unit_vectors

log = logging.getLogger("bayes")

# Chains that cannot be trusted are run anew, tuned and drawn so many times as long, and no more.
LENGTHS = (1, 2, 4)


@dataclass(frozen=True)
class Settings:
    """Of the sampler, per chain; cores : chains that run at a time."""

    chains: int
    draws: int
    tune: int
    cores: int
    seed: int


@dataclass(frozen=True)
class Refit:
    """gram : of the model. levels : names of its terms, deepest first. listed, values : all free
    numbers, see `scalars`. length : how many times as long as asked for the chains are.
    """

    model: Model
    prior: Prior
    gram: Gram
    levels: tuple[str, ...]
    draws: Draws
    quantities: Sequence[Quantity]
    listed: list
    values: np.ndarray
    judged: Convergence
    chains: Chains
    length: int
    compile_seconds: float = 0.0
    sample_seconds: float = 0.0


@dataclass(frozen=True)
class _Posed:
    """A model as put to the sampler. gram : of the model."""

    model: Model
    ladder: Ladder
    prior: Prior
    gram: Gram
    layout: UnitVectors

    @property
    def levels(self):
        pairs = zip(self.ladder.terms[::-1], self.model.structures[::-1], strict=True)
        return tuple(term.name for term, structure in pairs if structure.components)

    def quantities(self, draws, seed):
        ladder, structures = self.ladder, self.model.structures
        return quantities(
            draws, self.gram, self.prior, self.layout, ladder.fixed, ladder.terms, structures, seed
        )


def refit(gram: Gram, ladder: Ladder, model: Model, settings: Settings) -> Refit:
    """Sample `model`. gram : of the ladder."""
    believed = prior(gram, ladder.fixed, ladder.terms, model.structures)
    own = of_model(gram, model.structures)
    posed = _Posed(model, ladder, believed, own, unit_vectors(own, believed.components))
    program, compiling = compiled(collapsed_model(own, believed, posed.layout))
    log.info("%s: %d dimensions, compiled in %.1f s", model.name, program.n_dim, compiling)
    seconds = 0.0
    for length in LENGTHS:
        done = _once(program, posed, settings, length)
        seconds += done.chains.seconds
        done = replace(done, compile_seconds=compiling, sample_seconds=seconds)
        _tell(done)
        if done.judged.reached:
            break
    return done


def _once(program, posed, settings, length) -> Refit:
    seed = (settings.seed, posed.model.name, length)
    chains = sample(
        program,
        posed.model.name,
        chains=settings.chains,
        draws=settings.draws * length,
        tune=settings.tune * length,
        cores=settings.cores,
        seed=seed_of(*seed),
    )
    draws = draws_of(chains.values, posed.layout, posed.prior)
    found = posed.quantities(draws, seed_of(*seed, "beta"))
    listed, values = scalars(found)
    judged = convergence(values, chains.statistics["energy"])
    model, believed, own = posed.model, posed.prior, posed.gram
    return Refit(
        model, believed, own, posed.levels, draws, found, listed, values, judged, chains, length
    )


def _tell(done):
    end = ""
    if not done.judged.reached:
        last = done.length == LENGTHS[-1]
        end = ": not converged, " + (
            "and this is the limit" if last else "running anew, twice as long"
        )
    log.info(
        "%s: largest R-hat %.4f, smallest ESS %.0f, %d divergences, %.1f s%s",
        done.model.name,
        np.nanmax(done.judged.rhat),
        np.nanmin([done.judged.ess_bulk, done.judged.ess_tail]),
        done.chains.divergences,
        done.sample_seconds,
        end,
    )
