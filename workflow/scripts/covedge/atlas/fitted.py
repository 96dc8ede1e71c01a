"""The question of an atlas, from a fitted model."""

from covedge.atlas.question import Question, question
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


def of_fit(data, gram, ladder, fits, analysis: dict) -> tuple[Question, dict]:
    """The question about the model that is looked at, and the record of its fit.

    data, gram, ladder, fits : files of the steps before.

    Raises DesignError where there is nothing to ask, or asking takes too long.
    """
    found = ladder_from_json(read_json(ladder))
    record = focus([read_json(f"{fits}/{model.name}.json") for model in found.models])
    if not record["identifiable"]:
        raise DesignError("no model of the ladder can be identified")
    if record["n_obs"] >= BATCHED_FROM:
        raise DesignError("the designs of so many rows are not tried")
    likelihood = Likelihood(load_gram(gram), reml=analysis["method"] == "REML")
    model = next(m for m in found.models if m.name == record["model"])
    fit = fit_model(likelihood, found.terms, model, analysis["seed"])
    smallest = smallest_sd(analysis["smallest_sd"], record) / record["sigma"]
    asked = question(
        frame_of(data, analysis),
        model,
        lambda factors: moved(factors, fit),
        smallest,
        likelihood.reml,
        analysis["seed"],
    )
    return asked, record
