"""What other packages answer for the rungs of an analysis, under our certificate."""

import logging
import traceback

import numpy as np

from covedge.analysis import frame_of
from covedge.engines import statsmodels
from covedge.engines.judge import judge
from covedge.jsonio import read_json, write_json
from covedge.likelihood import Likelihood
from covedge.records import certificate_record
from covedge.spread import correlations, standard_deviations
from covedge.status import folder_or_failure
from covedge.store import ladder_from_json, load_gram
from covedge.tolerances import TOLERANCES

log = logging.getLogger("engines")


def engines(data, gram, ladder, fits, analysis, engines):
    """Write {engine}/{model}.json into the folder `engines`, for each engine and rung."""
    wanted = analysis["engines"]
    names = ["statsmodels"] if wanted == "auto" else list(wanted)

    def work(folder):
        frame = frame_of(data, analysis)
        likelihood = Likelihood(load_gram(gram), reml=analysis["method"] == "REML")
        models = ladder_from_json(read_json(ladder)).models
        for name in names:
            for model in models:
                certified = read_json(f"{fits}/{model.name}.json")
                record = _record(name, frame, likelihood, model, certified)
                write_json(folder / name / f"{model.name}.json", record)
                log.info("%-12s %-28s %s", name, model.name, _line(record))

    folder_or_failure("engines", engines, work)


def _record(engine, frame, likelihood, model, certified):
    """The engine's answer for JSON; one that fails is an answer too."""
    head = {"engine": engine, "model": model.name, "formula": model.formula}
    try:
        given = statsmodels.answer(frame, model, likelihood.reml)
    except statsmodels.NotExpressible as reason:
        return head | {"status": "not_expressible", "reason": str(reason)}
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
        "version": _version(engine),
        "converged": given.converged,
        "messages": given.messages,
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
    }


def _terms(frame, model, given):
    terms, components = [], iter(given.components)
    for term, structure in zip(frame.terms, model.structures, strict=True):
        if not structure.components:
            continue
        G = given.sigma**2 * sum(
            c.basis
            @ (S if len(S) == c.basis.shape[1] else S[0, 0] * np.eye(c.basis.shape[1]))
            @ c.basis.T
            for c, S in zip(structure.components, components, strict=False)
        )
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


def _version(engine):
    from importlib.metadata import version

    return version(engine)


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
