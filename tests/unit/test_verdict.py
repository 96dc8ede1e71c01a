"""Verdicts on published data whose answer is known, and on the parts that make one."""

import re
from pathlib import Path

import pytest

from covedge.causes.cause import NO_VARIATION, OPTIMISER, Cause
from covedge.causes.diagnosis import Diagnosis
from covedge.focus import breaks, focus
from covedge.jsonio import plain
from covedge.recommendation import recommend
from covedge.records import fit_record
from covedge.verdict import verdict
from support.models import data_set, set_up


def records(problem):
    return [
        plain(fit_record(problem.fit(i), "test", problem.frame.fixed))
        for i in range(len(problem.models))
    ]


def test_sleepstudy_is_healthy():
    fits = records(set_up(data_set("sleepstudy"), "Reaction ~ Days + (Days | Subject)"))
    told = verdict("test", fits, [], Diagnosis(()), 2.5, None)
    assert (told["degenerate"], told["identifiable"], told["certified"]) == (False, True, True)
    assert told["where"] == []
    assert told["breaks_at"] is None
    assert told["summary"].startswith("Your model is healthy")


def test_dyestuff2_is_singular_and_rightly_so():
    fits = records(set_up(data_set("Dyestuff2"), "Yield ~ 1 + (1 | Batch)"))
    told = verdict("test", fits, [], Diagnosis(()), 0.4, None)
    assert (told["degenerate"], told["certified"]) == (True, True)
    assert [entry["direction"] for entry in told["where"]] == ["the intercept"]
    assert told["recommended"]["model"] == "m0-fixed"
    assert "that is its correct optimum" in told["summary"]


def fit(name, aic, degenerate=False, identifiable=True, certified=True, n=3, terms=("g",)):
    return {
        "model": name,
        "aic": aic,
        "criterion": aic,
        "n_parameters": n,
        "degenerate": degenerate,
        "identifiable": identifiable,
        "certificate": {"certified": certified},
        "terms": [{"group": group} for group in terms],
    }


def against(goal, **p):
    return {"pairs": [{"smaller": name, "larger": goal, "p": value} for name, value in p.items()]}


def test_what_is_looked_at():
    fits = [
        fit("m0", 30),
        fit("m1", 20),
        fit("m2", 10, degenerate=True),
        fit("m3", 5, identifiable=False),
        fit("m4", 1, certified=False),
    ]
    assert focus(fits)["model"] == "m4"
    assert breaks(fits)["model"] == "m2"


def test_what_is_recommended_is_sound_and_not_worse_and_the_simplest_such():
    fits = [
        fit("m0", 50, n=1),
        fit("m1", 30, n=2),
        fit("m2", 20, n=3),
        fit("m3", 10, n=4, degenerate=True),
        fit("m4", 5, n=5),
        fit("m5", 5, n=7, degenerate=True),
    ]
    found = recommend(fits, fits[-1], against("m5", m0=0.001, m1=0.1, m2=0.3, m3=0.9, m4=1.0))
    assert found.chosen["model"] == "m1"
    # Matuschek et al. ask for p > .2.
    assert found.balanced["model"] == "m2"
    assert [c.fit["model"] for c in found.candidates] == ["m0", "m1", "m2", "m4"]


@pytest.mark.parametrize("order", [1, -1])
def test_ties_go_to_the_simpler_and_of_equals_to_the_better(order):
    fits = [fit("a", 1, n=5), fit("b", 2, n=4), fit("c", 1.5, n=4)][::order]
    goal = fit("goal", 1, n=6, degenerate=True)
    found = recommend([*fits, goal], goal, against("goal", a=0.5, b=0.5, c=0.5))
    assert found.chosen["model"] == "c"


def test_a_grouping_factor_is_dropped_only_where_no_sound_rung_has_it():
    small, large = fit("small", 3, n=1, terms=()), fit("large", 2, n=2)
    goal = fit("goal", 1, n=3, degenerate=True)
    tests = against("goal", small=0.6, large=0.8)
    assert recommend([small, large, goal], goal, tests).chosen["model"] == "large"
    singular = fit("large", 2, n=2, degenerate=True)
    assert recommend([small, singular, goal], goal, tests).chosen["model"] == "small"


def test_without_tests_the_smallest_aic_decides_and_without_sound_rungs_nothing_does():
    fits = [fit("m0", 30), fit("m1", 20), fit("m2", 10, degenerate=True)]
    found = recommend(fits, fits[-1], None)
    assert (found.chosen["model"], found.by_aic) == ("m1", True)
    assert recommend(fits[-1:], fits[-1], None).chosen is None


def test_absence_is_claimed_only_where_it_was_found():
    fits = records(set_up(data_set("Dyestuff2"), "Yield ~ 1 + (1 | Batch)"))
    cause = Cause(NO_VARIATION, fits[-1]["model"], "Batch")
    said = ["small or absent" in _summary(fits, causes) for causes in ([], [cause])]
    assert said == [False, True]


def _summary(fits, causes):
    return verdict("test", fits, causes, Diagnosis(()), 0.4, None)["summary"]


def test_every_point_of_the_verdict_names_a_section_of_the_page_with_its_evidence():
    document = Path(__file__).parents[2] / "reports" / "analysis.qmd"
    sections = set(re.findall(r"{#([a-z-]+)}", document.read_text(encoding="utf-8")))
    seen = set()
    dyestuff = records(set_up(data_set("Dyestuff2"), "Yield ~ 1 + (1 | Batch)"))
    causes = [Cause(name, dyestuff[-1]["model"], "Batch") for name in (NO_VARIATION, OPTIMISER)]
    flat = records(set_up(data_set("ergoStool"), "effort ~ Type + (Type | Subject)"))
    assert not flat[-1]["identifiable"]
    for fits, named in ((dyestuff, causes), (flat, [])):
        points = verdict("test", fits, named, Diagnosis(()), 0.4, None)["points"]
        seen |= {point["about"] for point in points}
    assert seen <= sections
    assert {"engines", "data", "ladder", "geometry", "why", "instead"} <= seen


@pytest.mark.parametrize(
    ("formula", "told"),
    [
        # As many slopes as observations; the intercept of Worker:Machine can be told.
        (
            "score ~ Machine + (Machine | Worker)",
            "First drop the effects of Machine at Worker; an intercept there can stay.",
        ),
        ("score ~ 1 + (1 | Worker:Machine)", "First drop the random effects of Worker:Machine."),
    ],
)
def test_what_is_to_be_dropped_is_called_what_it_is(formula, told):
    rows = data_set("Machines").drop_duplicates(["Worker", "Machine"])
    fits = records(set_up(rows, formula))
    points = verdict("test", fits, [], Diagnosis(()), 0.4, None)["points"]
    assert told in [point["sentence"] for point in points]
