"""Which variances can be told apart: counts known by hand, and ranks of dense matrices."""

import numpy as np
import pandas as pd
import pytest
from scipy.linalg import null_space

from covedge.fits.factors import Factors
from covedge.fits.identifiability import canonical, identifiability
from covedge.fits.optimum import solve
from support.dense import random_Sigma, unbalanced
from support.models import set_up


def judged(problem, model=-1):
    structures = problem.models[model].structures[::-1]
    return identifiability(Factors(problem.likelihood, structures))


def cycles(pairs=6, rats=3, seed=1):
    """One value per pair and cycle, as in the rat data."""
    rng = np.random.default_rng(seed)
    rows = [(r, c, f"p{m}") for r in range(rats) for c in range(5) for m in range(pairs)]
    table = pd.DataFrame(rows, columns=["rat", "cycle", "pair"])
    table["y"] = (
        rng.normal(size=len(table))
        + rng.normal(size=(rats, pairs))[table.rat, pd.factorize(table.pair)[0]]
    )
    return table.sample(frac=0.95, random_state=seed)


@pytest.mark.parametrize("method", ["ML", "REML"])
def test_cycles_with_one_value_per_pair_leave_21_of_22(method):
    """21 elements of G and sigma^2, but V has only 21 elements per cycle (design, section 1)."""
    problem = set_up(cycles(), "y ~ pair + (pair | rat:cycle)", method)
    found = judged(problem)
    assert (found.n_parameters, found.rank) == (22, 21)
    (confounding,) = found.confoundings
    # sigma^2 up by 1 is undone by the cell variances, all down by 1.
    basis = problem.likelihood.gram.scaling.random[0]
    block = Factors(problem.likelihood, problem.structures).blocks[0]
    change = basis @ block.basis @ confounding.S[0] @ block.basis.T @ basis.T
    cells = problem.frame.terms[0].cells.rows
    on_cells = cells @ change @ cells.T / confounding.residual
    np.testing.assert_allclose(on_cells, -np.eye(6), atol=1e-8)


def test_a_compound_symmetric_cycle_is_confounded_with_the_residual():
    """tau1^2 and sigma^2 are the same variance; the intercept is told from both."""
    problem = set_up(cycles(), "y ~ pair + (pair | rat/cycle)", "ML")
    by_name = {m.name: i for i, m in enumerate(problem.models)}
    lost = {name: judged(problem, i) for name, i in by_name.items()}
    assert {name: r.n_parameters - r.rank for name, r in lost.items()} == {
        "m0-fixed": 0,
        "m1-intercept-rat": 0,
        "m2-intercept-cycle": 0,
        "m3-compound-rat": 0,
        "m4-compound-cycle": 1,
        "m5-diagonal-rat": 0,
        # In treatment coding sigma^2 I is no diagonal matrix of the effects.
        "m6-diagonal-cycle": 0,
        "m7-full-rat": 0,
        "m8-full-cycle": 1,
    }


@pytest.mark.parametrize("method", ["ML", "REML"])
@pytest.mark.parametrize(("covariate", "rank"), [("binary", 3), ("between", 4), ("within", 4)])
def test_a_covariate_constant_within_groups(covariate, rank, method):
    """(x | g): a group tells one variance. With two values of x that is two, for three elements
    of G; with many values they lie on a parabola with three coefficients."""
    rng = np.random.default_rng(1)
    g = np.repeat(np.arange(12), 4)
    x = {
        "binary": (g % 2).astype(float),
        "between": rng.normal(size=12)[g],
        "within": rng.normal(size=48),
    }[covariate]
    table = pd.DataFrame({"g": g, "x": x, "y": rng.normal(size=48)})
    found = judged(set_up(table, "y ~ x + (x | g)", method))
    assert (found.n_parameters, found.rank) == (4, rank)


def test_one_row_per_group_confounds_the_group_with_the_residual():
    table = pd.DataFrame({"g": range(20), "y": np.random.default_rng(1).normal(size=20)})
    found = judged(set_up(table, "y ~ 1 + (1 | g)"))
    assert (found.n_parameters, found.rank) == (2, 1)
    assert found.confoundings[0].residual != 0.0


