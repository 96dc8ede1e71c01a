"""The sufficient statistics: what they hold, and what scaling takes out of them."""

import numpy as np
import pandas as pd
import pytest

from covedge.grams.gram import build, scaled_rows
from covedge.grams.pack import pack
from covedge.kernel import layout
from support.dense import random_Sigma, unbalanced
from support.models import data_set, set_up


@pytest.mark.parametrize("n_terms", [0, 1, 2, 3])
def test_blocks_are_cross_products_of_the_groups_rows(n_terms):
    dense = unbalanced(1, n_terms)
    problem = set_up(dense.table, dense.formula)
    gram, rows = problem.likelihood.gram, scaled_rows(problem.frame)
    everything = np.column_stack([rows.columns, rows.y])
    at = 0
    for level in range(n_terms):
        labels = dense.codes[::-1][level]
        assert gram.n_groups[level] == len(np.unique(labels))
        for g in range(gram.n_groups[level]):
            members = rows.codes[level] == g
            assert len(np.unique(labels[members])) == 1
            left = everything[members][:, at:]
            if level == 0:
                expected = left[:, : gram.n_effects[0]].T @ left
                np.testing.assert_allclose(gram.deepest[g], expected, atol=1e-9)
            else:
                np.testing.assert_allclose(gram.raw[level - 1][g], left.T @ left, atol=1e-9)
            above = gram.parents[level][g]
            if level + 1 < n_terms:
                assert (rows.codes[level + 1][members] == above).all()
            else:
                assert above == 0
        at += gram.n_effects[level]
    root = everything[:, at:]
    np.testing.assert_allclose(gram.raw[-1][0], root.T @ root, atol=1e-9)


def test_columns_are_on_a_common_scale():
    """X'X = n I, y orthogonal to X with mean square 1, Z'Z = L I: by definition."""
    dense = unbalanced(2, 3)
    problem = set_up(dense.table, dense.formula, weights="w")
    rows = scaled_rows(problem.frame)
    n = len(rows.y)
    Q = rows.columns[:, -2:]
    np.testing.assert_allclose(Q.T @ Q, n * np.eye(2), atol=1e-9 * n)
    np.testing.assert_allclose(Q.T @ rows.y, 0.0, atol=1e-9 * n)
    assert rows.y @ rows.y == pytest.approx(n)
    at = 0
    for q, parents in zip(rows.widths, rows.parents, strict=True):
        Z = rows.columns[:, at : at + q]
        np.testing.assert_allclose(Z.T @ Z, len(parents) * np.eye(q), atol=1e-8 * n)
        at += q


def test_sum_of_log_weights_enters_the_criterion():
    """All weights multiplied by c change -2 log-likelihood by -n log c + n log c = 0."""
    dense = unbalanced(2, 2)
    Sigmas = [random_Sigma(np.random.default_rng(1), 2, 2) for _ in range(2)]
    one = set_up(dense.table, dense.formula, "ML", weights="w").likelihood
    two = set_up(dense.table.assign(w=9 * dense.table.w), dense.formula, "ML", weights="w")
    # sigma^2 becomes 9 sigma^2, so that the same G is a ninth of the relative Sigma.
    there = two.likelihood.from_user([S / 9 for S in Sigmas])
    a, b = one.at(one.from_user(Sigmas)), two.likelihood.at(there)
    assert b.criterion == pytest.approx(a.criterion, rel=1e-12)
    assert b.sigma2 == pytest.approx(9 * a.sigma2, rel=1e-10)


def test_groups_with_one_design_are_packed_once():
    """All deepest groups of a balanced design collapse into one pattern a parent."""
    table = pd.DataFrame(
        [(a, b, f) for a in range(3) for b in range(20) for f in "uvw"], columns=["a", "b", "f"]
    )
    table["y"] = np.random.default_rng(1).normal(size=len(table))
    gram = set_up(table, "y ~ f + (f | a/b)").likelihood.gram
    ints, floats = pack(gram)
    assert gram.n_groups == (60, 3)
    assert (ints[layout.COLLAPSED], ints[layout.N_CHILDREN]) == (1, 3)
    counts = floats[ints[layout.OFF_COUNT] : ints[layout.OFF_COUNT] + 3]
    np.testing.assert_array_equal(counts, [20, 20, 20])


def test_a_huge_mean_costs_no_digits():
    """y + 1e8 has the residuals of y up to the rounding of y itself, 1e-8."""
    table = data_set("sleepstudy")
    shifted = table.assign(Reaction=table.Reaction + 1e8)
    formula = "Reaction ~ Days + (Days | Subject)"
    one, two = (set_up(t, formula).likelihood for t in (table, shifted))
    Sigma = [np.diag([0.8, 0.05])]
    a, b = one.at(one.from_user(Sigma)), two.at(two.from_user(Sigma))
    assert b.criterion == pytest.approx(a.criterion, abs=1e-7)
    assert b.beta[0] - 1e8 == pytest.approx(a.beta[0], abs=1e-6)


def test_dependent_effects_keep_the_model():
    """Intercept and all cells of a factor: Z of rank 2 with 3 columns, against dense V."""
    dense = unbalanced(6, 1)
    f = np.where(np.arange(len(dense.y)) % 3 == 0, "u", "v")
    table = dense.table.assign(f=f)
    problem = set_up(table, "y ~ x + (1 | a) + (0 + f | a)", "ML")
    assert problem.frame.terms[0].effects == ("(Intercept)", "fu", "fv")
    Z = np.column_stack([np.ones(len(f)), f == "u", f == "v"]).astype(float)
    Sigma = random_Sigma(np.random.default_rng(6), 3, 3)
    V = np.eye(len(f)) + (Z @ Sigma @ Z.T) * (dense.codes[0][:, None] == dense.codes[0])
    inverse = np.linalg.inv(V)
    X, y = dense.X, dense.y
    r = y - X @ np.linalg.solve(X.T @ inverse @ X, X.T @ inverse @ y)
    expected = np.linalg.slogdet(V)[1] + len(y) * (
        1 + np.log(2 * np.pi * (r @ inverse @ r) / len(y))
    )
    likelihood = problem.likelihood
    found = likelihood.at(likelihood.from_user([Sigma]))
    assert found.criterion == pytest.approx(expected, rel=1e-9)


def test_order_of_rows_does_not_matter():
    dense = unbalanced(3, 3)
    shuffled = dense.table.sample(frac=1.0, random_state=1)
    Sigmas = [random_Sigma(np.random.default_rng(1), q, q) for q in (1, 2, 2)]
    values = []
    for table in (dense.table, shuffled):
        likelihood = set_up(table, dense.formula).likelihood
        values.append(likelihood.at(likelihood.from_user(Sigmas)).criterion)
    assert values[0] == pytest.approx(values[1], rel=1e-12)


def test_one_pass_is_all_that_depends_on_rows():
    """Twice the rows, the same number of blocks."""
    dense = unbalanced(3, 2)
    once = set_up(dense.table, dense.formula).likelihood.gram
    doubled = pd.concat([dense.table, dense.table], ignore_index=True)
    twice = build(set_up(doubled, dense.formula).frame)
    assert twice.n_obs == 2 * once.n_obs
    assert [r.shape for r in twice.raw] == [r.shape for r in once.raw]
    assert twice.deepest.shape == once.deepest.shape
