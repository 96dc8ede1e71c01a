"""The bootstrap test's p and its interval, against R's binom.test, and its law under the null."""

import numpy as np
import pytest
from scipy.stats import kstest

from covedge.comparing.bootstrap_test import bootstrap_test, clopper_pearson


def test_p_counts_the_observed_among_the_simulated():
    D_small = np.array([10.0, 12.0, 11.0, 10.0])
    D_large = np.array([9.0, 9.0, 11.0, 10.00005])
    tested = bootstrap_test(2.0, D_small, D_large)
    assert tested.p == pytest.approx(2 / 5)
    assert (tested.replicates, tested.failed) == (4, 0)
    assert tested.null_zero == 0.5


@pytest.mark.parametrize(
    ("count", "n", "interval"),
    [
        # R: binom.test(17, 500)$conf.int, binom.test(0, 100)$conf.int
        (17, 500, (0.0199286000462, 0.0538803507361)),
        (0, 100, (0.0, 0.0362166926452)),
    ],
)
def test_the_interval_is_that_of_Clopper_and_Pearson(count, n, interval):
    assert clopper_pearson(count, n) == pytest.approx(interval, abs=1e-9)


def test_failed_replicates_are_counted_and_left_out():
    tested = bootstrap_test(1.0, [5.0, 5.0, 5.0, np.nan], [3.0, 5.001, 4.9, 4.0])
    assert (tested.replicates, tested.failed) == (2, 2)
    assert tested.p == pytest.approx(2 / 3)


def test_a_statistic_of_zero_has_p_one():
    assert bootstrap_test(0.0, np.ones(50), np.ones(50)).p == 1.0
    # The optimisers' last digits make no difference.
    assert bootstrap_test(1e-9, np.ones(50), np.ones(50)).p == 1.0


def test_under_the_null_p_is_uniform_on_its_steps():
    rng = np.random.default_rng(14)
    p = [
        bootstrap_test(rng.chisquare(2), rng.chisquare(2, size=99), np.zeros(99)).p
        for _ in range(2000)
    ]
    steps = np.round(np.array(p) * 100).astype(int)
    assert steps.min() >= 1
    # Spread within its step, p is uniform.
    assert kstest((steps - rng.uniform(size=2000)) / 100, "uniform").pvalue > 0.01
