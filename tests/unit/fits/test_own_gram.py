"""Models on the Gram that they need: the same criterion, the same fit."""

import numpy as np
import pytest

from covedge.fits.own_gram import moved, own_gram
from covedge.fits.parameters import component_covariances, to_components
from support.models import data_set, set_up

CASES = [
    ("Pastes", "strength ~ 1 + (1 | batch/cask)"),
    ("Machines", "score ~ Machine + (Machine | Worker)"),
    ("Penicillin", "diameter ~ 1 + (1 | plate) + (1 | sample)"),
    ("sleepstudy", "Reaction ~ Days + (Days | Subject) + (1 | Days)"),
]


@pytest.mark.parametrize(("name", "formula"), CASES)
def test_every_rung_keeps_its_fit(name, formula):
    problem = set_up(data_set(name), formula)
    for i, model in enumerate(problem.models):
        fit = problem.fit(i)
        own = own_gram(problem.likelihood, model)
        factors, x = moved(own.factors(model), fit)
        found = factors.likelihood.at(factors.Sigmas(x))
        assert found.criterion == pytest.approx(fit.point.criterion, rel=1e-10)
        np.testing.assert_allclose(found.beta, fit.point.beta, rtol=1e-7)
        assert found.sigma2 == pytest.approx(fit.point.sigma2, rel=1e-9)
        before = component_covariances(fit.factors, fit.x, to_components(fit.factors, model))
        after = component_covariances(factors, x, to_components(factors, model))
        for one, other in zip(before, after, strict=True):
            np.testing.assert_allclose(other, one, atol=1e-9 * max(np.abs(one).max(), 1e-3))


def test_levels_and_effects_that_no_model_has_are_gone():
    problem = set_up(data_set("Machines"), "score ~ Machine + (Machine | Worker)")
    intercept = own_gram(problem.likelihood, problem.models[1])
    assert intercept.likelihood.gram.n_effects == (1,)
    both = own_gram(problem.likelihood, problem.models[1], problem.models[-1])
    assert both.likelihood.gram.n_effects == (3,)
    none = own_gram(problem.likelihood, problem.models[0])
    assert (none.kept, none.likelihood.gram.n_effects) == ((), ())
