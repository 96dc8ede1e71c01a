"""The certificate refuses planted points that are no optima, and accepts those that are."""

import numpy as np
import pandas as pd
import pytest
from scipy.optimize import brentq, minimize

from covedge.fits.certificate import CERTIFIED, EXACT_FIT, FLAT, OPEN, REFUSED, examine
from covedge.fits.factors import Factors
from covedge.fits.optimum import solve
from covedge.fits.tolerances import TOLERANCES
from support.dense import unbalanced
from support.models import data_set, set_up


def factors_of(problem, columns=None):
    factors = Factors(problem.likelihood, problem.structures)
    return factors if columns is None else factors.with_ranks(columns)


@pytest.fixture(scope="module")
def sleepstudy():
    return set_up(data_set("sleepstudy"), "Reaction ~ Days + (Days | Subject)")


@pytest.fixture(scope="module")
def optimum(sleepstudy):
    return solve(sleepstudy.likelihood, sleepstudy.structures)


def test_sleepstudy_is_certified_and_of_full_rank(optimum):
    certificate = optimum.examination.certificate
    assert (certificate.status, certificate.reasons) == (CERTIFIED, ())
    assert certificate.certified
    assert optimum.factors.blocks[0].columns == 2
    assert certificate.stationarity < TOLERANCES.stationarity
    assert certificate.curvature > 0.1
    assert certificate.complementarity < 1e-6


@pytest.mark.parametrize("method", ["ML", "REML"])
def test_dyestuff2_is_certified_at_zero(method):
    problem = set_up(data_set("Dyestuff2"), "Yield ~ 1 + (1 | Batch)", method)
    found = solve(problem.likelihood, problem.structures)
    assert found.factors.size == 0
    assert found.examination.certificate.certified
    assert found.examination.certificate.curvature is None
    assert found.examination.spectra[0][0].dual > TOLERANCES.pushed


def test_a_search_that_stopped_short_is_refused_by_what_it_missed(optimum):
    """The predicted gain is the real one, D here less D at the optimum, to second order."""
    rng = np.random.default_rng(1)
    for size in (1e-3, 1e-4):
        x = optimum.x + size * rng.normal(size=optimum.x.size)
        certificate = examine(optimum.factors, x).certificate
        missed = optimum.factors.value_and_gradient(x)[0] - optimum.criterion
        assert certificate.status == REFUSED
        assert certificate.stationarity == pytest.approx(missed, rel=0.05, abs=2e-9)
        assert "one more step would lower the criterion" in certificate.reasons[0]


def test_an_answer_to_five_digits_is_told_from_the_optimum(optimum):
    """D is 1e-7 too high: below what is printed, above the tolerance."""
    step = np.sqrt(1e-7 / optimum.examination.certificate.curvature) * np.eye(optimum.x.size)[0]
    certificate = examine(optimum.factors, optimum.x + step).certificate
    assert certificate.status == REFUSED


def test_the_best_of_rank_one_is_refused_where_rank_two_is_better(sleepstudy):
    """All slopes vanish within rank one: the factor's gradient is zero, and the dual is not."""
    factors = factors_of(sleepstudy, [1])
    found = minimize(
        factors.value_and_gradient, [1.0, 0.3], jac=True, method="BFGS", options={"gtol": 1e-9}
    )
    examination = examine(factors, found.x)
    certificate = examination.certificate
    assert np.abs(factors.value_and_gradient(found.x)[1]).max() < 1e-5
    assert certificate.status == REFUSED
    assert certificate.dual_feasibility < -0.1
    assert certificate.reasons == ("the criterion falls when a collapsed direction opens",)


@pytest.mark.parametrize("method", ["ML", "REML"])
@pytest.mark.parametrize(
    ("data", "formula"),
    [
        ("sleepstudy", "Reaction ~ Days + (Days | Subject)"),
        ("Dyestuff", "Yield ~ 1 + (1 | Batch)"),
        ("Machines", "score ~ Machine + (Machine | Worker)"),
        ("Pastes", "strength ~ 1 + (1 | batch/cask)"),
    ],
)
def test_a_false_zero_is_refused(data, formula, method):
    """At Sigma = 0 the gradient in theta is zero whatever the data: lme4 checks nothing there."""
    problem = set_up(data_set(data), formula, method)
    empty = factors_of(problem, [0] * len(factors_of(problem).blocks))
    certificate = examine(empty, np.zeros(0)).certificate
    assert certificate.status == REFUSED
    assert certificate.dual_feasibility < -TOLERANCES.dual


def test_a_maximum_between_two_optima_is_refused_as_a_saddle():
    """One-way data with few large groups have two optima; the gradient is zero between them."""
    rng = np.random.default_rng(8)
    sizes = rng.choice([1, 2, 30, 40], size=5)
    g = np.repeat(np.arange(5), sizes)
    noise = rng.normal(size=len(g))
    y = noise + (rng.normal(size=5) * np.where(sizes < 5, 2.5, 0.1))[g]
    problem = set_up(pd.DataFrame({"g": g, "y": y}), "y ~ 1 + (1 | g)", "ML")
    factors = factors_of(problem)
    grid = np.geomspace(0.02, 40, 200)
    slopes = [factors.value_and_gradient(np.array([t]))[1][0] for t in grid]
    change = np.diff(np.sign(slopes))
    peaks, valleys = np.flatnonzero(change < 0), np.flatnonzero(change > 0)
    assert len(peaks) >= 1, "the data were made to have a maximum inside"
    for k, status in [(k, REFUSED) for k in peaks] + [(k, CERTIFIED) for k in valleys]:
        x = brentq(
            lambda t: factors.value_and_gradient(np.array([t]))[1][0],
            grid[k],
            grid[k + 1],
            xtol=1e-14,
        )
        certificate = examine(factors, np.array([x])).certificate
        assert certificate.status == status
        assert certificate.stationarity < TOLERANCES.stationarity
        if status == REFUSED:
            assert certificate.reasons == ("the criterion falls on both sides: a saddle",)


