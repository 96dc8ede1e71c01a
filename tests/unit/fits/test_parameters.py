"""Names and values of the parameters, against lme4's VarCorr."""

import numpy as np
import pytest

from covedge.fits.parameters import (
    CORRELATION,
    SD,
    component_covariances,
    parameters,
    random_parameters,
    to_components,
    values,
)
from support.models import data_set, set_up


def named(problem, model=-1):
    fit = problem.fit(model)
    wanted = parameters(problem.frame.terms, problem.frame.fixed, fit.model)
    maps = to_components(fit.factors, fit.model)
    covariances = component_covariances(fit.factors, fit.x, maps)
    found = values(wanted, covariances, np.sqrt(fit.point.sigma2), fit.point.beta)
    return {(p.kind, p.group, p.effects): v for p, v in zip(wanted, found, strict=True)}


def test_sleepstudy_as_lme4_prints_it():
    """lme4 1.1-31: VarCorr(lmer(Reaction ~ Days + (Days | Subject), sleepstudy))."""
    found = named(set_up(data_set("sleepstudy"), "Reaction ~ Days + (Days | Subject)"))
    assert found[SD, "Subject", ("(Intercept)",)] == pytest.approx(24.740658, rel=1e-5)
    assert found[SD, "Subject", ("Days",)] == pytest.approx(5.922138, rel=1e-5)
    assert found[CORRELATION, "Subject", ("(Intercept)", "Days")] == pytest.approx(
        0.06555, abs=1e-4
    )
    assert found["sigma", None, ()] == pytest.approx(25.591796, rel=1e-5)
    assert found["fixed", None, ("Days",)] == pytest.approx(10.467286, rel=1e-6)


def test_compound_symmetry_has_two_standard_deviations():
    """lme4 1.1-31: lmer(score ~ Machine + (1 | Worker) + (1 | Worker:Machine), Machines)."""
    problem = set_up(data_set("Machines"), "score ~ Machine + (Machine | Worker)")
    names = [model.name for model in problem.models]
    found = named(problem, names.index("m2-compound"))
    assert found[SD, "Worker", ("(Intercept)",)] == pytest.approx(4.781049, rel=1e-5)
    assert found[SD, "Worker", ("Machine",)] == pytest.approx(3.729532, rel=1e-5)


def test_nested_terms_find_their_own_blocks():
    """Outermost first in names, deepest first in the engine."""
    problem = set_up(data_set("Pastes"), "strength ~ 1 + (1 | batch/cask)")
    found = named(problem)
    # lme4 1.1-31, Pastes: cask:batch 2.90407, batch 1.28735.
    assert found[SD, "batch", ("(Intercept)",)] == pytest.approx(1.28735, rel=1e-4)
    assert found[SD, "batch:cask", ("(Intercept)",)] == pytest.approx(2.90407, rel=1e-4)


def test_a_full_term_has_all_its_correlations():
    problem = set_up(data_set("Machines"), "score ~ Machine + (Machine | Worker)")
    found = random_parameters(problem.frame.terms, problem.models[-1])
    assert [p.kind for p in found].count(SD) == 3
    assert [p.kind for p in found].count(CORRELATION) == 3
