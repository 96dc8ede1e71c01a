"""lme4's formula notation. What R makes of it: lme4::findbars, lme4::nobars, all.vars (R 4.2)."""

import contextlib

import pytest
from formulaic import model_matrix
from hypothesis import given
from hypothesis import strategies as st
from pandas import DataFrame

from covedge.errors import FormulaError
from covedge.formulas.formula import RandomTerm, parse
from covedge.formulas.spelling import for_formulaic


def groups(text):
    return [term.group for term in parse(text).terms]


def test_the_formula_of_the_rats():
    formula = parse("cc_marg ~ mPair * spd_des + (mPair | ratID/spd_des/cycle)")
    assert formula.response == "cc_marg"
    assert formula.fixed == "1 + mPair * spd_des"
    assert formula.variables == ("cc_marg", "mPair", "spd_des", "ratID", "cycle")
    assert formula.variables_in_effects == ("mPair", "spd_des")
    # findbars: mPair | cycle:(spd_des:ratID), mPair | spd_des:ratID, mPair | ratID
    assert [term.text for term in formula.terms] == [
        "(mPair | ratID)",
        "(mPair | ratID:spd_des)",
        "(mPair | ratID:spd_des:cycle)",
    ]


@pytest.mark.parametrize(
    ("grouping", "expected"),
    [
        ("g", ["g"]),
        ("a:b", ["a:b"]),
        ("a/b", ["a", "a:b"]),
        ("(a/b)/c", ["a", "a:b", "a:b:c"]),
        ("a/(b/c)", ["a", "a:b", "a:b:c"]),
        ("a:b/c", ["a:b", "a:b:c"]),
        ("a:(b/c)", ["a:b", "a:b:c"]),
        ("a/a:b", ["a", "a:b"]),
    ],
)
def test_nesting_is_expanded_outermost_first(grouping, expected):
    assert [":".join(group) for group in groups(f"y ~ (1 | {grouping})")] == expected


@pytest.mark.parametrize(
    ("right", "fixed"),
    [
        ("x", "1 + x"),
        ("1 + x", "1 + x"),
        ("0 + x", "0 + x"),
        ("x - 1", "0 + x"),
        ("-1 + x", "0 + x"),
        ("x + 0", "0 + x"),
        ("x - 0", "1 + x"),
        ("1", "1"),
        ("x*z - x:z", "1 + x*z - x:z"),
        ("(x + z)^2", "1 + (x + z)**2"),
        ("I(x^2) + sqrt(z)", "1 + I(x**2) + np.sqrt(z)"),
        ("gait.phase", "1 + covedge_column_676169742e7068617365"),
        ("f + x %in% f", "1 + f + x : f"),
        ("log1p(x)", "1 + np.log1p(x)"),
    ],
)
def test_the_fixed_part_has_its_intercept_spelt_out(right, fixed):
    assert parse(f"y ~ {right} + (1 | g)").fixed == fixed


def test_translated_functions_mean_what_they_mean_in_r():
    table = DataFrame({"x": [1.0, 4.0, 9.0], "a b": [1.0, 2.0, 3.0], "gait.phase": [5.0, 6.0, 7.0]})
    fixed = parse("y ~ 0 + sqrt(x) + I(`a b`^2) + gait.phase").fixed
    matrix = model_matrix(fixed, for_formulaic(table))
    assert matrix.to_numpy().tolist() == [
        [1, 1, 5],
        [2, 4, 6],
        [3, 9, 7],
    ]


def test_variables_are_those_of_r():
    # all.vars(y ~ poly(x, 2) + log(`b c`) + (I(t^2) | g:h)): y x b c t g h
    formula = parse("y ~ poly(x, 2, raw = TRUE) + log(`b c`) + (I(t^2) | g:h)")
    assert formula.variables == ("y", "x", "b c", "t", "g", "h")
    assert formula.variables_in_effects == ("x", "b c", "t")


def test_a_name_before_a_parenthesis_of_the_next_term_is_a_column():
    assert parse("y ~ x + (z) + (w | g)").variables == ("y", "x", "z", "w", "g")


def test_two_bars_leave_correlations_out():
    (term,) = parse("y ~ (x||g)").terms
    assert term == RandomTerm("x", ("g",), correlated=False)
    assert term.text == "(x || g)"


def test_effects_are_kept_as_written():
    effects = [term.effects for term in parse("y ~ (0 + x | g) + (1|g) + (x*z | h)").terms]
    assert effects == ["0 + x", "1", "x*z"]


@pytest.mark.parametrize(
    ("written", "terms"),
    [
        ("rr(f | g, 2)", [RandomTerm("f", ("g",), rank=2)]),
        ("rr(0 + f | g, d = 3)", [RandomTerm("0 + f", ("g",), rank=3)]),
        ("rr(f | g)", [RandomTerm("f", ("g",), rank=2)]),
        ("rr(f | a/b, 1)", [RandomTerm("f", ("a",), rank=1), RandomTerm("f", ("a", "b"), rank=1)]),
        ("us(f | g)", [RandomTerm("f", ("g",))]),
        ("diag(f | g)", [RandomTerm("f", ("g",), correlated=False)]),
        ("diag(f | g) + (1 | h)", [RandomTerm("f", ("g",), False), RandomTerm("1", ("h",))]),
    ],
)
def test_glmmTMBs_names_of_covariances(written, terms):
    assert list(parse(f"y ~ 1 + {written}").terms) == terms
    again = " + ".join(term.text for term in terms)
    assert list(parse(f"y ~ 1 + {again}").terms) == terms