def test_a_saddle_in_several_dimensions_is_refused():
    """Two columns of L that are copies: rank one in disguise is no optimum of rank two."""
    problem = set_up(data_set("sleepstudy"), "Reaction ~ Days + (Days | Subject)")
    one = factors_of(problem, [1])
    best = minimize(one.value_and_gradient, [1.0, 0.3], jac=True, options={"gtol": 1e-9}).x
    two = factors_of(problem)
    x = np.column_stack([best, 1e-9 * np.array([-best[1], best[0]])]).ravel()
    assert two.value_and_gradient(x)[0] == pytest.approx(one.value_and_gradient(best)[0])
    assert examine(two, x).certificate.status == REFUSED


def two_way(seed):
    """Random problems of one to three levels, some of them singular."""
    dense = unbalanced(seed, 1 + seed % 3)
    rng = np.random.default_rng(seed)
    shrink = rng.choice([0.05, 1.0])
    mean = dense.table.groupby("a").y.transform("mean")
    return dense.table.assign(y=dense.table.y - (1 - shrink) * mean), dense.formula


@pytest.mark.parametrize("seed", range(24))
def test_true_optima_are_accepted_and_nothing_near_is_lower(seed):
    table, formula = two_way(seed)
    problem = set_up(table, formula, ("ML", "REML")[seed % 2])
    found = solve(problem.likelihood, problem.structures)
    certificate = found.examination.certificate
    assert certificate.certified, certificate.reasons
    assert certificate.dual_feasibility >= -TOLERANCES.dual
    rng = np.random.default_rng(seed)
    Sigmas = found.factors.Sigmas(found.x)
    for size in (1e-3, 1e-2, 0.1, 1.0):
        for _ in range(25):
            # All that is near in the cone: a congruence and a new direction.
            moved = []
            for Sigma in Sigmas:
                q = len(Sigma)
                turn = np.eye(q) + size * rng.normal(size=(q, q))
                new = size * rng.normal(size=(q, 1)) * (rng.random() < 0.5)
                moved.append(turn @ Sigma @ turn.T + new @ new.T)
            assert problem.likelihood.at(moved).criterion >= found.criterion - 1e-8


def test_the_certificate_refuses_the_truths_neighbours_in_random_problems():
    """Each certified point, moved by a step that costs 1e-5 in D, is refused."""
    refused = 0
    for seed in range(8):
        table, formula = two_way(seed)
        problem = set_up(table, formula)
        found = solve(problem.likelihood, problem.structures)
        if not found.factors.size:
            continue
        direction = np.random.default_rng(seed).normal(size=found.factors.size)

        def cost(t, found=found, direction=direction):
            return found.factors.value_and_gradient(found.x + t * direction)[0] - found.criterion

        t = brentq(lambda t: cost(t) - 1e-5, 0.0, 1.0)
        assert examine(found.factors, found.x + t * direction).certificate.status == REFUSED
        refused += 1
    assert refused >= 5


def test_a_flat_direction_is_no_optimum_and_no_failure():
    """One row per group: tau^2 and sigma^2 are one variance."""
    table = pd.DataFrame({"g": range(20), "y": np.random.default_rng(1).normal(size=20)})
    problem = set_up(table, "y ~ 1 + (1 | g)")
    factors = factors_of(problem)
    for x in (0.3, 1.0, 4.0):
        certificate = examine(factors, np.array([x])).certificate
        assert certificate.status == FLAT
        assert abs(certificate.curvature) < TOLERANCES.curvature


def test_a_boundary_without_a_push_is_undecided():
    """Group means made exactly as different as noise makes them: the dual at zero is 0."""
    rng = np.random.default_rng(1)
    g = np.repeat(np.arange(6), 5)
    within = rng.normal(size=(6, 5))
    within -= within.mean(axis=1, keepdims=True)
    means = rng.normal(size=6)
    means -= means.mean()
    # 1 - (between / 5) / (total / 29) = 0 by REML: between / total = 5 / 29.
    ratio = 5 / 29
    size = np.sqrt(ratio / (1 - ratio) * (within**2).sum() / (5 * (means**2).sum()))
    y = 10.0 + size * means[g] + within.ravel()
    problem = set_up(pd.DataFrame({"g": g, "y": y}), "y ~ 1 + (1 | g)")
    empty = factors_of(problem, [0])
    examination = examine(empty, np.zeros(0))
    assert examination.spectra[0][0].dual == pytest.approx(0.0, abs=1e-10)
    assert examination.certificate.status == OPEN


def test_an_exact_fit_is_refused_with_its_reason():
    """y = 2 x + group: sigma^2 is zero."""
    rng = np.random.default_rng(1)
    g, x = np.repeat(np.arange(6), 5), rng.normal(size=30)
    table = pd.DataFrame({"g": g, "x": x, "y": 2 * x + rng.normal(size=6)[g]})
    problem = set_up(table, "y ~ x + (1 | g)")
    certificate = solve(problem.likelihood, problem.structures).examination.certificate
    assert certificate.status == REFUSED
    assert certificate.reasons == (EXACT_FIT,)


def test_the_certificate_carries_its_tolerances(optimum):
    assert optimum.examination.certificate.tolerances == TOLERANCES
