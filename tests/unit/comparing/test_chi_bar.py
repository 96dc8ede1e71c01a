"""The chi-bar-square law: varTestnlme's published tests, and where it is not known."""

import numpy as np
import pandas as pd
import pytest
from scipy.stats import chi2

from covedge.comparing.chi_bar import ChiBar, chi_bar
from covedge.comparing.no_test import NoTest
from support.models import data_set, set_up


@pytest.fixture(scope="module")
def orthodont():
    problem = set_up(data_set("Orthodont"), "distance ~ Sex*age + (age | Subject)", "ML")
    return [problem.fit(i) for i in range(4)]


def lrt(small, large):
    return small.point.criterion - large.point.criterion


@pytest.mark.parametrize(
    ("larger", "statistic", "p", "df", "naive"),
    [(3, 0.8331, 0.5103, (1, 2), 0.6593), (2, 0.5304, 0.2332, (0, 1), 0.4664)],
)
def test_the_random_slope_of_Orthodont(orthodont, larger, statistic, p, df, naive):
    # varTestnlme (Baey and Kuhn 2023), varCompTest of the random slope, ML.
    small, large = orthodont[1], orthodont[larger]
    law = chi_bar(small, large)
    assert (law.weights, law.df) == ((0.5, 0.5), df)
    assert lrt(small, large) == pytest.approx(statistic, abs=5e-5)
    assert law.p(lrt(small, large)) == pytest.approx(p, abs=5e-5)
    added = large.n_parameters - small.n_parameters
    assert chi2.sf(lrt(small, large), added) == pytest.approx(naive, abs=5e-5)


def test_a_covariance_alone_is_at_no_edge(orthodont):
    assert chi_bar(orthodont[2], orthodont[3]) == ChiBar((1.0,), (1,))


def test_no_random_effects_against_one_and_against_two(orthodont):
    assert chi_bar(orthodont[0], orthodont[1]) == ChiBar((0.5, 0.5), (0, 1))
    assert "more than one effect" in chi_bar(orthodont[0], orthodont[3]).reason


def test_compound_symmetry_adds_one_variance_and_full_adds_covariances():
    problem = set_up(data_set("Machines"), "score ~ Machine + (Machine | Worker)")
    fits = [problem.fit(i) for i in range(5)]
    assert chi_bar(fits[1], fits[2]) == ChiBar((0.5, 0.5), (0, 1))
    assert chi_bar(fits[2], fits[4]) == ChiBar((1.0,), (4,))
    assert isinstance(chi_bar(fits[1], fits[3]), NoTest)


def test_two_correlated_effects_and_a_third():
    rng = np.random.default_rng(8)
    n, groups = 600, 30
    g, x, z = rng.integers(0, groups, n), rng.normal(size=n), rng.normal(size=n)
    b = rng.normal(size=(groups, 3))[g]
    y = b[:, 0] + b[:, 1] * x + b[:, 2] * z + rng.normal(size=n)
    table = pd.DataFrame({"y": y, "x": x, "z": z, "g": [f"g{i}" for i in g]})
    problem = set_up(table, "y ~ x + z + (x + z | g)", listed=["y ~ x + z + (x | g)"])
    assert chi_bar(problem.fit(0), problem.fit(1)) == ChiBar((0.5, 0.5), (2, 3))


def test_terms_are_added_one_at_a_time():
    problem = set_up(data_set("Pastes"), "strength ~ 1 + (1 | batch/cask)")
    fits = [problem.fit(i) for i in range(3)]
    assert chi_bar(fits[1], fits[2]) == ChiBar((0.5, 0.5), (0, 1))
    assert "more than one term" in chi_bar(fits[0], fits[2]).reason


def test_a_smaller_fit_on_the_edge_has_none():
    rng = np.random.default_rng(9)
    g, x = np.repeat(np.arange(12), 6), np.tile(np.arange(6.0), 12)
    noise = rng.normal(size=72)
    noise -= noise.reshape(12, 6).mean(axis=1)[g]
    table = pd.DataFrame({"y": x * rng.normal(size=12)[g] * 0.01 + noise, "x": x})
    table["g"] = [f"g{i}" for i in g]
    problem = set_up(table, "y ~ x + (x | g)")
    small, large = problem.fit(1), problem.fit(3)
    assert small.degenerate
    assert "on the edge" in chi_bar(small, large).reason


def test_the_law_holds_by_simulation():
    # Many groups: the share of p-values below 5 % under the null is 5 %; of the naive ones less.
    law, n = ChiBar((0.5, 0.5), (1, 2)), 100_000
    rng = np.random.default_rng(10)
    z = rng.normal(size=(n, 2))
    # Cone: a line (the covariance) times a half-line (the variance).
    statistics = z[:, 0] ** 2 + np.maximum(z[:, 1], 0) ** 2
    cut = chi2.isf(0.05, 2)
    assert law.p(cut) == pytest.approx((statistics > cut).mean(), abs=4 * 0.0006)
    assert law.p(0.0) == 1.0
