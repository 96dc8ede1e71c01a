"""One Bayesian refit: pose a model, and sample it until its chains can be trusted."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from covedge.grams.gram import Gram
from covedge.grams.reduced_gram import of_model
from covedge.models.ladder import Ladder, Model
from covedge.posteriors.collapsed import collapsed_model
from covedge.posteriors.compilation import compiled
from covedge.posteriors.convergence import Convergence, convergence
from covedge.posteriors.explicit import explicit_draws, explicit_model
from covedge.posteriors.families import layout
from covedge.posteriors.posterior import Draws, Quantity, draws_of, flat, quantities
from covedge.posteriors.posterior_record import scalars
from covedge.posteriors.prior import LKJ, Prior, prior
from covedge.posteriors.sampling import Chains, sample, seed_of

log = logging.getLogger("bayes")

COLLAPSED = "collapsed"
# Chains that cannot be trusted are run anew, tuned and drawn so many times as long, and no more.
LENGTHS = (1, 2, 4)


@dataclass(frozen=True)
class Settings:
    """Of the sampler, per chain; cores : chains that run at a time. lengths : as of LENGTHS."""

    chains: int
    draws: int
    tune: int
    cores: int
    seed: int
    lengths: tuple[int, ...] = LENGTHS


@dataclass(frozen=True)
class Posed:
    """A model as put to the sampler. gram : of the model. layout : of its prior's family."""

    model: Model
    ladder: Ladder
    prior: Prior
    gram: Gram
    layout: object
    form: str

    @property
    def name(self):
        return f"{self.model.name}.{self.prior.family}.{self.form}"

    @property
    def kind(self):
        """Models of one kind are compiled from the same operations."""
        return f"{self.prior.family}-{self.form}"

    @property
    def levels(self):
        """Names of the model's terms, deepest first."""
        pairs = zip(self.ladder.terms[::-1], self.model.structures[::-1], strict=True)
        return tuple(term.name for term, structure in pairs if structure.components)

    def program(self):
        """The PyMC model."""
        if self.form == COLLAPSED:
            return collapsed_model(self.gram, self.prior, self.layout)
        return explicit_model(self.gram, self.prior, self.layout, self.form)

    def draws(self, values: dict, shape: tuple[int, int], seed: int) -> Draws:
        """From the sampler's variables, all chains one after the other."""
        if self.form == COLLAPSED:
            found = draws_of(values, self.gram, self.prior, self.layout, seed)
        else:
            found = explicit_draws(values, self.gram, self.prior)
        return replace(found, shape=shape)

    def prior_draws(self, n: int, seed: int) -> Draws:
        """n draws of all parameters before the data are seen."""
        rng = np.random.default_rng(seed)
        values = self.layout.simulate(rng, n) if self.prior.components else {}
        values["sigma"] = rng.exponential(size=(n, 1))
        beta = self.prior.fixed.draws(rng, n)
        return draws_of(values, self.gram, self.prior, self.layout, beta=beta)

    def log_prior(self, values: dict, draws: Draws) -> np.ndarray:
        """(n,) of all parameters, up to a constant. values : as of `draws`, collapsed form."""
        total = self.prior.fixed.log_density(draws.beta) - values["sigma"][:, 0]
        return total + self.layout.log_prior(values) if self.prior.components else total

    def quantities(self, draws: Draws) -> list[Quantity]:
        ladder = self.ladder
        return quantities(draws, self.gram, ladder.fixed, ladder.terms, self.model.structures)


def pose(
    gram: Gram,
    ladder: Ladder,
    model: Model,
    family: str = LKJ,
    form: str = COLLAPSED,
    told: Mapping | None = None,
) -> Posed:
    """gram : of the ladder. family, told : see `prior`. form : collapsed, centred or noncentred."""
    believed = prior(gram, ladder.fixed, ladder.terms, model.structures, family, told)
    own = of_model(gram, model.structures)
    return Posed(model, ladder, believed, own, layout(own, believed), form)


@dataclass(frozen=True)
class Refit:
    """values : the sampler's own numbers, see `flat`. listed, numbers : all free numbers, see
    `scalars`. length : how many times as long as asked for the chains are.
    """

    posed: Posed
    values: dict[str, np.ndarray]
    draws: Draws
    quantities: Sequence[Quantity]
    listed: list
    numbers: np.ndarray
    judged: Convergence
    chains: Chains
    length: int
    compile_seconds: float = 0.0
    sample_seconds: float = 0.0


def refit(posed: Posed, settings: Settings) -> Refit:
    """Sample a model, longer where its chains cannot be trusted."""
    program, compiling = compiled(posed.program(), posed.kind)
    log.info("%s: %d dimensions, compiled in %.1f s", posed.name, program.n_dim, compiling)
    seconds = 0.0
    for length in settings.lengths:
        done = _once(program, posed, settings, length)
        seconds += done.chains.seconds
        done = replace(done, compile_seconds=compiling, sample_seconds=seconds)
        _tell(done, last=length == settings.lengths[-1])
        if done.judged.reached:
            break
    return done


def _once(program, posed, settings, length) -> Refit:
    seed = (settings.seed, posed.name, length)
    chains = sample(
        program,
        posed.name,
        chains=settings.chains,
        draws=settings.draws * length,
        tune=settings.tune * length,
        cores=settings.cores,
        seed=seed_of(*seed),
    )
    values = flat(chains.values)
    draws = posed.draws(values, chains.values["sigma"].shape[:2], seed_of(*seed, "beta"))
    found = posed.quantities(draws)
    listed, numbers = scalars(found)
    judged = convergence(numbers, chains.statistics["energy"])
    return Refit(posed, values, draws, found, listed, numbers, judged, chains, length)


def _tell(done, last):
    end = ""
    if not done.judged.reached:
        end = ": not converged, " + (
            "and this is the limit" if last else "running anew, twice as long"
        )
    log.info(
        "%s: largest R-hat %.4f, smallest ESS %.0f, %d divergences, %.1f s%s",
        done.posed.name,
        np.nanmax(done.judged.rhat),
        np.nanmin([done.judged.ess_bulk, done.judged.ess_tail]),
        done.chains.divergences,
        done.sample_seconds,
        end,
    )
