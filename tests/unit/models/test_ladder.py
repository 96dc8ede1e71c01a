"""The ladder: which models, what they are called, and that each is nested in those above it."""

import itertools

import numpy as np
import pandas as pd
import pytest

from covedge.errors import FormulaError
from covedge.fits.fit import fit
from covedge.models import ladder
from support.models import data_set, set_up


def table(seed=1):
    """Three nested levels a/b/c, a factor f and covariates x, z."""
    rng = np.random.default_rng(seed)
    rows = [
        (a, b, c, f) for a in range(5) for b in range(2) for c in range(2) for f in ("u", "v", "w")
    ]
    made = pd.DataFrame(rows, columns=["a", "b", "c", "f"])
    for name in "xz":
        made[name] = rng.normal(size=len(made))
    made["y"] = rng.normal(size=len(made)) + rng.normal(size=5)[made.a] * (2 + made.x)
    return made


def rungs(formula, listed=()):
    return [(m.name, m.formula) for m in set_up(table(), formula, listed=listed).models]


def test_one_level_and_a_numeric_slope():
    assert rungs("y ~ x + (x | a)") == [
        ("m0-fixed", "y ~ 1 + x"),
        ("m1-intercept", "y ~ 1 + x + (1 | a)"),
        ("m2-diagonal", "y ~ 1 + x + (x || a)"),
        ("m3-full", "y ~ x + (x | a)"),
    ]


def test_one_level_and_a_factor_adds_compound_symmetry():
    assert rungs("y ~ f + (f | a)") == [
        ("m0-fixed", "y ~ 1 + f"),
        ("m1-intercept", "y ~ 1 + f + (1 | a)"),
        ("m2-compound", "y ~ 1 + f + (1 | a) + (1 | a:f)"),
        ("m3-diagonal", "y ~ 1 + f + (f || a)"),
        ("m4-full", "y ~ f + (f | a)"),
    ]


def test_three_levels_go_up_one_at_a_time():
    """The order of issue 2: intercepts level by level, then each structure level by level."""
    found = rungs("y ~ f + (f | a/b/c)")
    assert [name for name, _ in found] == [
        "m0-fixed",
        *(f"m{i + 1}-intercept-{level}" for i, level in enumerate("abc")),
        *(f"m{i + 4}-compound-{level}" for i, level in enumerate("abc")),
        *(f"m{i + 7}-diagonal-{level}" for i, level in enumerate("abc")),
        *(f"m{i + 10}-full-{level}" for i, level in enumerate("abc")),
    ]
    assert found[5][1] == (
        "y ~ 1 + f + (1 | a) + (1 | a:f) + (1 | a:b) + (1 | a:b:f) + (1 | a:b:c)"
    )
    assert found[8][1] == "y ~ 1 + f + (f || a) + (f || a:b) + (1 | a:b:c)"
    assert found[-1][1] == "y ~ f + (f | a/b/c)"


@pytest.mark.parametrize(
    ("formula", "names"),
    [
        ("y ~ x", ["m0-fixed"]),
        ("y ~ x + (1 | a)", ["m0-fixed", "m1-intercept"]),
        ("y ~ x + (x || a)", ["m0-fixed", "m1-intercept", "m2-diagonal"]),
        ("y ~ x + (0 + x | a)", ["m0-fixed", "m1-diagonal"]),
        ("y ~ x + (1 | a) + (0 + x + z | a)", ["m0-fixed", "m1-intercept", "m2-blocks"]),
        (
            "y ~ x + (x | a) + (1 | a:b)",
            ["m0-fixed", "m1-intercept-a", "m2-intercept-b", "m3-diagonal-a", "m4-full-a"],
        ),
    ],
)
def test_the_ladder_stops_at_what_is_asked(formula, names):
    found = rungs(formula)
    assert [name for name, _ in found] == names
    assert found[-1][1] == formula


def test_a_split_that_is_a_term_of_its_own_is_not_counted_twice():
    """With (1 | a:f) in the formula, compound symmetry at a would be the same variance again."""
    problem = set_up(table(), "y ~ 1 + (f | a) + (1 | a:f)")
    assert "compound symmetry" not in {s.name for m in problem.models for s in m.structures}


def test_a_given_list_is_taken_as_it_is_and_the_formula_put_last():
    assert rungs("y ~ x + (x | a)", ["y ~ x", "y ~ x + (1 | a)"]) == [
        ("m0-fixed", "y ~ x"),
        ("m1-intercept", "y ~ x + (1 | a)"),
        ("m2-full", "y ~ x + (x | a)"),
    ]


def test_a_given_list_may_end_with_the_formula():
    found = rungs("y ~ x + (x | a)", ["y ~ x + (1 | a)", "y ~ x + (1 + x | a)"])
    assert [name for name, _ in found] == ["m0-intercept", "m1-full"]


def test_blocks_of_other_effects_are_another_model():
    """Both are called `blocks`, and only the second is what is asked for."""
    asked = "y ~ x + (1 | a) + (0 + x + z | a)"
    found = rungs(asked, ["y ~ x + (0 + z | a) + (1 + x | a)"])
    assert [formula for _, formula in found][-1] == asked
    assert len(found) == 2


