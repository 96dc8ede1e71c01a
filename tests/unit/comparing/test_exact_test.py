"""The exact test of one variance: closed forms of balanced designs, and RLRsim."""

import json

import numpy as np
import pandas as pd
import pytest
from scipy.stats import f as F

from covedge.comparing.exact_test import Spectrum, exact_test, simulate, spectrum
from covedge.comparing.no_test import NoTest
from support.models import TESTS, data_set, set_up

REFERENCE = json.loads((TESTS / "reference" / "comparisons.json").read_text(encoding="utf-8"))


def name(case):
    return f"{case['data']}-{case['method']}"


def standard_error(share, *draws):
    return np.sqrt(share * (1 - share) * sum(1 / n for n in draws))


def null_of(problem):
    block = problem.fit(1).factors.blocks[0]
    found = spectrum(problem.likelihood, block.level, block.basis)
    return simulate(found, problem.likelihood.reml, seed=3)


def balanced(a, n):
    """Of a one-way layout of a groups of n, from its closed form."""
    mu, one = np.array([float(n)]), np.array([1.0])
    return Spectrum(mu, (a - 1) * one, mu, a * one, a * n, 1)


@pytest.mark.parametrize("case", REFERENCE["tests"], ids=name)
def test_the_null_distribution_is_that_of_RLRsim(case):
    problem = set_up(data_set(case["data"]), case["formula"], case["method"])
    null = null_of(problem)
    draws = REFERENCE["draws"], len(null)
    bound = 4 * standard_error(case["zero"], *draws)
    assert (null < 1e-8).mean() == pytest.approx(case["zero"], abs=bound)
    for share, quantile in zip(REFERENCE["probabilities"], case["quantiles"], strict=True):
        bound = 4 * standard_error(share, *draws)
        assert (null < quantile).mean() == pytest.approx(share, abs=bound)


@pytest.mark.parametrize("case", REFERENCE["tests"], ids=name)
def test_the_statistic_is_that_of_lme4(case):
    problem = set_up(data_set(case["data"]), case["formula"], case["method"])
    lrt = problem.fit(0).point.criterion - problem.fit(1).point.criterion
    assert lrt == pytest.approx(case["lrt"], abs=1e-6)


@pytest.mark.parametrize("method", ["REML", "ML"])
def test_in_a_balanced_layout_it_is_the_F_test(method):
    # Dyestuff: F(5, 24) = 4.5983, p = .0044; the statistic is a monotone function of F.
    problem = set_up(data_set("Dyestuff"), "Yield ~ 1 + (1 | Batch)", method)
    tested = exact_test(problem.fit(0), problem.fit(1), seed=5)
    p = F.sf(4.5983, 5, 24)
    assert tested.p == pytest.approx(p, abs=4 * standard_error(p, tested.draws))
    zero = F.cdf(1.0 if method == "REML" else 6 / 5, 5, 24)
    assert tested.null_zero == pytest.approx(zero, abs=4 * standard_error(zero, tested.draws))


@pytest.mark.parametrize(
    ("groups", "reml", "share"),
    [
        *((3, True, 0.632), (5, True, 0.594), (10, True, 0.563)),
        *((3, False, 0.777), (5, False, 0.713), (10, False, 0.650)),
    ],
)
def test_the_mass_at_zero_of_many_rows(groups, reml, share):
    # Crainiceanu and Ruppert (2004), table 1.
    null = simulate(balanced(groups, 5_000), reml, seed=1)
    bound = 4 * standard_error(share, len(null)) + 0.0005
    assert (null == 0).mean() == pytest.approx(share, abs=bound)


@pytest.mark.parametrize("reml", [True, False])
def test_the_maximum_of_each_draw_has_a_closed_form_in_a_balanced_layout(reml):
    # With one eigenvalue n: D is largest where 1 + n lambda = (B / b) / (W / w).
    a, n = 6, 5
    null = simulate(balanced(a, n), reml, seed=7, draws=2000)
    rng = np.random.default_rng(7)
    B = rng.chisquare(np.array([a - 1.0]), size=(2000, 1))[:, 0]
    W = rng.chisquare(a * (n - 1), size=2000)
    m, b = (a * n - 1, a - 1) if reml else (a * n, a)
    ratio = np.maximum(B / b / (W / (m - b)), 1.0)
    expected = m * np.log((B + W) / (B / ratio + W)) - b * np.log(ratio)
    assert np.abs(null - expected).max() < 1e-6


