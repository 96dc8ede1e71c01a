"""What is simulated: which rungs, with which others, how often."""

import pytest

from covedge.bootstrap_plan import FEWEST, MOST_WORK, plans
from covedge.errors import ConfigError


def rung(model, criterion, parameters, identifiable=True, degenerate=False):
    return {
        "model": model,
        "criterion": criterion,
        "aic": criterion + 2 * parameters,
        "n_parameters": parameters,
        "identifiable": identifiable,
        "degenerate": degenerate,
        "certificate": {"certified": True},
    }


# A chain m0 in m1 in m3, m0 in m2 in m3; m4 is beyond what the data can tell apart.
FITS = [
    rung("m0", 200.0, 2),
    rung("m1", 105.0, 3),
    rung("m2", 104.0, 4),
    rung("m3", 100.0, 6, degenerate=True),
    rung("m4", 99.0, 9, identifiable=False),
]
INSIDE = [
    [True, True, True, True, True],
    [False, True, False, True, True],
    [False, False, True, True, True],
    [False, False, False, True, True],
    [False, False, False, False, True],
]
CHEAP = [1.0] * 5


def planned(work=CHEAP, replicates=500, asked="auto"):
    return {plan.model: plan for plan in plans(FITS, INSIDE, work, replicates, asked)}


def test_rungs_are_tested_against_the_goal_and_the_next_step():
    found = planned()
    # m0 fits worse beyond doubt, m3 is the goal, m4 cannot be identified.
    assert set(found) == {"m1", "m2", "m3"}
    assert found["m1"].richer == found["m2"].richer == ("m3",)
    assert found["m3"].richer == ()
    assert {plan.replicates for plan in found.values()} == {500}


def test_models_asked_for_by_name_are_simulated_in_full():
    dear = [MOST_WORK] * 5
    found = planned(dear, asked=["m0"])
    assert list(found) == ["m0"]
    assert (found["m0"].replicates, found["m0"].reason) == (500, "")


def test_long_refits_get_fewer_replicates_or_none():
    found = planned([MOST_WORK / 400] * 5)
    # m1 is fitted together with m3.
    assert (found["m1"].replicates, found["m3"].replicates) == (200, 400)
    assert "200 replicates" in found["m1"].reason
    found = planned([MOST_WORK / (FEWEST + 50)] * 5)
    assert (found["m1"].replicates, found["m1"].richer) == (0, ())
    assert found["m3"].replicates == FEWEST + 50


def test_an_unknown_model_is_named():
    with pytest.raises(ConfigError, match="no model `m7`"):
        planned(asked=["m7"])
