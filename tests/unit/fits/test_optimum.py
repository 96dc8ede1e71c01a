"""Searches end at the optimum: published answers, lme4's, and problems meant to trip them."""

import io

import numpy as np
import pandas as pd
import pytest

from covedge.fits.certificate import CERTIFIED, EXACT_FIT, REFUSED
from covedge.fits.factors import Factors
from covedge.fits.optimum import reduce_ranks, sketch, solve
from support.dense import evaluate, unbalanced
from support.models import data_set, reference, set_up


@pytest.mark.parametrize(
    ("data", "formula", "method", "criterion"),
    [
        # lme4's documentation, and MixedModels.jl's tests.
        ("sleepstudy", "Reaction ~ Days + (Days | Subject)", "REML", 1743.628272),
        ("sleepstudy", "Reaction ~ Days + (Days | Subject)", "ML", 1751.939344),
        ("sleepstudy", "Reaction ~ Days + (Days || Subject)", "ML", 1752.003255),
        ("Dyestuff", "Yield ~ 1 + (1 | Batch)", "ML", 327.327060),
        ("Dyestuff2", "Yield ~ 1 + (1 | Batch)", "REML", 161.828278),
        ("Dyestuff2", "Yield ~ 1 + (1 | Batch)", "ML", 162.873037),
        ("Machines", "score ~ Machine + (Machine | Worker)", "REML", 208.311218),
        ("Pastes", "strength ~ 1 + (1 | batch/cask)", "ML", 247.994466),
    ],
)
def test_published_criteria(data, formula, method, criterion):
    problem = set_up(data_set(data), formula, method)
    found = solve(problem.likelihood, problem.structures)
    assert found.criterion == pytest.approx(criterion, abs=1e-6)
    assert found.examination.certificate.certified


RESTARTED = ("sleepstudy_ml", "machines_reml", "orthodont_ml", "oats_reml")


@pytest.mark.parametrize("name", RESTARTED)
@pytest.mark.parametrize("scale", [0.03, 1.0, 30.0])
def test_every_start_ends_at_lme4s_best(name, scale):
    known = reference(name)
    problem = set_up(data_set(known["data"]), known["formula"], known["method"])
    size = Factors(problem.likelihood, problem.structures).size
    start = scale * np.random.default_rng(1).normal(size=size)
    found = solve(problem.likelihood, problem.structures, start)
    assert found.criterion == pytest.approx(known["criterion"], abs=1e-6)
    rough = sketch(problem.likelihood, problem.structures, start)
    assert rough.settled
    assert rough.factors.value_and_gradient(rough.x)[0] == pytest.approx(found.criterion, abs=1e-5)


PROBLEMS = {
    "two groups": ("y ~ x + (x | g)", lambda d: d[d.g < 2]),
    "more effects than groups": ("y ~ f + (f | g)", lambda d: d[d.g < 3]),
    "cells and slope": ("y ~ f + x + (0 + f | g) + (0 + x | g)", lambda d: d),
    "factor and slope": ("y ~ x + f + (x + f | g)", lambda d: d),
    "groups of one": ("y ~ x + (x | g)", lambda d: d.assign(g=np.r_[d.g[:30], 100 + d.g[30:]])),
    "missing cell": ("y ~ f + (f | g)", lambda d: d[(d.g != 0) | (d.f != "u")]),
    "constant covariate": ("y ~ x + (x | g)", lambda d: d.assign(x=np.sin(d.g))),
    "huge offset": ("y ~ x + (x | g)", lambda d: d.assign(x=d.x + 1e5, y=d.y + 1e6)),
    "units": ("y ~ x + (x | g)", lambda d: d.assign(x=1e-7 * d.x, y=1e9 * d.y)),
    "near duplicates": ("y ~ x + (x + z | g)", lambda d: d.assign(z=d.x + 1e-3 * np.sin(d.z))),
    "dependent fixed effects": ("y ~ x + z + w + (x | g)", lambda d: d.assign(w=d.x - d.z)),
    "no fixed effects": ("y ~ 0 + (x | g)", lambda d: d),
    "two levels": ("y ~ x + (x | g/h) + (0 + z | g)", lambda d: d),
}


def awkward(seed):
    rng = np.random.default_rng(seed)
    g = np.repeat(np.arange(6), rng.integers(5, 9, size=6))
    n = len(g)
    table = pd.DataFrame({"g": g, "h": rng.integers(0, 2, n), "f": rng.choice(["u", "v", "w"], n)})
    table["x"], table["z"] = rng.normal(size=(2, n))
    table["y"] = rng.normal(size=n) + rng.normal(size=6)[g] * rng.choice([0.2, 3]) * (1 + table.x)
    return table


@pytest.mark.parametrize("name", PROBLEMS)
@pytest.mark.parametrize("seed", range(3))
def test_awkward_problems_end_certified_and_no_start_does_better(name, seed):
    formula, change = PROBLEMS[name]
    problem = set_up(change(awkward(seed)), formula, ("ML", "REML")[seed % 2])
    fitted = problem.fit()
    assert fitted.certificate.status != REFUSED, fitted.certificate.reasons
    factors = Factors(problem.likelihood, problem.structures)
    rng = np.random.default_rng(100 + seed)
    for scale in (0.1, 1.0, 10.0):
        end = solve(problem.likelihood, problem.structures, scale * rng.normal(size=factors.size))
        assert fitted.point.criterion <= end.criterion + 1e-6


