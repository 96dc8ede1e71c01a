"""The criterion where Sigma is indefinite: the kernel, dense matrices, differences, inertia."""

import numpy as np
import pytest

from covedge.grams.gram import scaled_rows
from covedge.surface.expected_information import Surface, expand
from covedge.surface.indefinite_dense import crossed_point, products
from covedge.surface.span import complete
from support.dense import evaluate, random_Sigma, unbalanced
from support.models import set_up

CASES = [
    (seed, n_terms, method)
    for seed, n_terms in [(0, 1), (1, 2), (2, 3)]
    for method in ("ML", "REML")
]


def problem_of(seed, n_terms, method):
    dense = unbalanced(seed, n_terms)
    return dense, set_up(dense.table, dense.formula, method).likelihood


def symmetric(rng, q, size):
    A = rng.normal(size=(q, q))
    return size * (A + A.T) / 2


def indefinite_point(rng, likelihood):
    """A point with V > 0 and no Sigma positive semidefinite."""
    surface, size = Surface(likelihood.gram, likelihood.reml), 1.0
    while True:
        Sigmas = tuple(symmetric(rng, q, size) for q in likelihood.gram.n_effects)
        point = surface.at(Sigmas)
        if point is not None and all(np.linalg.eigvalsh(S)[0] < 0 for S in Sigmas):
            return surface, Sigmas, point
        size *= 0.9


def dense_V(dense, Sigmas):
    """I + Z Sigma Z' of n rows; Sigmas in the user's units, outermost first."""
    V = np.eye(len(dense.y))
    for Z, codes, Sigma in zip(dense.Z, dense.codes, Sigmas, strict=True):
        V += (Z @ Sigma @ Z.T) * (codes[:, None] == codes)
    return V


@pytest.mark.parametrize(("seed", "n_terms", "method"), CASES)
def test_equals_the_kernel_where_both_can_go(seed, n_terms, method):
    _, likelihood = problem_of(seed, n_terms, method)
    rng = np.random.default_rng(seed)
    for drop in (0, 1):
        Sigmas = [random_Sigma(rng, q, max(q - drop, 0)) for q in likelihood.gram.n_effects]
        point = Surface(likelihood.gram, likelihood.reml).at(Sigmas)
        expected = likelihood.at(Sigmas)
        assert point.criterion + likelihood.constant == pytest.approx(expected.criterion, abs=1e-10)
        for found, Gamma, H in zip(point.gradients, expected.Gamma, expected.H, strict=True):
            np.testing.assert_allclose(found, [Gamma, H], rtol=1e-10, atol=1e-10)


@pytest.mark.parametrize(("seed", "n_terms", "method"), CASES)
def test_equals_dense_matrices_where_sigma_is_indefinite(seed, n_terms, method):
    dense, likelihood = problem_of(seed, n_terms, method)
    _, Sigmas, point = indefinite_point(np.random.default_rng(seed), likelihood)
    expected = evaluate(dense, likelihood.to_user(Sigmas)[::-1], likelihood.reml)
    assert point.criterion + likelihood.constant == pytest.approx(expected.criterion, rel=1e-11)
    W = likelihood.gram.scaling.random
    for k, found in enumerate(point.gradients):
        of_dense = [W[k].T @ M[::-1][k] @ W[k] for M in (expected.Gamma, expected.H)]
        np.testing.assert_allclose(found, of_dense, rtol=1e-9, atol=1e-9 * np.abs(found).max())


def test_positive_definiteness_of_v_is_that_of_the_dense_matrix():
    """Among the cases are some where the deepest level alone is not, and V is."""
    repaired, rejected = 0, 0
    for seed in range(4):
        dense, likelihood = problem_of(seed, 2, "ML")
        surface, rng = Surface(likelihood.gram, reml=False), np.random.default_rng(seed)
        for _ in range(150):
            Sigmas = [symmetric(rng, q, rng.uniform(0.0, 1.5)) for q in likelihood.gram.n_effects]
            # A shallow Sigma large enough to lift what a deeper one takes away.
            Sigmas[1] = Sigmas[1] @ Sigmas[1] * 20
            user = likelihood.to_user(Sigmas)[::-1]
            lowest = np.linalg.eigvalsh(dense_V(dense, user))[0]
            assert (surface.at(Sigmas) is not None) == (lowest > 0)
            rejected += lowest <= 0
            alone = surface.at([Sigmas[0], 0 * Sigmas[1]])
            repaired += alone is None and lowest > 0
    assert repaired >= 3
    assert rejected >= 50


