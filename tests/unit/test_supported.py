"""How many directions are needed, and the recommendation in words, from records alone."""

import pytest

from covedge.advice import advice_record
from covedge.recommendation import recommend
from covedge.supported import supported_ranks


def direction(name, reliability):
    state = "alive" if reliability > 0 else "collapsed"
    loadings = {"a": 1.0, "b": 0.0, "c": 0.0}
    told = {"direction": loadings, "cells": {name: 1.0}}
    return told | {"state": state, "reliability": reliability, "dual": 0.0}


def rung(model, rank, criterion, n, structure="rank d", full=None):
    reliabilities = [0.0] * ((full or rank) - rank) + [0.2 + 0.1 * k for k in range(rank)]
    term = {
        "group": "g",
        "effects": ["a", "b", "c"],
        "factor": "f",
        "structure": structure,
        "rank": rank,
        "full_rank": full or rank,
        "degenerate": rank < (full or rank),
        "spectrum": [direction(f"d{k}", r) for k, r in enumerate(reliabilities)],
    }
    return {
        "model": model,
        "formula": f"y ~ {model}",
        "terms": [term],
        "criterion": criterion,
        "aic": criterion + 2 * n,
        "n_parameters": n,
        "degenerate": rank < (full or rank),
        "identifiable": True,
        "certificate": {"certified": True},
        "fixed": [{"name": "x", "estimate": 1.0 + 0.1 * rank, "std_error": 0.2}],
    }


FITS = [
    rung("m1-rank1", 1, 20.0, 3),
    rung("m1-rank2", 2, 10.0, 5),
    rung("m1-full", 2, 10.0, 6, "full", full=3),
]


def against(first):
    p = {"m1-rank1": first, "m1-rank2": 1.0}
    return {"pairs": [{"smaller": m, "larger": "m1-full", "p": p[m]} for m in p]}


@pytest.mark.parametrize(("p", "needed"), [(0.001, 2), (0.3, 1)])
def test_the_lowest_rank_that_does_not_fit_worse(p, needed):
    (found,) = supported_ranks(FITS, FITS[-1], against(p))
    assert (found["rank"], found["estimated"]) == (needed, 2)
    assert len(found["directions"]) == needed
    assert ("fits worse" in found["sentence"]) is (needed == 2)


def test_what_no_test_has_shown_to_be_needed_is_called_enough():
    (found,) = supported_ranks(FITS, FITS[-1], against(0.3))
    assert "1 is enough" in found["sentence"]
    assert found["sentence"].endswith(", and fits no worse (p = 0.3 for a model with 1).")
    (found,) = supported_ranks(FITS, FITS[-1], against(0.001))
    assert "2 are needed" in found["sentence"]


def test_a_fit_of_one_direction_only_says_which_it_is():
    fits = [rung("m1-rank1", 1, 10.0, 3), rung("m1-full", 1, 10.0, 6, "full", full=3)]
    (found,) = supported_ranks(fits, fits[-1], against(1.0))
    assert (
        found["sentence"]
        == "The way in which the fit lets levels of g differ: the common level of all f."
    )


def test_without_tests_nothing_is_said_of_ranks():
    assert supported_ranks(FITS, FITS[-1], None) == []


def test_reasons_cost_and_schools():
    found = advice_record(recommend(FITS, FITS[-1], against(0.1)), FITS, FITS[-1])
    assert found["model"] == "m1-rank1"
    # From 1.1 to 1.2 is half a standard error.
    assert found["cost"]["moved"] == pytest.approx(0.5)
    assert "0.5 of its standard errors" in found["cost"]["sentence"]
    assert {each["school"]: each["model"] for each in found["schools"]} == {
        "maximal": "m1-full",
        "parsimonious": "m1-rank2",
        # p = .1 is enough for 5 %, not for the 20 % of Matuschek et al.
        "balanced": "m1-rank2",
    }
    assert [each["p"] for each in found["candidates"]] == [0.1, 1.0]


def test_no_sound_rung_is_said():
    found = advice_record(recommend(FITS[-1:], FITS[-1], against(0.1)), FITS[-1:], FITS[-1])
    assert found["model"] is None
    assert "No rung" in found["because"]
