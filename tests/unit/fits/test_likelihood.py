"""The criterion and its derivatives against dense matrices, and against statsmodels."""

import numpy as np
import pytest
import statsmodels.formula.api as smf
from scipy.stats import multivariate_normal
from statsmodels.regression.mixed_linear_model import MixedLMParams

from covedge.fits.likelihood import square_root
from support.dense import evaluate, random_Sigma, unbalanced
from support.models import data_set, set_up

RANKS = [(), (2,), (2, 2), (2, 2, 1)]
SINGULAR = [(), (1,), (1, 0), (0, 1, 1)]


def compare(problem, dense, ranks, seed, method, weighted):
    rng = np.random.default_rng(seed)
    Sigmas = [random_Sigma(rng, Z.shape[1], rank) for Z, rank in zip(dense.Z, ranks, strict=True)]
    likelihood = problem.likelihood
    found = likelihood.at(likelihood.from_user(Sigmas[::-1]))
    expected = evaluate(dense, Sigmas, method == "REML", weighted)
    assert found.criterion == pytest.approx(expected.criterion, rel=1e-9)
    assert found.sigma2 == pytest.approx(expected.sigma2, rel=1e-9)
    np.testing.assert_allclose(found.beta, expected.beta, rtol=1e-8)
    np.testing.assert_allclose(found.cov_beta, expected.cov_beta, rtol=1e-8)
    for name in ("Gamma", "H"):
        scaled = getattr(found, name)[::-1]
        for k, expected_k in enumerate(getattr(expected, name)):
            back = np.linalg.inv(likelihood.gram.scaling.random[::-1][k])
            size = np.abs(expected.H[k]).max()
            np.testing.assert_allclose(
                back.T @ scaled[k] @ back, expected_k, rtol=1e-8, atol=1e-9 * size
            )


@pytest.mark.parametrize("method", ["ML", "REML"])
@pytest.mark.parametrize("n_terms", [0, 1, 2, 3])
@pytest.mark.parametrize("ranks", [RANKS, SINGULAR], ids=["regular", "singular"])
def test_point_equals_dense_matrices(n_terms, method, ranks):
    for seed in range(3):
        dense = unbalanced(seed, n_terms)
        problem = set_up(dense.table, dense.formula, method)
        compare(problem, dense, ranks[n_terms], seed, method, weighted=False)


@pytest.mark.parametrize("method", ["ML", "REML"])
@pytest.mark.parametrize("n_terms", [0, 2, 3])
def test_prior_weights_equal_dense_matrices(n_terms, method):
    dense = unbalanced(4, n_terms)
    problem = set_up(dense.table, dense.formula, method, weights="w")
    compare(problem, dense, RANKS[n_terms], 4, method, weighted=True)


@pytest.mark.parametrize("method", ["ML", "REML"])
def test_no_random_effects_is_least_squares(method):
    """Closed form: 2 pi RSS / nu, and for REML log|X'X|."""
    dense = unbalanced(1, 0)
    _, rss, _, _ = np.linalg.lstsq(dense.X, dense.y, rcond=None)
    nu = len(dense.y) - 2 * (method == "REML")
    expected = nu * (1 + np.log(2 * np.pi * rss[0] / nu))
    expected += np.linalg.slogdet(dense.X.T @ dense.X)[1] * (method == "REML")
    found = set_up(dense.table, dense.formula, method).likelihood.at([])
    assert found.criterion == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("method", ["ML", "REML"])
@pytest.mark.parametrize(
    ("name", "formula", "fixed", "random"),
    [
        ("sleepstudy", "Reaction ~ Days + (Days | Subject)", "Reaction ~ Days", "~Days"),
        ("Machines", "score ~ Machine + (Machine | Worker)", "score ~ Machine", "~Machine"),
        ("Dyestuff2", "Yield ~ 1 + (1 | Batch)", "Yield ~ 1", "~1"),
    ],
)
def test_log_likelihood_equals_statsmodels(name, formula, fixed, random, method):
    """statsmodels profiles sigma out as we do, and beta is given to it."""
    table = data_set(name)
    problem = set_up(table, formula, method)
    group = problem.frame.terms[0].name
    model = smf.mixedlm(fixed, table, groups=table[group], re_formula=random)
    model.reml = method == "REML"
    model.cov_pen = model.fe_pen = None  # which `fit` would set
    q = len(problem.frame.terms[0].effects)
    for seed in range(3):
        Sigma = random_Sigma(np.random.default_rng(seed), q, q)
        point = problem.likelihood.at(problem.likelihood.from_user([Sigma]))
        params = MixedLMParams.from_components(fe_params=point.beta, cov_re=Sigma)
        theirs = model.loglike(params, profile_fe=False)
        assert -point.criterion / 2 == pytest.approx(theirs, rel=1e-8)