@pytest.mark.parametrize(("seed", "n_terms", "method"), CASES)
def test_second_derivatives_are_the_differences_of_first_ones(seed, n_terms, method):
    _, likelihood = problem_of(seed, n_terms, method)
    surface, Sigmas, point = indefinite_point(np.random.default_rng(seed), likelihood)
    span = complete(likelihood.gram.n_effects)
    s = span.coordinates(Sigmas)
    found = expand(point, span, s)

    def first(s):
        moved = expand(surface.at(span.Sigmas(s)), span, s)
        return np.stack([moved.gradient, moved.traces])

    step = 1e-5 * np.eye(len(s))
    slopes = np.array([(first(s + h) - first(s - h)) / 2e-5 for h in step])
    for expected, matrix in [(slopes[:, 0], found.hessian), (-slopes[:, 1], found.B)]:
        np.testing.assert_allclose(matrix, expected, atol=1e-6 * np.abs(expected).max())


@pytest.mark.parametrize(("seed", "n_terms", "method"), CASES)
def test_expected_information_of_sigma2_and_g_by_dense_matrices(seed, n_terms, method):
    dense, likelihood = problem_of(seed, n_terms, method)
    _, Sigmas, point = indefinite_point(np.random.default_rng(seed), likelihood)
    span, W = complete(likelihood.gram.n_effects), likelihood.gram.scaling.random
    found = expand(point, span, span.coordinates(Sigmas))
    inverse = np.linalg.inv(dense_V(dense, likelihood.to_user(Sigmas)[::-1]))
    X, n = dense.X, len(dense.y)
    M = inverse - inverse @ X @ np.linalg.solve(X.T @ inverse @ X, X.T @ inverse)
    parts = [np.eye(n)]
    for k, E in enumerate(span.directions):
        Z, codes = dense.Z[::-1][k] @ W[k], dense.codes[::-1][k]
        parts += [(Z @ e @ Z.T) * (codes[:, None] == codes) for e in E]
    metric = M if method == "REML" else inverse
    B = [[np.trace(metric @ a @ metric @ b) for a in parts] for b in parts]
    np.testing.assert_allclose(found.joint, B, atol=1e-10 * np.abs(B).max())
    y = dense.y / likelihood.gram.scaling.response
    energies = [y @ M @ part @ M @ y for part in parts]
    np.testing.assert_allclose(found.energies, energies, atol=1e-10 * np.abs(energies).max())


@pytest.mark.parametrize(("seed", "n_terms", "method"), CASES)
def test_one_dense_elimination_gives_the_same(seed, n_terms, method):
    """What crossed factors need, on nested ones: every number, and V > 0 or not."""
    dense = unbalanced(seed, n_terms)
    problem = set_up(dense.table, dense.formula, method)
    gram, reml = problem.likelihood.gram, problem.likelihood.reml
    rng = np.random.default_rng(seed)
    surface, Sigmas, point = indefinite_point(rng, problem.likelihood)
    full = all_products(problem.frame, gram)
    given = products(full, gram.n_obs, gram.n_fixed, gram.n_groups)
    span = complete(gram.n_effects)
    s = span.coordinates(Sigmas)
    one = expand(point, span, s)
    other = crossed_point(given, Sigmas, reml)
    other = expand(other, span, s)
    assert other.value == pytest.approx(one.value, rel=1e-12)
    for name in ("gradient", "hessian", "traces", "B"):
        a, b = getattr(one, name), getattr(other, name)
        np.testing.assert_allclose(b, a, atol=1e-10 * np.abs(a).max())
    for _ in range(40):
        Sigmas = [symmetric(rng, q, rng.uniform(0, 1)) for q in gram.n_effects]
        there = crossed_point(given, Sigmas, reml)
        assert (there is None) == (surface.at(Sigmas) is None)


def all_products(frame, gram):
    """[Z of every group | X | y]'[...], from the scaled rows."""
    rows = scaled_rows(frame)
    columns, at = [], 0
    for codes, q, L in zip(rows.codes, rows.widths, gram.n_groups, strict=True):
        indicators = np.eye(L)[codes]
        Z = rows.columns[:, at : at + q]
        columns.append((indicators[:, :, None] * Z[:, None, :]).reshape(len(Z), -1))
        at += q
    everything = np.column_stack([*columns, rows.columns[:, at:], rows.y])
    return everything.T @ everything
