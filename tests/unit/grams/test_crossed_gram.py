"""Crossed grouping factors: against dense matrices, and against the nested path where both can."""

import dataclasses
from itertools import combinations

import numpy as np
import pandas as pd
import pytest

from covedge.errors import DesignError
from covedge.fits.likelihood import Likelihood
from covedge.grams import crossed_gram, crossed_pack, gram
from covedge.grams.gram import scaled_rows
from covedge.grams.reduced_gram import of_model
from covedge.grams.store import load_gram, save_gram
from covedge.kernel import layout
from support.dense import Dense, evaluate, random_Sigma, unbalanced
from support.models import set_up

FORMULAS = {
    "two crossed": "y ~ x + (x | a) + (x | b)",
    "nested and crossed": "y ~ x + (x | a) + (x | a:c) + (x | b)",
    "both parents": "y ~ x + (1 | a) + (x | b) + (1 | a:b)",
    "nested, crossed twice": "y ~ x + (x | a) + (x | a:c) + (x | b) + (1 | c)",
}


def crossed(formula, seed=1, n=300):
    """Random cells, some empty; a, b, c crossed."""
    rng = np.random.default_rng(seed)
    a, b, c = rng.integers(0, 6, n), rng.integers(0, 9, n), rng.integers(0, 4, n)
    x, w = rng.normal(size=n), rng.uniform(0.5, 2.0, size=n)
    y = rng.normal(size=n) + rng.normal(size=6)[a] + rng.normal(size=9)[b] * x
    table = pd.DataFrame({"y": y, "x": x, "w": w})
    for name, codes in {"a": a, "b": b, "c": c}.items():
        table[name] = [f"{name}{code}" for code in codes]
    one = np.ones(n)
    X = np.column_stack([one, x])
    codes = {"a": a, "b": b, "c": c, "a:c": 4 * a + c, "a:b": 9 * a + b}
    return table, X, codes


def dense_of(problem, table, X, codes):
    names = [term.name for term in problem.frame.terms]
    Z = tuple(X[:, : len(term.effects)] for term in problem.frame.terms)
    return Dense(table, "", table.y.to_numpy(), X, Z, tuple(codes[n] for n in names), table.w)


@pytest.mark.parametrize("weights", [None, "w"])
@pytest.mark.parametrize("method", ["ML", "REML"])
@pytest.mark.parametrize("formula", FORMULAS.values(), ids=FORMULAS)
def test_criterion_and_derivatives_equal_those_of_dense_matrices(formula, method, weights):
    table, X, codes = crossed(formula)
    problem = set_up(table, formula, method, weights=weights)
    likelihood = problem.likelihood
    assert likelihood.ints[layout.CROSSED] == 1
    dense = dense_of(problem, table, X, codes)
    rng = np.random.default_rng(2)
    inverses = [np.linalg.inv(W) for W in likelihood.gram.scaling.random][::-1]
    for rank in (2, 1, 0, "mixed"):
        Sigmas = [
            random_Sigma(rng, Z.shape[1], k % 2 if rank == "mixed" else min(rank, Z.shape[1]))
            for k, Z in enumerate(dense.Z)
        ]
        found = likelihood.at(likelihood.from_user(Sigmas[::-1]))
        expected = evaluate(dense, Sigmas, method == "REML", weights is not None)
        assert found.criterion == pytest.approx(expected.criterion, abs=1e-9)
        assert found.sigma2 == pytest.approx(expected.sigma2, rel=1e-10)
        np.testing.assert_allclose(found.beta, expected.beta, rtol=1e-9)
        np.testing.assert_allclose(found.cov_beta, expected.cov_beta, rtol=1e-9)
        for ours, theirs in ((found.Gamma, expected.Gamma), (found.H, expected.H)):
            for V, matrix, right in zip(inverses, ours[::-1], theirs, strict=True):
                np.testing.assert_allclose(
                    V.T @ matrix @ V, right, rtol=0, atol=1e-9 * np.abs(right).max()
                )


@pytest.mark.parametrize("method", ["ML", "REML"])
@pytest.mark.parametrize("n_terms", [1, 2, 3])
def test_tree_and_dense_paths_agree_on_nested_models(n_terms, method, monkeypatch):
    """The same nested model with 0 to n - 1 of its factors in the dense block: to 1e-9."""
    table = unbalanced(4, n_terms)
    problem = set_up(table.table, table.formula, method)
    tree = problem.likelihood
    rows = dataclasses.replace(scaled_rows(problem.frame), parents=None)
    sparse = gram.accumulate(rows)
    rng = np.random.default_rng(3)
    Sigmas = [[random_Sigma(rng, q, min(rank, q)) for q in sparse.n_effects] for rank in (2, 1, 0)]
    for length in range(1, n_terms + 1):
        for chain in combinations(range(n_terms), length):
            monkeypatch.setattr(
                crossed_pack, "elimination_chain", lambda gram, chain=chain: list(chain)
            )
            other = Likelihood(dataclasses.replace(sparse), method == "REML")
            assert other.ints[layout.N_CHAIN] == length
            for each in Sigmas:
                one, two = tree.at(each), other.at(each)
                assert one.criterion == pytest.approx(two.criterion, abs=1e-9)
                for left, right in zip((*one.Gamma, *one.H), (*two.Gamma, *two.H), strict=True):
                    np.testing.assert_allclose(left, right, rtol=0, atol=1e-9 * np.abs(right).max())


