"""The checks of the residuals against dense algebra, brute force and scipy."""

from itertools import permutations, product

import numpy as np
import pandas as pd
import pytest
from scipy.optimize import minimize
from scipy.stats import levene, norm

from covedge.causes.checks import autocorrelated as serial_check
from covedge.causes.checks.autocorrelated import permutation_moments, serial, whiten
from covedge.causes.checks.bounded import beyond_bound, piled
from covedge.causes.checks.curved import curved, f_test, squares
from covedge.causes.checks.heteroscedastic import brown_forsythe, classes, weighted_by_class
from covedge.causes.checks.outliers import beyond, with_heavy_tails
from covedge.causes.checks.refit import plain, refit, without_rows
from covedge.causes.checks.residuals import Residuals
from covedge.causes.fitted_rows import fitted_rows
from support.dense import unbalanced
from support.models import reference, referenced, set_up


def dense(rows):
    """(V, M) of the fit over sigma^2, from the frame and the fit's Sigma in user's units."""
    frame, n = rows.frame, rows.n_obs
    V = np.eye(n)
    root = np.sqrt(rows.rows.weights)
    Sigmas = rows.factors.likelihood.to_user(rows.factors.Sigmas(rows.x))
    for Sigma, group in zip(Sigmas, rows.groups, strict=True):
        k = [term.name for term in frame.terms].index(group)
        Z = frame.Z[k] * root[:, None]
        V += (Z @ Sigma @ Z.T) * (frame.codes[k][:, None] == frame.codes[k])
    inverse, X = np.linalg.inv(V), frame.X * root[:, None]
    A = inverse @ X
    return V, inverse - A @ np.linalg.solve(X.T @ A, A.T)


def rows_of(n_terms, weights=None):
    data = unbalanced(3, n_terms)
    problem = set_up(data.table, data.formula, weights=weights)
    return fitted_rows(problem.frame, problem.fit())


def crossed_rows():
    problem = referenced("sleepstudy_days_crossed_reml")
    return fitted_rows(problem.frame, problem.fit())


@pytest.mark.parametrize(
    "make", [lambda: rows_of(1), lambda: rows_of(3), lambda: rows_of(2, "w"), crossed_rows]
)
def test_residuals_are_those_of_the_dense_equations(make):
    """e = M y, and its variance over sigma^2 is the diagonal of M V M = M."""
    rows = make()
    _, M = dense(rows)
    y = rows.rows.response * np.sqrt(rows.rows.weights)
    residuals = Residuals(rows, 1)
    e = residuals.raw * rows.gram.scaling.response
    np.testing.assert_allclose(e, M @ y, atol=1e-8 * np.abs(y).max())
    np.testing.assert_allclose(rows.free, np.diag(M), atol=1e-7)
    np.testing.assert_allclose(
        residuals.fitted, rows.rows.response - e / np.sqrt(rows.rows.weights), atol=1e-8
    )


def test_simulated_responses_have_the_covariance_of_the_fit():
    """y'V^-1 y is chi-square with n degrees of freedom: mean n, variance 2 n."""
    rows = rows_of(2)
    V, _ = dense(rows)
    y = rows.draw(np.random.default_rng(1), 4000)
    squares = np.einsum("is,ij,js->s", y, np.linalg.inv(V), y)
    n = len(V)
    assert squares.mean() == pytest.approx(n, abs=4 * np.sqrt(2 * n / 4000))
    assert squares.var() == pytest.approx(2 * n, rel=0.1)


def test_moments_over_all_orders_by_counting_them_out():
    rng = np.random.default_rng(2)
    codes = np.repeat(np.arange(4), [2, 3, 4, 1])
    s = rng.normal(size=len(codes)) + 0.3
    orders = [list(permutations(np.flatnonzero(codes == g))) for g in range(4)]
    totals = []
    for order in product(*orders):
        x = s[np.concatenate([np.array(o) for o in order])]
        totals.append((x[1:] * x[:-1])[codes[1:] == codes[:-1]].sum())
    mean, variance = permutation_moments(s[:, None], codes)
    assert mean[0] == pytest.approx(np.mean(totals), rel=1e-12)
    assert variance[0] == pytest.approx(np.var(totals), rel=1e-10)


