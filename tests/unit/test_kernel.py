"""The compiled recursion: its gradient against finite differences, its packings against each other.

Held against dense matrices in test_likelihood.
"""

import numpy as np
import pandas as pd
import pytest
from scipy.stats import multivariate_normal

from covedge import kernel
from covedge.fits.likelihood import Likelihood, square_root
from covedge.grams.gram import scaled_rows
from covedge.kernel import layout
from support.dense import random_Sigma, unbalanced
from support.models import set_up

RANKS = {1: [(2,), (1,)], 2: [(2, 2), (0, 1)], 3: [(2, 2, 1), (1, 0, 1), (2, 1, 0)]}


def balanced(n_terms, seed=1):
    """One value per cell of a factor and deepest group: few patterns, so that groups collapse."""
    rng = np.random.default_rng(seed)
    rows = [(a, b, c, f) for a in range(4) for b in range(3) for c in range(12) for f in "uvw"]
    table = pd.DataFrame(rows, columns=["a", "b", "c", "f"])
    table["y"] = rng.normal(size=len(table)) + table.a
    groups = ["a:b:c", "a/b:c", "a/b/c"][n_terms - 1]
    return table.sample(frac=0.97, random_state=seed), f"y ~ f + (f | {groups})"


@pytest.mark.parametrize("method", ["ML", "REML"])
@pytest.mark.parametrize("n_terms", [1, 2, 3])
@pytest.mark.parametrize("design", ["unbalanced", "collapsed"])
def test_gradient_equals_finite_differences(n_terms, method, design):
    """dD/dL of Sigma = L L', from regular and from singular Sigma: to 1e-6 relative."""
    if design == "unbalanced":
        dense = unbalanced(2, n_terms)
        likelihood = set_up(dense.table, dense.formula, method).likelihood
        shapes = RANKS[n_terms]
    else:
        table, formula = balanced(n_terms)
        likelihood = set_up(table, formula, method).likelihood
        shapes = [(3,) * n_terms, (1,) * n_terms]
    if n_terms < 3:  # the deepest intercepts of the unbalanced data collapse as well
        assert likelihood.ints[layout.COLLAPSED] == (design == "collapsed")
    rng = np.random.default_rng(n_terms)
    for ranks in shapes:
        ranks = ranks[::-1]  # deepest first
        L = [rng.normal(size=(q, d)) for q, d in zip(likelihood.gram.n_effects, ranks, strict=True)]
        Gamma = likelihood.at([F @ F.T for F in L]).Gamma
        for level, F in enumerate(L):
            if not F.size:
                continue
            exact = 2 * Gamma[level] @ F
            found = np.zeros_like(F)
            for place in np.ndindex(*F.shape):
                found[place] = _along(likelihood, L, level, place)
            np.testing.assert_allclose(found, exact, rtol=0, atol=1e-6 * np.abs(exact).max())


def _along(likelihood, L, level, place, step=1e-3):
    def at(t):
        moved = [F.copy() for F in L]
        moved[level][place] += t * step
        Lam, ranks = likelihood.pack(moved)
        return likelihood.criterion(Lam, ranks, np.empty(Lam.size))

    return (8 * (at(1) - at(-1)) - (at(2) - at(-2))) / (12 * step)


@pytest.mark.parametrize("method", ["ML", "REML"])
@pytest.mark.parametrize("n_terms", [1, 2, 3])
def test_gradient_at_zero_points_where_the_criterion_goes(n_terms, method):
    """At Sigma = 0 the factor's gradient vanishes, Gamma's does not: D(t u u') from one side."""
    dense = unbalanced(3, n_terms)
    likelihood = set_up(dense.table, dense.formula, method).likelihood
    q = likelihood.gram.n_effects
    zero = [np.zeros((k, k)) for k in q]
    point = likelihood.at(zero)
    rng = np.random.default_rng(3)
    for level, k in enumerate(q):
        u = rng.normal(size=k)
        step = 1e-4
        values = [point.criterion]
        for t in (1, 2, 3, 4):
            moved = list(zero)
            moved[level] = t * step * np.outer(u, u)
            values.append(likelihood.at(moved, information=False).criterion)
        slope = np.dot([-25, 48, -36, 16, -3], values) / (12 * step)
        size = u @ point.H[level] @ u
        assert slope == pytest.approx(u @ point.Gamma[level] @ u, abs=1e-6 * size)


