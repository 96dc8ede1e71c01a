"""An engine's answer as the JSON that other steps and the page read (design, section 8)."""

from collections.abc import Callable

import numpy as np

from covedge.engines.answer import Answer, NoAnswer, NotExpressible
from covedge.engines.judge import judge
from covedge.engines.rstanarm import Sample
from covedge.fits.likelihood import Likelihood
from covedge.fits.spread import correlations, standard_deviations
from covedge.fits.tolerances import TOLERANCES
from covedge.frames.design import ModelFrame
from covedge.inference.apvar import apvar_at
from covedge.inference.apvar_words import sentences
from covedge.models.ladder import Model
from covedge.posteriors.agreement import SUMMARIES, summary
from covedge.posteriors.convergence import convergence
from covedge.records import certificate_record
from covedge.status import failure

POSTERIOR = "posterior"


def record(
    engine: str,
    version: str | None,
    model: Model,
    answer: Callable[[], Answer | Sample],
    judged: Callable[[Answer | Sample], dict],
) -> dict:
    """What `answer` gives, as `judged` puts it; an engine that fails has answered too."""
    head = {"engine": engine, "version": version, "model": model.name, "formula": model.formula}
    try:
        return head | judged(answer())
    except NotExpressible as reason:
        return head | {"status": "not_expressible", "reason": str(reason)}
    except NoAnswer as reason:
        told = {"status": "failed", "reason": str(reason)}
        return head | told | ({"messages": reason.messages} if reason.messages else {})
    except Exception as error:
        told = failure("engines", error)
        return head | {key: told[key] for key in ("status", "reason", "traceback")}


def answer_record(
    frame: ModelFrame, likelihood: Likelihood, model: Model, certified: dict, given: Answer
) -> dict:
    """An answer under our certificate. certified : the record of our fit of the same model."""
    point = _point(likelihood, model, certified, given)
    sigma = point["sigma"]
    fixed = []
    if given.beta is not None:
        fixed = [
            {"name": name, "estimate": b, "std_error": e}
            for name, b, e in zip(frame.fixed, given.beta, given.std_error, strict=True)
        ]
    found = {
        "status": "ok",
        "method": certified["method"],
        **point,
        "settings": given.settings,
        "fixed": fixed,
        "terms": _terms(frame, model, given, sigma),
    }
    if given.others:
        found["optimisers"] = [
            {"optimiser": name, "status": "failed", "reason": other}
            if isinstance(other, str)
            else {"status": "ok", **_point(likelihood, model, certified, other)}
            for name, other in given.others
        ]
    return found | _apvar(frame, likelihood, model, given)


def _point(likelihood, model, certified, given):
    """Where an optimiser stopped, in its own words and in ours."""
    found = judge(likelihood, model, given.components)
    distance = found.criterion - certified["criterion"]
    sigma = given.sigma
    if sigma is None:
        sigma = float(np.sqrt(found.examination.point.sigma2))
    return {
        "optimiser": given.optimiser,
        "converged": given.converged,
        "messages": given.messages,
        "calls_singular": given.calls_singular,
        "criterion": found.criterion,
        "criterion_reported": given.criterion,
        "distance": distance,
        "singular": found.singular,
        "negative_eigenvalue": found.negative,
        "sigma": sigma,
        "theta": given.theta,
        "certificate": certificate_record(found.examination.certificate),
        "agrees": distance < TOLERANCES.same_answer,
        "seconds": given.seconds,
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


def _terms(frame, model, given, sigma):
    terms, Sigmas = [], _Sigmas(frame, model, given)
    for term, structure, Sigma in zip(frame.terms, model.structures, Sigmas, strict=True):
        if not structure.components:
            continue
        G = sigma**2 * Sigma
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


def sample_record(given: Sample) -> dict:
    """A posterior: summaries with their Monte Carlo errors, and whether the chains agree."""
    told = summary(given.names, given.values)
    judged = convergence(given.values, given.energy)
    return {
        "status": "ok",
        "kind": POSTERIOR,
        "messages": given.messages,
        "chains": given.values.shape[0],
        "draws": given.values.shape[1],
        "divergences": given.divergences,
        "max_rhat": np.nanmax(judged.rhat),
        "min_ess_bulk": np.nanmin(judged.ess_bulk),
        "min_ess_tail": np.nanmin(judged.ess_tail),
        "e_bfmi": judged.bfmi.min(),
        "parameters": [
            {
                "name": name,
                **{word: told.estimates[word][i] for word in SUMMARIES},
                "errors": {word: told.errors[word][i] for word in SUMMARIES},
                "rhat": judged.rhat[i],
                "ess_bulk": judged.ess_bulk[i],
                "ess_tail": judged.ess_tail[i],
            }
            for i, name in enumerate(given.names)
        ],
        "seconds": given.seconds,
    }