def test_five_rows_have_pairs_of_neighbours_that_share_none():
    s = np.random.default_rng(4).normal(size=5)
    totals = [(np.array(x)[1:] * np.array(x)[:-1]).sum() for x in permutations(s)]
    mean, variance = permutation_moments(s[:, None], np.zeros(5, dtype=int))
    assert mean[0] == pytest.approx(np.mean(totals), rel=1e-12)
    assert variance[0] == pytest.approx(np.var(totals), rel=1e-10)


def test_the_order_of_groups_in_the_table_does_not_matter():
    rng = np.random.default_rng(6)
    codes, s = np.repeat(np.arange(6), 5), rng.normal(size=(30, 2))
    mixed = np.argsort(np.tile(np.arange(5), 6), kind="stable")
    for one, other in zip(serial(s, codes), serial(s[mixed], codes[mixed]), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-12)


@pytest.mark.parametrize("rho", [-0.6, 0.4])
def test_whitened_rows_are_generalised_least_squares(rho):
    """The criterion of (V of autoregressive residuals) by dense algebra, at one Sigma."""
    rows = rows_of(1)
    frame, model = plain(rows)
    codes = frame.codes[-1]
    found = refit(whiten(frame, codes, rho), model, True)
    Sigma = found.solution.factors.likelihood.to_user(
        found.solution.factors.Sigmas(found.solution.x)
    )[0]
    same = codes[:, None] == codes
    # The place of each row in its group.
    place = np.array([(codes[:i] == code).sum() for i, code in enumerate(codes)])
    V = same * (rho ** np.abs(place[:, None] - place) + frame.Z[0] @ Sigma @ frame.Z[0].T)
    inverse, X, n = np.linalg.inv(V), frame.X, len(codes)
    information = X.T @ inverse @ X
    beta = np.linalg.solve(information, X.T @ inverse @ frame.y)
    r = frame.y - X @ beta
    nu = n - X.shape[1]
    criterion = (
        np.linalg.slogdet(V)[1]
        + np.linalg.slogdet(information)[1]
        + nu * (1 + np.log(2 * np.pi * (r @ inverse @ r) / nu))
    )
    pairs = len(serial_check.neighbours(codes)[0])
    assert found.criterion + pairs * np.log1p(-(rho**2)) == pytest.approx(criterion, abs=1e-7)


def test_the_spread_of_classes_is_tested_as_by_scipy():
    rng = np.random.default_rng(7)
    codes = rng.integers(0, 4, size=60)
    s = rng.normal(size=(60, 3)) * (1 + codes[:, None])
    found = brown_forsythe(s, codes, 4)
    for column, p in zip(s.T, found, strict=True):
        expected = levene(*(column[codes == k] for k in range(4)), center="median").pvalue
        assert p == pytest.approx(expected, rel=1e-9)


def test_rows_times_a_root_are_lme4s_weights():
    """REMLcrit and deviance of lmer(..., weights): D gets less by the sum of log weights."""
    name = "sleepstudy_weights_reml"
    known, problem = reference(name), referenced(name)
    rows = fitted_rows(problem.frame, problem.fit())
    found = refit(*plain(rows), known["method"] == "REML")
    logs = np.log(problem.frame.weights).sum()
    assert found.criterion - logs == pytest.approx(problem.fit().point.criterion, abs=1e-6)
    assert found.criterion - logs == pytest.approx(known["criterion"], abs=1e-5)