@pytest.mark.parametrize("asked", ["y ~ f + (f | a)", "y ~ f + (0 + f | a)"])
def test_a_listed_split_is_the_model_that_lme4_fits(asked):
    """(1 | a) + (1 | a:f) given in the list has the criterion of automatic compound symmetry."""
    automatic = set_up(table(), asked)
    given = set_up(table(), asked, listed=["y ~ f + (1 | a) + (1 | a:f)"])
    compound = next(i for i, m in enumerate(automatic.models) if "compound" in m.name)
    one, two = automatic.fit(compound), given.fit(0)
    assert two.point.criterion == pytest.approx(one.point.criterion, abs=1e-7)
    assert two.identifiability.n_parameters == one.identifiability.n_parameters == 3
    full = given.fit(-1)
    assert full.point.criterion == pytest.approx(automatic.fit().point.criterion, abs=1e-7)


def test_another_fixed_part_is_no_rung():
    with pytest.raises(FormulaError, match="must have the response and the fixed effects of"):
        rungs("y ~ x + (x | a)", ["y ~ 1 + (1 | a)"])


NESTED_IN = {
    "absent": {"absent"},
    "intercept": {"absent", "intercept"},
    "compound symmetry": {"absent", "intercept", "compound symmetry"},
    "diagonal": {"absent", "intercept", "diagonal"},
    "full": {"absent", "intercept", "compound symmetry", "diagonal", "full"},
}


@pytest.mark.parametrize(
    ("data", "formula"),
    [
        ("sleepstudy", "Reaction ~ Days + (Days + I(Days^2) | Subject)"),
        ("Machines", "score ~ Machine + (Machine | Worker)"),
        ("Oats", "yield ~ nitro + (nitro | Block/Variety)"),
        ("Pastes", "strength ~ 1 + (1 | batch/cask)"),
        (None, "y ~ f + (f | a/b)"),
        (None, "y ~ x + (x + z | a) + (x | a:b)"),
    ],
)
@pytest.mark.parametrize("method", ["ML", "REML"])
def test_a_larger_model_never_fits_worse(data, formula, method):
    """All rungs share X, so that REML criteria compare as well."""
    problem = set_up(table() if data is None else data_set(data), formula, method)
    fits = [fit(problem.likelihood, problem.frame.terms, m, seed=1) for m in problem.models]
    pairs = 0
    for small, large in itertools.permutations(fits, 2):
        if all(
            s.name in NESTED_IN[t.name]
            for s, t in zip(small.model.structures, large.model.structures, strict=True)
        ):
            assert large.point.criterion <= small.point.criterion + 1e-7
            pairs += 1
    assert pairs >= len(fits) - 1


def test_the_automatic_ladder_can_be_listed_in_the_config():
    """Its `(1 | a:f)` beside `(1 | a:b)` is a split of `a`, and no crossed grouping factor."""
    rng = np.random.default_rng(1)
    a, b, f, _ = np.indices((5, 3, 3, 2)).reshape(4, -1)
    table = pd.DataFrame({"y": rng.normal(size=len(a)) + rng.normal(size=5)[a]})
    for name, codes in {"a": a, "b": b, "f": f}.items():
        table[name] = [f"{name}{code}" for code in codes]
    formula = "y ~ f + (f | a/b)"
    automatic = set_up(table, formula, "ML")
    listed = set_up(table, formula, "ML", listed=[m.formula for m in automatic.models[:-1]])
    assert [m.formula for m in listed.models] == [m.formula for m in automatic.models]
    for i in range(len(automatic.models)):
        names = [[s.name for s in p.models[i].structures] for p in (automatic, listed)]
        assert names[0] == names[1]
        assert listed.fit(i).point.criterion == pytest.approx(
            automatic.fit(i).point.criterion, abs=1e-7
        )


def test_a_listed_grouping_factor_that_the_formula_lacks_is_an_error():
    rng = np.random.default_rng(1)
    a, b = np.indices((5, 4)).reshape(2, -1)
    table = pd.DataFrame({"y": rng.normal(size=20), "a": a.astype(str), "b": b.astype(str)})
    with pytest.raises(FormulaError, match="has a grouping factor that the ladder does not"):
        set_up(table, "y ~ 1 + (1 | a)", listed=["y ~ 1 + (1 | b)"])


def test_crossed_factors_have_rungs_of_their_own():
    """Where one of them shows no variance, every rung that holds it is singular."""
    problem = set_up(data_set("sleepstudy"), "Reaction ~ Days + (1 | Days) + (Days | Subject)")
    models = ladder.build(problem.formula, problem.frame.terms, crossed=True)
    assert [model.formula.removeprefix("Reaction ~ 1 + Days") for model in models[:-1]] == [
        "",
        " + (1 | Days)",
        " + (1 | Subject)",
        " + (1 | Days) + (1 | Subject)",
        " + (1 | Days) + (Days || Subject)",
        " + (Days | Subject)",
    ]
    assert models[5].name == "m5-full-only-Subject"
