"""Reliabilities and duals: closed forms in balanced data, and what they must not depend on."""

import numpy as np
import pandas as pd
import pytest

from covedge.fits.certificate import examine
from covedge.fits.factors import Factors
from covedge.fits.optimum import solve
from covedge.fits.spectrum import (
    ALIVE,
    COLLAPSED,
    UNDECIDED,
    UNINFORMED,
    directions,
    informed,
    scalar_direction,
)
from support.dense import evaluate, random_Sigma, unbalanced
from support.models import data_set, set_up


@pytest.mark.parametrize(("method", "kept"), [("ML", 1.0), ("REML", 5 / 6)])
def test_reliability_in_a_balanced_layout(method, kept):
    """lambda / (1 + lambda), lambda = n tau^2 / sigma^2; REML keeps (L - 1) / L of it."""
    problem = set_up(data_set("Dyestuff"), "Yield ~ 1 + (1 | Batch)", method)
    fitted = problem.fit()
    (direction,) = fitted.terms[0].spectrum
    ratio = 5 * fitted.terms[0].Sigma[0, 0]
    expected = kept * ratio / (1 + ratio)
    assert direction.direction.reliability == pytest.approx(expected, rel=1e-9)
    assert direction.direction.dual == pytest.approx(0.0, abs=1e-6)
    assert direction.direction.state == ALIVE


@pytest.mark.parametrize(("method", "nu", "levels"), [("ML", 30, 6), ("REML", 29, 5)])
def test_the_dual_at_zero_is_one_minus_observed_over_expected_energy(method, nu, levels):
    """Closed form at Sigma = 0: 1 - (between sum of squares / levels) / (total / nu)."""
    table = data_set("Dyestuff2")
    fitted = set_up(table, "Yield ~ 1 + (1 | Batch)", method).fit()
    mean = table.Yield.mean()
    between = (5 * (table.groupby("Batch").Yield.mean() - mean) ** 2).sum()
    total = ((table.Yield - mean) ** 2).sum()
    (direction,) = fitted.terms[0].spectrum
    expected = 1 - (between / levels) / (total / nu)
    assert direction.direction.dual == pytest.approx(expected, rel=1e-9)
    assert direction.direction.reliability == 0.0
    assert direction.direction.state == COLLAPSED


def test_reliabilities_add_up_to_the_effective_number_of_parameters():
    """L sum(rho) = trace of Z Sigma Z' V^-1, by dense matrices."""
    for seed in range(3):
        dense = unbalanced(seed, 2)
        problem = set_up(dense.table, dense.formula, "ML")
        rng = np.random.default_rng(seed)
        Sigmas = [random_Sigma(rng, 2, 2), random_Sigma(rng, 2, 1)]
        point = evaluate(dense, Sigmas, reml=False)
        likelihood = problem.likelihood
        scaled = likelihood.from_user(Sigmas[::-1])
        H, Gamma = likelihood.at(scaled).H, likelihood.at(scaled).Gamma
        for level, k in ((0, 1), (1, 0)):
            n = likelihood.gram.n_groups[level]
            found = directions(scaled[level], Gamma[level], H[level], np.eye(2), n)
            expected = np.trace(Sigmas[k] @ point.H[k])
            assert n * sum(d.reliability for d in found) == pytest.approx(expected, rel=1e-8)
            assert all(0 <= d.reliability < 1 for d in found)


def test_directions_are_those_of_both_matrices_at_an_optimum():
    """H = diag(4, 1, 9), rotated: one direction alive, one pushed to zero, one left alone."""
    Q = np.linalg.qr(np.random.default_rng(1).normal(size=(3, 3)))[0]
    H = Q @ np.diag([4.0, 1.0, 9.0]) @ Q.T
    S = Q @ np.diag([0.5, 0.0, 0.0]) @ Q.T
    Gamma = Q @ np.diag([0.0, 0.3, 0.0]) @ Q.T
    undecided, collapsed, alive = sorted(
        directions(S, Gamma, H, np.eye(3), 10, "t"), key=lambda d: (d.reliability, d.dual)
    )
    assert [d.state for d in (undecided, collapsed, alive)] == [UNDECIDED, COLLAPSED, ALIVE]
    assert alive.reliability == pytest.approx(4.0 * 0.5 / 10)
    assert collapsed.dual == pytest.approx(0.3)
    for direction, axis in ((alive, 0), (collapsed, 1), (undecided, 2)):
        c = direction.loadings / np.linalg.norm(direction.loadings)
        assert abs(c @ Q[:, axis]) == pytest.approx(1.0)
        assert np.abs(direction.loadings).max() == pytest.approx(1.0)
        assert direction.label == "t"


