"""The question of an atlas: about a fitted model, or about a plan."""

from collections.abc import Mapping
from dataclasses import dataclass

from covedge.atlas.planned import planned_covariances, planned_frame
from covedge.atlas.question import Question, question
from covedge.atlas.truth import standing
from covedge.errors import DesignError
from covedge.fits.fit import fit as fit_model
from covedge.fits.likelihood import Likelihood
from covedge.fits.own_gram import moved
from covedge.focus import focus
from covedge.frames.analysis import frame_of
from covedge.grams.store import ladder_from_json, load_gram
from covedge.inference.size import smallest_sd
from covedge.jsonio import read_json
from covedge.streaming.sufficient import BATCHED_FROM

# What an analysis hands to an atlas; a plan has nothing but its config.
FITTED = ("data", "gram", "ladder", "fits")
SMALLEST_THAT_MATTERS, AS_PLANNED = "the smallest that matters", "as planned"


@dataclass(frozen=True)
class Asked:
    """model : its name. sigma : residual SD in units of the response. size : what the SD of the
    weakest direction is, here. planned : whether it is about a plan.
    """

    question: Question
    model: str
    sigma: float
    size: str
    planned: bool = False


def ask(settings: dict, files: Mapping[str, str]) -> Asked:
    """settings : a slice of the config, of an analysis or of a plan; files : of an analysis, the
    results by name (data, gram, ladder, fits).

    Raises DesignError where there is nothing to ask, or asking takes too long, and ConfigError for
    a plan that contradicts itself.
    """
    return _of_plan(settings) if is_plan(settings) else _of_fit(settings, **files)


def sources(inputs) -> dict[str, str]:
    """The files that `ask` is given, of a rule's inputs as Snakemake has them."""
    return {name: inputs.get(name) for name in FITTED if inputs.get(name)}


def is_plan(settings: dict) -> bool:
    """Whether a slice of the config is of a plan, and not of an analysis."""
    return "groups" in settings


def _of_fit(analysis, data, gram, ladder, fits):
    found = ladder_from_json(read_json(ladder))
    record = focus([read_json(f"{fits}/{model.name}.json") for model in found.models])
    if not record["identifiable"]:
        raise DesignError("no model of the ladder can be identified")
    if record["n_obs"] >= BATCHED_FROM:
        raise DesignError("the designs of so many rows are not tried")
    likelihood = Likelihood(load_gram(gram), reml=analysis["method"] == "REML")
    model = next(m for m in found.models if m.name == record["model"])
    fit = fit_model(likelihood, found.terms, model, analysis["seed"])
    about = question(
        frame_of(data, analysis),
        model,
        lambda factors: moved(factors, fit),
        smallest_sd(analysis["smallest_sd"], record) / record["sigma"],
        likelihood.reml,
        analysis["seed"],
    )
    return Asked(about, record["model"], record["sigma"], SMALLEST_THAT_MATTERS)


def _of_plan(plan):
    frame, model = planned_frame(plan)
    covariances = planned_covariances(plan, model, frame.terms)
    sigma, smallest = plan["residual_sd"], plan["smallest_sd"]
    about = question(
        frame,
        model,
        lambda factors: standing(factors, model, covariances),
        smallest and smallest / sigma,
        plan["method"] == "REML",
        plan["seed"],
    )
    size = SMALLEST_THAT_MATTERS if smallest or not about.truths.estimate else AS_PLANNED
    return Asked(about, model.name, sigma, size, planned=True)
