"""Formulas that stand for more than can be computed are refused, and at once."""

import time

import pytest

from covedge.errors import FormulaError
from covedge.formulas.formula import LONGEST, parse


def many(sign, n):
    return sign.join(f"x{i}" for i in range(n))


@pytest.mark.parametrize(
    ("right", "says"),
    [
        (many("*", 30), "more than 10000 terms"),
        (f"({many(' + ', 9)})^9", "more than 10000 terms"),
        (f"(({many(' + ', 9)})^3)^3", "more than 10000 terms"),
        (f"({many('*', 20)}):z", "more than 10000 terms"),
        ("x^999999999", "a power of terms above 20"),
        ("x^(999999999)", "a power of terms above 20"),
        ("(" * 200 + "x" + ")" * 200, "parentheses are open at once"),
        ("(1 | " + "(" * 200 + "g" + ")" * 200 + ")", "parentheses are open at once"),
        ("I(" + "-" * 5000 + "x)", "too long: make it a column"),
        (f"I({many(' + ', 150)})", "too long: make it a column"),
        (many(" + ", 3000), f"{LONGEST} are the most"),
        ("x" + "+" * 5000 + "x", "missing before the sign"),
    ],
)
def test_it_is_said_at_once(right, says):
    start = time.perf_counter()
    with pytest.raises(FormulaError) as caught:
        parse(f"y ~ {right}")
    assert time.perf_counter() - start < 2.0
    assert says in str(caught.value)
    assert len(str(caught.value)) < 400


@pytest.mark.parametrize("right", [many(" + ", 400), many("*", 8), "(a + b + c + d)^3", "(a*b)^2"])
def test_large_but_sensible_formulas_are_read(right):
    assert parse(f"y ~ {right}").response == "y"