def test_what_the_fixed_effects_take_is_gone_by_reml_only():
    """A fixed effect for each group leaves nothing of its variance in the error contrasts."""
    rng = np.random.default_rng(1)
    table = pd.DataFrame({"g": np.repeat(list("abcdef"), 4), "y": rng.normal(size=24)})
    table["same"] = table.g
    ranks = {m: judged(set_up(table, "y ~ same + (1 | g)", m)).rank for m in ("ML", "REML")}
    assert ranks == {"ML": 2, "REML": 1}
    fitted = set_up(table, "y ~ same + (1 | g)", "REML").fit()
    assert (fitted.certificate.status, fitted.identifiable) == ("flat", False)


@pytest.mark.parametrize("method", ["ML", "REML"])
@pytest.mark.parametrize("seed", range(8))
def test_the_rank_is_that_of_dense_matrices(seed, method):
    """Rank of [vec K' V_a K] by singular values; K an orthonormal basis off X for REML."""
    rng = np.random.default_rng(seed)
    n_terms = 1 + seed % 2
    dense = unbalanced(seed, n_terms)
    x = np.round(dense.table.x) if seed % 3 else rng.integers(0, 2, 99)[dense.codes[0]]
    table = dense.table.assign(x=np.asarray(x, dtype=float))
    if seed % 4 == 3:
        table = table.drop_duplicates(["a", "b", "c"])
    rows = table.index.to_numpy()
    problem = set_up(table, dense.formula, method)
    X = np.column_stack([np.ones(len(table)), table.x])
    K = null_space(X.T) if method == "REML" else np.eye(len(table))
    Z = [np.column_stack([np.ones(len(table)), table[name]]) for name in ("x", "z")][:n_terms]
    columns = [(K.T @ K).ravel()]
    for matrix, codes in zip(Z, dense.codes, strict=True):
        same = codes[rows][:, None] == codes[rows]
        for i, j in ((0, 0), (0, 1), (1, 1)):
            V = np.outer(matrix[:, i], matrix[:, j]) * same
            columns.append((K.T @ (V + V.T) @ K).ravel())
    A = np.column_stack(columns)
    norms = np.linalg.norm(A, axis=0)
    A = A[:, norms > 1e-10 * norms.max()]  # the others are rounding errors
    singular = np.linalg.svd(A / np.linalg.norm(A, axis=0), compute_uv=False)
    assert judged(problem).rank == (singular > 1e-6).sum()


def marginal(problem, factors, x):
    """sigma^2 V of the rows of a problem with one term."""
    (Sigma,) = problem.likelihood.to_user(factors.Sigmas(x))
    sigma2 = problem.likelihood.at(factors.Sigmas(x)).sigma2
    Z, codes = problem.frame.Z[0], problem.frame.codes[0]
    return sigma2 * (np.eye(len(Z)) + (Z @ Sigma @ Z.T) * (codes[:, None] == codes))


@pytest.mark.parametrize("method", ["ML", "REML"])
@pytest.mark.parametrize("pairs", [2, 3, 6])
def test_the_canonical_point_is_the_same_model_with_a_singular_Sigma(pairs, method):
    problem = set_up(cycles(pairs, rats=6), "y ~ pair + (pair | rat:cycle)", method)
    found = judged(problem)
    factors = Factors(problem.likelihood, problem.structures)
    x = np.random.default_rng(pairs).normal(size=factors.size)
    moved, y = canonical(factors, x, found)
    assert moved.value_and_gradient(y)[0] == pytest.approx(
        factors.value_and_gradient(x)[0], abs=1e-8
    )
    np.testing.assert_allclose(
        marginal(problem, moved, y), marginal(problem, factors, x), atol=1e-8
    )
    before, after = (np.linalg.eigvalsh(f.Sigmas(z)[0]) for f, z in ((factors, x), (moved, y)))
    assert before[0] > 1e-3
    assert abs(after[0]) < 1e-9 * after[-1]
    assert after.sum() < before.sum()


def test_the_fit_of_cycles_is_flat_and_canonical():
    """rat/cycle/pair: the cycle level is singular in the report, and its G is at its smallest."""
    problem = set_up(cycles(3, rats=8), "y ~ pair + (pair | rat/cycle)", "ML")
    fitted = problem.fit()
    rat, cycle = fitted.terms
    assert fitted.certificate.status == "flat"
    assert (rat.identifiable, cycle.identifiable) == (True, False)
    assert cycle.degenerate
    assert "1 of the 13 variance parameters" in fitted.certificate.reasons[0]
    free = solve(problem.likelihood, problem.structures)
    assert fitted.point.criterion == pytest.approx(free.criterion, abs=1e-6)


