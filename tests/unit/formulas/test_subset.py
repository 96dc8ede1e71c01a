"""The subset grammar. R's answers: subset(d, ...) on the same table (R 4.2)."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from covedge.errors import DataError
from covedge.formulas.subset import columns, select


@pytest.fixture
def table():
    return pd.DataFrame(
        {
            "a": ["u", "v", None, "u"],
            "x": [1.0, np.nan, 3.0, 4.0],
            "n": [1, 2, 3, 4],
            "two words": ["p", "q", "q", "r"],
            "gait.cycle": [5, 6, 7, 8],
            "on": [True, False, True, False],
        }
    )


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        ("a == 'u'", [0, 3]),
        ("a != 'u'", [1]),  # R: a missing label is not kept
        ("x > 1 or a == 'u'", [0, 2, 3]),
        ("not (x > 1)", [0]),  # nor a missing number, negated or not
        ("!(x > 1)", [0]),
        ("x > 1 | a == 'u'", [0, 2, 3]),
        ("x >= 3 & n < 4", [2]),
        ("x >= 3 && !(n < 4)", [3]),
        ("1 < n <= 3", [1, 2]),
        ("`two words` in ['p', 'r']", [0, 3]),
        ("`two words` not in ['p', 'r']", [1, 2]),
        ("gait.cycle == 6", [1]),
        ("'v' == a", [1]),
        ("n > -1", [0, 1, 2, 3]),
        ("n in [1, 4.0]", [0, 3]),
        ("n == x", [0, 2, 3]),
        ("on", [0, 2]),
        ("not on and n > 2", [3]),
        ("on == TRUE", [0, 2]),
        ("a == 'u' or\n  a == 'v'", [0, 1, 3]),
    ],
)
def test_rows_that_are_kept(table, text, rows):
    assert np.flatnonzero(select(table, text)).tolist() == rows


def test_numbers_that_are_labels_compare_with_text(table):
    assert np.flatnonzero(select(table, "n in ['2', '3']", labels=["n"])).tolist() == [1, 2]
    assert np.flatnonzero(select(table, "n > 2", labels=["n"])).tolist() == [2, 3]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("b == 'u'", "uses the column `b`, which is not in the data"),
        ("`two word` == 'u'", "did you mean `two words`?"),
        ("a == 'w'", "keeps none of the 4 rows; `a` has 'u', 'v'"),
        ("n > 4 and a == 'u'", "`n` runs from 1 to 4; `a` has 'u', 'v'"),
        ("a == 1", "compares `a` (text) with the number 1: put quotes around a label"),
        ("n == '1'", "compares `n` (numbers) with the text '1'"),
        ("a < 'v'", "orders text"),
        ("a = 'u'", "compare with `==` (character 3 of `a = 'u'`)"),
        ("a == u'", "' is opened and never closed (character 7"),
        ("a ==", "something is missing at its end"),
        ("(a == 'u'", "not a condition"),
        ("a == 'u' n > 1", 'near character 10, at "n > 1"'),
        ("a in 'u'", "after `in` comes a list"),
        ("", "leave the key out"),
        ("1 == 1", "name a column"),
        ("a", "is not made of comparisons"),
    ],
)
def test_errors_say_what_is_wrong(table, text, says):
    with pytest.raises(DataError) as caught:
        select(table, text)
    assert says in str(caught.value)
    assert caught.value.key == "subset"


@pytest.mark.parametrize(
    "text",
    [
        "__import__('os').system('true')",
        "(lambda: n)() == 1",
        "n.__class__ == 1",
        "[n for n in x] == 1",
        "n == (1 if a else 2)",
        "f'{n}' == a",
        "n := 3",
        "n == n * 2",
        "n[0] == 1",
        "n is 1",
        "n == ...",
    ],
)
def test_nothing_but_comparisons_is_evaluated(table, text):
    with pytest.raises(DataError):
        select(table, text)


@given(st.text(alphabet="anx ()[]'\",=<>!&|.-0123`_:*", max_size=30))
def test_any_text_is_a_condition_or_refused(text):
    table = pd.DataFrame({"a": ["u", "v"], "n": [1, 2], "x": [0.5, 1.5]})
    try:
        kept = select(table, text)
    except DataError:
        return
    assert kept.dtype == bool
    assert kept.any()


def test_columns_of_a_subset():
    assert columns("`two words` == 'p' and (n > 1 or n < x)") == ("two words", "n", "x")
