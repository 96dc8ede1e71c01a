"""What is simulated: which rungs, with which others, how often."""

import pytest

from covedge.bootstraps.bootstrap_plan import FEWEST, MOST_WORK, plans
from covedge.errors import ConfigError
from support.models import data_set, set_up


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


# All are inside the full matrix; the intercept is also inside the two others.
FITS = [
    rung("m0-fixed", 400.0, 4),
    rung("m1-intercept", 136.0, 5),
    rung("m2-compound", 105.0, 6),
    rung("m3-diagonal", 104.0, 7),
    rung("m4-full", 100.0, 10, degenerate=True),
]
CHEAP = [1.0] * 5


@pytest.fixture(scope="module")
def models():
    problem = set_up(data_set("Machines"), "score ~ Machine + (Machine | Worker)")
    assert [model.name for model in problem.models] == [fit["model"] for fit in FITS]
    return problem.models


def planned(models, work=CHEAP, replicates=500, asked="auto", groups=60, fits=FITS):
    return {p.model: p for p in plans(fits, models, [groups], work, replicates, asked)}


def test_rungs_are_tested_against_the_goal_and_the_next_steps(models):
    found = planned(models)
    # m0 fits worse beyond doubt, and so does m1 next to m2 and m3: 31 on one degree of freedom.
    assert set(found) == {"m1-intercept", "m2-compound", "m3-diagonal", "m4-full"}
    assert found["m1-intercept"].richer == ("m4-full",)
    assert found["m2-compound"].richer == found["m3-diagonal"].richer == ("m4-full",)
    assert found["m4-full"].richer == ()
    assert {plan.replicates for plan in found.values()} == {500}


def test_with_few_groups_less_is_beyond_doubt(models):
    found = planned(models, groups=6)
    assert found["m1-intercept"].richer == ("m2-compound", "m3-diagonal", "m4-full")


def test_where_nothing_is_gained_no_test_is_simulated(models):
    fits = [*FITS[:3], FITS[3] | {"criterion": 100.0, "degenerate": True}, FITS[4]]
    assert "m3-diagonal" not in planned(models, fits=fits)
    # A sound rung that fits as well may be recommended, and gets intervals of its own.
    fits = [*FITS[:3], FITS[3] | {"criterion": 100.0}, FITS[4]]
    assert planned(models, fits=fits)["m3-diagonal"].richer == ()


def test_the_goal_can_be_identified(models):
    fits = [*FITS[:4], FITS[4] | {"identifiable": False}]
    found = planned(models, fits=fits)
    assert "m4-full" not in found
    assert found["m3-diagonal"].replicates == 500


def test_models_asked_for_by_name_are_simulated_in_full(models):
    found = planned(models, [MOST_WORK] * 5, asked=["m0-fixed"])
    assert list(found) == ["m0-fixed"]
    assert (found["m0-fixed"].replicates, found["m0-fixed"].reason) == (500, "")


def test_long_refits_get_fewer_replicates_or_none(models):
    found = planned(models, [MOST_WORK / 400] * 5)
    # The compound rung is fitted together with the full one.
    assert found["m2-compound"].replicates == 200
    assert found["m4-full"].replicates == 400
    assert "200 replicates" in found["m2-compound"].reason
    found = planned(models, [MOST_WORK / (FEWEST + 50)] * 5)
    assert (found["m2-compound"].replicates, found["m2-compound"].richer) == (0, ())
    assert found["m4-full"].replicates == FEWEST + 50


def test_where_time_is_short_the_goal_comes_before_the_next_steps(models):
    found = planned(models, [MOST_WORK / 250] * 5, groups=6)
    assert found["m1-intercept"].richer == ("m4-full",)
    assert found["m1-intercept"].replicates == 125


def test_an_unknown_model_is_named(models):
    with pytest.raises(ConfigError, match="no model `m7`"):
        planned(models, asked=["m7"])
