"""Model matrices: as R's model.matrix and lme4's mkReTrms make them, worked out by hand."""

import numpy as np
import pandas as pd
import pytest

from covedge.errors import DesignError
from covedge.formulas.formula import parse
from covedge.frames.design import group_codes, model_frame, r_name
from support.models import data_set, set_up

TABLE = pd.DataFrame(
    {
        "y": [1.0, 2.0, 4.0, 3.0, 7.0, 5.0],
        "f": ["u", "v", "w", "u", "v", "w"],
        "x": [0.0, 1.0, 2.0, 3.0, 4.0, 6.0],
        "g": ["a", "a", "a", "b", "b", "b"],
    }
)


def test_fixed_part_is_in_treatment_coding_with_rs_names():
    """R: model.matrix(~ f * x) has (Intercept) fv fw x fv:x fw:x."""
    frame = set_up(TABLE, "y ~ f + x + (1 | g)").frame
    assert frame.fixed == ("(Intercept)", "fv", "fw", "x")
    v, w = (TABLE.f == "v") * 1.0, (TABLE.f == "w") * 1.0
    np.testing.assert_array_equal(frame.X, np.column_stack([np.ones(6), v, w, TABLE.x]))
    assert r_name("f[T.v]:x") == "fv:x"
    assert r_name("f[v]") == "fv"


def test_columns_that_others_determine_are_dropped_by_name():
    """lme4 drops the later of them ("dropping 1 column"), and the criterion stays."""
    table = TABLE.assign(z=2 * TABLE.x + 1)
    with_z, without = set_up(table, "y ~ x + z + (1 | g)"), set_up(TABLE, "y ~ x + (1 | g)")
    assert with_z.frame.dropped == ("z",)
    assert with_z.frame.fixed == ("(Intercept)", "x")
    Sigma = [np.array([[0.5]])]
    a, b = (p.likelihood.at(p.likelihood.from_user(Sigma)).criterion for p in (with_z, without))
    assert a == pytest.approx(b, rel=1e-12)


def test_an_interaction_with_an_empty_cell_is_of_full_rank():
    """R: 2 x 3 cells of which one is empty estimate five means."""
    table = pd.DataFrame(
        {"f": list("uuvvww") * 2, "h": list("pqpqpp") * 2, "g": list("aaabbb") * 2}
    )
    table["y"] = np.arange(12.0) ** 1.5
    frame = set_up(table, "y ~ f * h + (1 | g)").frame
    assert len(frame.fixed) == 5
    assert frame.dropped == ("fw:hq",)


def test_more_fixed_effects_than_rows_are_refused():
    with pytest.raises(DesignError, match="6 rows cannot determine 6 fixed effects"):
        set_up(TABLE, "y ~ f * x + (1 | g)")


def test_terms_come_outermost_first_however_written():
    table = pd.concat([TABLE.assign(h=h) for h in "pqr"], ignore_index=True)
    table["y"] = np.arange(len(table)) ** 1.3
    frame = set_up(table, "y ~ 1 + (1 | g:h) + (x | g)").frame
    assert [term.name for term in frame.terms] == ["g", "g:h"]
    assert [term.n_levels for term in frame.terms] == [2, 6]
    assert frame.terms[0].effects == ("(Intercept)", "x")


def test_random_terms_on_one_factor_share_one_matrix():
    frame = set_up(TABLE, "y ~ 1 + (1 | g) + (0 + x | g)").frame
    (term,) = frame.terms
    assert term.effects == ("(Intercept)", "x")
    assert term.parts == {"1": (0,), "0 + x": (1,)}
    np.testing.assert_array_equal(frame.Z[0], np.column_stack([np.ones(6), TABLE.x]))


def test_effects_without_an_intercept_may_contain_one():
    """Indicators of all cells add up to 1; a slope alone never does."""
    cells = set_up(TABLE, "y ~ 1 + (0 + f | g)").frame.terms[0]
    np.testing.assert_allclose(cells.intercept, [1.0, 1.0, 1.0])
    assert set_up(TABLE, "y ~ 1 + (0 + x | g)").frame.terms[0].intercept is None
    np.testing.assert_array_equal(
        set_up(TABLE, "y ~ 1 + (x | g)").frame.terms[0].intercept, [1.0, 0.0]
    )


@pytest.mark.parametrize(
    ("effects", "rows"),
    [
        ("f", [[1, 0, 0], [1, 1, 0], [1, 0, 1]]),
        ("0 + f", [[1, 0, 0], [0, 1, 0], [0, 0, 1]]),
    ],
)
def test_cells_tell_each_level_by_its_effects(effects, rows):
    cells = set_up(TABLE, f"y ~ 1 + ({effects} | g)").frame.terms[0].cells
    assert (cells.factor, cells.labels) == ("f", ("u", "v", "w"))
    np.testing.assert_array_equal(cells.rows, rows)


def test_there_are_no_cells_where_effects_are_not_of_one_factor():
    for effects in ("x", "1", "f + x", "f:x", "0 + f:x"):
        frame = set_up(pd.concat([TABLE] * 3), f"y ~ 1 + ({effects} | g)").frame
        assert frame.terms[0].cells is None, effects


def test_levels_of_nested_labels_are_told_apart():
    """b runs from 1 in each a: a/b has as many levels as pairs that occur."""
    data = pd.DataFrame({"a": ["p", "p", "q", "q"], "b": ["2", "1", "1", "1"]}).astype("category")
    codes, labels = group_codes(data, ("a", "b"))
    assert labels == ("p:1", "p:2", "q:1")
    np.testing.assert_array_equal(codes, [1, 0, 2, 2])


@pytest.mark.parametrize(("text", "least"), [("sqrt(x)", -1.0), ("log(x)", 0.0), ("exp(x)", 1e4)])
def test_a_transformed_column_must_stay_finite(text, least):
    """Not a number, minus infinity and infinity."""
    data = TABLE.assign(x=[least, 1.0, 2.0, 3.0, 4.0, 5.0])
    for formula in (f"y ~ {text} + (1 | g)", f"y ~ 1 + ({text} | g)"):
        with pytest.raises(DesignError, match="is not a finite number in every row"):
            set_up(data, formula)


def test_the_design_of_sleepstudy_is_lme4s():
    """lme4: getME(fm, "X") and mmList(fm) of Reaction ~ Days + (Days + I(Days^2) | Subject)."""
    table = data_set("sleepstudy")
    formula = "Reaction ~ Days + (Days + I(Days^2) | Subject)"
    frame = set_up(table, formula).frame
    assert (len(frame.y), frame.X.shape, frame.terms[0].n_levels) == (180, (180, 2), 18)
    days = table.Days.to_numpy(float)
    np.testing.assert_array_equal(frame.Z[0], np.column_stack([np.ones(180), days, days**2]))
    assert frame.terms[0].levels[:2] == ("308", "309")


def test_prior_weights_are_kept_apart_from_the_rows():
    table = TABLE.assign(w=[1.0, 2.0, 1.0, 2.0, 1.0, 4.0])
    frame = set_up(table, "y ~ x + (1 | g)", weights="w").frame
    np.testing.assert_array_equal(frame.weights, table.w)
    np.testing.assert_array_equal(frame.y, table.y)


def test_formulas_of_a_list_add_their_effects():
    data = TABLE.astype({"g": "category", "f": "category"})
    asked, other = parse("y ~ 1 + (1 | g)"), parse("y ~ 1 + (x | g)")
    assert model_frame(data, asked, [other]).terms[0].effects == ("(Intercept)", "x")
