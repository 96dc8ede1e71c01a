"""Formulas and the names of effects as R writes them; columns of any name.

R 4.2: colnames(model.matrix(formula, data)), all.vars(formula).
"""

import keyword

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from covedge.formulas.formula import parse
from covedge.formulas.spelling import decoded, in_r, quote
from covedge.models.ladder import build
from covedge.streaming.batches import in_memory
from covedge.streaming.stream import stream
from support.models import set_up

# What else is a word somewhere: in R, in Python, or one that formulas call.
WORDS = (
    "if",
    "TRUE",
    "function",
    "class",
    "lambda",
    "None",
    "np",
    "I",
    "C",
    "log",
    "scale",
    "contr",
    "two words",
    "gait.cycle",
    "µ-opioid",
    "2nd",
    "_hidden",
    "a:b",
    "a|b",
    "x^2",
    "naïve",
    "x[1]",
    "50 %",
    "(x)",
)


@pytest.mark.parametrize(
    ("formula", "fixed", "rung"),
    [
        ("y ~ I(x^2) + sin(x) + (I(x^2) | g)", ["I(x^2)", "sin(x)"], "(I(x^2) || g)"),
        ("y ~ (x + z)^2 + (1 | g)", ["x", "z", "x:z"], None),
        ("y ~ poly(x, 2, raw = TRUE) + (1 | g)", ["poly(x, 2, raw=TRUE)1", None], None),
        ("y ~ gait.cycle + (gait.cycle | g)", ["gait.cycle"], "(gait.cycle || g)"),
        ("y ~ `gait.cycle` + (`gait.cycle` | g)", ["gait.cycle"], "(gait.cycle || g)"),
        ("y ~ log1p(`two words`) + (1 | g)", ["log1p(`two words`)"], None),
        ("y ~ `two words`:f + (1 | g)", ["two words:fu", "two words:fv"], None),
        ("y ~ I(f == 'u') + (1 | g)", ["I(f == 'u')"], None),
    ],
)
def test_ladder_and_effects_are_in_rs_words(formula, fixed, rung):
    n = np.arange(40.0)
    table = pd.DataFrame({"y": np.sin(n**2), "x": np.cos(n), "z": np.cos(3 * n), "g": n % 5})
    table = table.assign(**{"gait.cycle": n % 7, "two words": n % 3, "f": ["u", "v"] * 20})
    problem = set_up(table, formula)
    pairs = zip(problem.frame.fixed[1:], fixed, strict=True)
    assert [name for name, known in pairs if known not in (None, name)] == []
    texts = [model.formula for model in problem.models]
    assert not any("**" in text or "np." in text for text in texts)
    if rung:
        assert any(text.endswith(f" + {rung}") for text in texts)


@pytest.mark.parametrize("name", WORDS)
def test_a_column_of_any_name_is_what_it_is_under_a_plain_one(name):
    """As effect, in a call, as grouping factor, as response; in memory and in batches."""
    rng = np.random.default_rng(1)
    table = pd.DataFrame(rng.normal(size=(60, 2)), columns=["y", "v"])
    table["g"], table["f"] = np.arange(60) // 6, np.arange(60) % 4
    formulas = {
        "v": "y ~ {0} + log1p(abs({0})) + (1 + {0} | g)",
        "g": "y ~ v + (v | {0}) + (1 | {0}:f)",
        "f": "y ~ {0} + abs(v) + (1 | g)",
        "y": "{0} ~ scale(v) + (1 | g)",
    }
    for column, formula in formulas.items():
        plain = set_up(table, formula.format(column))
        odd = set_up(table.rename(columns={column: name}), formula.format(f"`{name}`"))
        np.testing.assert_array_equal(plain.frame.X, odd.frame.X)
        assert plain.fit().point.criterion == odd.fit().point.criterion
        again = [set_up(table.rename(columns={column: name}), m.formula) for m in odd.models[1:]]
        assert [p.frame.fixed for p in again] == [odd.frame.fixed] * len(again)
        assert not any(decoded(effect) != effect for effect in odd.frame.fixed)
    asked = parse(formulas["v"].format(f"`{name}`"))
    frame = table.rename(columns={"v": name}).astype({"g": "category", "f": "category"})
    streamed = stream(in_memory(frame, 17), asked)
    assert streamed.fixed == set_up(frame, asked.text).frame.fixed
    assert build(asked, streamed.terms)[-1].formula == asked.text


def test_effects_that_would_share_a_name_stay_two():
    """The level "1b" of `x` and the level "b" of `x1` are both x1b in R."""
    table = pd.DataFrame({"x": ["1a", "1a", "1b", "1b"] * 3, "x1": ["a", "b", "b", "a"] * 3})
    table = table.assign(y=np.arange(12.0) ** 1.5, g=list("pppqqqrrrsss"))
    frame = set_up(table, "y ~ 1 + (x + x1 | g)").frame
    assert frame.terms[0].effects == ("(Intercept)", "x[T.1b]", "x1[T.b]")
    assert frame.Z[0].shape == (12, 3)


names = st.text(
    st.characters(codec="utf-8", exclude_characters="`\n\r", exclude_categories=["Cc", "Zl", "Zp"]),
    min_size=1,
    max_size=12,
).filter(lambda name: name == " ".join(name.split()))


@given(st.lists(names, min_size=3, max_size=3, unique=True))
def test_what_is_written_in_rs_words_is_read_as_the_same(columns):
    y, x, g = map(quote, columns)
    formula = parse(f"{y} ~ {x} * I({x}^2) + log(abs({x})) + ({x} - 1 | {g}/{x})")
    text = f"{formula.response_text} ~ {in_r(formula.fixed)}"
    again = parse(" + ".join([text, *(term.text for term in formula.terms)]))
    assert (again.response, again.fixed) == (formula.response, formula.fixed)
    assert again.terms == formula.terms
    assert again.variables == tuple(columns)


def test_backticks_are_where_r_needs_them():
    """R: deparse(as.name(x), backtick = TRUE), but for Python's constants, which we read too."""
    plain = ("x", "gait.cycle", "mPair2", "lambda", "class", "x_1", "µ", "T")
    assert [name for name in plain if quote(name) != name] == []
    needed = ("two words", "_x", "2nd", "if", "NA", "TRUE", "a-b", "", "NA_real_", "None")
    assert [name for name in needed if quote(name) != f"`{name}`"] == []
    assert keyword.iskeyword("class")
