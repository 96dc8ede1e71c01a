"""Draws of sufficient statistics against dense matrices and against rows."""

import numpy as np
import pytest
from scipy import stats

from covedge.fits.likelihood import Likelihood, square_root
from covedge.grams.gram import accumulate, scaled_rows
from covedge.grams.responses import Responses
from covedge.grams.simulated import Response
from covedge.grams.simulated_crossed import simulator
from support.dense import random_Sigma, unbalanced
from support.models import data_set, set_up
from support.rows import draw

NESTED = [0, 1, 2, 3]
CROSSED = [
    ("Penicillin", "diameter ~ 1 + (1 | plate) + (1 | sample)"),
    ("sleepstudy", "Reaction ~ Days + (Days | Subject) + (1 | Days)"),
]


def columns(rows):
    """(n, m) [Z of each level, group after group | X], dense."""
    first, blocks = 0, []
    for codes, n, q in zip(rows.codes, rows.n_groups, rows.widths, strict=True):
        Z = np.zeros((len(codes), n, q))
        Z[np.arange(len(codes)), codes] = rows.columns[:, first : first + q]
        blocks.append(Z.reshape(len(codes), -1))
        first += q
    return np.hstack([*blocks, rows.columns[:, first:]])


def flat(response):
    return np.concatenate([*(Zy.ravel() for Zy in response.random), response.fixed])


def draws(simulate, roots, n, seed):
    rng = np.random.default_rng(seed)
    found = [simulate.draw(roots, rng) for _ in range(n)]
    return np.array([flat(r) for r in found]), np.array([r.squares for r in found])


def check_moments(problem, seed):
    """W'y has covariance W'VW, and y'y the mean tr V and the variance 2 tr VV."""
    rows = scaled_rows(problem.frame)
    gram = accumulate(rows)
    W = columns(rows)
    rng = np.random.default_rng(seed)
    Sigmas = [random_Sigma(rng, q, max(q - 1, 1)) for q in gram.n_effects]
    V, first = np.eye(len(W)), 0
    for Sigma, n in zip(Sigmas, gram.n_groups, strict=True):
        Z = W[:, first : first + n * len(Sigma)]
        V += Z @ np.kron(np.eye(n), Sigma) @ Z.T
        first += n * len(Sigma)
    simulate, n = simulator(gram), 4000
    assert simulate.rank == np.linalg.matrix_rank(W)
    products, squares = draws(simulate, [square_root(Sigma) for Sigma in Sigmas], n, seed)
    C = W.T @ V @ W
    error = np.sqrt((C**2 + np.outer(np.diag(C), np.diag(C))) / n)
    z = (products.T @ products / n - C) / np.where(error > 1e-9, error, np.inf)
    assert np.abs(z).max() < 5.5
    mean, spread = np.trace(V), np.sqrt(2 * np.trace(V @ V))
    assert abs(squares.mean() - mean) < 4.5 * spread / np.sqrt(n)
    assert squares.std() == pytest.approx(spread, rel=0.1)
    # y'y and W'y belong together: what W leaves of y has a chi-square distribution.
    left = squares - np.einsum("ij,jk,ik->i", products, np.linalg.pinv(W.T @ W), products)
    degrees = len(W) - simulate.rank
    if degrees:
        assert stats.kstest(left, stats.chi2(degrees).cdf).pvalue > 1e-3
    else:
        assert np.abs(left).max() < 1e-6 * mean


@pytest.mark.parametrize("n_terms", NESTED)
def test_nested_draws_have_the_moments_of_dense_matrices(n_terms):
    dense = unbalanced(3, n_terms)
    check_moments(set_up(dense.table, dense.formula), n_terms)


@pytest.mark.parametrize(("name", "formula"), CROSSED)
def test_crossed_draws_have_the_moments_of_dense_matrices(name, formula):
    check_moments(set_up(data_set(name), formula), 4)


