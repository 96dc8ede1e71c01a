"""Errors for users: one line each, and the nearest name."""

import pytest

from covedge.errors import (
    ConfigError,
    CovedgeError,
    DataError,
    DesignError,
    FormulaError,
    did_you_mean,
    nearest,
)


@pytest.mark.parametrize(
    ("name", "names", "found"),
    [
        ("mPairs", ["ratID", "mPair", "cycle"], "mPair"),
        ("MPAIR", ["ratID", "mPair"], "mPair"),
        ("formla", ["format", "formula"], "formula"),
        ("xyz", ["ratID", "mPair"], None),
        ("x", [], None),
    ],
)
def test_nearest(name, names, found):
    assert nearest(name, names) == found


def test_names_are_listed_where_none_is_near():
    assert did_you_mean("xyz", ["a", "b"]) == "; there are `a`, `b`"
    assert did_you_mean("xyz", [f"c{i:02d}" for i in range(30)]).endswith("`c11`, ...")


def test_a_formula_error_points_at_the_place():
    error = FormulaError("no good", "y ~ x + q", 8)
    assert str(error) == 'no good (character 9 of `y ~ x + q`, at "q")'
    assert error.pointer == "y ~ x + q\n        ^"
    assert str(FormulaError("too short", "y ~", 3)).endswith("at its end)")


@pytest.mark.parametrize("error", [DataError("bad", key="data"), FormulaError("bad", "y ~", 0)])
def test_a_place_is_put_before_the_message_and_the_kind_kept(error):
    placed = error.at("analyses.rats.data")
    assert type(placed) is type(error)
    assert str(placed) == f"analyses.rats.data: {error}"
    assert placed.key == error.key


def test_every_problem_of_a_config_is_told():
    error = ConfigError(["one", "two"])
    assert error.problems == ("one", "two")
    assert str(error) == "one\ntwo"
    assert isinstance(error, CovedgeError)
    assert issubclass(DesignError, DataError)