def test_the_eigenvalues_are_those_of_the_rows():
    rng = np.random.default_rng(2)
    g = rng.integers(0, 7, size=60)
    x = rng.normal(size=60)
    table = pd.DataFrame({"y": rng.normal(size=60), "x": x, "g": [f"g{i}" for i in g]})
    problem = set_up(table, "y ~ x + (0 + x | g)")
    block = problem.fit(-1).factors.blocks[0]
    found = spectrum(problem.likelihood, block.level, block.basis)
    Z = x[:, None] * (g[:, None] == np.arange(7))
    X = np.column_stack([np.ones(60), x])
    residual = Z - X @ np.linalg.lstsq(X, Z, rcond=None)[0]
    mu = np.linalg.eigvalsh(residual.T @ residual)
    xi = np.linalg.eigvalsh(Z.T @ Z)
    # Z scaled has lambda in other units.
    scale = xi[-1] / found.xi[-1]
    assert np.repeat(found.xi, found.xi_times.astype(int)) * scale == pytest.approx(xi)
    # The slopes of all groups add up to a column of X: one eigenvalue is zero.
    assert np.repeat(found.mu, found.times.astype(int)) * scale == pytest.approx(mu[1:])


def test_crossed_factors_have_the_same_law_of_one_of_them():
    formula = "diameter ~ 1 + (1 | plate)"
    alone = set_up(data_set("Penicillin"), formula)
    crossed = set_up(data_set("Penicillin"), f"{formula} + (1 | sample)", listed=[formula])
    one, other = (
        spectrum(p.likelihood, (b := p.fit(i).factors.blocks[0]).level, b.basis)
        for p, i in ((alone, 1), (crossed, 0))
    )
    assert one.times == pytest.approx(other.times)
    assert one.mu == pytest.approx(other.mu)


def test_a_shared_variance_of_several_effects_is_one_variance():
    # (1 | g:f) alone, as the scalar component of compound symmetry, is a one-way layout of cells.
    rng = np.random.default_rng(4)
    g, f = np.repeat(np.arange(8), 9), np.tile(np.repeat(np.arange(3), 3), 8)
    table = pd.DataFrame({"y": rng.normal(size=72), "g": [f"g{i}" for i in g]})
    table["f"] = [f"f{i}" for i in f]
    table["cell"] = table["g"] + table["f"]
    both = set_up(table, "y ~ 1 + (f | g)").models[2].structures[0].components
    problem = set_up(table, "y ~ 1 + (f | g)")
    W = problem.likelihood.gram.scaling.random[0]
    scalar = next(c for c in both if c.kind == "scalar")
    found = spectrum(problem.likelihood, 0, np.linalg.solve(W, scalar.basis))
    cells = set_up(table, "y ~ 1 + (1 | cell)")
    block = cells.fit(-1).factors.blocks[0]
    expected = spectrum(cells.likelihood, block.level, block.basis)
    assert found.times == pytest.approx(expected.times)
    assert found.mu / found.xi[-1] == pytest.approx(expected.mu / expected.xi[-1])


def test_where_it_is_not_known_it_says_so():
    problem = set_up(data_set("sleepstudy"), "Reaction ~ Days + (Days | Subject)")
    fits = [problem.fit(i) for i in range(4)]
    two = exact_test(fits[0], fits[2], 1)
    nuisance = exact_test(fits[1], fits[2], 1)
    assert isinstance(two, NoTest)
    assert "single variance" in two.reason
    assert isinstance(nuisance, NoTest)
    assert "no random effects" in nuisance.reason


def test_a_statistic_of_zero_has_p_one():
    problem = set_up(data_set("Dyestuff2"), "Yield ~ 1 + (1 | Batch)")
    assert exact_test(problem.fit(0), problem.fit(1), 1).p == 1.0
