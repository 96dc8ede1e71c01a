"""Rounds in parts: the same outcomes however they were divided, and what the page is told."""

import json

import pandas as pd
import pytest

from covedge.atlas.asked import SMALLEST_THAT_MATTERS, Asked
from covedge.atlas.findings import surface
from covedge.atlas.question import question
from covedge.atlas.record import atlas_record, sentences
from covedge.atlas.steps import (
    OUTCOMES,
    carried_out,
    known,
    planned,
    together,
    trials_from_json,
    trials_json,
)
from covedge.errors import DesignError
from covedge.fits.own_gram import moved
from covedge.jsonio import write_json
from covedge.pages.atlas import section
from support.models import data_set, set_up


@pytest.fixture(scope="module")
def asked():
    problem = set_up(data_set("Dyestuff2"), "Yield ~ 1 + (1 | Batch)")
    fit = problem.fit()
    return question(problem.frame, fit.model, lambda f: moved(f, fit), 0.3, True, 3)


def parts_of(asked, trials, folder, parts):
    places = []
    for part in range(parts):
        places.append(folder / f"{part}-of-{parts}")
        places[-1].mkdir(parents=True)
        found = carried_out(asked, trials, 0, range(part, len(trials), parts))
        found.to_parquet(places[-1] / OUTCOMES)
    return places


@pytest.fixture(scope="module")
def outcomes(asked, tmp_path_factory):
    trials = planned(asked, None)
    return together(parts_of(asked, trials, tmp_path_factory.mktemp("two"), 2))


def test_it_does_not_matter_how_a_round_is_divided(asked, outcomes, tmp_path):
    trials = trials_from_json(json.loads(json.dumps(trials_json(planned(asked, None)))))
    again = together(parts_of(asked, trials, tmp_path, 5)[::-1])
    pd.testing.assert_frame_equal(again, outcomes)
    assert planned(asked, again) == planned(asked, outcomes)


def test_designs_that_cannot_be_fitted_are_left_out_and_none_at_all_is_told(tmp_path):
    (tmp_path / "0-of-1").mkdir()
    with pytest.raises(DesignError, match="none of the designs"):
        together([tmp_path / "0-of-1"])


def test_the_record_and_the_page(asked, outcomes, tmp_path):
    found = known(outcomes)
    about = Asked(asked, "m1-intercept", 4.0, SMALLEST_THAT_MATTERS)
    record = atlas_record(about, found, surface(asked.region, found), 1)
    write_json(tmp_path / "atlas.json", record)
    record = json.loads((tmp_path / "atlas.json").read_text())
    assert record["here"]["n_groups"] == 6
    assert record["here"]["sd"] == pytest.approx(0.3 * 4.0)
    # P from the F distribution: lambda = 5 * .3^2.
    from scipy.stats import f

    assert record["here"]["low"] < f.cdf(1 / 1.45, 5, 24) < record["here"]["high"]
    assert record["fits"] == len(outcomes[outcomes["settled"]])
    own = next(one for one in record["milestones"] if one["n_groups"] == 6)
    ranks = {each["rank"]: each["share"] for each in own["ranks"]["Batch"]}
    assert ranks[0] == pytest.approx(own["singular"]["estimate"])
    page = section(record, {})
    assert all(sentence in page for sentence in record["sentences"][1:])
    assert page.count("<svg") == 1
    assert f"{100 * own['singular']['estimate']:.0f} % (" in page


def test_sentences_where_no_number_of_groups_is_enough():
    here = {"n_groups": 6, "sd": 0.1, "p": 0.6, "low": 0.5, "high": 0.7, "size": "as planned"}
    never = {"level": 0.05, "n_groups": None, "low": None, "high": None}
    record = {
        "here": here,
        "group": "g",
        "unit": "observations",
        "map": {"n_groups": [3.0, 48.0]},
        "needed": [never | {"density": d} for d in (1.0, 2.0)],
    }
    assert sentences(record)[1] == (
        "Even 48 levels of g would not bring that below 5 %, and neither would twice as many "
        "observations in each."
    )
    record["needed"][1] |= {"n_groups": 40, "low": 35, "high": None}
    assert sentences(record)[1] == (
        "Even 48 levels of g would not bring that below 5 %; with twice as many observations in "
        "each, about 40 (at least 35)."
    )


def test_the_page_tells_why_there_is_no_atlas():
    assert "atlas: {enabled: true}" in section({}, {})
    assert "There is no atlas of this model: `<bdi>too long</bdi>`" in section(
        {"status": "none", "reason": "too long"}, {}
    )
    failed = section({}, {"status": "failed", "reason": "lost"})
    assert 'title="The atlas failed"' in failed
    assert "`<bdi>lost</bdi>`" in failed