def two_spreads(seed, ratio=4.0, L=12):
    """(1 | g) and residuals of two sizes by f, which is a fixed effect; b of SD 2."""
    rng = np.random.default_rng(seed)
    g, f = np.repeat(np.arange(L), 20), np.tile(np.arange(2), 10 * L)
    y = 2 * rng.normal(size=L)[g] + f + rng.normal(size=len(g)) * np.where(f, ratio, 1.0)
    return pd.DataFrame({"y": y, "g": [f"g{i}" for i in g], "f": [f"f{i}" for i in f]}), f


def test_weights_by_class_are_those_of_maximum_likelihood():
    """The ratio of the two residual SDs against its own likelihood, by dense algebra."""
    table, f = two_spreads(5)
    problem = set_up(table, "y ~ f + (1 | g)", "ML")
    rows = fitted_rows(problem.frame, problem.fit())
    found = weighted_by_class(rows, f, 2)
    y, X, codes = table["y"].to_numpy(), problem.frame.X, problem.frame.codes[0]
    same = codes[:, None] == codes

    def criterion(x):
        V = np.diag(np.where(f, np.exp(2 * x[0]), 1.0)) + np.exp(2 * x[1]) * same
        inverse = np.linalg.inv(V)
        r = y - X @ np.linalg.solve(X.T @ inverse @ X, X.T @ inverse @ y)
        return np.linalg.slogdet(V)[1] + len(y) * np.log(r @ inverse @ r)

    best = minimize(criterion, [0.0, 0.0], method="Nelder-Mead").x
    root = found.frame.X[:, 0]
    # Drawn to each other by two rows of 120, and by the degrees of freedom that ML forgets.
    assert np.log(root[f == 0][0] / root[f == 1][0]) == pytest.approx(best[0], abs=0.03)


def test_classes_are_named_by_the_labels_of_the_data():
    table, _ = two_spreads(5)
    problem = set_up(table, "y ~ f + (f | g)")
    found = list(classes(fitted_rows(problem.frame, problem.fit())))
    # The cells of the fixed effects are those of f and are not told twice.
    assert [one.name for one in found] == ["f", "g"]
    assert [found[0].labels[k] for k in found[0].codes] == list(table["f"])
    assert [found[1].labels[k] for k in found[1].codes] == list(table["g"])


def test_squares_are_tested_as_by_generalised_least_squares():
    """F of the square given V, by dense algebra."""
    rows = rows_of(2)
    V, _ = dense(rows)
    found = squares(rows)
    assert [name for name, _ in found] == ["x"]
    C = found[0][1][:, None]
    F, df, b = f_test(Residuals(rows, 1), C)
    X = np.column_stack([rows.frame.X, C])
    inverse, y = np.linalg.inv(V), rows.frame.y
    information = X.T @ inverse @ X
    beta = np.linalg.solve(information, X.T @ inverse @ y)
    r = y - X @ beta
    sigma2 = r @ inverse @ r / (len(y) - X.shape[1])
    expected = beta[-1] ** 2 / (sigma2 * np.linalg.inv(information)[-1, -1])
    assert pytest.approx(expected, rel=1e-7) == F
    assert b[0] == pytest.approx(beta[-1], rel=1e-7)
    assert df == len(y) - X.shape[1]


def test_a_column_of_the_groups_has_the_groups_degrees_of_freedom():
    rng = np.random.default_rng(3)
    g = np.repeat(np.arange(10), 6)
    x = rng.normal(size=10)[g]
    y = x**2 + rng.normal(size=10)[g] + 0.1 * rng.normal(size=60)
    problem = set_up(pd.DataFrame({"y": y, "x": x, "g": [f"g{i}" for i in g]}), "y ~ x + (1 | g)")
    found = curved(Residuals(fitted_rows(problem.frame, problem.fit()), 1))
    assert found[0].size["df"] == 10 - 2 - 1


def test_outlying_rows_are_those_that_were_planted():
    table, _ = two_spreads(8, ratio=1.0)
    planted = [5, 77, 130]
    table.loc[planted, "y"] += [12.0, -15.0, 10.0]
    problem = set_up(table, "y ~ f + (1 | g)")
    p = beyond(Residuals(fitted_rows(problem.frame, problem.fit()), 1))
    assert list(np.flatnonzero(p < 0.05)) == planted


