"""Which pairs of a ladder are tested, by what, and what is said of them."""

import numpy as np
import pytest

from covedge.bootstraps.bootstrap import Bootstrap
from covedge.comparing.comparisons import (
    BOOTSTRAP,
    CHI_BAR,
    EXACT,
    NAIVE,
    compare,
    plan,
)
from covedge.comparing.comparisons_record import comparisons_record
from covedge.jsonio import plain
from support.models import data_set, set_up


def planned(problem, leave_out=()):
    fits = {m.name: problem.fit(i) for i, m in enumerate(problem.models) if i not in leave_out}
    return plan(problem.models, fits, seed=1)


@pytest.fixture(scope="module")
def orthodont():
    return planned(set_up(data_set("Orthodont"), "distance ~ Sex*age + (age | Subject)", "ML"))


@pytest.fixture(scope="module")
def machines():
    return planned(set_up(data_set("Machines"), "score ~ Machine + (Machine | Worker)"))


def names(found):
    return [tuple(name.split("-")[0] for name in pair.names) for pair in found.pairs]


def test_each_rung_is_tested_against_the_goal_and_the_next_ones(machines):
    # m2-compound is not inside m3-diagonal: m1 has two next rungs.
    assert machines.goal.model.name == "m4-full"
    assert names(machines) == [
        *(("m0", "m1"), ("m0", "m4"), ("m1", "m2"), ("m1", "m3"), ("m1", "m4")),
        *(("m2", "m4"), ("m3", "m4")),
    ]
    assert machines.left_out == {}


def test_what_is_simulated(orthodont, machines):
    # The exact test and what is beyond doubt need no responses.
    assert orthodont.to_simulate == {
        "m1-intercept": ("m2-diagonal", "m3-full"),
        "m2-diagonal": ("m3-full",),
    }
    assert machines.to_simulate == {"m2-compound": ("m4-full",), "m3-diagonal": ("m4-full",)}


def test_the_pairs_of_Orthodont_without_simulation(orthodont):
    # varTestnlme (see test_chi_bar): .2332 and .5103; naive .4664 and .6593.
    found = {c.pair.names: c for c in compare(orthodont).comparisons}
    slope = found["m1-intercept", "m3-full"]
    assert (slope.use, slope.pair.df) == (CHI_BAR, 2)
    assert slope.p == pytest.approx(0.5103, abs=5e-5)
    assert slope.pair.naive == pytest.approx(0.6593, abs=5e-5)
    assert found["m1-intercept", "m2-diagonal"].p == pytest.approx(0.2332, abs=5e-5)
    assert found["m0-fixed", "m1-intercept"].use == EXACT
    assert found["m0-fixed", "m3-full"].use == NAIVE
    assert found["m0-fixed", "m3-full"].p < 1e-6


def test_the_bootstrap_is_used_where_there_is_one(orthodont):
    D = np.full(99, 400.0)
    gains = np.where(np.arange(99) < 30, 1.0, 0.0)
    draws = {("m1-intercept", "m3-full"): (D, D - gains), ("m2-diagonal", "m3-full"): "too slow"}
    found = {c.pair.names: c for c in compare(orthodont, draws).comparisons}
    slope = found["m1-intercept", "m3-full"]
    assert (slope.use, slope.p) == (BOOTSTRAP, pytest.approx(31 / 100))
    assert found["m2-diagonal", "m3-full"].bootstrap.reason == "too slow"


def test_a_rung_is_as_likely_as_the_likeliest_inside_it(orthodont):
    D = np.full(99, 400.0)
    few = (D, D - np.where(np.arange(99) < 1, 9.0, 0.0))
    draws = {("m2-diagonal", "m3-full"): few}
    rungs = {r.model: r for r in compare(orthodont, draws).rungs}
    assert rungs["m2-diagonal"].p == pytest.approx(0.02)
    assert rungs["m2-diagonal"].adjusted_p == pytest.approx(0.5103, abs=5e-5)
    assert not rungs["m2-diagonal"].rejected
    assert rungs["m0-fixed"].rejected


