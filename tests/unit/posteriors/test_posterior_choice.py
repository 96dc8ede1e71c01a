"""Which rungs are sampled."""

import numpy as np
import pandas as pd
import pytest

from covedge.errors import ConfigError
from covedge.grams.effort import effort
from covedge.posteriors.posterior_choice import (
    choose,
    runs,
    too_long_for_more,
    without_limited_rank,
    without_the_longest,
)
from support.models import data_set, set_up


def ladder(*degenerate, identifiable=None):
    """Stored fits m0, m1, ... with one term each."""
    return [
        {
            "model": f"m{i}",
            "identifiable": True if identifiable is None else identifiable[i],
            "terms": [{"degenerate": bad}],
        }
        for i, bad in enumerate(degenerate)
    ]


@pytest.mark.parametrize(
    ("fits", "models"),
    [
        (ladder(False, False, True, True), ("m1", "m2", "m3")),
        (ladder(False, False, False), ("m2",)),
        (ladder(False, False, True), ("m1", "m2")),
        (ladder(True, True), ("m0", "m1")),
        # m1 cannot be told apart, so it is no neighbour of the break.
        (ladder(False, True, True, identifiable=[True, False, True]), ("m0", "m2")),
    ],
)
def test_auto_takes_the_asked_for_and_both_sides_of_the_break(fits, models):
    assert choose("auto", fits).models == models


def test_an_asked_for_model_that_is_not_identifiable_is_left_out_with_the_reason():
    choice = choose("auto", ladder(False, True, True, identifiable=[True, True, False]))
    assert choice.models == ("m0", "m1")
    ((name, reason),) = choice.skipped
    assert name == "m2"
    assert "cannot tell" in reason


def test_a_list_is_taken_as_it_is_in_the_ladders_order():
    assert choose(["m2", "m0"], ladder(False, True, True)).models == ("m0", "m2")


def test_a_model_that_is_not_there_is_an_error_with_the_nearest_name():
    with pytest.raises(ConfigError, match=r"bayes\.models: no model `m22`; did you mean `m2`"):
        choose(["m22"], ladder(False, True, True))


def test_a_model_that_would_take_hours_is_left_out_with_the_reason():
    choice = choose("auto", ladder(False, False, True))
    kept = without_the_longest(choice, {"m0": 1.0, "m1": 1e7, "m2": 1e10})
    assert kept.models == ("m1",)
    ((name, reason),) = kept.skipped
    assert name == "m2"
    assert "hours" in reason
    assert "models: [...]" in reason


def test_the_effort_of_a_dense_block_grows_with_its_cube():
    """(1 | a) + (1 | b) with 40 and 200 levels each: the dense block has 5 times as many."""
    rng = np.random.default_rng(0)
    efforts = []
    for levels in (40, 200):
        table = pd.DataFrame(rng.integers(0, levels, (4000, 2)), columns=["a", "b"])
        table["y"] = rng.normal(size=len(table))
        efforts.append(effort(set_up(table, "y ~ 1 + (1 | a) + (1 | b)").likelihood.gram))
    assert 2 * 200**3 < efforts[1] < 3 * 200**3
    assert efforts[1] > 20 * efforts[0]
    nested = set_up(data_set("Pastes"), "strength ~ 1 + (1 | batch/cask)").likelihood.gram
    assert effort(nested) == 10 * len(nested.packed[1])


def test_models_of_limited_rank_are_left_out_even_if_they_are_named():
    kept = without_limited_rank(choose(["m1", "m2"], ladder(False, False, False)), ["m2"])
    assert kept.models == ("m1",)
    assert kept.skipped == (
        ("m2", "there is no prior for a covariance matrix of limited rank yet"),
    )


def test_other_priors_and_forms_are_for_the_richest_model():
    found = runs(("m1", "m2"), ("lkj", "decov"), ("collapsed", "noncentred", "centred"), auto=True)
    assert [(r.model, r.family, r.form, r.role) for r in found] == [
        ("m2", "lkj", "collapsed", "main"),
        ("m1", "lkj", "collapsed", "rung"),
        ("m2", "decov", "collapsed", "prior"),
        ("m2", "lkj", "noncentred", "form"),
        ("m2", "lkj", "centred", "example"),
    ]


def test_other_priors_of_a_large_model_are_for_those_who_name_it():
    assert too_long_for_more(8.9e3) == ""
    assert "name the model" in too_long_for_more(8.2e5)


def test_named_models_are_sampled_in_every_combination_and_none_twice():
    found = runs(("m1", "m2"), ("lkj", "decov"), ("collapsed", "centred"), auto=False)
    assert len({(r.model, r.family, r.form) for r in found}) == len(found) == 8
    roles = {(r.model, r.family, r.form): r.role for r in found}
    assert roles["m1", "decov", "collapsed"] == "prior"
    assert roles["m1", "lkj", "collapsed"] == "rung"
    assert roles["m1", "decov", "centred"] == "example"
    assert runs((), ("lkj",), ("collapsed",), auto=True) == []