def test_a_column_may_be_called_like_a_covariance():
    assert parse("y ~ diag + rr + (us | cs)").variables == ("y", "diag", "rr", "us", "cs")


@pytest.mark.parametrize(
    ("text", "says", "place"),
    [
        ("y x", "there is no `~`", 1),
        ("", "there is no `~`", None),
        ("y ~ x ~ z", "more than one `~`", 7),
        ("~ x + (1 | g)", "no response", 1),
        ("y + z ~ x", "response must be one column", 1),
        ("cbind(a, b) ~ x", "there is no function `cbind`", 1),
        ("log(2) ~ x", "response must be one column", 1),
        ("log(y) + 1 ~ x", "response must be one column", 1),
        ("y ~", "nothing after `~`", 4),
        ("y ~ x + (1 | g", "`(` is never closed", 9),
        ("y ~ x) + (1 | g)", "`)` closes nothing", 6),
        ("y ~ x + (1 g)", "needs a bar", 12),
        ("y ~ x + 1 | g", "goes in parentheses", 11),
        ("y ~ x + (1 | )", "no grouping factor after the bar", 13),
        ("y ~ ( | g)", "no effects before the bar", 7),
        ("y ~ (0 | g)", "no effects before the bar", 6),
        ("y ~ (1 | a | b)", "one bar", 12),
        ("y ~ (x | g1*g2)", "write `(x | a) + (x | b) + (x | a:b)`", 12),
        ("y ~ (x | g1 + g2)", "write `(x | a) + (x | b)`", 13),
        ("y ~ (x | a/)", "missing beside `/` or `:`", 10),
        ("y ~ (x | factor(a))", "a grouping factor is a column", 10),
        ("y ~ x * (1 | g)", "stands by itself", 12),
        ("y ~ (x + (1 | g))", "stands by itself", 13),
        ("y ~ x - (1 | g)", "cannot be subtracted", 9),
        ("y ~ x + + z", "missing before the sign", 9),
        ("y ~ x +", "missing after the sign", 7),
        ("y ~ + + x", "missing before the sign", 7),
        ("y ~ x * + z", "operator `*+`", 7),
        ("y ~ x z", "missing operator between `x` and `z`", 5),
        ("y ~ x $ z", "`$` has no meaning", 7),
        ("y ~ `x + z", "opened and never closed", 5),
        ("y ~ .", "`.` is not supported", 5),
        ("y ~ x %o% z", "`%o%` is not supported", 7),
        ("y ~ ns(x, 3)", "write cr(x, df = d + 1)", 5),
        ("y ~ relevel(x, 'b')", "contr.treatment", 5),
        ("y ~ cs(f | g)", "cs() has a variance for each effect", 5),
        ("y ~ ar1(0 + f | g)", "over time or space", 5),
        ("y ~ rr(f | g, 0)", "a whole number above 0", 5),
        ("y ~ rr(f | g, n = 2)", "a whole number above 0", 5),
        ("y ~ rr(f | g, 2, 3)", "a whole number above 0", 5),
        ("y ~ rr(f || g, 2)", "for correlated effects", 10),
        ("y ~ us(f | g, 2)", "one argument", 5),
        ("y ~ offset(x)", "offsets are not supported", 5),
        ("y ~ factor(x)", "`categorical:`", 5),
        ("y ~ lgo(x)", "did you mean `log`?", 5),
    ],
)
def test_errors_say_what_and_where(text, says, place):
    with pytest.raises(FormulaError) as caught:
        parse(text)
    assert says in str(caught.value)
    assert "\n" not in str(caught.value)
    if place is not None:
        assert caught.value.position == place - 1


def test_the_same_term_twice_is_refused():
    with pytest.raises(FormulaError, match="twice"):
        parse("y ~ (1 | a:b) + (1 | b:a)")


@pytest.mark.parametrize(
    "text", ["y ~ __import__('os').getcwd()", "y ~ {open('x')}", "y ~ I(x.pop())", "y ~ x[0]"]
)
def test_nothing_but_listed_functions_can_be_called(text):
    with pytest.raises(FormulaError):
        parse(text)


names = st.from_regex(r"[a-zA-Z][a-zA-Z0-9_.]{0,8}", fullmatch=True).filter(
    lambda name: name not in ("True", "False", "None", "TRUE", "FALSE")
)


@given(st.lists(names, min_size=1, max_size=4, unique=True), st.booleans())
def test_a_term_parses_to_itself_again(group, correlated):
    term = RandomTerm("1", tuple(group), correlated)
    assert parse(f"`a response` ~ {term.text}").terms == (term,)


@given(st.text(alphabet="yxg1 ~+-*/:|()`'\"^.,%", max_size=25))
def test_any_text_is_read_or_refused_with_an_explanation(text):
    read = False
    with contextlib.suppress(FormulaError):
        read = parse(f"y ~ {text}").response == "y"
    if not read:
        with pytest.raises(FormulaError, match=r"\w+ .*\w+"):
            parse(f"y ~ {text}")