def test_where_the_goal_is_not_identifiable_the_richest_rung_stands_in():
    table = data_set("Pastes").drop_duplicates("sample").reset_index(drop=True)
    problem = set_up(table, "strength ~ 1 + (1 | batch/cask)")
    found = planned(problem)
    assert found.goal.model.name == "m1-intercept-batch"
    assert found.left_out == {"m2-intercept-cask": "its variances cannot be told apart"}
    rungs = {r.model: r for r in compare(found).rungs}
    assert rungs["m2-intercept-cask"].p is None
    assert not rungs["m2-intercept-cask"].rejected


def test_a_rung_outside_the_goal_is_left_out():
    problem = set_up(data_set("Machines"), "score ~ Machine + (Machine | Worker)")
    found = planned(problem, leave_out=(4,))
    assert found.goal.model.name == "m3-diagonal"
    assert found.left_out["m2-compound"] == "it is not a special case of m3-diagonal"
    assert found.left_out["m4-full"] == "it has no fit"


def test_nothing_to_compare():
    problem = set_up(data_set("Dyestuff"), "Yield ~ 1 + (1 | Batch)")
    found = compare(plan(problem.models, {}, seed=1))
    assert found.goal is None
    assert found.comparisons == ()
    assert {r.reason for r in found.rungs} == {"it has no fit"}


def test_the_record_has_what_the_page_reads(orthodont):
    record = plain(comparisons_record(compare(orthodont)))
    assert set(record) == {"goal", "level", "pairs", "rungs", "multiplicity"}
    assert record["goal"] == "m3-full"
    assert "at most 5 %" in record["multiplicity"]
    slope = next(p for p in record["pairs"] if p["smaller"] == "m1-intercept" and p["df"] == 2)
    assert slope["chi_bar"] == {
        "p": pytest.approx(0.5103, abs=5e-5),
        "weights": [0.5, 0.5],
        "df": [1, 2],
    }
    assert set(slope["exact"]) == {"reason"}
    assert slope["sentence"].startswith("These data cannot tell m1-intercept from m3-full")
    assert "51 % of data sets" in slope["sentence"]
    first = record["pairs"][0]
    assert set(first["exact"]) == {"p", "draws", "null_zero"}
    assert first["sentence"].startswith("m0-fixed fits worse than chance would make it")


def test_more_replicates_are_asked_for_where_they_would_decide(orthodont):
    D = np.full(199, 400.0)
    draws = {("m1-intercept", "m3-full"): (D, D - np.where(np.arange(199) < 8, 1.0, 0.0))}
    record = comparisons_record(compare(orthodont, draws))
    slope = next(p for p in record["pairs"] if p["use"] == BOOTSTRAP)
    assert slope["p"] == pytest.approx(9 / 200)
    assert "more of them would decide" in slope["sentence"]


def test_the_bootstrap_agrees_with_the_exact_test():
    # Without random effects there is nothing unknown: both have the same null distribution.
    problem = set_up(data_set("Dyestuff"), "Yield ~ 1 + (1 | Batch)")
    found = planned(problem)
    seeds = np.random.SeedSequence(5).spawn(2000)
    drawn = Bootstrap(problem.likelihood, problem.fit(0), problem.models[1:])
    D_small, D_large = np.array([drawn.replicate(s).criteria for s in seeds]).T
    tested = compare(found, {found.pairs[0].names: (D_small, D_large)}).comparisons[0]
    exact, bootstrap = tested.pair.exact, tested.bootstrap
    assert bootstrap.failed == 0
    for one, other in ((exact.p, bootstrap.p), (exact.null_zero, bootstrap.null_zero)):
        assert other == pytest.approx(one, abs=4 * np.sqrt(one * (1 - one) / 2000) + 1 / 2000)
