"""What a design would show, against the F distribution of balanced one-way designs."""

import numpy as np
import pandas as pd
import pytest
from scipy.optimize import brentq
from scipy.stats import f as f_law

from covedge.causes.absent import absent, largest_push
from covedge.causes.information import cannot_be_told_apart, too_little_information
from covedge.causes.power import Power, power, raised, with_sizes
from covedge.fits.optimum import solve
from covedge.proportion import Proportion
from support.models import data_set, set_up

L, N = 12, 6


def one_way(seed=0):
    """Balanced, with no variance between groups at all: the fit is singular."""
    rng = np.random.default_rng(seed)
    g = np.repeat(np.arange(L), N)
    y = rng.normal(size=L * N)
    y -= np.bincount(g, weights=y)[g] / N
    return pd.DataFrame({"y": y + 3.0, "g": [f"g{i}" for i in g]})


def p_singular(ratio):
    """P(the REML estimate is zero) where the ratio of variances is this: MSB < MSE."""
    return float(f_law.cdf(1.0 / (1.0 + N * ratio), L - 1, L * (N - 1)))


@pytest.fixture(scope="module")
def fitted():
    problem = set_up(one_way(), "y ~ 1 + (1 | g)")
    found = solve(problem.likelihood, problem.structures)
    assert found.factors.blocks[0].columns == 0
    return found


@pytest.mark.parametrize("sd", [0.2, 0.4, 0.6])
def test_the_share_of_singular_fits_is_that_of_the_f_distribution(fitted, sd):
    found = power(fitted.factors, fitted.x, {0}, sd, replicates=1500, seed=3)[0]
    expected = p_singular(sd**2)
    error = np.sqrt(expected * (1 - expected) / found.singular.n)
    assert found.singular.estimate == pytest.approx(expected, abs=4 * error)


def test_the_detectable_sd_is_where_the_f_distribution_says_one_in_twenty(fitted):
    expected = np.sqrt(brentq(lambda ratio: p_singular(ratio) - 0.05, 1e-6, 10))
    start = power(fitted.factors, fitted.x, {0}, 0.1, replicates=100, seed=3)
    found = with_sizes(start, fitted.factors, fitted.x, 800, 5, search=True)[0]
    # At 800 replicates the share is known to .008, and dP / d log sd is about -.2 there.
    assert found.detectable == pytest.approx(expected, rel=0.12)
    assert found.floor.estimate < 0.01
    sizes = [size for size, _ in found.sizes]
    assert sizes == sorted(sizes)
    for size, share in found.sizes[1:]:
        wanted = p_singular(size**2)
        assert share.estimate == pytest.approx(wanted, abs=4 * np.sqrt(0.25 / 800)), size


def test_without_a_search_a_few_sizes_are_known_and_none_is_called_detectable(fitted):
    start = power(fitted.factors, fitted.x, {0}, 0.1, replicates=100, seed=3)
    found = with_sizes(start, fitted.factors, fitted.x, 60, 5, search=False)[0]
    assert [size for size, _ in found.sizes] == pytest.approx([0.1, 0.4, 1.6, 6.4])
    assert found.sizes[0][1] == start[0].singular
    assert found.detectable is None
    assert found.floor == found.sizes[-1][1]


def test_absent_variances_come_out_as_zero_as_often_as_they_should(fitted):
    found = absent(fitted.factors, fitted.x, (0,), replicates=1500, seed=2)
    expected = p_singular(0.0)
    assert found.singular[0].estimate == pytest.approx(expected, abs=4 * np.sqrt(0.25 / 1500))
    # The response has no differences between groups at all: no push can be larger.
    observed = largest_push(fitted.factors.blocks, fitted.examination.spectra, 0)
    assert observed == pytest.approx(1.0)
    assert found.pushes[0].max() < observed


def test_raising_leaves_what_is_large_and_gives_the_rest_the_size_that_matters():
    problem = set_up(data_set("sleepstudy"), "Reaction ~ Days + (Days | Subject)")
    fitted = solve(problem.likelihood, problem.structures)
    before = fitted.factors.Sigmas(fitted.x)[0]
    small = raised(fitted.factors, fitted.x, 1e-6)
    assert small[0].Sigmas(small[1])[0] == pytest.approx(before, abs=1e-9)
    factors, x = raised(fitted.factors, fitted.x, 50.0)
    # Over the rows the mean of (z'b)^2 is at least 50^2 for each of the two directions.
    n_obs, n_levels = problem.likelihood.gram.n_obs, problem.likelihood.gram.n_groups[0]
    assert np.trace(factors.Sigmas(x)[0]) * n_levels / n_obs == pytest.approx(2 * 50.0**2, rel=1e-6)


@pytest.mark.parametrize(
    ("count", "n", "name"),
    [
        (0, 500, None),
        (3, 500, None),
        (15, 500, "cannot_be_told_apart"),
        (60, 500, "cannot_be_told_apart"),
        (100, 500, "too_little_information"),
        (400, 500, "too_little_information"),
    ],
)
def test_what_a_share_means(count, n, name):
    found = Power(0, Proportion(count, n), 0.1, 0.5)
    causes = too_little_information(found, "m", "g")
    causes += cannot_be_told_apart(found, Proportion(60, 100), "m", "g")
    assert [cause.cause for cause in causes] == ([name] if name else [])
    assert found.enough is (name is None)
