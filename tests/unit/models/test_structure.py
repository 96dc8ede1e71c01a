"""The sets of matrices that structures stand for, against design section 2 written out."""

import numpy as np
import pandas as pd
import pytest

from covedge.fits.factors import Factors
from covedge.formulas.formula import parse
from covedge.models import structure
from covedge.models.structure import FULL, SCALAR
from support.models import data_set, set_up


def problem(effects="f"):
    rng = np.random.default_rng(1)
    rows = [(g, f) for g in "abcd" for f in "uvw" for _ in range(2)]
    table = pd.DataFrame(rows, columns=["g", "f"])
    table["x"], table["y"] = rng.normal(size=24), rng.normal(size=24)
    return set_up(table, f"y ~ 1 + ({effects} | g)")


def term(effects="f"):
    return problem(effects).frame.terms[0]


def Sigma_of(found, values):
    """Sum of A S A' with S = value * I."""
    return sum(v * c.basis @ c.basis.T for v, c in zip(values, found.components, strict=True))


def test_compound_symmetry_in_treatment_coding():
    """tau0^2 e1e1' + tau1^2 MM' with M = [1 0; -1 I] (design, section 2)."""
    found = structure.compound_symmetry(term())
    M = np.array([[1.0, 0, 0], [-1, 1, 0], [-1, 0, 1]])
    e1 = np.eye(3)[:, [0]]
    np.testing.assert_allclose(Sigma_of(found, [2.0, 0.5]), 2 * e1 @ e1.T + 0.5 * M @ M.T)
    assert [c.kind for c in found.components] == [FULL, SCALAR]


@pytest.mark.parametrize("effects", ["f", "0 + f"])
def test_compound_symmetry_is_that_of_the_cell_means_in_any_coding(effects):
    """Cell means have covariance tau0^2 J + tau1^2 I."""
    found = term(effects)
    rows = found.cells.rows
    Sigma = Sigma_of(structure.compound_symmetry(found), [2.0, 0.5])
    np.testing.assert_allclose(rows @ Sigma @ rows.T, 2.0 * np.ones((3, 3)) + 0.5 * np.eye(3))


def test_intercept_moves_all_cells_together():
    found = term("0 + f")
    np.testing.assert_allclose(Sigma_of(structure.intercept(found), [3.0]), 3.0 * np.ones((3, 3)))


def test_diagonal_is_in_the_basis_as_written():
    np.testing.assert_array_equal(
        Sigma_of(structure.diagonal(term("0 + f")), [1.0, 2.0, 3.0]), np.diag([1.0, 2.0, 3.0])
    )


@pytest.mark.parametrize(
    ("text", "name", "widths"),
    [
        ("(1 | g)", "intercept", [1]),
        ("(x | g)", "full", [2]),
        ("(x || g)", "diagonal", [1, 1]),
        ("(1 | g) + (0 + x | g)", "diagonal", [1, 1]),
        ("(0 + x | g)", "diagonal", [1]),
        ("(f | g)", "full", [3]),
        ("(0 + f | g)", "full", [3]),
        ("(f || g)", "diagonal", [1, 1, 1]),
        ("diag(f | g)", "diagonal", [1, 1, 1]),
        ("rr(f | g, 2)", "rank d", [3]),
        ("rr(f | g, 3)", "full", [3]),
        ("(f | g) + (0 + x | g)", "blocks", [3, 1]),
        ("(1 | g) + (0 + x + I(x^2) | g)", "blocks", [1, 2]),
    ],
)
def test_what_a_formula_asks_for(text, name, widths):
    formula = parse(f"y ~ 1 + {text}")
    rows = pd.DataFrame({"g": list("aabb") * 3, "f": list("uvw") * 4, "x": np.arange(12.0) ** 1.5})
    rows["y"] = np.arange(12.0) ** 1.2
    (found,) = set_up(rows, formula.text).frame.terms
    asked = structure.as_written(found, formula.terms)
    assert asked.name == name
    assert [c.basis.shape[1] for c in asked.components] == widths


