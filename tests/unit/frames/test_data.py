"""Preparing data: types, missing values, and designs that cannot work."""

import numpy as np
import pandas as pd
import pytest

from covedge.errors import DataError, DesignError
from covedge.formulas.formula import parse
from covedge.frames.data import prepare
from covedge.frames.design import group_codes

FORMULA = parse("y ~ f + x + (f | g)")


@pytest.fixture
def table():
    return pd.DataFrame(
        {
            "y": [1.0, 2.0, 4.0, 3.0, 5.0, 6.0],
            "f": ["b", "a", "b", "a", "b", "a"],
            "x": [1, 2, 3, 4, 5, 6],
            "g": [10, 10, 9, 9, 2, 2],
            "c": [1, 2, 1, 2, 1, 2],
            "other": ["p", "q", "p", "q", "p", None],
        }
    )


def test_types_follow_roles(table):
    frame = prepare(table, FORMULA).frame
    assert list(frame.columns) == ["y", "f", "x", "g"]
    assert frame["y"].dtype == frame["x"].dtype == np.float64
    assert list(frame["f"].cat.categories) == ["a", "b"]


def test_levels_are_sorted_as_r_sorts_them(table):
    # levels(factor(c(10, 9, 2))) is "2" "9" "10"; levels(factor(c("10", "9", "a"))) is "10" "9" "a"
    assert prepare(table, FORMULA).levels["g"] == ("2", "9", "10")
    table["g"] = ["9", "9", "10", "10", "a", "a"]
    assert prepare(table, FORMULA).levels["g"] == ("10", "9", "a")
    table["g"] = [1.5, 1.5, 10, 10, 2, 2]
    assert prepare(table, FORMULA).levels["g"] == ("1.5", "2", "10")  # factor(c(1.5, 10, 2))


def test_whole_numbers_with_gaps_stay_whole_as_labels(table):
    table["g"] = [10, 10, 9, 9, 2, np.nan]
    assert prepare(table, FORMULA).levels["g"] == ("2", "9", "10")


def test_numbers_listed_as_categorical_are_labels(table):
    formula = parse("y ~ c + (1 | g)")
    assert prepare(table, formula).frame["c"].dtype == np.float64
    assert prepare(table, formula, categorical=["c"]).levels["c"] == ("1", "2")


def test_truth_values_are_labels(table):
    table["f"] = [True, False] * 3
    assert prepare(table, FORMULA).levels["f"] == ("False", "True")


def test_counts_of_rows(table):
    table.loc[1, "y"] = np.nan
    table.loc[3, ["y", "f"]] = None
    table.loc[4, "other"] = None  # not in the formula
    counts = prepare(table, FORMULA, subset="x > 1").counts
    assert (counts.read, counts.subset, counts.dropped, counts.used) == (6, 5, 2, 3)
    assert counts.missing == {"y": 2, "f": 1}


def test_levels_that_the_subset_empties_are_gone(table):
    prepared = prepare(table, FORMULA, subset="g != 9")
    assert prepared.levels["g"] == ("2", "10")
    assert list(prepared.frame.index) == [0, 1, 2, 3]


def test_columns_of_the_ladder_are_kept_too(table):
    prepared = prepare(table, parse("y ~ f + (1 | g)"), ladder=[parse("y ~ f + c + (1 | g)")])
    assert list(prepared.frame.columns) == ["y", "f", "g", "c"]


def test_weights_come_along(table):
    table["w"] = [1, 2, 3, 4, 5, 6]
    assert prepare(table, FORMULA, weights="w").frame["w"].tolist() == [1, 2, 3, 4, 5, 6]
    table["w"] = [1, 2, 0, 4, 5, 6]
    with pytest.raises(DataError, match="`w` is not positive in row 3"):
        prepare(table, FORMULA, weights="w")


def test_the_order_of_rows_stays(table):
    shuffled = table.iloc[[3, 0, 5, 1, 4, 2]]
    assert prepare(shuffled, FORMULA).frame["y"].tolist() == [3, 1, 6, 2, 5, 4]


def test_missing_may_be_an_error(table):
    table.loc[[2, 4], "x"] = np.nan
    with pytest.raises(DataError, match="`x` is missing in 2 rows, first in row 3"):
        prepare(table, FORMULA, missing="error")


def refuse(table, formula, says, key, kind=DataError, **options):
    with pytest.raises(kind) as caught:
        prepare(table, parse(formula), **options)
    assert says in str(caught.value)
    assert caught.value.key == key


@pytest.mark.parametrize(
    ("formula", "says", "key", "options"),
    [
        ("y ~ rat + (1 | g)", "no column `rat` in the data; there are `y`", "formula", {}),
        ("y ~ f + (1 | othr)", "did you mean `other`?", "formula", {}),
        ("y ~ f + (1 | g)", "no column `k`", "categorical", {"categorical": ["k"]}),
        ("y ~ f + (1 | g)", "no column `w`", "weights", {"weights": "w"}),
        ("f ~ x + (1 | g)", "`f` must be numeric", "formula", {}),
        ("y ~ x + (1 | y)", "cannot be labels as well", "formula", {}),
    ],
)
def test_columns_that_do_not_fit(table, formula, says, key, options):
    refuse(table, formula, says, key, **options)


def test_text_among_numbers_is_named_with_its_row(table):
    table["y"] = ["1", "2", "x3", "4", "5", "6"]
    refuse(table, "y ~ f + (1 | g)", "not a number in row 3 of the data: 'x3'", "formula")
    table["y"] = 1.0 * table["x"]
    table["x"] = ["1", "2", "3", "n.a.", "5", "6"]
    refuse(table, "y ~ x + (1 | g)", "`x` is not a number in row 4 of the data: 'n.a.'", "data")
    assert len(prepare(table, parse("y ~ x + (1 | g)"), categorical=["x"]).levels["x"]) == 6


def test_infinite_numbers_and_times_are_refused(table):
    table.loc[2, "y"] = np.inf
    refuse(table, "y ~ f + (1 | g)", "`y` is infinite in row 3", "data")
    table["x"] = pd.to_datetime(["2020-01-01"] * 6)
    refuse(table.assign(y=1.0 * table["c"]), "y ~ x + (1 | g)", "`x` holds times", "data")


def test_designs_that_cannot_work(table):
    design = {"key": "formula", "kind": DesignError}
    flat = table.assign(y=2.5)
    refuse(flat, "y ~ f + (1 | g)", "the response `y` is 2.5 in all 6 rows", **design)
    refuse(
        table,
        "y ~ x + (1 | g)",
        "grouping factor `g` has one level ('9') in the 2 rows used",
        subset="g == 9",
        **design,
    )
    refuse(
        table,
        "y ~ f + (1 | g)",
        "`f` has one level ('a') in the 3 rows used",
        subset="f == 'a'",
        **design,
    )


def test_no_rows_left(table):
    table["x"] = [np.nan, 1, np.nan, 2, np.nan, 3]
    refuse(
        table,
        "y ~ x + (1 | g)",
        "no rows are left: each has a missing value (`x` in 3 of 3)",
        "missing",
        subset="f == 'b'",
    )


def test_a_number_may_also_group(table):
    """lme4's `y ~ x + (1 | x)`: a slope, and a deviation of each value of x from the line."""
    table["x"] = [1.0, 1.0, 2.0, 2.0, 3.5, 3.5]
    frame = prepare(table, parse("y ~ x + (1 | x)")).frame
    assert frame["x"].dtype == "float64"
    codes, labels = group_codes(frame, ("x",))
    assert list(codes) == [0, 0, 1, 1, 2, 2]
    assert labels == ("1", "2", "3.5")
