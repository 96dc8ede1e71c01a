"""Whom to ask in R about which model, and what is said of the rest."""

import pytest

from covedge.engines.plan import MOST_FOR_LMER, effort, plan
from support.models import data_set, set_up

LME4, NLME = "1.1-31 (R 4.2.2)", "3.1-162 (R 4.2.2)"


def pixel():
    return set_up(data_set("Pixel"), "pixel ~ day + (day | Dog) + (1 | Dog:Side)")


def planned(wanted, problem=None, there=("lme4", "nlme"), **of_all):
    problem = problem or pixel()
    records = [
        {
            "model": model.name,
            "identifiable": True,
            "terms": [s for s in model.structures if s.components],
            "n_obs": len(problem.frame.y),
        }
        | of_all
        for model in problem.models
    ]
    versions = {name: v for name, v in (("lme4", LME4), ("nlme", NLME)) if name in there}
    return plan(wanted, problem.frame, problem.models, records, versions.get)


def test_auto_asks_lme4_about_all_and_nlme_about_the_one_that_is_looked_at():
    problem = pixel()
    found = planned("auto", problem)
    names = tuple(model.name for model in problem.models)
    assert found.models == {"lme4": names, "nlme": names[-1:]}
    assert found.every_optimiser == {names[-1]}
    assert len(found.notes) == 1
    assert "rstanarm was not asked, since stan_lmer() takes minutes" in found.notes[0]


def test_auto_does_not_wait_for_nlme_on_large_nested_data():
    found = planned("auto", n_obs=9000)
    assert list(found.models) == ["lme4"]
    assert any("9,000 rows" in note for note in found.notes)


def test_auto_does_not_wait_for_lme4_on_large_models(monkeypatch):
    problem = pixel()
    limit = effort(problem.frame, problem.models[2])
    monkeypatch.setattr("covedge.engines.plan.MOST_FOR_LMER", limit)
    monkeypatch.setattr("covedge.engines.plan.MOST_FOR_ALL_OPTIMISERS", limit)
    found = planned("auto", problem)
    asked = [m.name for m in problem.models if effort(problem.frame, m) <= limit]
    assert found.models["lme4"] == tuple(asked)
    assert len(asked) < len(problem.models)
    assert found.every_optimiser == frozenset()
    late = len(problem.models) - len(asked)
    them = "a model" if late == 1 else f"{late} models"
    assert any(note.startswith(f"lme4 takes minutes for {them} ") for note in found.notes)


def test_effort_is_parameters_times_entries_of_z():
    problem = pixel()
    n = len(problem.frame.y)
    # (day | Dog) + (1 | Dog:Side): 3 and 1 parameters, 2 and 1 columns.
    assert effort(problem.frame, problem.models[-1]) == 4 * 3 * n
    assert effort(problem.frame, problem.models[0]) == 0
    assert effort(problem.frame, problem.models[-1]) < MOST_FOR_LMER


def test_what_lme4_refuses_at_once_costs_nothing():
    table = data_set("Machines").drop_duplicates(["Worker", "Machine"])
    problem = set_up(table, "score ~ Machine + (Machine | Worker)")
    assert effort(problem.frame, problem.models[-1]) == 0
    assert effort(problem.frame, problem.models[1]) == len(table)


@pytest.mark.parametrize("wanted", [["rstanarm", "nlme", "lme4"], ["lme4"], []])
def test_a_list_asks_each_whether_it_is_there_or_not(wanted):
    problem = pixel()
    found = planned(wanted, problem, there=())
    names = tuple(model.name for model in problem.models)
    every = {"lme4": names, "nlme": names, "rstanarm": names[-1:]}
    assert found.models == {name: every[name] for name in wanted}
    assert found.notes == ()


def test_without_r_auto_says_one_line(no_r):
    found = planned("auto", there=())
    assert found.models == {}
    assert found.notes == ("R is not there, so lme4 and nlme were not asked",)


def test_of_an_r_that_lacks_a_package_only_that_is_told(fake_r):
    fake_r("exit 0")
    found = planned("auto", there=("nlme",))
    assert list(found.models) == ["nlme"]
    assert found.notes[0] == "R with lme4 is not there, so it was not asked"