def test_rows_and_groups_that_are_left_out_are_gone():
    table, _ = two_spreads(8, L=3)
    problem = set_up(table, "y ~ f + (1 | g)")
    frame, _ = plain(fitted_rows(problem.frame, problem.fit()))
    left = without_rows(frame, (table["g"] != "g1").to_numpy())
    assert left.terms[0].levels == ("g0", "g2")
    assert [left.terms[0].levels[k] for k in left.codes[0]] == list(table["g"][table["g"] != "g1"])


def test_heavy_tails_have_the_weights_of_students_t():
    """The location of a t distribution with 3 degrees of freedom, by its own likelihood."""
    rng = np.random.default_rng(11)
    y = rng.standard_t(3, size=300)
    g = np.tile(np.arange(6), 50)
    # All groups alike: their variance collapses, and what is left is one sample.
    for k in range(6):
        y[g == k] = np.sort(y)[k::6] if k == 0 else y[g == k]
    y = y - np.array([np.median(y[g == k]) for k in range(6)])[g] + 5.0
    problem = set_up(pd.DataFrame({"y": y, "g": [f"g{i}" for i in g]}), "y ~ 1 + (1 | g)", "ML")
    found = with_heavy_tails(fitted_rows(problem.frame, problem.fit()))
    assert not found.reliabilities("g").any()

    def criterion(x):
        t = (y - x[0]) * np.exp(-x[1])
        return (2.0 * np.log1p(t**2 / 3) + x[1]).sum()

    best = minimize(criterion, [5.0, 0.0], method="Nelder-Mead", options={"xatol": 1e-7}).x
    assert found.solution.examination.point.beta[0] == pytest.approx(best[0], abs=2e-3)


@pytest.mark.parametrize(
    ("counts", "few", "many"), [([1] * 40, 5, 9), ([10, 12, 9, 11, 10, 12], 14, 40)]
)
def test_ties_at_the_end_are_held_against_those_elsewhere(counts, few, many):
    assert piled(np.array([*counts, few]), -1) > 0.001
    assert piled(np.array([*counts, many]), -1) < 0.0005
    assert piled(np.array([many, *counts]), 0) < 0.0005


def test_responses_beyond_a_bound_are_those_of_the_censored_model():
    """Mean and SD of a normal sample of which 30 % are censored, by its own likelihood."""
    rng = np.random.default_rng(12)
    z = rng.normal(3.0, 2.0, size=600)
    g = np.tile(np.arange(6), 100)
    z = z - np.array([z[g == k].mean() for k in range(6)])[g] + 3.0
    c = np.quantile(z, 0.7)
    y = np.minimum(z, c)
    problem = set_up(pd.DataFrame({"y": y, "g": [f"g{i}" for i in g]}), "y ~ 1 + (1 | g)", "ML")
    residuals = Residuals(fitted_rows(problem.frame, problem.fit()), 1)
    fits = beyond_bound(residuals, float(c), -1).fits
    for fit in fits:
        assert (fit.frame.y[y == c] >= c).all()
        np.testing.assert_allclose(fit.frame.y[y < c], y[y < c])

    def criterion(x):
        t = (y - x[0]) * np.exp(-x[1])
        return -np.where(y < c, norm.logpdf(t) - x[1], norm.logsf(t)).sum()

    mean, log_sd = minimize(criterion, [3.0, 0.7], method="Nelder-Mead").x
    found = [fit.solution.examination.point for fit in fits]
    # Of 180 responses drawn anew: the SD of one turn's mean is some 0.05.
    assert np.mean([p.beta[0] for p in found]) == pytest.approx(mean, abs=0.08)
    assert np.mean([np.sqrt(p.sigma2) for p in found]) == pytest.approx(np.exp(log_sd), abs=0.08)
