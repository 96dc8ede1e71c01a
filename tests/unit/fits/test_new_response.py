"""Refits to a new response against fits from scratch, and what of a fit moves with the response."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from covedge.errors import DesignError
from covedge.fits.new_response import Refitter
from support.models import data_set, reference, set_up


def problem_and_refitter(data, formula, method, weights=None, change=lambda table: table):
    problem = set_up(change(data_set(data)), formula, method, weights)
    return problem, Refitter(problem.frame, problem.fit())


@pytest.mark.parametrize("name", ["sleepstudy_ml", "machines_reml", "pastes_reml", "oats_reml"])
def test_from_the_fit_of_another_response_to_lme4s_optimum(name):
    """The model is fitted to noise first; the refit to the data ends where lme4 does."""
    known = reference(name)
    table = data_set(known["data"])
    response = known["formula"].split("~")[0].strip()
    noise = np.random.default_rng(1).normal(size=len(table))
    noisy = set_up(table.assign(**{response: noise}), known["formula"], known["method"])
    found = Refitter(noisy.frame, noisy.fit()).fit(table[response].to_numpy(dtype=float))
    assert found.certificate.certified
    assert found.point.criterion == pytest.approx(known["criterion"], abs=1e-6)
    assert np.sqrt(found.point.sigma2) == pytest.approx(known["sigma"], rel=1e-5)
    fixed = dict(zip(noisy.frame.fixed, found.point.beta, strict=True))
    assert fixed == pytest.approx(known["fixed"], rel=1e-5)
    assert found.degenerate == known["singular"]


@pytest.mark.parametrize("seed", range(10))
def test_ranks_and_directions_are_those_of_a_fit_from_scratch(seed):
    problem, refitter = problem_and_refitter(
        "Machines", "score ~ Machine + (Machine | Worker)", "REML"
    )
    rng = np.random.default_rng(seed)
    y = rng.normal(size=len(problem.frame.y)) + 2 * rng.normal(size=6)[problem.frame.codes[0]]
    again = refitter.fit(y)
    table = data_set("Machines").assign(score=y)
    scratch = set_up(table, "score ~ Machine + (Machine | Worker)", "REML").fit()
    assert again.point.criterion == pytest.approx(scratch.point.criterion, abs=1e-7)
    assert again.terms[0].rank == scratch.terms[0].rank
    np.testing.assert_allclose(
        [d.direction.reliability for d in again.terms[0].spectrum],
        [d.direction.reliability for d in scratch.terms[0].spectrum],
        atol=1e-6,
    )


def test_an_affine_change_of_the_response():
    """c y + X b: D moves by nu log c^2, Sigma does not move."""
    problem, refitter = problem_and_refitter(
        "sleepstudy", "Reaction ~ Days + (Days | Subject)", "REML"
    )
    y, X = problem.frame.y, problem.frame.X
    one, two = refitter.fit(y), refitter.fit(1e3 * y + X @ [1e6, -4e4])
    gained = (len(y) - 2) * np.log(1e6)
    assert two.point.criterion - one.point.criterion == pytest.approx(gained, abs=1e-6)
    np.testing.assert_allclose(two.terms[0].Sigma, one.terms[0].Sigma, rtol=1e-5, atol=1e-8)
    np.testing.assert_allclose(two.point.beta, 1e3 * one.point.beta + [1e6, -4e4], rtol=1e-9)


def test_weights_stay():
    """D of weighted Pastes by lme4, as in test_fit."""
    problem, refitter = problem_and_refitter(
        "Pastes",
        "strength ~ 1 + (1 | batch/cask)",
        "ML",
        weights="w",
        change=lambda table: table.assign(w=np.tile([1.0, 2.0, 3.0], 20)),
    )
    assert refitter.fit(problem.frame.y).point.criterion == pytest.approx(250.90389528, abs=1e-6)


def test_crossed_factors():
    known = reference("penicillin_ml")
    problem = set_up(data_set(known["data"]), known["formula"], known["method"])
    y = problem.frame.y
    shuffled = replace(problem.frame, y=np.random.default_rng(1).permutation(y))
    refitter = Refitter(shuffled, problem.fit())
    assert refitter.fit(y).point.criterion == pytest.approx(known["criterion"], abs=1e-6)


def test_a_response_without_a_residual():
    problem, refitter = problem_and_refitter("Dyestuff", "Yield ~ 1 + (1 | Batch)", "ML")
    with pytest.raises(DesignError, match="exactly"):
        refitter.fit(np.full(len(problem.frame.y), 1500.0))


def test_the_same_answer_whatever_was_fitted_before():
    table = pd.DataFrame({"g": np.repeat(np.arange(10), 6)})
    rng = np.random.default_rng(3)
    table["y"] = rng.normal(size=60)
    problem = set_up(table, "y ~ 1 + (1 | g)")
    refitter = Refitter(problem.frame, problem.fit())
    y = rng.normal(size=60) + rng.normal(size=10)[table.g]
    one = refitter.fit(y)
    refitter.fit(rng.normal(size=60))
    assert refitter.fit(y).point.criterion == one.point.criterion
