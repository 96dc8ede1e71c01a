"""Two samples of one distribution agree, and two of different ones do not."""

import numpy as np
import pytest

from covedge.posteriors.agreement import LEVEL, agreement, summary


def sample(seed, shift=0.0, scale=1.0, k=10):
    values = np.random.default_rng(seed).normal(size=(4, 1000, k))
    values[:, :, 3] = shift + scale * values[:, :, 3]
    return summary([f"x{i}" for i in range(k)], values)


def test_false_alarms_are_as_rare_as_promised():
    """Of 40 pairs of one distribution 0.4 are expected at most; 4 or more come once in 1,500."""
    pairs = ((sample(2 * i, k=4), sample(2 * i + 1, k=4)) for i in range(40))
    assert sum(not agreement(*pair).agree for pair in pairs) < 4
    assert LEVEL == 0.01


@pytest.mark.parametrize("change", [{"shift": 0.2}, {"scale": 1.2}])
def test_a_difference_of_a_fifth_of_an_sd_is_found(change):
    found = agreement(sample(1), sample(2, **change))
    assert not found.agree
    assert found.where.endswith("x3")
    assert found.numbers == 40


def test_only_what_both_have_is_compared():
    found = agreement(sample(1, k=10), sample(2, k=4))
    assert found.numbers == 16


def test_a_number_that_a_structure_holds_is_compared_but_for_rounding():
    """Of compound symmetry some correlations are 1/2 in every draw, up to the last digits."""
    rng = np.random.default_rng(0)
    draws = rng.normal(size=(4, 1000, 2))
    draws[:, :, 1] = 0.5 + 1e-15 * rng.integers(-1, 2, size=(4, 1000))
    other = draws[::-1].copy()
    other[:, :, 1] = 0.5
    assert agreement(summary(["a", "b"], draws), summary(["a", "b"], other)).agree
    other[:, :, 1] = 0.6
    found = agreement(summary(["a", "b"], draws), summary(["a", "b"], other))
    assert not found.agree
    assert found.where.endswith("of b")
