"""Which models of the ladder to sample, and why the others are not."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product

from covedge.errors import ConfigError, did_you_mean

# Multiplications in one evaluation of the likelihood (see `grams.effort`), of which the sampler
# makes some 100,000: with this many it takes an hour or two.
MOST_WORK = 1e8
CENTRED = "centred"
# And with more than this the other priors and forms together take minutes.
MOST_EXTRA = 1e5


@dataclass(frozen=True)
class Choice:
    """models : names to sample, simplest first. skipped : (name, reason) of those one may miss."""

    models: tuple[str, ...]
    skipped: tuple[tuple[str, str], ...]


def choose(asked: str | Sequence[str], fits: Sequence[dict]) -> Choice:
    """The models to sample.

    asked : `bayes.models` of the config. fits : the fits of the ladder's models as stored, simplest
    first, the formula asked for last. `auto` takes the formula asked for, and the rungs around the
    point where the ladder breaks: the first degenerate one and the one before it.

    Raises ConfigError for a model that is not in the ladder.
    """
    names = [fit["model"] for fit in fits]
    if asked != "auto":
        for name in asked:
            if name not in names:
                raise ConfigError([f"bayes.models: no model `{name}`{did_you_mean(name, names)}"])
        return Choice(tuple(name for name in names if name in asked), ())
    wanted = {names[-1]}
    identifiable = [fit for fit in fits if fit.get("identifiable", True)]
    for i, fit in enumerate(identifiable):
        if _degenerate(fit):
            wanted |= {f["model"] for f in identifiable[max(i - 1, 0) : i + 1]}
            break
    skipped = []
    if not fits[-1].get("identifiable", True):
        wanted.discard(names[-1])
        reason = (
            "the data cannot tell some of its variances from others, so the posterior there would "
            "be the prior's"
        )
        skipped.append((names[-1], reason))
    return Choice(tuple(name for name in names if name in wanted), tuple(skipped))


def _degenerate(fit):
    return any(term["degenerate"] for term in fit["terms"])


def without_limited_rank(choice: Choice, limited: Sequence[str]) -> Choice:
    """The choice without models that hold a term to a limited rank, whose names are given."""
    reason = "there is no prior for a covariance matrix of limited rank yet"
    left_out = [name for name in choice.models if name in limited]
    return Choice(
        tuple(name for name in choice.models if name not in left_out),
        (*choice.skipped, *((name, reason) for name in left_out)),
    )


def without_the_longest(choice: Choice, efforts: dict[str, float]) -> Choice:
    """The choice without models that nobody has asked for by name and that would take hours.

    efforts : model -> `effort`.
    """
    long = [name for name in choice.models if efforts[name] > MOST_WORK]
    reason = (
        "an evaluation of its likelihood takes so long that the sampler would need hours; to "
        "sample it all the same, name it under `bayes: {models: [...]}`"
    )
    return Choice(
        tuple(name for name in choice.models if name not in long),
        (*choice.skipped, *((name, reason) for name in long)),
    )


MAIN, RUNG, PRIOR, FORM, EXAMPLE = "main", "rung", "prior", "form", "example"


@dataclass(frozen=True)
class Run:
    """One posterior to sample. role : why.

    `main` is the richest model, with the first prior and form; `rung` another model, alike; `prior`
    another prior on the main model; `form` another form of it, and `example` the centred form,
    which shows what failure looks like.
    """

    model: str
    family: str
    form: str
    role: str


def runs(
    models: Sequence[str], families: Sequence[str], forms: Sequence[str], auto: bool
) -> list[Run]:
    """What to sample, the main run first.

    models : simplest first. auto : the first prior and form for every model, the others for the
    richest; else every combination.
    """
    if not models:
        return []
    richest, family, form = models[-1], families[0], forms[0]
    found = [Run(richest, family, form, MAIN)]
    found += [Run(model, family, form, RUNG) for model in reversed(models[:-1])]
    found += [Run(richest, other, form, PRIOR) for other in families[1:]]
    found += [Run(richest, family, other, _role(other)) for other in forms[1:]]
    if not auto:
        there = {(run.model, run.family, run.form) for run in found}
        every = product(reversed(models), families, forms)
        found += [Run(*one, _role_of(*one, family, form)) for one in every if one not in there]
    return found


def too_long_for_more(effort: float) -> str:
    """Why the other priors and forms of a model are left out unless it is named; else ""."""
    if effort <= MOST_EXTRA:
        return ""
    return (
        "with so many groups they take minutes; to have them, name the model under "
        "`bayes: {models: [...]}`"
    )


def _role(form):
    return EXAMPLE if form == CENTRED else FORM


def _role_of(model, family, form, first_family, first_form):
    if form != first_form:
        return _role(form)
    return RUNG if family == first_family else PRIOR