@pytest.mark.parametrize(
    ("rank", "criterion", "n_parameters"), [(1, 260.04974967, 7), (2, 244.874112045, 9)]
)
def test_a_covariance_of_limited_rank_is_glmmTMBs(rank, criterion, n_parameters):
    """glmmTMB 1.1.5: -2 * logLik(glmmTMB(score ~ Machine + rr(Machine | Worker, d), Machines))"""
    table = data_set("Machines")
    fit = set_up(table, f"score ~ Machine + rr(Machine | Worker, {rank})", "ML").fit()
    assert fit.point.criterion == pytest.approx(criterion, abs=1e-6)
    assert fit.n_parameters == n_parameters
    assert fit.certificate.certified
    (term,) = fit.terms
    assert (term.rank, term.full_rank, term.degenerate) == (rank, rank, False)
    assert fit.model.formula.endswith(f"rr(Machine | Worker, {rank})")


@pytest.mark.parametrize(
    ("make", "size"),
    [
        (structure.intercept, 1),
        (structure.compound_symmetry, 2),
        (structure.diagonal, 3),
        (structure.full, 9),
    ],
)
def test_factors_reach_the_structure_and_nothing_else(make, size):
    """In the user's basis a Sigma of the factors has the form that the structure says."""
    likelihood, found = problem().likelihood, term()
    factors = Factors(likelihood, (make(found),))
    assert factors.size == size
    x = np.random.default_rng(2).normal(size=size)
    (Sigma,) = likelihood.to_user(factors.Sigmas(x))
    cells = found.cells.rows @ Sigma @ found.cells.rows.T
    if make is structure.intercept:
        np.testing.assert_allclose(cells, cells[0, 0] * np.ones((3, 3)), atol=1e-12)
    elif make is structure.compound_symmetry:
        off = cells[0, 1]
        np.testing.assert_allclose(
            cells, off * np.ones((3, 3)) + (cells[0, 0] - off) * np.eye(3), atol=1e-12
        )
    elif make is structure.diagonal:
        np.testing.assert_allclose(Sigma, np.diag(np.diag(Sigma)), atol=1e-12)
    else:
        assert np.linalg.matrix_rank(Sigma) == 3


@pytest.mark.parametrize("effects", ["f", "0 + f", "x", "f + x"])
@pytest.mark.parametrize("make", [structure.diagonal, structure.full])
def test_the_factors_gradient_equals_finite_differences(make, effects):
    found = problem(effects)
    factors = Factors(found.likelihood, (make(found.frame.terms[0]),))
    x = np.random.default_rng(3).normal(size=factors.size)
    _, gradient = factors.value_and_gradient(x)
    step = 1e-3

    def value(i, t):
        return factors.value_and_gradient(x + t * step * np.eye(len(x))[i])[0]

    differences = [
        (8 * (value(i, 1) - value(i, -1)) - (value(i, 2) - value(i, -2))) / (12 * step)
        for i in range(len(x))
    ]
    np.testing.assert_allclose(differences, gradient, atol=1e-6 * np.abs(gradient).max())


def test_compound_symmetrys_gradient_equals_finite_differences():
    """It stacks more columns than effects, which takes another way through the code."""
    found = problem()
    factors = Factors(found.likelihood, (structure.compound_symmetry(found.frame.terms[0]),))
    x, step = np.array([0.7, -0.4]), 1e-3
    _, gradient = factors.value_and_gradient(x)
    for i, unit in enumerate(np.eye(2)):
        near, far = (
            factors.value_and_gradient(x + k * step * unit)[0]
            - factors.value_and_gradient(x - k * step * unit)[0]
            for k in (1, 2)
        )
        assert (8 * near - far) / (12 * step) == pytest.approx(gradient[i], rel=1e-6)
