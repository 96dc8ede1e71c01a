"""Leaving out one group is the same as fitting the table without its rows."""

import json

import numpy as np
import pandas as pd
import pytest

from covedge.effects.modes import level_order
from covedge.fits.fit import fit
from covedge.grams.gram import build
from covedge.grams.store import ladder_from_json, ladder_to_json
from covedge.grams.without_group import from_gram, from_rows
from covedge.inference.leave_out import leave_out, leave_out_record
from covedge.jsonio import plain
from covedge.models.ladder import Ladder
from support.dense import unbalanced
from support.models import data_set, set_up

CASES = [
    ("sleepstudy", "Reaction ~ Days + (Days | Subject)", "REML"),
    ("Machines", "score ~ Machine + (Machine | Worker)", "ML"),
    ("Oats", "yield ~ nitro * Variety + (1 | Block/Variety)", "REML"),
    ("Penicillin", "diameter ~ 1 + (1 | plate) + (1 | sample)", "REML"),
]


def labels(table, group):
    columns = group.split(":")
    return table[columns].astype(str).agg(":".join, axis=1)


@pytest.mark.parametrize(("name", "formula", "method"), CASES)
def test_each_refit_is_the_fit_of_the_reduced_table(name, formula, method):
    table = data_set(name)
    asked = set_up(table, formula, method)
    found = leave_out(asked.frame, asked.fit())
    for term in found.terms:
        own = labels(table, term.group)
        assert [one.level for one in term.levels] == sorted(set(own))
        for one in term.levels[::3]:
            afresh = set_up(table[own != one.level], formula, method).fit()
            assert one.criterion == pytest.approx(afresh.point.criterion, abs=1e-6)
            assert one.rank == {t.term.name: t.rank for t in afresh.terms}
            np.testing.assert_allclose(one.fixed, afresh.point.beta, rtol=1e-4)
            assert one.sigma**2 == pytest.approx(afresh.point.sigma2, rel=1e-4)
            np.testing.assert_allclose(
                one.std_errors, np.sqrt(np.diag(afresh.point.cov_beta)), rtol=1e-3
            )


@pytest.mark.parametrize("method", ["REML", "ML"])
def test_with_prior_weights_too(method):
    data = unbalanced(2, 2)
    asked = set_up(data.table, data.formula, method, weights="w")
    for term in leave_out(asked.frame, asked.fit()).terms:
        own = labels(data.table, term.group)
        for one in term.levels[:3]:
            rest = data.table[own != one.level]
            afresh = set_up(rest, data.formula, method, weights="w").fit()
            assert one.criterion == pytest.approx(afresh.point.criterion, abs=1e-6)


@pytest.mark.parametrize("level", [1, 2])
def test_a_group_taken_from_the_gram_is_that_taken_from_the_rows(level):
    """Three nested levels, also where a parent loses its only child."""
    data = unbalanced(1, 3)
    frame = set_up(data.table, data.formula).frame
    gram, rows = build(frame), from_rows(frame)
    codes = frame.codes[2 - level]
    children = [np.bincount(parents) for parents in gram.parents]
    assert children[1].min() == 1, "some a has one b only"
    for group, index in enumerate(level_order(frame.codes)[level]):
        one = from_gram(gram, level, group, int((codes == index).sum()))
        other = rows.gram(level, group)
        assert one.n_obs == other.n_obs
        for mine, theirs in zip(one.parents, other.parents, strict=True):
            np.testing.assert_array_equal(mine, theirs)
        blocks = zip((one.deepest, *one.raw), (other.deepest, *other.raw), strict=True)
        for mine, theirs in blocks:
            np.testing.assert_allclose(mine, theirs, atol=1e-9)
        np.testing.assert_allclose(one.scaling.beta, other.scaling.beta, rtol=1e-9)
        # As scaling promises: orthonormal fixed effects and a residual of length sqrt(n).
        root = one.raw[-1][0] / one.n_obs
        np.testing.assert_allclose(root, np.eye(len(root)), atol=1e-10)


