"""The page of the tests between rungs: what it says is what the record has."""

from types import SimpleNamespace

import numpy as np
import pytest

from covedge.comparing.comparisons import compare, plan
from covedge.comparing.comparisons_record import comparisons_record
from covedge.jsonio import plain
from covedge.pages.comparisons import compose
from support.models import data_set, set_up

LABELS = ("no random effects", "intercepts", "a|b <i>$x$</i>", "correlated slopes")


def results(models, tests, fits=None):
    rungs = [
        {"model": m.name, "formula": m.formula, "label": label}
        for m, label in zip(models, LABELS, strict=False)
    ]
    labels = {rung["model"]: rung["label"] for rung in rungs}
    return SimpleNamespace(
        ladder=rungs, tests=tests, fits=fits or {}, label=lambda model: labels.get(model, model)
    )


@pytest.fixture(scope="module")
def orthodont():
    problem = set_up(data_set("Orthodont"), "distance ~ Sex*age + (age | Subject)", "ML")
    fits = {m.name: problem.fit(i) for i, m in enumerate(problem.models)}
    planned = plan(problem.models, fits, seed=1)
    D = np.full(99, 400.0)
    draws = {("m1-intercept", "m3-full"): (D, D - np.where(np.arange(99) < 30, 1.0, 0.0))}
    record = plain(comparisons_record(compare(planned, draws)))
    return results(problem.models, record)


def test_the_simplest_rung_that_is_not_rejected_comes_first(orthodont):
    first = compose(orthodont).splitlines()[0]
    assert "<bdi>correlated slopes</bdi>" in first
    assert "<bdi>intercepts</bdi>" in first
    assert "probability 0.31 (parametric bootstrap)" in first
    assert "Rejected" in first
    assert first.index("Rejected") < first.index("no random effects")


def test_the_reader_sees_how_the_naive_test_differs(orthodont):
    words = compose(orthodont)
    assert "p = 0.66 instead of 0.31" in words
    assert "intercepts: p 0.31, naive 0.66" in words, "the figure's alternative text"


def test_all_numbers_are_in_the_table_and_labels_are_text(orthodont):
    words = compose(orthodont)
    for number in ("0.833", "0.530", "0.23", "0.51", "0.66", "0.47"):
        assert f">{number}<" in words
    assert "0.31 (0.21 to 0.40)" in words
    assert "simulated 99 responses a pair" in words
    assert "<i>$x$</i>" not in words
    assert "&lt;i&gt;$x$&lt;/i&gt;" in words


def test_every_rung_rejected_and_a_singular_goal(orthodont):
    tests = orthodont.tests | {"rungs": [r | {"rejected": True} for r in orthodont.tests["rungs"]]}
    goal = {"terms": [{"effects": ["x"], "degenerate": True}]}
    changed = SimpleNamespace(**vars(orthodont) | {"tests": tests, "fits": {"m3-full": goal}})
    words = compose(changed)
    assert words.startswith("Every simpler rung fits worse")
    assert "no contradiction" in words


def test_a_goal_that_is_not_the_one_asked_for_is_told():
    table = data_set("Pastes").drop_duplicates("sample").reset_index(drop=True)
    problem = set_up(table, "strength ~ 1 + (1 | batch/cask)")
    fits = {m.name: problem.fit(i) for i, m in enumerate(problem.models)}
    record = plain(comparisons_record(compare(plan(problem.models, fits, seed=1))))
    words = compose(results(problem.models, record))
    assert "stands in for it" in words
    assert "not tested: its variances cannot be told apart" in words


def test_without_results_it_says_so():
    assert "left no results" in compose(results([], {}))
    failed = compose(results([], {"status": "failed", "reason": "MemoryError: <no> more"}))
    assert "MemoryError: &lt;no&gt; more" in failed
    nothing = {"goal": None, "level": 0.05, "pairs": [], "rungs": [], "multiplicity": ""}
    assert "nothing to compare" in compose(results([], nothing))
