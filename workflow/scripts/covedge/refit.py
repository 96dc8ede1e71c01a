"""One Bayesian refit: sample a model until its chains can be trusted."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from covedge.collapsed import collapsed_model
from covedge.convergence import Convergence, convergence
from covedge.gram import Gram
from covedge.ladder import Ladder, Model
from covedge.posterior import Draws, Quantity, draws_of, quantities
from covedge.posterior_record import scalars
from covedge.prior import Prior, prior
from covedge.reduced_gram import of_model
from covedge.sampling import Chains, compiled, sample, seed_of
from covedge.unit_vectors import unit_vectors

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
    compile_seconds: float
    sample_seconds: float


def refit(gram: Gram, ladder: Ladder, model: Model, settings: Settings) -> Refit:
    """Sample `model`. gram : of the ladder."""
    believed = prior(gram, ladder.fixed, ladder.terms, model.structures)
    own = of_model(gram, model.structures)
    layout = unit_vectors(own, believed.components)
    program, compile_seconds = compiled(collapsed_model(own, believed, layout))
    log.info("%s: %d dimensions, compiled in %.1f s", model.name, program.n_dim, compile_seconds)
    seconds = 0.0
    for length in LENGTHS:
        chains = sample(
            program,
            model.name,
            chains=settings.chains,
            draws=settings.draws * length,
            tune=settings.tune * length,
            cores=settings.cores,
            seed=seed_of(settings.seed, model.name, length),
        )
        seconds += chains.seconds
        draws = draws_of(chains.values, layout, believed)
        found = quantities(
            draws,
            own,
            believed,
            layout,
            ladder.fixed,
            ladder.terms,
            model.structures,
            seed_of(settings.seed, model.name, length, "beta"),
        )
        listed, values = scalars(found)
        judged = convergence(values, chains.statistics["energy"])
        _tell(model.name, judged, chains, seconds, length)
        if judged.reached:
            break
    levels = tuple(
        term.name
        for term, structure in zip(ladder.terms[::-1], model.structures[::-1], strict=True)
        if structure.components
    )
    return Refit(
        model,
        believed,
        own,
        levels,
        draws,
        found,
        listed,
        values,
        judged,
        chains,
        length,
        compile_seconds,
        seconds,
    )


def _tell(name, judged, chains, seconds, length):
    log.info(
        "%s: largest R-hat %.4f, smallest ESS %.0f, %d divergences, %.1f s%s",
        name,
        np.nanmax(judged.rhat),
        np.nanmin([judged.ess_bulk, judged.ess_tail]),
        chains.divergences,
        seconds,
        ""
        if judged.reached
        else ": not converged, and this is the limit"
        if length == LENGTHS[-1]
        else ": not converged, running anew, twice as long",
    )