def test_a_collapsed_direction_is_told_by_its_loadings():
    """Lines that all meet at x = 2: intercept + 2 slope is the same for every group."""
    rng = np.random.default_rng(1)
    g, x = np.repeat(np.arange(12), 8), np.tile(np.linspace(0, 6, 8), 12)
    slope = rng.normal(size=12)[g]
    y = 1.0 + slope * (x - 2.0) + 0.001 * rng.normal(size=96)
    table = pd.DataFrame({"g": g, "x": x, "y": y})
    (term,) = set_up(table, "y ~ x + (x | g)").fit().terms
    least = term.spectrum[0]
    assert least.loadings["(Intercept)"] == pytest.approx(0.5, abs=1e-3)
    assert least.loadings["x"] == pytest.approx(1.0)
    assert term.spectrum[1].direction.reliability > 0.9


def test_a_collapsed_contrast_is_told_in_cells():
    """Cells u and v move together, w by itself, whatever the coding: u - v collapses."""
    rng = np.random.default_rng(3)
    rows = [(g, f) for g in range(15) for f in "uvw" for _ in range(6)]
    table = pd.DataFrame(rows, columns=["g", "f"])
    shared, other = rng.normal(size=15)[table.g] * 3, rng.normal(size=15)[table.g] * 3
    noise = rng.normal(size=len(table))
    # The difference of u and v is below what noise gives: it is made equal in each group.
    table["y"] = np.where(table.f == "w", other, shared) + noise
    table["y"] -= noise.reshape(-1, 6).mean(axis=1).repeat(6)
    for effects in ("f", "0 + f"):
        (term,) = set_up(table, f"y ~ f + ({effects} | g)").fit().terms
        least = term.spectrum[0]
        assert least.direction.state == COLLAPSED
        assert least.cells["u"] == pytest.approx(-least.cells["v"], abs=1e-3)
        assert least.cells["w"] == pytest.approx(0.0, abs=1e-3)


def test_information_is_judged_at_zero_not_at_the_optimum():
    """Groups 30,000 residual SDs apart: H is 1e-10 of what it was, and the group is still known."""
    rng = np.random.default_rng(1)
    g = np.repeat(np.arange(8), 6)
    y = 3e4 * rng.normal(size=8)[g] + 10.0 * rng.normal(size=48)
    table = pd.DataFrame({"g": g, "x": rng.normal(size=48), "y": y})
    (term,) = set_up(table, "y ~ x + (x | g)").fit().terms
    assert term.spectrum[-1].direction.state == ALIVE
    assert term.spectrum[-1].direction.reliability == pytest.approx(7 / 8, abs=1e-4)


def test_a_direction_without_information_is_uninformed():
    """By REML, beside a fixed slope for each group, nothing is known of a random slope."""
    rng = np.random.default_rng(1)
    table = pd.DataFrame({"g": np.repeat(list("abcdef"), 6), "x": rng.normal(size=36)})
    table["same"] = table.g
    table["y"] = rng.normal(size=36)
    problem = set_up(table, "y ~ 0 + same:x + (x | g)")
    (term,) = problem.fit().terms
    states = [d.direction.state for d in term.spectrum]
    assert states.count(UNINFORMED) == 1
    uninformed = term.spectrum[states.index(UNINFORMED)]
    assert uninformed.loadings == pytest.approx({"(Intercept)": 0.0, "x": 1.0}, abs=1e-6)
    assert np.all(np.abs(term.Sigma[1]) < 1e-12)


def test_informed_directions_are_those_with_part_of_a_scaled_columns_information():
    H = 20.0 * np.diag([1.0, 1e-3, 1e-12])
    assert informed(H, 20).shape == (3, 2)
    assert informed(np.zeros((2, 2)), 20).shape == (2, 0)


def test_one_variance_for_several_effects_is_one_direction():
    """Trace over its effects, per effect and level."""
    H = np.diag([2.0, 4.0])
    (found,) = scalar_direction(0.5, np.diag([0.1, 0.2]), H, np.eye(2), 10, "f")
    assert found.reliability == pytest.approx(0.5 * 6.0 / (10 * 2))
    assert found.dual == pytest.approx(0.3 / 6.0)
    assert found.loadings is None


def test_duals_are_at_most_one():
    """Observed energy is not negative."""
    for seed in range(5):
        dense = unbalanced(seed, 2)
        problem = set_up(dense.table, dense.formula)
        factors = Factors(problem.likelihood, problem.structures)
        empty = factors.with_ranks([0] * len(factors.blocks))
        for found in examine(empty, np.zeros(0)).spectra:
            assert max(d.dual for d in found) <= 1.0 + 1e-12


def test_spectra_do_not_depend_on_the_start():
    problem = set_up(data_set("Machines"), "score ~ Machine + (Machine | Worker)")
    factors = Factors(problem.likelihood, problem.structures)
    rng = np.random.default_rng(1)
    found = [
        solve(problem.likelihood, problem.structures, rng.normal(size=factors.size)) for _ in "abc"
    ]
    values = [[d.reliability for d in s.examination.spectra[0]] for s in found]
    np.testing.assert_allclose(values[1:], [values[0]] * 2, atol=1e-6)
