"""What other packages answer for the rungs of an analysis, under our certificate."""

import logging
import traceback

import numpy as np

from covedge.engines import nlme, statsmodels
from covedge.engines.answer import NoAnswer, NotExpressible
from covedge.engines.judge import judge
from covedge.fits.likelihood import Likelihood
from covedge.fits.spread import correlations, standard_deviations
from covedge.fits.tolerances import TOLERANCES
from covedge.focus import focus
from covedge.frames.analysis import frame_of
from covedge.grams.store import ladder_from_json, load_gram
from covedge.inference.apvar import apvar_at
from covedge.inference.apvar_words import sentences
from covedge.jsonio import read_json, write_json
from covedge.records import certificate_record
from covedge.status import FILE, folder_or_failure

log = logging.getLogger("engines")

# Rows from which nlme, where grouping factors are nested, takes longer than one waits for it.
MOST_NESTED = 5000
ENGINES = {"statsmodels": statsmodels, "nlme": nlme}


def engines(data, gram, ladder, fits, analysis, engines):
    """Write {engine}/{model}.json into the folder `engines`, for each engine and rung."""

    def work(folder):
        frame = frame_of(data, analysis)
        likelihood = Likelihood(load_gram(gram), reml=analysis["method"] == "REML")
        models = ladder_from_json(read_json(ladder)).models
        certified = {model.name: read_json(f"{fits}/{model.name}.json") for model in models}
        versions = {name: ENGINES[name].version() for name in _wanted(analysis["engines"])}
        plan, notes = _plan(analysis["engines"], versions, certified)
        for name, model in ((n, m) for n in plan for m in models if m.name in plan[n]):
            record = _record(name, versions[name], frame, likelihood, model, certified[model.name])
            write_json(folder / name / f"{model.name}.json", record)
            log.info("%-12s %-28s %s", name, model.name, _line(record))
        for note in notes:
            log.info("%s", note)
        write_json(folder / FILE, {"status": "ok", "step": "engines", "notes": notes})

    folder_or_failure("engines", engines, work)


def _wanted(wanted):
    return list(ENGINES) if wanted == "auto" else wanted


def _plan(wanted, versions, certified):
    """The names of the models that each engine is asked about, and what is to be said of it.

    certified : the fits' records by model, simplest first. R takes a second to start, and nlme up
    to minutes for a model: `auto` asks it about the one that is looked at, unless it is large.
    """
    plan, notes = {name: set(certified) for name in versions}, []
    if wanted == "auto":
        looked_at = focus(list(certified.values()))
        plan["nlme"] = {looked_at["model"]}
        if versions["nlme"] is None:
            del plan["nlme"]
            notes.append(f"{nlme.MISSING}, so it was not asked")
        elif len(looked_at["terms"]) > 1 and looked_at["n_obs"] > MOST_NESTED:
            del plan["nlme"]
            notes.append(
                f"nlme takes many minutes for {looked_at['model']}, with several grouping factors "
                f"and {looked_at['n_obs']:,} rows, so it was not asked; `engines: [statsmodels, "
                "nlme]` asks it"
            )
    return plan, notes


def _record(engine, version, frame, likelihood, model, certified):
    """The engine's answer for JSON; one that fails is an answer too."""
    head = {"engine": engine, "version": version, "model": model.name, "formula": model.formula}
    try:
        given = ENGINES[engine].answer(frame, model, likelihood.reml)
    except NotExpressible as reason:
        return head | {"status": "not_expressible", "reason": str(reason)}
    except NoAnswer as reason:
        return head | {"status": "failed", "reason": str(reason)}
    except Exception as error:
        return head | {
            "status": "failed",
            "reason": f"{type(error).__name__}: {error}",
            "traceback": traceback.format_exc(),
        }
    found = judge(likelihood, model, given.components)
    distance = found.criterion - certified["criterion"]
    return head | {
        "status": "ok",
        "method": certified["method"],
        "converged": given.converged,
        "messages": given.messages,
        "settings": given.settings,
        "criterion": found.criterion,
        "criterion_reported": given.criterion,
        "distance": distance,
        "singular": found.singular,
        "negative_eigenvalue": found.negative,
        "sigma": given.sigma,
        "fixed": [
            {"name": name, "estimate": b, "std_error": e}
            for name, b, e in zip(frame.fixed, given.beta, given.std_error, strict=True)
        ],
        "terms": _terms(frame, model, given),
        "certificate": certificate_record(found.examination.certificate),
        "agrees": distance < TOLERANCES.same_answer,
        "seconds": given.seconds,
        **_apvar(frame, likelihood, model, given),
    }


def _apvar(frame, likelihood, model, given):
    """nlme's words on its apVar, and apVar by exact derivatives where nlme stopped."""
    if given.apvar is None:
        return {}
    there = apvar_at(likelihood, model, frame.terms, _Sigmas(frame, model, given), given.sigma)
    return {
        "apvar": {
            "own_words": given.apvar,
            "state": there.state,
            "positive_definite": there.positive_definite,
            "eigenvalues": there.eigenvalues,
            "words": sentences(there),
        }
    }


def _Sigmas(frame, model, given):
    """Per term (q, q) the relative covariance of its effects, zero where the model has none."""
    Sigmas, components = [], iter(given.components)
    for term, structure in zip(frame.terms, model.structures, strict=True):
        Sigmas.append(np.zeros((len(term.effects), len(term.effects))))
        for component in structure.components:
            A, S = component.basis, next(components)
            Sigmas[-1] += A @ (S if len(S) == A.shape[1] else S[0, 0] * np.eye(A.shape[1])) @ A.T
    return Sigmas


def _terms(frame, model, given):
    terms, Sigmas = [], _Sigmas(frame, model, given)
    for term, structure, Sigma in zip(frame.terms, model.structures, Sigmas, strict=True):
        if not structure.components:
            continue
        G = given.sigma**2 * Sigma
        terms.append(
            {
                "group": term.name,
                "effects": term.effects,
                "covariance": G,
                "sd": standard_deviations(G),
                "correlation": correlations(G),
            }
        )
    return terms


def _line(record):
    if record["status"] != "ok":
        return f"{record['status']}: {record['reason']}"
    return (
        f"{record['distance']:.2g} above the certified optimum, "
        f"{record['certificate']['status']}, {record['seconds']:.1f} s"
    )


if __name__ == "__main__":
    from covedge.log import to_log

    to_log(snakemake.log[0])
    engines(
        data=snakemake.input.data,
        gram=snakemake.input.gram,
        ladder=snakemake.input.ladder,
        fits=snakemake.input.fits,
        analysis=snakemake.params.analysis,
        engines=snakemake.output.engines,
    )