def test_the_residual_has_the_right_degrees_of_freedom():
    """12 rows, 3 fixed effects, no random ones: RSS is chi-square with 9 degrees, not 8 or 10."""
    dense = unbalanced(1, 0)
    problem = set_up(dense.table.iloc[:12], "y ~ x + z")
    gram = problem.likelihood.gram
    simulate, put = simulator(gram), Responses(gram)
    rng, sigma = np.random.default_rng(1), 2.5
    rss = []
    for _ in range(3000):
        found = put.gram(simulate.draw([], rng), np.array([1.0, 2.0, 3.0]), sigma)
        rss.append(Likelihood(found, reml=True).at([]).sigma2 * 9 / sigma**2)
    assert stats.kstest(rss, stats.chi2(9).cdf).pvalue > 0.01
    for wrong in (8, 10):
        assert stats.kstest(rss, stats.chi2(wrong).cdf).pvalue < 1e-10


@pytest.mark.parametrize("name", ["sleepstudy", "Penicillin", "Pastes"])
def test_statistics_and_rows_give_the_same_distribution(name):
    """The criterion at a wrong and at the true point, from 1,500 responses of either kind."""
    formula = {
        "sleepstudy": "Reaction ~ Days + (Days | Subject)",
        "Penicillin": "diameter ~ 1 + (1 | plate) + (1 | sample)",
        "Pastes": "strength ~ 1 + (1 | batch/cask)",
    }[name]
    problem = set_up(data_set(name), formula)
    rows = scaled_rows(problem.frame)
    gram = accumulate(rows)
    Sigmas = tuple(0.3 * np.eye(q) for q in gram.n_effects)
    wrong = tuple(3.0 * np.eye(q) for q in gram.n_effects)
    simulate, put, rng = simulator(gram), Responses(gram), np.random.default_rng(8)
    roots = [square_root(Sigma) for Sigma in Sigmas]

    def criteria(likelihood):
        return [likelihood.at(S, information=False).criterion for S in (Sigmas, wrong)]

    # Drawn rows keep the scale of the old response.
    own = -2.0 * (gram.n_obs - gram.n_fixed) * np.log(gram.scaling.response)
    by_rows, by_statistics = [], []
    for _ in range(1500):
        sample = Likelihood(accumulate(draw(rows, Sigmas, rng)), reml=True)
        by_rows.append(np.add(criteria(sample), own))
        response = put.gram(simulate.draw(roots, rng), np.zeros(gram.n_fixed), 1.0)
        by_statistics.append(criteria(Likelihood(response, reml=True)))
    for one, other in zip(np.transpose(by_rows), np.transpose(by_statistics), strict=True):
        assert stats.ks_2samp(one, other).pvalue > 1e-3


def cases():
    for n_terms in NESTED:
        dense = unbalanced(6, n_terms)
        yield dense.table, dense.formula
    # Equal designs collapse in the packed Gram of Pastes.
    for name, formula in [*CROSSED, ("Pastes", "strength ~ 1 + (1 | batch/cask)")]:
        yield data_set(name), formula


@pytest.mark.parametrize(("table", "formula"), list(cases()))
def test_a_response_that_was_put_in_is_the_gram_of_its_rows(table, formula):
    """The criterion, beta and sigma^2 of X beta + 2 noise, from rows and put into a Gram."""
    problem = set_up(table, formula)
    rows = scaled_rows(problem.frame)
    noise = np.random.default_rng(3).normal(size=len(rows.y))
    gram = accumulate(rows)
    sizes = [(n, q) for n, q in zip(gram.n_groups, gram.n_effects, strict=True)]
    parts = np.split(columns(rows).T @ noise, np.cumsum([n * q for n, q in sizes]))
    random = tuple(part.reshape(size) for part, size in zip(parts, sizes, strict=False))
    beta = np.arange(1.0, gram.n_fixed + 1)
    put = Responses(gram).gram(Response(random, parts[-1], noise @ noise), beta, 2.0)
    y = {problem.formula.response: problem.frame.X @ beta + 2.0 * noise}
    fresh = set_up(table.assign(**y), formula).likelihood
    Sigmas = [0.5 * np.eye(q) for q in gram.n_effects]
    found = Likelihood(put, reml=True).at(problem.likelihood.from_user(Sigmas))
    expected = fresh.at(fresh.from_user(Sigmas))
    assert found.criterion == pytest.approx(expected.criterion, rel=1e-10)
    assert found.sigma2 == pytest.approx(expected.sigma2, rel=1e-9)
    np.testing.assert_allclose(found.beta, expected.beta, rtol=1e-8)
