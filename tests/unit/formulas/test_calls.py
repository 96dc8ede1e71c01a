"""What may be called in a formula, and with what: nothing else is ever evaluated."""

import numpy as np
import pandas as pd
import pytest

from covedge.errors import DataError, FormulaError
from covedge.formulas.calls import CALLABLE
from covedge.formulas.formula import parse
from support.models import set_up

TABLE = pd.DataFrame(
    {
        "y": [1.0, 2.0, 4.0, 3.0, 7.0, 5.0, 2.0, 9.0],
        "x": [0.5, 1.0, 2.0, 3.0, 4.0, 6.0, 1.5, 2.5],
        "f": list("uvwuvwuv"),
        "g": list("aaaabbbb"),
    }
)


@pytest.mark.parametrize(
    ("call", "column"),
    [
        ("I(x^2 / 2 - 1)", lambda x: x**2 / 2 - 1),
        ("I(-x)", lambda x: -x),
        ("I(log(x)^2)", lambda x: np.log(x) ** 2),
        ("I((x > 1) * (x < 3))", lambda x: (x > 1) * (x < 3) * 1.0),
        ("I(x * 1e-3)", lambda x: x / 1000),
        ("round(x, 0)", np.round),
        ("sqrt(abs(x - 2))", lambda x: np.sqrt(np.abs(x - 2))),
        ("center(x)", lambda x: x - x.mean()),
        ("scale(x)", lambda x: (x - x.mean()) / x.std(ddof=1)),
        ("scale(x, scale = FALSE)", lambda x: x - x.mean()),
    ],
)
def test_calls_have_the_values_that_they_have_in_r(call, column):
    frame = set_up(TABLE, f"y ~ {call} + (1 | g)").frame
    np.testing.assert_allclose(frame.X[:, 1], column(TABLE.x.to_numpy()), rtol=1e-13, atol=1e-15)


BREAKS_OUT = {
    "import": "I(__import__('os').system('true'))",
    "a builtin in backticks": "I(`eval`('1'))",
    "a builtin in backticks, outside": "`eval`('1')",
    "an attribute of a value": "I((x).__class__)",
    "method": "I(x.pop())",
    "subscript": "I(x[0])",
    "lambda": "I((lambda: x)())",
    "comprehension": "I([x for x in x])",
    "walrus": "I((z := x))",
    "conditional": "I(x if x else x)",
    "star": "I(*x)",
    "format string": "I(f'{x}')",
    "eval": "I(eval('x'))",
    "open": "open(x)",
    "numpy": "np.load(x)",
    "numpy by another way": "I(np.load(x))",
    "getattr": "getattr(x, 'y')",
    "out, which would write into the data": "log(x, y)",
    "out by its name": "sqrt(x, out = y)",
    "where": "sqrt(x, where = f)",
    "state of a transformation": "scale(x, _state = y)",
    "context of a transformation": "poly(x, 2, _context = y)",
    "quotes that end formulaic's string": """scale(x, center = '") or 1 #')""",
    "backslashes": r"I(f == 'a\x22')",
    "and": "I(x and x)",
    "a slice": "I(x:x)",
    "bits": "I(x << 9)",
    "text that grows": "I(f * 'ab' * 99999999)",
    "a power of a number": "I(2^x)",
    "a tower of powers": "I(x * 9^9^9^9)",
    "a tower behind a column": "I(x^9^9^9^9)",
    "a million columns": "poly(x, 1000000)",
    "a million knots": "bs(x, df = 1000000)",
    "columns by a column": "poly(x, x)",
    "another contrast": "C(f, x)",
    "a contrast of a column": "C(f, contr.treatment(x))",
    "nothing": "I()",
    "no column": "I(2)",
    "a call of a call": "I(x)(x)",
    "ellipsis": "I(x, ...)",
    "yield": "I((yield x))",
    "bytes": "I(b'x')",
    "complex": "I(x + 1j)",
    "chained": "I(1 < x < 2)",
}


@pytest.mark.parametrize("call", BREAKS_OUT.values(), ids=BREAKS_OUT)
@pytest.mark.parametrize("place", ["y ~ {}", "y ~ 1 + ({} | g)", "y ~ exp({})", "I(y + {}) ~ x"])
def test_the_rest_is_refused_in_one_line(call, place):
    with pytest.raises(FormulaError) as caught:
        parse(place.format(call))
    assert "\n" not in str(caught.value)
    assert caught.value.position is not None


def test_a_name_with_dots_is_a_column_and_no_attribute():
    with pytest.raises(DataError, match=r"there is no column `x\.__class__`"):
        set_up(TABLE, "y ~ I(x.__class__) + (1 | g)")
    table = TABLE.rename(columns={"x": "x.__class__"})
    assert set_up(table, "y ~ I(x.__class__) + (1 | g)").frame.fixed[1] == "I(x.__class__)"


def test_a_formula_never_writes_into_the_data():
    """np.log(x, y) would: numpy takes a second argument for the place of the result."""
    table = TABLE.copy()
    for name in CALLABLE:
        for call in (f"{name}(x, y)", f"{name}(x, out = y)"):
            with pytest.raises(FormulaError):
                set_up(table, f"y ~ {call} + (1 | g)")
    pd.testing.assert_frame_equal(table, TABLE)