def test_a_group_that_alone_determines_a_fixed_effect_is_told_and_the_others_are_fitted():
    rng = np.random.default_rng(4)
    g = np.repeat(np.arange(8), 6)
    table = pd.DataFrame({"g": [f"g{i}" for i in g], "x": (g == 3).astype(float)})
    table["y"] = rng.normal(size=8)[g] + rng.normal(size=len(g))
    asked = set_up(table, "y ~ x + (1 | g)")
    levels = leave_out(asked.frame, asked.fit()).terms[0].levels
    assert [one.level for one in levels if one.reason] == ["g3"]
    assert "fixed effects" in levels[3].reason


def test_one_planted_group_decides_the_rank():
    """Parallel lines but for one subject: without it the slopes have no variance."""
    rng = np.random.default_rng(6)
    g = np.repeat(np.arange(12), 10)
    x = np.tile(np.linspace(-1, 1, 10), 12)
    y = rng.normal(size=12)[g] + x + rng.normal(size=len(g)) + 6.0 * x * (g == 7)
    # Slopes within groups are made alike, so that only the planted one varies.
    for i in range(12):
        own = g == i
        slope = (x[own] @ y[own]) / (x[own] @ x[own])
        y[own] -= (slope - 1.0 - 6.0 * (i == 7)) * x[own]
    table = pd.DataFrame({"y": y, "x": x, "g": [f"s{i:02d}" for i in g]})
    asked = set_up(table, "y ~ x + (x | g)")
    found = leave_out(asked.frame, asked.fit())
    assert found.whole.rank == {"g": 2}
    ranks = {one.level: one.rank["g"] for one in found.terms[0].levels}
    assert [level for level, rank in ranks.items() if rank < 2] == ["s07"]
    slopes = {one.level: one.fixed[1] for one in found.terms[0].levels}
    assert slopes["s07"] == pytest.approx(1.0, abs=1e-6)


def test_what_is_not_done_says_why():
    table = data_set("sleepstudy")
    asked = set_up(table, "Reaction ~ Days + (Days | Subject)")
    told = leave_out_record(leave_out(asked.frame, asked.fit(), most_work=1.0))["terms"][0]
    assert told["status"] == "not done"
    assert "too long" in told["reason"]
    rng = np.random.default_rng(1)
    many = pd.DataFrame({"y": rng.normal(size=160), "g": [f"g{i // 2}" for i in range(160)]})
    many["h"] = ["a" if i % 3 else "b" for i in range(160)]
    asked = set_up(many, "y ~ 1 + (1 | g) + (1 | h)")
    reasons = {t.group: t.reason for t in leave_out(asked.frame, asked.fit()).terms}
    assert "80 levels" in reasons["g"]
    assert "2 levels" in reasons["h"]


def test_the_record_is_json():
    asked = set_up(data_set("Machines"), "score ~ Machine + (Machine | Worker)")
    record = leave_out_record(leave_out(asked.frame, asked.fit()))
    text = json.loads(json.dumps(plain(record), allow_nan=False))
    assert text["terms"][0]["status"] == "ok"
    assert text["terms"][0]["levels"][0]["rank"] == {"Worker": 3}


def test_a_fit_of_a_ladder_read_back_from_its_file_will_do():
    """The step that infers has its terms from ladder.json, the frame its own."""
    asked = set_up(data_set("Oats"), "yield ~ nitro + (1 | Block/Variety)")
    frame = asked.frame
    built = Ladder(frame.terms, frame.fixed, frame.dropped, asked.models)
    read = ladder_from_json(json.loads(json.dumps(plain(ladder_to_json(built)))))
    again = fit(asked.likelihood, read.terms, read.asked, 1)
    for one, other in zip(
        leave_out(frame, again).terms, leave_out(frame, asked.fit()).terms, strict=True
    ):
        assert one.group == other.group
        for mine, theirs in zip(one.levels, other.levels, strict=True):
            assert mine.level == theirs.level
            assert mine.criterion == pytest.approx(theirs.criterion, abs=1e-6)
