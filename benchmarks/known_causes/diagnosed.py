"""What the library says of one data set: the path of the workflow, from table to causes."""

import logging
import time
from dataclasses import replace

import numpy as np

from covedge.causes.cause import Cause, ordered
from covedge.causes.diagnosis import Diagnosis, Looked, diagnose
from covedge.causes.not_identifiable import not_identifiable
from covedge.causes.optimiser_failure import optimiser_failure
from covedge.engines.judge import judge
from covedge.fits.fit import Fit
from covedge.fits.fit import fit as fit_model
from covedge.fits.likelihood import Likelihood
from covedge.fits.spectrum import COLLAPSED
from covedge.fits.spread import correlations, standard_deviations
from covedge.fits.tolerances import TOLERANCES
from covedge.formulas.formula import parse
from covedge.frames.cells import describe
from covedge.frames.data import prepare
from covedge.frames.design import ModelFrame, model_frame
from covedge.grams.crossed_gram import CrossedGram
from covedge.grams.gram import build
from covedge.inference.leave_out import leave_out, leave_out_record
from covedge.jsonio import plain
from covedge.models import ladder
from covedge.records import certificate_record, fit_record
from covedge.surface.beyond import beyond
from covedge.surface.beyond_record import below_zero, free_record
from known_causes.case import Case, Engine
from known_causes.score import Found

REPLICATES = 500


def diagnosed(case: Case) -> Found:
    """Causes, and the null space of the planted term. An error is a finding and stops nothing."""
    began = time.perf_counter()
    try:
        found = _diagnosed(case)
    except Exception as error:
        logging.getLogger("diagnose").exception("%s failed", case.name)
        found = Found((), failed=f"{type(error).__name__}: {error}")
    return replace(found, seconds=time.perf_counter() - began)


def _diagnosed(case):
    formula = parse(case.formula)
    ready = prepare(case.table, formula)
    frame = model_frame(ready.frame, formula)
    likelihood = Likelihood(build(frame), reml=case.method == "REML")
    models = ladder.build(formula, frame.terms, (), isinstance(likelihood.gram, CrossedGram))
    asked = fit_model(likelihood, frame.terms, models[-1], case.seed)
    causes: list[Cause] = []
    if not asked.identifiable:
        record = fit_record(asked, case.name, frame.fixed)
        causes += not_identifiable(plain(record), plain(describe(ready, formula)))
    fit = _looked_at(likelihood, frame, models, asked, case.seed)
    diagnosis = Diagnosis(())
    if fit.degenerate and fit.identifiable:
        diagnosis = diagnose(_looked(case, likelihood, frame, models, fit))
    causes += diagnosis.causes
    causes += _failures(case, likelihood, asked, frame)
    return Found(tuple(ordered(causes)), *_null(fit, case.group))


def _looked_at(likelihood, frame, models, asked, seed) -> Fit:
    """The richest rung that is identifiable."""
    for model in models[-2::-1]:
        if asked.identifiable:
            break
        asked = fit_model(likelihood, frame.terms, model, seed)
    return asked


def _looked(case, likelihood, frame: ModelFrame, models, fit) -> Looked:
    known = plain(free_record(beyond(likelihood, frame.terms, fit, models)))
    return Looked(
        likelihood,
        frame.terms,
        fit,
        case.smallest_sd,
        case.seed,
        REPLICATES,
        frame,
        plain(leave_out_record(leave_out(frame, fit))),
        below_zero(known),
    )


def _failures(case, likelihood, fit, frame):
    """Of the engines whose answers are given."""
    if not case.answers:
        return []
    record = plain(fit_record(fit, case.name, frame.fixed))
    answers = [plain(_answer(engine, likelihood, fit)) for engine in case.answers]
    scalings = likelihood.gram.scaling.random[::-1]
    conditions = {
        term.name: float(np.linalg.cond(W)) ** 2
        for term, W in zip(frame.terms, scalings, strict=True)
    }
    return optimiser_failure(answers, {fit.model.name: record}, conditions)


def _answer(engine: Engine, likelihood, fit):
    """An engine's answer as the step `engines` writes it."""
    given = engine.answer
    judged = judge(likelihood, fit.model, given.components)
    distance = judged.criterion - fit.point.criterion
    Gs = [given.sigma**2 * S for S in given.components]
    terms = [
        {
            "group": term.term.name,
            "effects": term.term.effects,
            "covariance": G,
            "sd": standard_deviations(G),
            "correlation": correlations(G),
        }
        for term, G in zip(fit.terms, Gs, strict=True)
    ]
    return {
        "engine": engine.name,
        "version": "0",
        "status": "ok",
        "model": fit.model.name,
        "converged": given.converged,
        "messages": given.messages,
        "distance": distance,
        "agrees": distance < TOLERANCES.same_answer,
        "singular": judged.singular,
        "sigma": given.sigma,
        "terms": terms,
        "certificate": certificate_record(judged.examination.certificate),
    }


def _null(fit: Fit, group):
    """(null, Z'Z, H) of a term in the user's basis; nothing where it is whole, or not fitted."""
    fitted = next((t for t in fit.terms if t.term.name == group), None)
    if fitted is None or fitted.structure.name not in ("full", "intercept", "diagonal"):
        return None, None, None
    effects = fitted.term.effects
    collapsed = [
        [d.loadings.get(name, 0.0) for name in effects]
        for d in fitted.spectrum
        if d.direction.state == COLLAPSED
    ]
    if not collapsed:
        return None, None, None
    # Structures are outermost first, the Gram deepest first.
    structures = fit.model.structures[::-1]
    level = next(k for k, structure in enumerate(structures) if structure is fitted.structure)
    inverse = np.linalg.inv(fit.factors.likelihood.gram.scaling.random[level])
    # Scaled columns Z W are orthonormal but for a factor.
    return np.array(collapsed).T, inverse.T @ inverse, inverse.T @ fit.point.H[level] @ inverse