def test_counts_do_not_depend_on_the_response_or_on_units():
    table = cycles(3)
    random = random_Sigma(np.random.default_rng(1), len(table), 1)[0]
    for changed in (table.assign(y=random), table.assign(y=1e6 * table.y)):
        found = judged(set_up(changed, "y ~ pair + (pair | rat/cycle)"))
        assert (found.n_parameters, found.rank) == (13, 12)


def crossing(rows_per_cell, seed=1):
    """Subjects by items, so many rows in each cell; x is 0/1 by item."""
    rng = np.random.default_rng(seed)
    cells = [(s, i) for s in range(7) for i in range(6) for _ in range(rows_per_cell)]
    table = pd.DataFrame(cells, columns=["s", "i"])
    return table.assign(x=(table.i % 2).astype(float), y=rng.normal(size=len(table)))


@pytest.mark.parametrize("method", ["ML", "REML"])
@pytest.mark.parametrize(("rows_per_cell", "rank"), [(1, 3), (2, 4)])
def test_a_crossed_cell_with_one_row_is_the_residual(rows_per_cell, rank, method):
    """(1 | s:i) beside (1 | s) and (1 | i) needs cells of several rows."""
    problem = set_up(crossing(rows_per_cell), "y ~ x + (1 | s) + (1 | i) + (1 | s:i)", method)
    found = judged(problem)
    assert (found.n_parameters, found.rank) == (4, rank)
    if rank == 3:
        (confounding,) = found.confoundings
        changed = [abs(S).max() > 1e-9 for S in confounding.S]
        # Deepest first: the cells and sigma^2, and nothing else.
        assert changed == [True, False, False]
        assert confounding.residual != 0.0


@pytest.mark.parametrize("method", ["ML", "REML"])
def test_a_covariate_of_the_items_varies_within_subjects_only(method):
    """(x | s) is told from (1 | i); (x | i), x binary and constant within items, loses one of its
    three."""
    table = crossing(2)
    for effects, rank in (("(x | s) + (1 | i)", 5), ("(1 | s) + (x | i)", 4)):
        found = judged(set_up(table, f"y ~ x + {effects}", method))
        assert (found.n_parameters, found.rank) == (5, rank)


def test_a_crossed_factor_that_is_a_copy_is_confounded_with_it():
    table = crossing(2)
    table["copy"] = table.s
    found = judged(set_up(table, "y ~ x + (1 | s) + (1 | copy) + (1 | i)"))
    assert (found.n_parameters, found.rank) == (4, 3)
    fitted = set_up(table, "y ~ x + (1 | s) + (1 | copy) + (1 | i)").fit()
    assert {t.term.name: t.identifiable for t in fitted.terms} == {
        "s": False,
        "copy": False,
        "i": True,
    }


@pytest.mark.parametrize("method", ["ML", "REML"])
@pytest.mark.parametrize("seed", range(6))
def test_the_rank_of_crossed_models_is_that_of_dense_matrices(seed, method):
    rng = np.random.default_rng(seed)
    table = crossing(1 + seed % 2, seed).sample(frac=0.8, random_state=seed).reset_index(drop=True)
    if seed % 3 == 0:
        table["x"] = rng.normal(size=len(table))
    formula = "y ~ x + (x | s) + (x | i)" + (" + (1 | s:i)" if seed >= 2 else "")
    one = np.ones(len(table))
    slopes = np.column_stack([one, table.x])
    terms = [(slopes, table.s), (slopes, table.i)]
    if seed >= 2:
        terms.append((one[:, None], 10 * table.s + table.i))
    K = null_space(slopes.T) if method == "REML" else np.eye(len(table))
    columns = [(K.T @ K).ravel()]
    for Z, codes in terms:
        same = codes.to_numpy()[:, None] == codes.to_numpy()
        for i in range(Z.shape[1]):
            for j in range(i + 1):
                V = np.outer(Z[:, i], Z[:, j]) * same
                columns.append((K.T @ (V + V.T) @ K).ravel())
    A = np.column_stack(columns)
    singular = np.linalg.svd(A / np.linalg.norm(A, axis=0), compute_uv=False)
    assert judged(set_up(table, formula, method)).rank == (singular > 1e-6).sum()
