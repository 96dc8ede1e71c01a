"""EM against the expectation that it is named after, and against what it promises."""

import numpy as np
import pytest

from covedge.em import em_step
from covedge.factors import Factors
from support.dense import unbalanced
from support.models import data_set, set_up


def test_a_step_is_the_mean_of_the_modes_squares_and_their_variances():
    """S+ = mean over groups of E[b b' | y] / sigma^2, by ML, sigma^2 profiled; dense algebra."""
    problem = set_up(data_set("sleepstudy"), "Reaction ~ Days + (Days | Subject)", "ML")
    factors = Factors(problem.likelihood, problem.structures)
    x = np.random.default_rng(1).normal(size=factors.size)
    (Sigma,) = problem.likelihood.to_user(factors.Sigmas(x))
    frame = problem.frame
    y, X, Z, g = frame.y, frame.X, frame.Z[0], frame.codes[0]
    V = np.eye(len(y)) + (Z @ Sigma @ Z.T) * (g[:, None] == g)
    W = np.linalg.inv(V)
    residual = y - X @ np.linalg.solve(X.T @ W @ X, X.T @ W @ y)
    sigma2 = residual @ W @ residual / len(y)
    expected = np.zeros((2, 2))
    for group in range(18):
        rows = g == group
        mode = Sigma @ Z[rows].T @ (W @ residual)[rows]
        variance = Sigma - Sigma @ Z[rows].T @ W[np.ix_(rows, rows)] @ Z[rows] @ Sigma
        expected += (np.outer(mode, mode) / sigma2 + variance) / 18
    (found,) = problem.likelihood.to_user(factors.Sigmas(em_step(factors, x)))
    np.testing.assert_allclose(found, expected, rtol=1e-9)


@pytest.mark.parametrize("method", ["ML", "REML"])
@pytest.mark.parametrize("seed", range(6))
def test_a_step_never_raises_the_criterion(seed, method):
    dense = unbalanced(seed, 1 + seed % 3)
    problem = set_up(dense.table, dense.formula, method)
    for model in problem.models:
        factors = Factors(problem.likelihood, model.structures[::-1])
        x = 5.0 * np.random.default_rng(seed).normal(size=factors.size)
        values = []
        for _ in range(6):
            values.append(factors.value_and_gradient(x)[0])
            x = em_step(factors, x)
        assert (np.diff(values) <= 1e-9 * np.abs(values[1:])).all()