def test_coordinates_go_back_and_forth():
    problem = set_up(data_set("sleepstudy"), "Reaction ~ Days + (Days | Subject)")
    Sigma = np.array([[2.0, -0.3], [-0.3, 0.1]])
    there = problem.likelihood.from_user([Sigma])
    np.testing.assert_allclose(problem.likelihood.to_user(there)[0], Sigma, rtol=1e-12)


@pytest.mark.parametrize("rank", [0, 1, 2, 3])
def test_square_root_has_the_rank_of_its_matrix(rank):
    Sigma = random_Sigma(np.random.default_rng(rank), 3, rank)
    L = square_root(Sigma)
    assert L.shape == (3, rank)
    np.testing.assert_allclose(L @ L.T, Sigma, atol=1e-12)


@pytest.mark.parametrize("method", ["ML", "REML"])
@pytest.mark.parametrize("n_terms", [0, 2, 3])
def test_unprofiled_equals_the_normal_density(n_terms, method):
    """ML: scipy's density at the generalised least squares beta; REML: less what beta takes."""
    dense = unbalanced(2, n_terms)
    problem = set_up(dense.table, dense.formula, method)
    likelihood, rng = problem.likelihood, np.random.default_rng(5)
    Sigmas = [
        random_Sigma(rng, Z.shape[1], r) for Z, r in zip(dense.Z, RANKS[n_terms], strict=True)
    ]
    sigma2 = 0.7
    V = sigma2 * covariance(dense, Sigmas)
    Vi = np.linalg.inv(V)
    A = dense.X.T @ Vi @ dense.X
    beta = np.linalg.solve(A, dense.X.T @ Vi @ dense.y)
    expected = -2 * multivariate_normal(dense.X @ beta, V).logpdf(dense.y)
    if method == "REML":
        expected += np.linalg.slogdet(A)[1] - len(beta) * np.log(2 * np.pi)
    found, slope, Gamma = unprofiled_at(likelihood, Sigmas, sigma2)
    assert found == pytest.approx(expected, rel=1e-10)
    step = 1e-6
    up, down = (unprofiled_at(likelihood, Sigmas, sigma2 + h)[0] for h in (step, -step))
    response = likelihood.gram.scaling.response
    assert slope / response**2 == pytest.approx((up - down) / (2 * step), rel=1e-6)
    for k, Sigma in enumerate(Sigmas):
        change = random_Sigma(rng, len(Sigma), len(Sigma))
        up, down = (
            unprofiled_at(
                likelihood,
                [S + h * change if i == k else S for i, S in enumerate(Sigmas)],
                sigma2,
            )[0]
            for h in (step, -step)
        )
        W = likelihood.gram.scaling.random[::-1][k]
        moved = np.linalg.solve(W, np.linalg.solve(W, change).T)
        ours = (Gamma[::-1][k] * moved).sum()
        assert ours == pytest.approx((up - down) / (2 * step), rel=1e-5)


def unprofiled_at(likelihood, Sigmas, sigma2):
    """(D, slope, Gamma) at Sigmas in the user's units, outermost first."""
    scaled = likelihood.from_user(Sigmas[::-1])
    Lam, ranks = likelihood.pack([square_root(Sigma) for Sigma in scaled])
    flat = np.zeros(Lam.size)
    response = likelihood.gram.scaling.response
    value, slope = likelihood.unprofiled(Lam, ranks, sigma2 / response**2, flat)
    return value, slope, likelihood.unpack(flat)


def covariance(dense, Sigmas):
    """V relative to sigma^2."""
    V = np.eye(len(dense.y))
    for Z, codes, Sigma in zip(dense.Z, dense.codes, Sigmas, strict=True):
        V += (Z @ Sigma @ Z.T) * (codes[:, None] == codes)
    return V
