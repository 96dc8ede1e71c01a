"""The advice on the page: what the record says, as text, with every candidate."""

from types import SimpleNamespace

import pytest

from covedge.pages.instead import compose
from covedge.pages.rungs import rungs

NASTY = "y ~ a + (`<b>x</b>` | g)"


def results(**advice):
    fits = {
        name: {"model": name, "n_parameters": n, "criterion": value}
        for name, n, value in (("m1-intercept", 4, 120.0), ("m2-rank1", 5, 101.5))
    }
    return SimpleNamespace(verdict={}, recommended=advice, fits=fits)


@pytest.fixture
def page():
    return compose(
        results(
            model="m2-rank1",
            formula=NASTY,
            because="It is the simplest that does not fit worse.",
            cost={"sentence": "No fixed effect moves by more than 0.3 of its standard errors."},
            schools=[
                {
                    "school": "balanced",
                    "model": "m2-rank1",
                    "formula": NASTY,
                    "says": "Drop a component only where its test has p > 0.2.",
                    "reference": "Matuschek et al. (2017)",
                }
            ],
            candidates=[
                {"model": "m1-intercept", "p": 0.0123, "drops": []},
                {"model": "m2-rank1", "p": None, "drops": ["h"]},
            ],
        )
    )


def test_advice_cost_and_schools_are_there_as_text(page):
    assert "Report `<code>y ~ a + (" in page
    assert "<b>x" not in page
    assert "What it costs.** `<bdi>No fixed effect moves by more than 0.3" in page
    assert "Balance error and power" in page
    assert "Matuschek et al. (2017)" in page


def test_every_candidate_has_its_numbers(page):
    rows = [row for row in page.split("<tr>") if "m1-intercept" in row or "101.5" in row]
    assert ">0.012<" in rows[0]
    assert ">120.00<" in rows[0]
    assert "not tested" in rows[1]
    assert "recommended" in rows[1]
    assert ">h<" in rows[1]


def test_no_advice_is_said_so():
    told = compose(results(model=None, formula=None, because="No rung is sound."))
    assert "No rung is sound." in told
    failed = SimpleNamespace(verdict={"status": "failed"}, recommended={}, fits={})
    assert "failed" in compose(failed)


def test_rungs_of_limited_rank_have_names_of_their_own():
    absent = [{"name": "rank d"}, {"name": "rank d"}]
    models = [
        {"name": name, "formula": "y ~ x", "structures": absent}
        for name in ("m4-rank2", "m11-rank3-1", "m4-reduced")
    ]
    ladder = {"terms": [{"group": ["a"]}, {"group": ["b"]}], "models": models}
    labels = [rung["label"] for rung in rungs(ladder)]
    assert labels == ["rank 2", "rank 3 and 1", "without what collapsed"]
