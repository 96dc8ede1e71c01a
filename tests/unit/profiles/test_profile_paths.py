"""The held parameter has its value in the coordinates, and the gradients are those of D."""

import numpy as np
import pytest
from scipy.optimize import approx_fprime

from covedge.fits.likelihood import Likelihood
from covedge.fits.parameters import FIXED, parameters, values
from covedge.profiles.profile import _Job
from support.dense import evaluate, unbalanced
from support.models import data_set, set_up


@pytest.fixture(scope="module", params=["REML", "ML"])
def job(request):
    dense = unbalanced(4, 3)
    problem = set_up(dense.table, dense.formula, request.param)
    fit = problem.fit()
    return _Job(fit, 3.84), parameters(problem.frame.terms, problem.frame.fixed, fit.model)


def coordinates(job, path, estimate, seed):
    """Near the fit, but nowhere near a minimum."""
    rng = np.random.default_rng(seed)
    unit = job.criterion.likelihood.gram.scaling.response
    x = path.coordinates(job.factors, job.sigma / unit, estimate)
    return x + 0.2 * rng.normal(size=x.shape)


def test_gradients_are_those_of_the_criterion(job):
    job, wanted = job
    for seed, (one, estimate) in enumerate(zip(wanted, job.estimates(wanted), strict=True)):
        if not np.isfinite(estimate) or (one.kind == FIXED and job.known.reml):
            continue
        path = job._path(one)
        value = 0.9 * estimate
        x = coordinates(job, path, estimate, seed)
        numeric = approx_fprime(x, lambda x, p=path, v=value: p.evaluate(x, v)[0], 1e-6)
        assert path.evaluate(x, value)[1] == pytest.approx(numeric, rel=1e-3, abs=2e-2), one


def test_the_parameter_has_the_value_that_it_is_held_at(job):
    job, wanted = job
    unit = job.criterion.likelihood.gram.scaling.response
    for one, estimate in zip(wanted, job.estimates(wanted), strict=True):
        if one.block is None or not np.isfinite(estimate):
            continue
        path = job._path(one)
        x = coordinates(job, path, estimate, 1)
        sigma = unit * np.exp(x[0]) if path.head == 1 else 1.0
        S = [
            T[: len(L), : len(L)] @ L @ L.T @ T[: len(L), : len(L)].T
            for L, T in zip(path.factors(x, 0.7 * estimate), job.maps, strict=True)
        ]
        held = values((one,), S, sigma, None)[0]
        assert held == pytest.approx(0.7 * estimate, rel=1e-9), one


def test_a_held_fixed_effect_is_taken_from_the_response():
    """D with beta_x = b is the D of y - b x without x, by dense matrices."""
    dense = unbalanced(7, 2)
    problem = set_up(dense.table, dense.formula, "ML")
    fit = problem.fit()
    job = _Job(fit, 3.84)
    path = job._path(parameters(problem.frame.terms, problem.frame.fixed, fit.model)[-1])
    x = path.coordinates(job.factors, 1.0, 0.0)
    b = 0.3
    shifted = type(dense)(
        dense.table,
        dense.formula,
        dense.y - b * dense.X[:, 1],
        dense.X[:, :1],
        dense.Z,
        dense.codes,
        dense.w,
    )
    Sigmas = problem.likelihood.to_user(fit.factors.Sigmas(fit.x))[::-1]
    expected = evaluate(shifted, Sigmas, reml=False).criterion
    assert path.evaluate(x, b)[0] == pytest.approx(expected, abs=1e-8)


def test_crossed_factors_take_the_same_way():
    """D at a held fixed effect, on a Gram of crossed factors, is that of the shifted response."""
    table = data_set("Penicillin")
    problem = set_up(table, "diameter ~ 1 + (1 | plate) + (1 | sample)", "ML")
    fit = problem.fit()
    job = _Job(fit, 3.84)
    one = parameters(problem.frame.terms, problem.frame.fixed, fit.model)[-1]
    at_estimate = job._path(one).evaluate(np.concatenate([L.ravel() for L in job.factors]), 22.5)[0]
    table["diameter"] -= 22.5
    other = set_up(table, "diameter ~ 0 + (1 | plate) + (1 | sample)", "ML")
    there = Likelihood(other.likelihood.gram, reml=False).at(fit.factors.Sigmas(fit.x))
    assert at_estimate == pytest.approx(there.criterion, abs=1e-8)
