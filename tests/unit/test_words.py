"""Directions in words, from loadings whose meaning is plain."""

import pytest

from covedge.words import count, describe

FACTOR = {"factor": "mPair"}


def direction(loadings, cells=None):
    return {"direction": loadings, "cells": cells}


@pytest.mark.parametrize(
    ("cells", "words"),
    [
        ({"p1": 1.0, "p2": 0.9, "p3": 0.8}, "the common level of all mPair"),
        ({"p1": 1.0, "p2": -1.0, "p3": 0.0}, "p1 against p2"),
        ({"p1": 1.0, "p2": -0.5, "p3": -0.5}, "p1 against p2 and p3"),
        ({"p1": 1.0, "p2": 0.1, "p3": 0.0}, "p1 of mPair"),
    ],
)
def test_cells_of_a_factor(cells, words):
    assert describe(direction({"(Intercept)": 1.0}, cells), FACTOR) == words


@pytest.mark.parametrize(
    ("loadings", "words"),
    [
        ({"(Intercept)": 1.0, "Days": 0.0}, "at Days = 0 (they all meet there)"),
        # b0 + 4 b1 does not vary: all lines go through one height at Days = 4.
        ({"(Intercept)": 0.25, "Days": 1.0}, "at Days = 4 (they all meet there)"),
        ({"(Intercept)": 1e-9, "Days": 1.0}, "the lines of all groups are parallel"),
    ],
)
def test_lines(loadings, words):
    assert words in describe(direction(loadings), {"factor": None})


def test_one_effect():
    assert describe(direction({"(Intercept)": 1.0}), {"factor": None}) == "the intercept"
    assert describe(direction({"Days": 1.0}), {"factor": None}) == "the effect Days"


def test_several_effects_are_listed_with_their_weights():
    told = describe(direction({"a": 1.0, "b": -0.5, "c": 0.01}), {"factor": None})
    assert told == "the combination 1.00 a −0.50 b"


def test_a_direction_that_is_nearly_one_effect_is_called_by_it():
    loadings = {"(Intercept)": 1.0, "a": 0.02, "b": -0.01}
    assert describe(direction(loadings), {"factor": None}) == "mostly the intercept"
    loadings = {"(Intercept)": 0.02, "a": 1.0, "b": -0.3}
    assert describe(direction(loadings), {"factor": None}) == "mostly the effect a"


def test_counts():
    assert (count(1, "direction"), count(3, "direction")) == ("one direction", "three directions")
    assert count(12, "rung") == "12 rungs"
