"""What other data would have given: the words say the numbers of the record."""

from dataclasses import replace

import pytest

from covedge.pages import simulation
from covedge.pages.results import read_given
from support.results import write


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    return read_given(write(tmp_path_factory.mktemp("results"), infer=True))


def told(results, **bootstrap):
    record = results.intervals["m4-full"]
    counts = record["bootstrap"] | bootstrap
    return simulation.compose(
        replace(results, intervals={"m4-full": record | {"bootstrap": counts}})
    )


def test_the_share_of_singular_fits_and_its_interval_are_told(results):
    counts = results.intervals["m4-full"]["bootstrap"]
    assert sum(counts["ranks"]["ratID"].values()) == counts["replicates"] == 120
    words = told(
        results, degenerate={"share": 0.25, "interval": [0.18, 0.33]}, replicates=120, unsettled=3
    )
    assert "drawn from it 120 times" in words
    assert "**25 % of these fits are singular** (95 % interval 18 % to 33 %)" in words
    assert "3 further fits did not settle" in words


def test_the_picture_states_the_most_frequent_rank(results):
    words = told(results, ranks={"ratID": {"1": 12, "2": 90, "3": 18}})
    assert "Rank 2 is most frequent; 75 % of the refits have rank 2, as your fit." in words
    assert "yours" in words


def test_without_draws_the_reason_is_told(results):
    words = told(results, replicates=0, reason="even 100 refits would take long")
    assert "There are no simulated data for this model" in words
    assert "even 100 refits would take long" in words
    missing = simulation.compose(replace(results, intervals={}))
    assert "there are no results of the bootstrap" in missing
