"""Leaving out single observations, and fitted values, against dense normal distributions."""

import numpy as np
import pytest
from scipy.stats import norm

from covedge.posteriors.pointwise import pointwise
from support.cases import CASES, case


def left_out(given):
    """(n,) log p(y_i | y_-i) by the conditional of a dense multivariate normal."""
    y = given.problem.frame.y
    mean, V = given.marginal
    out = np.empty(len(y))
    for i in range(len(y)):
        others = np.arange(len(y)) != i
        gain = np.linalg.solve(V[np.ix_(others, others)], V[others, i])
        centre = mean[i] + gain @ (y - mean)[others]
        out[i] = norm(centre, np.sqrt(V[i, i] - gain @ V[others, i])).logpdf(y[i])
    return out


@pytest.mark.parametrize("name", CASES)
def test_density_equals_the_conditional_of_a_dense_normal(name):
    given = case(name)
    found = pointwise(given.draws(), given.gram, given.fixed, given.rows, seed=1)
    np.testing.assert_allclose(found.log_density[0, 0], left_out(given), rtol=1e-7, atol=1e-7)


@pytest.mark.parametrize("name", CASES)
def test_fitted_values_have_the_mixture_of_dense_conditionals(name):
    """Two points of G and sigma: moments of W (beta, b) given y by the law of total variance."""
    one, other = case(name), case(name, seed=1)
    draws = one.draws(other)
    found = pointwise(draws, one.gram, one.fixed, one.rows, seed=1).fitted
    means = np.stack([p.W @ p.posterior[0] for p in (one, other)])
    variances = [np.einsum("ij,jk,ik->i", p.W, p.posterior[1], p.W) for p in (one, other)]
    np.testing.assert_allclose(found.mean, means.mean(axis=0), rtol=1e-8, atol=1e-8)
    sd = np.sqrt(np.mean(variances, axis=0) + means.var(axis=0))
    np.testing.assert_allclose(found.sd, sd, rtol=1e-7, atol=1e-9)


def test_quantiles_of_fitted_values_are_the_normal_s_within_monte_carlo_error():
    given = case("one term")
    found = pointwise(given.draws(repeat=1000), given.gram, given.fixed, given.rows, seed=1).fitted
    for quantile, at in ((found.q05, -1.6449), (found.q95, 1.6449)):
        z = (quantile - found.mean) / found.sd
        # SE of a normal's 5 % quantile from n draws: sqrt(p (1 - p) / n) / density = 2.11 / sqrt n.
        np.testing.assert_allclose(z, at, atol=5 * 2.11 / np.sqrt(1000))
