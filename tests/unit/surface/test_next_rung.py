"""Scores of the next rung: closed forms, dense matrices, the fits themselves, and the null law."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from scipy.stats import chi2, kstest

from covedge.fits.factors import Factors
from covedge.fits.likelihood import Likelihood
from covedge.fits.optimum import solve
from covedge.grams.gram import build
from covedge.surface.beyond import beyond
from covedge.surface.expected_information import Surface, expand
from covedge.surface.next_rung import View, rung_of, score
from support.models import data_set, set_up


def scores(problem, model):
    fit = problem.fit(model)
    found = beyond(problem.likelihood, problem.frame.terms, fit, problem.models)
    return fit, {score.model: score for score in found.scores}


@pytest.mark.parametrize("name", ["Dyestuff2", "Machines"])
def test_a_new_variance_in_a_balanced_one_way_table(name):
    """At Sigma = 0: g = n(a - 1)(1 - MSB/MST), F = n^2 (a - 1)(1 - (a - 1)/(N - 1)), one-sided."""
    table = data_set(name).rename(columns={"Yield": "y", "score": "y", "Worker": "Batch"})
    groups = table.groupby("Batch").y
    a, n, N = groups.ngroups, len(table) // groups.ngroups, len(table)
    ratio = n * groups.mean().var() / table.y.var()
    expected = (a - 1) * (ratio - 1) ** 2 / (1 - (a - 1) / (N - 1)) / 2 if ratio > 1 else 0.0
    _, found = scores(set_up(table, "y ~ 1 + (1 | Batch)", "REML"), 0)
    score = found["m1-intercept"]
    assert score.predicted == pytest.approx(expected, rel=1e-6, abs=1e-9)
    assert (score.added, score.df, score.p_value, score.law) == (1, 0, None, "boundary")


@pytest.mark.parametrize("method", ["ML", "REML"])
def test_a_correlation_by_dense_matrices(method):
    """sleepstudy, (Days || Subject): slope and information of the covariance, written out."""
    table = data_set("sleepstudy")
    problem = set_up(table, "Reaction ~ Days + (Days | Subject)", method)
    fit, found = scores(problem, 2)
    X = np.column_stack([np.ones(len(table)), table.Days])
    y = table.Reaction.to_numpy()
    same = table.Subject.to_numpy()[:, None] == table.Subject.to_numpy()
    parts = [np.outer(X[:, 0], X[:, 0]), np.outer(X[:, 1], X[:, 1])]
    parts.append(np.outer(X[:, 0], X[:, 1]) + np.outer(X[:, 1], X[:, 0]))
    parts = [np.eye(len(y)), *(part * same for part in parts)]
    V = np.eye(len(y)) + (X @ fit.terms[0].Sigma @ X.T) * same
    inverse = np.linalg.inv(V)
    P = inverse - inverse @ X @ np.linalg.solve(X.T @ inverse @ X, X.T @ inverse)
    M = P if method == "REML" else inverse
    u = P @ y
    # -2 x score and 2 x information of (sigma^2, G), at sigma^2 of the fit.
    g = np.array([np.trace(M @ a) - u @ a @ u / fit.point.sigma2 for a in parts])
    B = np.array([[np.trace(M @ a @ M @ b) for b in parts] for a in parts])
    score = found["m3-full"]
    assert score.statistic == pytest.approx(g @ np.linalg.solve(B, g) / 2, rel=1e-5)
    assert (score.df, score.added, score.law) == (1, 1, "chi-squared")
    assert score.p_value == pytest.approx(chi2.sf(score.statistic, 1))


def test_small_effects_improve_d_as_predicted():
    """A small correlation, within a tenth; small variances, one parameter at the edge."""
    problem = set_up(data_set("sleepstudy"), "Reaction ~ Days + (Days | Subject)", "ML")
    fit, found = scores(problem, 2)
    real = fit.point.criterion - problem.fit(3).point.criterion
    assert found["m3-full"].predicted == pytest.approx(real, rel=0.1)
    rng = np.random.default_rng(3)
    g = np.repeat(np.arange(40), 10)
    compared = 0
    for _ in range(10):
        table = pd.DataFrame({"g": g, "x": rng.normal(size=400)})
        table["y"] = 0.12 * rng.normal(size=40)[g] + rng.normal(size=400)
        problem = set_up(table, "y ~ x + (1 | g)", "REML")
        fit, found = scores(problem, 0)
        real = fit.point.criterion - problem.fit(1).point.criterion
        if not 0.02 < real < 2.0:
            continue
        compared += 1
        assert found["m1-intercept"].predicted == pytest.approx(real, rel=0.25)
        assert found["m1-intercept"].at_least == pytest.approx(real, rel=0.1)
    assert compared >= 3


def test_what_is_promised_at_least_is_kept_for_large_effects():
    problem = set_up(data_set("Machines"), "score ~ Machine + (Machine | Worker)", "REML")
    criteria = {
        model.name: problem.fit(k).point.criterion for k, model in enumerate(problem.models)
    }
    for k in range(len(problem.models) - 1):
        fit, found = scores(problem, k)
        for name, promised in found.items():
            real = fit.point.criterion - criteria[name]
            assert 0.5 * real < promised.at_least <= real + 1e-6


def test_which_rungs_follow():
    """Compound symmetry and diagonal are not in each other; both are in full, which is the last."""
    problem = set_up(data_set("Machines"), "score ~ Machine + (Machine | Worker)", "ML")
    following = [sorted(scores(problem, k)[1]) for k in range(5)]
    assert following == [
        ["m1-intercept"],
        ["m2-compound", "m3-diagonal"],
        ["m4-full"],
        ["m4-full"],
        [],
    ]


def test_no_p_value_where_a_direction_has_no_variance():
    """Slopes without variance: their correlation with the intercept is at the edge."""
    rng = np.random.default_rng(4)
    g = np.repeat(np.arange(12), 5)
    table = pd.DataFrame({"g": g, "x": np.tile(np.arange(5.0), 12)})
    slopes = 0.1 * (-1.0) ** g
    noise = rng.normal(size=60)
    for k in range(12):
        # No slope is left within groups: less than chance would give.
        noise[g == k] -= np.polyval(np.polyfit(table.x[g == k], noise[g == k], 1), table.x[g == k])
    table["y"] = 2 * rng.normal(size=12)[g] + slopes * (table.x - 2) + noise
    problem = set_up(table, "y ~ x + (x | g)", "REML")
    fit, found = scores(problem, 2)
    assert fit.degenerate
    score = found["m3-full"]
    assert (score.df, score.statistic, score.p_value, score.law) == (0, None, None, "boundary")


def test_null_law_is_chi_squared():
    """200 tables of 40 groups with uncorrelated intercepts and slopes: mean and quantiles."""
    rng = np.random.default_rng(11)
    g = np.repeat(np.arange(40), 6)
    table = pd.DataFrame({"g": g, "x": rng.normal(size=240), "y": rng.normal(size=240)})
    problem = set_up(table, "y ~ x + (x | g)", "REML")
    statistics = []
    for _ in range(200):
        b = rng.normal(size=(2, 40))[:, g]
        y = b[0] + b[1] * table.x.to_numpy() + rng.normal(size=240)
        likelihood = Likelihood(build(replace(problem.frame, y=y)), reml=True)
        statistics.append(correlation_score(likelihood, problem.models))
    # The standard error of the mean is sqrt(2 / 200).
    assert np.mean(statistics) == pytest.approx(1.0, abs=0.3)
    assert kstest(statistics, chi2(1).cdf).pvalue > 0.01


def correlation_score(likelihood, models):
    """The statistic of full against diagonal, from one search."""
    solution = solve(likelihood, models[2].structures)
    rungs = [
        rung_of(m.name, Factors(likelihood, m.structures).blocks, likelihood.gram.n_effects)
        for m in models[2:]
    ]
    Sigmas = solution.factors.Sigmas(solution.x)
    surface, span = Surface(likelihood.gram, reml=True), rungs[1].span
    point = surface.at(Sigmas)
    here = expand(point, span, span.coordinates(Sigmas))
    H, nulls = (point.gradients[0][1],), [np.zeros((2, 0))]
    view = View(surface, here, span, Sigmas, H, (40,), nulls, regular=True)
    return score(view, *rungs).statistic