def test_a_large_dense_block_is_inverted_block_by_block():
    """Two hundred and fifty dense columns, more than two blocks: against dense matrices."""
    rng = np.random.default_rng(5)
    n = 900
    a, b = rng.integers(0, 130, n), rng.integers(0, 125, n)
    x = rng.normal(size=n)
    table = pd.DataFrame({"y": rng.normal(size=n), "x": x, "w": 1.0, "a": a, "b": b})
    problem = set_up(table, "y ~ x + (x | a) + (x | b)", "REML")
    likelihood = problem.likelihood
    assert likelihood.ints[layout.N_DENSE] == 250
    X = np.column_stack([np.ones(n), x])
    dense = dense_of(problem, table, X, {"a": a, "b": b})
    inverses = [np.linalg.inv(W) for W in likelihood.gram.scaling.random][::-1]
    for rank in (2, 1):
        Sigmas = [random_Sigma(rng, 2, rank) for _ in range(2)]
        found = likelihood.at(likelihood.from_user(Sigmas[::-1]))
        expected = evaluate(dense, Sigmas, True)
        assert found.criterion == pytest.approx(expected.criterion, abs=1e-8)
        for V, matrix, right in zip(inverses, found.Gamma[::-1], expected.Gamma, strict=True):
            np.testing.assert_allclose(
                V.T @ matrix @ V, right, rtol=0, atol=1e-9 * np.abs(right).max()
            )


def test_the_longest_chain_is_eliminated_and_the_rest_is_dense():
    table, _, _ = crossed("")
    problem = set_up(table, FORMULAS["nested, crossed twice"])
    names = [term.name for term in problem.frame.terms][::-1]
    chain = crossed_pack.elimination_chain(problem.likelihood.gram)
    assert [names[k] for k in chain] == ["a:c", "a"]


def test_too_large_a_dense_block_is_refused(monkeypatch):
    monkeypatch.setattr(crossed_pack, "MOST_DENSE", 10)
    table, _, _ = crossed("")
    with pytest.raises(DesignError, match="have 12 random effects beside"):
        set_up(table, FORMULAS["two crossed"])


def test_full_is_the_cross_product_of_all_columns():
    table, _, _ = crossed("")
    problem = set_up(table, FORMULAS["nested and crossed"])
    rows, found = scaled_rows(problem.frame), problem.likelihood.gram
    columns, at = [], 0
    for codes, n_groups, q in zip(rows.codes, rows.n_groups, rows.widths, strict=True):
        for g in range(n_groups):
            columns.append(rows.columns[:, at : at + q] * (codes == g)[:, None])
        at += q
    W = np.column_stack([*columns, rows.columns[:, at:], rows.y])
    np.testing.assert_allclose(found.full(), W.T @ W, atol=1e-9)


def test_batches_of_rows_add_up():
    table, _, _ = crossed("")
    rows = scaled_rows(set_up(table, FORMULAS["both parents"]).frame)
    whole = gram.accumulate(rows)

    def part(keep):
        codes = tuple(c[keep] for c in rows.codes)
        return gram.accumulate(
            dataclasses.replace(rows, columns=rows.columns[keep], y=rows.y[keep], codes=codes)
        )

    both = crossed_gram.together(part(slice(0, 110)), part(slice(110, None)))
    np.testing.assert_allclose(both.full(), whole.full(), atol=1e-9)
    assert both.n_obs == whole.n_obs


def test_survives_a_file(tmp_path):
    table, _, _ = crossed("")
    found = set_up(table, FORMULAS["both parents"]).likelihood.gram
    save_gram(found, tmp_path / "gram.npz")
    again = load_gram(tmp_path / "gram.npz")
    np.testing.assert_array_equal(again.full(), found.full())
    for one, other in zip(again.packed, found.packed, strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize(
    "own", ["y ~ x + (1 | a) + (x | b)", "y ~ x + (1 | b)", "y ~ x + (1 | a:c) + (1 | b)"]
)
def test_a_models_own_gram_is_that_of_its_own_formula(own):
    table, _, _ = crossed("")
    whole = set_up(table, FORMULAS["nested and crossed"], listed=[own])
    model = next(m for m in whole.models if m.formula == own)
    reduced = Likelihood(of_model(whole.likelihood.gram, model.structures), reml=True)
    alone = set_up(table, own).likelihood
    rng = np.random.default_rng(0)
    user = [random_Sigma(rng, q, q) for q in alone.gram.n_effects]
    bases = [
        np.hstack([c.basis for c in s.components]) for s in model.structures[::-1] if s.components
    ]
    scaled = []
    for W, basis, Sigma in zip(reduced.gram.scaling.random, bases, user, strict=True):
        back = np.linalg.lstsq(W, basis)[0]
        scaled.append(back @ Sigma @ back.T)
    expected = alone.at(alone.from_user(user))
    assert reduced.at(scaled).criterion == pytest.approx(expected.criterion, rel=1e-11)