@pytest.mark.parametrize("method", ["ML", "REML"])
@pytest.mark.parametrize("n_terms", [1, 2, 3])
def test_collapsed_groups_give_what_single_groups_give(n_terms, method, monkeypatch):
    """The same data with groups kept apart, by telling the packer that every C_kk is different."""
    table, formula = balanced(n_terms)
    together = set_up(table, formula, method).likelihood
    monkeypatch.setattr("covedge.grams.gram.np.round", _all_different)
    apart = Likelihood(set_up(table, formula, method).likelihood.gram, method == "REML")
    assert together.ints[layout.COLLAPSED] == 1
    assert apart.ints[layout.COLLAPSED] == 0
    rng = np.random.default_rng(7)
    for rank in (3, 1, 0):
        Sigmas = [random_Sigma(rng, q, rank) for q in together.gram.n_effects]
        one, two = together.at(Sigmas), apart.at(Sigmas)
        assert one.criterion == pytest.approx(two.criterion, rel=1e-12)
        for a, b in zip((*one.Gamma, *one.H), (*two.Gamma, *two.H), strict=True):
            np.testing.assert_allclose(a, b, rtol=1e-9, atol=1e-9 * np.abs(b).max())


def _all_different(array, _):
    return array + np.arange(len(array))[:, None]


@pytest.mark.parametrize("n_terms", [0, 1, 2, 3])
def test_marginal_equals_the_normal_density(n_terms):
    """-2 log N(y; X m, sigma2 V + X P^-1 X') - log|P|, from scipy."""
    dense = unbalanced(5, n_terms)
    frame = set_up(dense.table, dense.formula).frame
    rows = scaled_rows(frame)
    likelihood = set_up(dense.table, dense.formula).likelihood
    rng = np.random.default_rng(5)
    Sigmas = [random_Sigma(rng, q, q) for q in likelihood.gram.n_effects]
    V = np.eye(len(rows.y))
    at = 0
    for Sigma, codes, q in zip(Sigmas, rows.codes, rows.widths, strict=True):
        Z = rows.columns[:, at : at + q]
        V += (Z @ Sigma @ Z.T) * (codes[:, None] == codes)
        at += q
    X = rows.columns[:, at:]
    mean, P = np.array([0.3, -0.2]), np.array([[2.0, 0.4], [0.4, 1.0]])
    sigma2 = 0.7
    covariance = sigma2 * V + X @ np.linalg.inv(P) @ X.T
    expected = -2 * multivariate_normal(X @ mean, covariance).logpdf(rows.y)
    Lam, ranks = likelihood.pack([square_root(S) for S in Sigmas])
    Gamma = np.zeros(Lam.size)
    value, slope, shift, inverse = kernel.marginal(
        likelihood.ints, likelihood.floats, Lam, ranks, sigma2, mean, P, Gamma
    )
    assert value - np.linalg.slogdet(P)[1] == pytest.approx(expected, rel=1e-10)
    # beta given y: precision X'V^-1X / sigma2 + P.
    precision = X.T @ np.linalg.solve(V, X) / sigma2 + P
    np.testing.assert_allclose(sigma2 * inverse, np.linalg.inv(precision), rtol=1e-8)
    target = X.T @ np.linalg.solve(V, rows.y) / sigma2 + P @ mean
    np.testing.assert_allclose(mean + shift, np.linalg.solve(precision, target), rtol=1e-8)
    _check_slopes(likelihood, Lam, ranks, sigma2, mean, P, slope, Gamma)


def _check_slopes(likelihood, Lam, ranks, sigma2, mean, P, slope, Gamma):
    """The marginal's derivatives against differences."""
    buffers = likelihood.ints, likelihood.floats
    scratch = np.zeros(Lam.size)

    def value(Lam, sigma2):
        return kernel.marginal(*buffers, Lam, ranks, sigma2, mean, P, scratch)[0]

    def difference(at, step=1e-4):
        near, far = (at(k * step) - at(-k * step) for k in (1, 2))
        return (8 * near - far) / (12 * step)

    assert slope == pytest.approx(difference(lambda t: value(Lam, sigma2 + t)), rel=1e-7)
    factors, G = likelihood.unpack(Lam), likelihood.unpack(Gamma)
    exact = [2 * g @ F for g, F in zip(G, factors, strict=True)]
    flat = np.concatenate([np.zeros(0), *(np.ravel(e) for e in exact)])
    for i, expected in enumerate(flat):
        unit = np.zeros(Lam.size)
        unit[i] = 1.0
        found = difference(lambda t, unit=unit: value(Lam + t * unit, sigma2))
        assert found == pytest.approx(expected, abs=1e-6 * np.abs(flat).max())


def test_cholesky_says_when_a_matrix_is_not_positive_definite():
    A = np.array([[4.0, 2.0], [2.0, 5.0]])
    assert kernel.cholesky(A, 2) == pytest.approx(np.log(16.0))
    np.testing.assert_allclose(np.tril(A), [[2.0, 0.0], [1.0, 2.0]])
    assert kernel.cholesky(np.array([[1.0, 2.0], [2.0, 1.0]]), 2) == np.inf
