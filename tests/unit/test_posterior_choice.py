"""Which rungs are sampled."""

import pytest

from covedge.errors import ConfigError
from covedge.posterior_choice import choose


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
