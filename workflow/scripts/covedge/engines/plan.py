"""Which engine is asked about which model of the ladder, and what is said of those that are not."""

import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from covedge.engines import lme4, r_process
from covedge.engines.answer import NotExpressible
from covedge.focus import focus
from covedge.frames.design import ModelFrame
from covedge.models.ladder import Model

# Engines that run in R, in the order in which they are asked, and those that `auto` asks.
IN_R = ("lme4", "nlme", "rstanarm")
AUTOMATIC = ("lme4", "nlme")
# Rows from which nlme, where grouping factors are nested, takes longer than one waits for it.
MOST_NESTED = 5000
# Parameters of covariances times the entries of Z: some 1e5 of them take lmer() a second.
MOST_FOR_LMER, MOST_FOR_ALL_OPTIMISERS = 1e6, 1e6
SLOW = (
    "rstanarm was not asked, since stan_lmer() takes minutes; `engines: [statsmodels, lme4, nlme, "
    "rstanarm]` asks it"
)


@dataclass(frozen=True)
class Plan:
    """models : by engine, the names of those that it is asked about, simplest first.

    every_optimiser : the models for which lme4 is asked with all its optimisers.
    versions : of the engines, None where one is not there. notes : sentences for the reader.
    """

    models: Mapping[str, tuple[str, ...]]
    every_optimiser: frozenset[str]
    versions: Mapping[str, str | None]
    notes: tuple[str, ...]


def plan(
    wanted: str | Sequence[str],
    frame: ModelFrame,
    models: Sequence[Model],
    records: Sequence[dict],
    version: Callable[[str], str | None] = r_process.version,
) -> Plan:
    """Whom to ask in R.

    wanted : of the config, `auto` or a list. records : of the fits, in the order of `models`.
    version : of an R package, None where it is not there.

    A list asks lme4 and nlme about every model, and rstanarm about the one asked for; one that is
    not there has then failed. `auto` leaves out what is not there, and what takes long.
    """
    everything = tuple(model.name for model in models)
    looked_at = focus(list(records))
    if wanted != "auto":
        engines = [name for name in IN_R if name in wanted]
        asked = dict.fromkeys(engines, everything)
        if "rstanarm" in asked:
            asked["rstanarm"] = everything[-1:]
        every = frozenset({looked_at["model"]})
        return Plan(asked, every, {name: version(name) for name in engines}, ())
    versions = {name: version(name) for name in AUTOMATIC}
    asked, notes = {}, _absent(versions)
    if versions["lme4"] is not None:
        asked["lme4"], told = _short_for_lmer(frame, models)
        notes += told
    if versions["nlme"] is not None:
        if len(looked_at["terms"]) > 1 and looked_at["n_obs"] > MOST_NESTED:
            notes.append(_long_for_lme(looked_at))
        else:
            asked["nlme"] = (looked_at["model"],)
    if any(found is not None for found in versions.values()):
        notes.append(SLOW)
    every = {m.name for m in models if m.name == looked_at["model"] and _few(frame, m)}
    return Plan(asked, frozenset(every), versions, tuple(notes))


def _absent(versions):
    if not any(versions.values()) and shutil.which("Rscript") is None:
        return ["R is not there, so lme4 and nlme were not asked"]
    return [
        f"{r_process.missing(name)}, so it was not asked"
        for name, found in versions.items()
        if found is None
    ]


def _short_for_lmer(frame, models):
    """The models that lmer() answers soon, and what is to be said of the others."""
    soon = tuple(m.name for m in models if effort(frame, m) <= MOST_FOR_LMER)
    late = len(models) - len(soon)
    if not late:
        return soon, []
    them = "a model" if late == 1 else f"{late} models"
    return soon, [
        f"lme4 takes minutes for {them} of so many parameters and rows, so it was not asked about "
        "them; `engines: [statsmodels, lme4]` asks it"
    ]


def _long_for_lme(looked_at):
    return (
        f"nlme takes many minutes for {looked_at['model']}, with several grouping factors and "
        f"{looked_at['n_obs']:,} rows, so it was not asked; `engines: [statsmodels, nlme]` asks it"
    )


def _few(frame, model):
    return effort(frame, model) <= MOST_FOR_ALL_OPTIMISERS


def effort(frame: ModelFrame, model: Model) -> int:
    """Parameters of covariances times the entries of Z; 0 where lmer() says at once that it cannot.

    lmer() refuses a term with as many random effects as there are rows before it fits anything.
    """
    try:
        bars = lme4.random_terms(frame, model)
    except NotExpressible:
        return 0
    widths = [max(len(bar.names), 1) for bar in bars]
    sizes = [int(bar.group.max()) + 1 for bar in bars]
    n = len(frame.y)
    if any(width * size >= n for width, size in zip(widths, sizes, strict=True)):
        return 0
    return sum(w * (w + 1) // 2 for w in widths) * sum(widths) * n
