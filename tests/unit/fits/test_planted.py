"""The certificate is right: planted points that are no optima are refused, true optima are not.

Whether a planted point is an optimum is decided without the certificate, by steps in Sigma.
"""

import json
from functools import cache

import numpy as np
import pandas as pd
import pytest
from scipy.optimize import root

from covedge.fits.certificate import REFUSED, examine
from covedge.fits.factors import Factors
from covedge.fits.optimum import reduce_ranks
from covedge.fits.tolerances import TOLERANCES
from support.models import TESTS, set_up
from support.planted import cut_off, lowest_nearby, optimum, projected, random_problem

SEEDS = range(60)
# A point from which steps in Sigma lower D by this is no optimum.
LOWER = 1e-6


@cache
def case(seed):
    problem = random_problem(seed)
    return problem, optimum(problem)


@pytest.mark.parametrize("seed", SEEDS)
def test_the_optimum_is_accepted_and_nothing_near_is_lower(seed):
    problem, best = case(seed)
    assert best.examination.certificate.certified, best.examination.certificate.reasons
    Sigmas = best.factors.Sigmas(best.x)
    assert lowest_nearby(problem, Sigmas, seed) > best.criterion - 1e-8


@pytest.mark.parametrize("seed", SEEDS)
def test_an_optimiser_cut_off_early_is_refused(seed):
    problem, best = case(seed)
    for iterations in (1, 2, 4, 7):
        planted = cut_off(problem, iterations)
        missed = planted.factors.value_and_gradient(planted.x)[0] - best.criterion
        certificate = examine(planted.factors, planted.x).certificate
        if missed > LOWER:
            assert certificate.status == REFUSED, (planted.what, missed)
        elif missed < 1e-10:
            assert certificate.status != REFUSED, (planted.what, missed)


@pytest.mark.parametrize("seed", SEEDS)
def test_a_false_boundary_is_refused(seed):
    """A direction of the optimum cut away and the rest optimised without it: the factors' gradient
    is zero there."""
    problem, best = case(seed)
    for block in range(len(best.factors.blocks)):
        for direction in range(best.factors.blocks[block].columns):
            planted = projected(best, block, direction)
            value, gradient = planted.factors.value_and_gradient(planted.x)
            assert np.abs(gradient).max(initial=0.0) < 1e-4, planted.what
            status = examine(planted.factors, planted.x).certificate.status
            found = lowest_nearby(problem, planted.factors.Sigmas(planted.x), seed)
            assert (status == REFUSED) == (found < value - LOWER), planted.what


def test_most_false_boundaries_are_false():
    """Else the test above would be empty: how many points it plants, and how many are optima."""
    planted = lower = 0
    for seed in SEEDS:
        problem, best = case(seed)
        for block, found in enumerate(best.factors.blocks):
            for direction in range(found.columns):
                point = projected(best, block, direction)
                value = point.factors.value_and_gradient(point.x)[0]
                near = lowest_nearby(problem, point.factors.Sigmas(point.x), seed)
                planted, lower = planted + 1, lower + (near < value - LOWER)
    assert planted >= 100
    assert lower >= 0.95 * planted  # the others are optima of their own


@pytest.mark.parametrize("seed", SEEDS)
def test_all_at_zero_is_refused_where_the_optimum_is_not(seed):
    problem, best = case(seed)
    empty = Factors(problem.likelihood, problem.structures).with_ranks(
        [0] * len(best.factors.blocks)
    )
    certificate = examine(empty, np.zeros(0)).certificate
    if best.factors.size:
        assert certificate.status == REFUSED
        assert certificate.dual_feasibility < -TOLERANCES.dual
    else:
        assert certificate.certified


def rotations():
    text = (TESTS / "reference" / "rotations.json").read_text(encoding="utf-8")
    return json.loads(text)


@pytest.mark.parametrize("number", range(8))
def test_a_maximum_under_rotation_of_the_range_is_refused(number):
    """Sigma >= 0, Gamma >= 0 and Sigma Gamma = 0 hold at these points, and D falls on both sides
    as the range of Sigma turns: found by a search over random problems, one in 200 has one."""
    known = rotations()[number]
    problem = set_up(pd.DataFrame(known["table"]), "y ~ x + (x | g)", known["method"])
    likelihood = problem.likelihood
    W, factors = likelihood.gram.scaling.random[0], Factors(likelihood, problem.structures)
    one = factors.with_ranks([1])
    start = one.blocks[0].basis.T @ np.linalg.solve(W, known["loading"])
    end = root(lambda x: one.value_and_gradient(x)[1], start, tol=1e-13)
    x, value = end.x, one.value_and_gradient(end.x)[0]
    Sigma, Gamma = one.Sigmas(x)[0], likelihood.at(one.Sigmas(x)).Gamma[0]
    scale = np.abs(Gamma).max()
    assert scale > 1e-3
    np.testing.assert_allclose(Sigma @ Gamma, 0.0, atol=1e-7 * scale)
    assert np.linalg.eigvalsh(Gamma)[0] > -1e-7 * scale
    for angle in (-0.05, 0.05):
        turned = [one.value_and_gradient(r * turn(x, angle))[0] for r in np.linspace(0.8, 1.2, 41)]
        assert min(turned) < value - 1e-7
    certificate = examine(one, x).certificate
    assert certificate.status == REFUSED
    assert certificate.reasons == ("the criterion falls on both sides: a saddle",)
    best = optimum(problem)
    assert best.examination.certificate.certified
    assert best.criterion < value - 1e-3


def turn(x, angle):
    c, s = np.cos(angle), np.sin(angle)
    return np.array([c * x[0] - s * x[1], s * x[0] + c * x[1]])


@cache
def stationary(seed):
    """Points where the gradient of the factors is zero, found without going downhill."""
    _, best = case(seed)
    rng = np.random.default_rng(seed)
    points = []
    for _ in range(10):
        factors = best.factors.with_ranks(
            [rng.integers(0, block.most + 1) for block in best.factors.blocks]
        )
        if not factors.size:
            continue
        end = root(
            lambda x, f=factors: f.value_and_gradient(x)[1],
            rng.normal(size=factors.size),
            method="lm",
        )
        reduced = reduce_ranks(factors, end.x, 1e-8)
        gradient = reduced[0].value_and_gradient(reduced[1])[1]
        if np.abs(gradient).max(initial=0.0) < 1e-6:
            points.append(reduced)
    return points


@pytest.mark.parametrize("seed", SEEDS)
def test_stationary_points_are_judged_as_steps_in_Sigma_judge_them(seed):
    problem, _ = case(seed)
    for factors, x in stationary(seed):
        value = factors.value_and_gradient(x)[0]
        lower = lowest_nearby(problem, factors.Sigmas(x), seed, tries=200) < value - LOWER
        assert (examine(factors, x).certificate.status == REFUSED) == lower


def test_many_stationary_points_are_saddles():
    found = [examine(*point).certificate for seed in SEEDS for point in stationary(seed)]
    assert len(found) >= 200
    turning = [c for c in found if any("saddle" in reason for reason in c.reasons)]
    assert len(turning) >= 10
    assert all(c.stationarity < 1e-6 for c in turning)
