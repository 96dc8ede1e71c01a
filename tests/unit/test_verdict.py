"""Verdicts on published data whose answer is known, and on the parts that make one."""

import pytest

from covedge.causes import Power
from covedge.jsonio import plain
from covedge.proportion import Proportion
from covedge.records import fit_record
from covedge.verdict import breaks, focus, recommended, verdict
from support.models import data_set, set_up


def records(problem):
    return [
        plain(fit_record(problem.fit(i), "test", problem.frame.fixed))
        for i in range(len(problem.models))
    ]


def test_sleepstudy_is_healthy():
    fits = records(set_up(data_set("sleepstudy"), "Reaction ~ Days + (Days | Subject)"))
    told = verdict("test", fits, [], {}, 2.5)
    assert (told["degenerate"], told["identifiable"], told["certified"]) == (False, True, True)
    assert told["where"] == []
    assert told["breaks_at"] is None
    assert told["summary"].startswith("Your model is healthy")


def test_dyestuff2_is_singular_and_rightly_so():
    fits = records(set_up(data_set("Dyestuff2"), "Yield ~ 1 + (1 | Batch)"))
    told = verdict("test", fits, [], {}, 0.4)
    assert (told["degenerate"], told["certified"]) == (True, True)
    assert [entry["direction"] for entry in told["where"]] == ["the intercept"]
    assert told["recommended"]["model"] == "m0-fixed"
    assert "that is its correct optimum" in told["summary"]


def fit(name, aic, degenerate=False, identifiable=True, certified=True, n=3):
    return {
        "model": name,
        "aic": aic,
        "n_parameters": n,
        "degenerate": degenerate,
        "identifiable": identifiable,
        "certificate": {"certified": certified},
    }


def test_what_is_recommended_is_sound():
    fits = [
        fit("m0", 30),
        fit("m1", 20),
        fit("m2", 10, degenerate=True),
        fit("m3", 5, identifiable=False),
        fit("m4", 1, certified=False),
    ]
    assert recommended(fits)["model"] == "m1"
    assert focus(fits)["model"] == "m4"
    assert breaks(fits)["model"] == "m2"


@pytest.mark.parametrize("order", [1, -1])
def test_ties_go_to_the_simpler(order):
    assert recommended([fit("a", 1, n=5), fit("b", 1, n=4)][::order])["model"] == "b"


@pytest.mark.parametrize(("singular", "said"), [(0, True), (5, False), (60, False)])
def test_absence_is_claimed_only_where_the_design_would_have_shown_it(singular, said):
    fits = records(set_up(data_set("Dyestuff2"), "Yield ~ 1 + (1 | Batch)"))
    power = Power(0, Proportion(singular, 100), 0.1, 0.5)
    told = verdict("test", fits, [], {"Batch": power}, 0.4)
    assert ("small or absent" in told["summary"]) is said
    assert told["power"]["Batch"]["p_singular"] == singular / 100


def test_a_singular_rung_with_a_lower_aic_is_told_as_the_reduced_rank_model_that_it_is():
    fits = records(set_up(data_set("Machines"), "score ~ Machine + (Machine | Worker)", "ML"))
    sound = recommended(fits[:-1])
    singular = fits[-1] | {
        "degenerate": True,
        "aic": sound["aic"] - 7.0,
        "terms": [fits[-1]["terms"][0] | {"degenerate": True, "rank": 2}],
    }
    told = verdict("test", [*fits[:-1], singular], [], {}, 0.1)["recommended"]
    assert told["model"] != singular["model"]
    assert "an AIC that is smaller by 7.0" in told["because"]
    assert "rr(Machine | Worker, 2)" in told["because"]
