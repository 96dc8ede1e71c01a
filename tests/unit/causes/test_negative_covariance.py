"""Negative covariance: named where beyond chance, with the reason where the rows show it."""

import numpy as np
import pandas as pd
import pytest

from covedge.causes.negative_covariance import (
    CENTRED,
    SHARES,
    STANDARDISED,
    centring,
    negative_covariance,
    push,
)
from support.models import set_up

L, N = 20, 5


def table(kind, seed=1):
    rng = np.random.default_rng(seed)
    g = np.repeat(np.arange(L), N)
    y = 5.0 + rng.normal(size=L)[g] + rng.normal(size=L * N)

    def mean(values):
        return (np.bincount(g, weights=values) / N)[g]

    if kind == CENTRED:
        y = y - mean(y)
    elif kind == STANDARDISED:
        y = y - mean(y)
        y = y / np.sqrt(mean(y**2))
    elif kind == SHARES:
        y = np.exp(0.1 * y)
        y = y / (N * mean(y))
    return pd.DataFrame({"y": y, "g": [f"g{i:02d}" for i in g]})


@pytest.mark.parametrize("kind", [None, CENTRED, STANDARDISED, SHARES])
def test_what_was_done_to_the_responses_is_seen_in_them(kind):
    frame = set_up(table(kind), "y ~ 1 + (1 | g)").frame
    assert centring(frame, "g") == kind


def test_p_counts_replicates_that_are_pushed_as_hard():
    null = np.array([0.0] * 90 + [0.5] * 9 + [0.95])
    assert push(0.4, null).p == pytest.approx(11 / 101)
    assert push(0.95, null).p == pytest.approx(2 / 101)
    low, high = push(0.9, null).interval
    assert low < 0.01 < high


def test_chance_is_not_named_and_more_than_chance_is():
    frame = set_up(table(CENTRED), "y ~ 1 + (1 | g)").frame
    null = np.linspace(0.0, 0.5, 500)
    assert negative_covariance(push(0.45, null), "m", "g", frame, []) == []
    (cause,) = negative_covariance(push(1.0, null), "m", "g", frame, [-0.2])
    assert cause.evidence["kind"] == CENTRED
    assert "they have been centred within it" in cause.sentence
    (cause,) = negative_covariance(push(1.0, null), "m", "g", None, [-0.2])
    assert "compete" in cause.sentence
