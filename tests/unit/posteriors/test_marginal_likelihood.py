"""The likelihood at given fixed effects against the multivariate normal's density of n rows."""

import numpy as np
import pytest
from scipy import stats

from covedge.grams.reduced_gram import of_model
from covedge.posteriors.marginal_likelihood import log_likelihood
from support.dense import random_Sigma, unbalanced
from support.models import data_set, set_up

DRAWS = 5


def scaled_factor(W, Sigma, columns):
    """(q, columns) F with W F F'W' = Sigma, its columns turned and more than it needs."""
    values, vectors = np.linalg.eigh(Sigma)
    root = np.zeros((len(Sigma), columns))
    root[:, : len(Sigma)] = vectors * np.sqrt(np.maximum(values, 0.0))
    turn = np.linalg.qr(np.random.default_rng(len(Sigma)).normal(size=(columns, columns)))[0]
    return np.linalg.solve(W, root @ turn)


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("n_terms", [0, 1, 3])
def test_nested_equals_the_multivariate_normal(n_terms, weighted):
    """Sigma of the second term is singular."""
    dense = unbalanced(seed=2, n_terms=n_terms)
    problem = set_up(dense.table, dense.formula, weights="w" if weighted else None)
    gram = of_model(problem.likelihood.gram, problem.models[-1].structures)
    rng = np.random.default_rng(5)
    widths = np.array([q + 1 for q in gram.n_effects], dtype=int)
    sigma = rng.uniform(0.5, 2.0, size=DRAWS)
    beta = rng.normal(size=(DRAWS, dense.X.shape[1]))
    factors, exact = [], []
    for i in range(DRAWS):
        Sigmas = [random_Sigma(rng, Z.shape[1], 1 if k == 1 else 2) for k, Z in enumerate(dense.Z)]
        levels = zip(gram.scaling.random, Sigmas[::-1], widths, strict=True)
        flat = [scaled_factor(W, Sigma, w).ravel() for W, Sigma, w in levels]
        factors.append(np.concatenate([np.zeros(0), *flat]))
        V = np.diag(1.0 / dense.w) if weighted else np.eye(len(dense.y))
        for Z, codes, Sigma in zip(dense.Z, dense.codes, Sigmas, strict=True):
            V = V + (Z @ Sigma @ Z.T) * (codes[:, None] == codes)
        normal = stats.multivariate_normal(dense.X @ beta[i], sigma[i] ** 2 * V)
        exact.append(normal.logpdf(dense.y))
    found = log_likelihood(np.array(factors), sigma, beta, gram, widths)
    np.testing.assert_allclose(found, exact, rtol=1e-9)


def test_crossed_equals_the_multivariate_normal():
    table = data_set("Penicillin")
    problem = set_up(table, "diameter ~ 1 + (1 | plate) + (1 | sample)")
    gram = of_model(problem.likelihood.gram, problem.models[-1].structures)
    plate, sample = (table[name].to_numpy() for name in ("plate", "sample"))
    # The levels of a crossed Gram come with the most groups first: 24 plates, 6 samples.
    assert gram.n_groups == (24, 6)
    variances = np.array([[0.7, 4.0], [2.0, 0.0], [0.1, 0.3]])
    sigma, beta = np.array([0.5, 0.9, 1.4]), np.array([[23.0], [22.5], [20.0]])
    same = [(codes[:, None] == codes).astype(float) for codes in (plate, sample)]
    exact = [
        stats.multivariate_normal(
            np.full(len(table), b[0]), s**2 * (np.eye(len(table)) + v[0] * same[0] + v[1] * same[1])
        ).logpdf(table["diameter"])
        for v, s, b in zip(variances, sigma, beta, strict=True)
    ]
    W = np.array([one[0, 0] for one in gram.scaling.random])
    found = log_likelihood(np.sqrt(variances) / W, sigma, beta, gram, np.array([1, 1]))
    np.testing.assert_allclose(found, exact, rtol=1e-10)