def test_a_singular_optimum_where_theta_is_trapped():
    """Zero intercept variance with a slope: at theta_1 = 0 lme4's bound hides the way down.

    The dense criterion at our Sigma is lower than at the best intercept-free and slope-free ones.
    """
    dense = unbalanced(12, 1)
    x = dense.table.x.to_numpy()
    rng = np.random.default_rng(12)
    y = rng.normal(size=len(x)) + 1.5 * rng.normal(size=5)[dense.codes[0]] * x
    table = dense.table.assign(y=y)
    fitted = set_up(table, dense.formula, "ML").fit()
    held = type(dense)(table, dense.formula, y, dense.X, dense.Z, dense.codes, dense.w)
    at = evaluate(held, [fitted.terms[0].Sigma], reml=False).criterion
    assert at == pytest.approx(fitted.point.criterion, rel=1e-10)
    for t in np.linspace(0, 3, 31):
        slope_only = evaluate(held, [np.diag([0.0, t**2])], reml=False).criterion
        assert at <= slope_only + 1e-8


NO_INFORMATION = """y,f,g
2.2451015495378859,f00,g00
1.7187902977281264,f01,g01
-1.4762628948952235,f02,g01
2.6192382892894797,f03,g01
-1.0143094816805664,f02,g01
3.1005901493116426,f03,g01
-0.12047330060542098,f02,g02
-0.48171649139037637,f02,g02
"""


@pytest.mark.parametrize("model", range(5))
def test_effects_that_reml_says_nothing_of_do_not_crash(model):
    """Cells with a single row: their effect is the fixed effect's, and its information is zero."""
    problem = set_up(pd.read_csv(io.StringIO(NO_INFORMATION)), "y ~ f + (f | g)", "REML")
    for seed in range(4):
        assert np.isfinite(problem.fit(model, seed=seed).point.criterion)


def test_a_criterion_without_bound_is_said_to_be():
    """Six rows, three groups and three random effects: the rows are fitted exactly."""
    rng = np.random.default_rng(2)
    g = np.array([0, 0, 1, 1, 2, 2])
    table = pd.DataFrame({"g": g, "x": rng.normal(size=6), "z": rng.normal(size=6)})
    table["y"] = rng.normal(size=6)
    fitted = set_up(table, "y ~ x + (x + z | g)", "ML").fit()
    assert fitted.certificate.status == REFUSED
    assert fitted.certificate.reasons == (EXACT_FIT,)


def test_groups_far_above_the_noise_keep_their_certificate():
    """A between-group SD of 3,000 residual SDs, criterion by lme4 1.1-31 (bobyqa, 1e-10)."""
    rng = np.random.default_rng(1)
    g, x = np.repeat(np.arange(8), 6), rng.normal(size=48)
    group = rng.normal(size=8)
    table = pd.DataFrame({"g": g, "x": x, "y": 3000 * group[g] + rng.normal(size=48)})
    problem = set_up(table, "y ~ x + (1 | g)")
    found = solve(problem.likelihood, problem.structures)
    assert found.criterion == pytest.approx(249.843403, abs=1e-5)
    assert found.examination.certificate.status == CERTIFIED


def test_reducing_ranks_keeps_what_is_reliable():
    problem = set_up(data_set("sleepstudy"), "Reaction ~ Days + (Days | Subject)")
    factors = Factors(problem.likelihood, problem.structures)
    L = np.array([[1.0, 1e-9], [0.5, -2e-9]])
    reduced, x = reduce_ranks(factors, L.ravel(), 1e-6)
    assert reduced.blocks[0].columns == 1
    np.testing.assert_allclose(reduced.Sigmas(x)[0], factors.Sigmas(L.ravel())[0], atol=1e-8)
    same, y = reduce_ranks(factors, np.array([1.0, 0.0, 0.5, 0.7]), 1e-6)
    assert same.blocks[0].columns == 2
    np.testing.assert_allclose(
        same.Sigmas(y)[0], factors.Sigmas(np.array([1.0, 0.0, 0.5, 0.7]))[0], atol=1e-12
    )


def test_the_same_start_gives_the_same_bits():
    problem = set_up(data_set("Machines"), "score ~ Machine + (Machine | Worker)")
    one, two = (solve(problem.likelihood, problem.structures) for _ in range(2))
    assert one.x.tobytes() == two.x.tobytes()
    assert one.criterion == two.criterion


def test_a_search_that_runs_into_an_exact_fit_is_refused_and_no_more():
    """Nineteen rows, fifteen variances by ML: on the way no digits are left, whatever the order."""
    rng = np.random.default_rng(117)
    n_groups = int(rng.integers(3, 11))
    a = np.repeat(np.arange(n_groups), rng.integers(3, 9, n_groups))
    n = len(a)
    b, d = rng.integers(0, 3, n), rng.integers(0, 5, n)
    f = np.array(["u", "v", "w"])[rng.integers(0, 3, n)]
    x, z = rng.normal(1, 1, n), rng.uniform(0, 2, n)
    C = np.column_stack([np.ones(n), x, z, f == "v", f == "w"])
    L = rng.normal(size=(5, int(rng.integers(0, 5)))) * rng.choice([0.1, 1, 5, 100])
    effects = rng.normal(size=(n_groups, L.shape[1])) @ L.T
    y = x + rng.normal(size=n) + (C * effects[a]).sum(1)
    table = pd.DataFrame({"y": y, "a": a, "b": b, "d": d, "f": f, "x": x, "z": z})
    written = ("x", "f", "f + x", "x + z", "f:x + f", "1")[rng.integers(6)]
    other = ["", "+ (1 | a:b)", "+ (1 | d)"][rng.integers(3)]
    method = ["ML", "REML"][rng.integers(2)]
    formula = f"y ~ x + z + f + ({written} | a) {other}"
    for rows in (table, table.sample(frac=1, random_state=1)):
        certificate = set_up(rows, formula, method).fit().certificate
        assert certificate.status == REFUSED
        assert certificate.reasons == (EXACT_FIT,)
