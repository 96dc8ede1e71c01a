"""Designs of another size keep the balance of the one they come from."""

import numpy as np
import pandas as pd
import pytest

from covedge.atlas.resized import resized, resizing
from covedge.errors import DesignError
from covedge.grams.crossed_gram import CrossedGram
from covedge.grams.gram import build
from support.models import data_set, set_up


def rats():
    rows = pd.read_csv("data/rats.csv")
    return rows[rows["spd_des"] == "s15"]


def counts(frame, term=-1):
    return np.bincount(frame.codes[term])


def test_the_same_size_is_the_same_design():
    frame = set_up(data_set("sleepstudy"), "Reaction ~ Days + (Days | Subject)").frame
    same = resized(frame, resizing(frame.terms, "Subject"), 18, 1.0)
    assert (counts(same) == counts(frame)).all()
    assert np.allclose(same.X.T @ same.X, frame.X.T @ frame.X)
    assert np.allclose(same.Z[0].T @ same.Z[0], frame.Z[0].T @ frame.Z[0])


def test_copied_groups_are_groups_of_their_own():
    frame = set_up(data_set("sleepstudy"), "Reaction ~ Days + (Days | Subject)").frame
    how = resizing(frame.terms, "Subject")
    assert (how.outer.name, how.unit_name) == ("Subject", "observations")
    larger = resized(frame, how, 54, 1.0)
    assert larger.terms[0].n_levels == 54
    assert (counts(larger) == 10).all()
    assert np.allclose(larger.X.T @ larger.X, 3 * frame.X.T @ frame.X)


@pytest.mark.parametrize(("density", "rows"), [(0.5, 5), (2.0, 20), (1.5, 15), (0.2, 2)])
def test_observations_are_left_out_and_copied_evenly(density, rows):
    frame = set_up(data_set("sleepstudy"), "Reaction ~ Days + (Days | Subject)").frame
    made = resized(frame, resizing(frame.terms, "Subject"), 18, density)
    assert (counts(made) == rows).all()
    if rows >= 5:
        # Of ten days any five that are spread evenly have nearly their mean.
        assert made.X[:, 1].mean() == pytest.approx(4.5, abs=0.51)


def test_empty_cells_stay_empty():
    problem = set_up(rats(), "cc_marg ~ mPair + (mPair | ratID)")
    frame = problem.frame
    larger = resized(frame, resizing(frame.terms, "ratID"), 20, 1.0)

    def empty(one):
        cells = np.zeros((one.terms[0].n_levels, 6))
        rows = one.Z[0] @ np.linalg.inv(one.terms[0].cells.rows)
        np.add.at(cells, one.codes[0], rows)
        return (np.abs(cells) < 1e-9).sum()

    assert empty(frame) == 4
    assert empty(larger) == 8
    halves = resized(frame, resizing(frame.terms, "ratID"), 10, 0.5)
    assert empty(halves) == 4
    assert len(halves.y) == pytest.approx(len(frame.y) / 2, abs=10)


def test_nested_factors_get_more_of_the_deepest_unit():
    frame = set_up(data_set("Pastes"), "strength ~ 1 + (1 | batch/cask)").frame
    how = resizing(frame.terms, "batch:cask")
    assert (how.outer.name, how.unit_name) == ("batch", "cask")
    made = resized(frame, how, 20, 2.0)
    assert [term.n_levels for term in made.terms] == [20, 120]
    assert (counts(made) == 2).all()
    assert len(np.unique(made.codes[0] * 1000 + made.codes[1])) == 120


def test_of_crossed_factors_the_other_keeps_its_levels():
    frame = set_up(data_set("Penicillin"), "diameter ~ 1 + (1 | plate) + (1 | sample)").frame
    how = resizing(frame.terms, "plate")
    assert how.unit is None
    made = resized(frame, how, 48, 1.0)
    assert {term.name: term.n_levels for term in made.terms} == {"plate": 48, "sample": 6}
    assert isinstance(build(made), CrossedGram)


def test_groups_of_every_kind_are_kept_in_proportion():
    groups = [f"g{i}" for i in range(12)]
    rows = pd.DataFrame({"g": np.repeat(groups, 4)})
    rows["kind"] = np.where(rows["g"].isin(groups[:8]), "a", "b")
    rows["y"] = np.random.default_rng(1).normal(size=len(rows))
    frame = set_up(rows, "y ~ kind + (1 | g)").frame
    for n_groups in (3, 6, 36):
        made = resized(frame, resizing(frame.terms, "g"), n_groups, 1.0)
        assert made.X[:, 1].mean() == pytest.approx(1 / 3)


def test_too_few_groups_for_the_fixed_effects_are_told():
    groups = [f"g{i}" for i in range(6)]
    rows = pd.DataFrame({"g": np.repeat(groups, 4), "x": np.repeat([1.0, 2, 4, 8, 16, 32], 4)})
    rows["y"] = np.random.default_rng(1).normal(size=len(rows))
    frame = set_up(rows, "y ~ x + I(x**2) + I(x**3) + (1 | g)").frame
    with pytest.raises(DesignError, match="3 such groups cannot tell the fixed effects apart"):
        resized(frame, resizing(frame.terms, "g"), 3, 1.0)
