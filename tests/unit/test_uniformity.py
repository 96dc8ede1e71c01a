"""The tests of uniform ranks: exact small cases, ArviZ's bands, and what they must see."""

import importlib.util
from itertools import product
from pathlib import Path

import numpy as np
import pytest
from scipy.stats import binom, chi2

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"


@pytest.fixture(scope="module")
def uniformity():
    spec = importlib.util.spec_from_file_location("uniformity", BENCHMARKS / "uniformity.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_deviation_against_all_sets_of_ranks(uniformity):
    """Four ranks among three draws: 256 sets, whose least tails are counted out one by one."""

    def least(ranks):
        below = [sum(r < k for r in ranks) for k in (1, 2, 3)]
        return min(
            min(binom.cdf(c, 4, k / 4), binom.sf(c - 1, 4, k / 4))
            for k, c in zip((1, 2, 3), below, strict=True)
        )

    every = [least(ranks) for ranks in product(range(4), repeat=4)]
    for ranks in ((0, 0, 0, 0), (0, 0, 0, 1), (1, 1, 2, 2), (0, 1, 2, 3), (3, 3, 3, 2)):
        exact = np.mean(np.array(every) <= least(ranks) * (1 + 1e-9))
        found = uniformity.uniformity(np.array(ranks), 3, bins=4).deviation
        # Of 10,000 simulated sets: four standard errors.
        assert found == pytest.approx(exact, abs=4 * np.sqrt(exact * (1 - exact) / 1e4) + 2e-4)


def test_chi_square_by_hand(uniformity):
    ranks = np.repeat(np.arange(10), [8, 12, 10, 10, 10, 10, 10, 10, 5, 15])
    statistic = (4 + 4 + 25 + 25) / 10
    found = uniformity.uniformity(ranks, 9, bins=10).chi_square
    assert found == pytest.approx(chi2.sf(statistic, 9), rel=1e-10)


def test_the_band_is_that_of_arviz(uniformity):
    """ArviZ simulates the same band for continuous values; with many draws ranks are as good."""
    from arviz_stats.ecdf_utils import get_pointwise_confidence_band, simulate_confidence_bands

    n, L = 200, 199
    points = np.arange(1, n) / n
    rng = np.random.default_rng(3)
    pointwise = simulate_confidence_bands(n, 1, points, 0.95, 4000, rng)
    low, high = get_pointwise_confidence_band(pointwise, n, points)
    ours = uniformity.band(n, L)
    assert np.abs(ours[0] / n - low).max() <= 0.011
    assert np.abs(ours[1] / n - high).max() <= 0.011


def test_ninety_five_in_a_hundred_uniform_sets_are_within_the_band(uniformity):
    n, L = 300, 99
    low, high = uniformity.band(n, L)
    ranks = np.random.default_rng(8).integers(0, L + 1, size=(4000, n))
    below = np.stack([np.bincount(r, minlength=L + 1).cumsum()[:-1] for r in ranks])
    inside = ((low <= below) & (below <= high)).all(axis=1).mean()
    # Counts are whole numbers, so a little more than 95 % may hold.
    assert 0.94 < inside < 0.965


def test_p_values_of_uniform_ranks_are_uniform(uniformity):
    rng = np.random.default_rng(5)
    found = [uniformity.uniformity(rng.integers(0, 100, 200), 99) for _ in range(400)]
    for name in ("chi_square", "deviation"):
        p = np.array([getattr(each, name) for each in found])
        assert 0.02 < np.mean(p < 0.05) < 0.09
        assert 0.43 < np.mean(p < 0.5) < 0.57


@pytest.mark.parametrize(
    ("a", "b"), [(1.4, 1.0), (1.0, 1.4), (0.7, 0.7), (2.0, 2.0)], ids=["high", "low", "U", "hump"]
)
def test_what_wrong_posteriors_look_like_is_seen(uniformity, a, b):
    """Draws that are shifted, too narrow (U) or too wide (hump), five hundred replicates."""
    share = np.random.default_rng(2).beta(a, b, size=500)
    assert uniformity.uniformity((share * 100).astype(int), 99).smallest < 0.001
