"""Wilson intervals against R."""

import pytest

from covedge.proportion import Proportion


def test_wilson_interval():
    # R: prop.test(10, 100, correct = FALSE)$conf.int
    low, high = Proportion(10, 100).interval
    assert (low, high) == pytest.approx((0.05522914, 0.17436566), abs=1e-8)
    assert Proportion(0, 40).interval[0] == 0.0
