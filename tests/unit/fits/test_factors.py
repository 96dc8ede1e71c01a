"""The map from factors to Sigma and its derivatives, for every structure of the ladder."""

import numpy as np
import pytest
from scipy.optimize import minimize

from covedge.fits.factors import Factors
from support.dense import unbalanced
from support.models import data_set, set_up

MACHINES = "score ~ Machine + (Machine | Worker)"
# Components that overlap: more columns together than the level has effects.
WIDE = "score ~ Machine + (Machine | Worker) + (1 | Worker)"


def all_factors(data, formula, method="REML"):
    problem = set_up(data_set(data), formula, method)
    return [Factors(problem.likelihood, model.structures[::-1]) for model in problem.models]


@pytest.mark.parametrize("formula", [MACHINES, WIDE])
@pytest.mark.parametrize("method", ["ML", "REML"])
def test_value_is_the_likelihoods_and_gradient_its_difference(formula, method):
    rng = np.random.default_rng(1)
    for factors in all_factors("Machines", formula, method):
        x = rng.normal(size=factors.size)
        value, gradient = factors.value_and_gradient(x)
        expected = factors.likelihood.at(factors.Sigmas(x)).criterion
        assert value == pytest.approx(expected, rel=1e-12)
        for i, unit in enumerate(1e-5 * np.eye(factors.size)):
            up, down = (factors.likelihood.at(factors.Sigmas(x + s * unit)) for s in (1, -1))
            slope = (up.criterion - down.criterion) / 2e-5
            assert gradient[i] == pytest.approx(slope, abs=1e-5 * np.abs(gradient).max())


@pytest.mark.parametrize("n_terms", [1, 2, 3])
def test_gradients_of_nested_levels_and_of_many_points(n_terms):
    dense = unbalanced(3, n_terms)
    problem = set_up(dense.table, dense.formula)
    factors = Factors(problem.likelihood, problem.structures)
    points = np.random.default_rng(2).normal(size=(4, factors.size))
    found = factors.gradients(points)
    for x, gradient in zip(points, found, strict=True):
        np.testing.assert_array_equal(factors.value_and_gradient(x)[1], gradient)
        direction = np.random.default_rng(3).normal(size=factors.size)
        up, down = (
            problem.likelihood.at(factors.Sigmas(x + s * direction)).criterion
            for s in (1e-5, -1e-5)
        )
        assert gradient @ direction == pytest.approx((up - down) / 2e-5, rel=1e-5, abs=1e-4)


def test_a_search_ends_where_scipys_does():
    for factors in all_factors("Machines", MACHINES):
        if not factors.size:
            continue
        x = factors.start()
        theirs = minimize(factors.value_and_gradient, x, jac=True, options={"gtol": 1e-8})
        end, value, evaluations = factors.search(x, 1e-9)
        assert value == pytest.approx(theirs.fun, abs=1e-7)
        assert value == factors.value_and_gradient(end)[0]
        assert evaluations < 60
        np.testing.assert_array_equal(x, factors.start())  # the start is left as it was


@pytest.mark.parametrize("most", [1, 2, 5, 10])
def test_a_search_keeps_to_its_budget_and_never_climbs(most):
    factors = all_factors("Machines", MACHINES)[-1]
    x = 10.0 * np.random.default_rng(1).normal(size=factors.size)
    _, value, evaluations = factors.search(x, 1e-9, most)
    assert evaluations <= most
    assert value <= factors.value_and_gradient(x)[0]


def test_a_search_from_the_optimum_stays():
    factors = all_factors("sleepstudy", "Reaction ~ Days + (Days | Subject)")[-1]
    x, value, _ = factors.search(factors.start(), 1e-12)
    again, same, evaluations = factors.search(x, 1e-6)
    assert same == pytest.approx(value, abs=1e-9)
    assert evaluations <= 3
    np.testing.assert_allclose(factors.Sigmas(again)[0], factors.Sigmas(x)[0], atol=1e-3)


def test_opening_adds_to_every_component():
    factors = all_factors("Machines", MACHINES)[-1].with_ranks([1])
    x = np.array([1.0, 2.0, -1.0])
    wider, y = factors.opened(x, 0.1)
    A = factors.blocks[0].basis
    np.testing.assert_allclose(wider.Sigmas(y)[0], factors.Sigmas(x)[0] + 0.1 * A @ A.T, atol=1e-12)
    assert wider.blocks[0].columns == 3
