"""The page of intervals: what is to be reported, in words, curves and numbers."""

import json
from dataclasses import replace

import pytest

from covedge.pages import intervals
from covedge.pages.results import read_given
from covedge.profiles.profile import by_maximum_likelihood, cut, profile
from covedge.profiles.profile_record import profile_record
from support.models import data_set, set_up
from support.results import write


def recorded(name, formula, smallest, wald=None):
    """intervals/{model}.json of a real fit, as far as the profiles go."""
    problem = set_up(data_set(name), formula)
    terms, fixed = problem.frame.terms, problem.frame.fixed
    own = profile(problem.fit(), terms, fixed)
    by_ml = profile(by_maximum_likelihood(problem.fit(), terms, 1), terms, fixed)
    made = profile_record(own, cut(0.95), by_ml)
    parameters = []
    for one, found in zip(own, made["intervals"], strict=True):
        entry = {"kind": one.parameter.kind, "group": one.parameter.group}
        entry |= {"effects": list(one.parameter.effects), "estimate": one.estimate}
        entry |= {"intervals": found | {"wald": wald or {}}}
        if entry["kind"] == "sd":
            small, large = one.upper < smallest, one.lower > smallest
            verdict = "absent" if small else "present" if large else "undecided"
            entry["size"] = {"smallest": smallest, "verdict": verdict}
        parameters.append(entry)
    record = {"method": "REML", "level": 0.95, "smallest_sd": smallest, "parameters": parameters}
    return json.loads(json.dumps(record | {"curves": made["curves"]}, allow_nan=False))


@pytest.fixture
def results(tmp_path):
    return read_given(write(tmp_path))


def page(results, record):
    """The section where the model that is looked at has this record."""
    return intervals.compose(replace(results, intervals={results.focus["model"]: record}))


def test_an_edge_is_said_and_drawn(results):
    refused = {"lower": None, "upper": None, "reason": "nlme refuses <it>"}
    record = recorded("Dyestuff2", "Yield ~ 1 + (1 | Batch)", 4.0, refused)
    words = page(results, record)
    assert "1 of 1 standard deviation may be zero" in words
    # tests/reference/profiles.json: 0 to 2.0840 by ML; closed form by REML, test_profile.py.
    assert "0 to 2.51<" in words
    assert "0 to 2.08<" in words
    assert "1 reach the edge inside the interval, 2 do not" in words
    assert "is smaller (**absent**" in words
    assert "nlme refuses &lt;it&gt;" in words
    assert "<it>" not in words


def test_numbers_are_lme4s_where_nothing_is_at_an_edge(results):
    formula = "Reaction ~ Days + (Days | Subject)"
    words = page(results, recorded("sleepstudy", formula, 10.0))
    # confint(method = "profile"): tests/reference/profiles.json, to three digits.
    for shown in ("14.4 to 37.7", "3.80 to 8.75", "−0.481 to 0.685", "22.9 to 28.9"):
        assert shown in words
    assert "7.36 to 13.6" in words
    assert "the REML criterion does not contain" in words
    assert "No parameter is at an edge" in words
    assert "is larger (**present**)" in words
    assert "is smaller (**absent**" in words


def test_a_correlation_of_which_nothing_is_known_is_not_to_be_reported(results):
    record = recorded("sleepstudy", "Reaction ~ Days + (Days | Subject)", 10.0)
    for parameter in record["parameters"]:
        if parameter["kind"] == "correlation":
            parameter["intervals"]["profile"] |= {"lower": -1.0, "upper": 1.0}
            parameter["intervals"]["profile"] |= {"at_lower_edge": True, "at_upper_edge": True}
    words = page(results, record)
    assert "The correlation cannot be told at all" in words
    assert "−1 to 1<" in words


def test_what_is_missing_is_said(results):
    assert intervals.compose(results).count("There are no intervals for this model") == 2
    record = recorded("Dyestuff2", "Yield ~ 1 + (1 | Batch)", 4.0)
    for parameter in record["parameters"]:
        for method in ("profile", "profile_ml"):
            parameter["intervals"][method] = {"lower": None, "upper": None, "reason": "too large"}
        parameter["intervals"]["bootstrap"] = {"lower": 0.5, "upper": 0.7, "reason": None}
    words = page(results, record | {"curves": []})
    assert "There are no profile intervals for this model: " in words
    assert "too large" in words
    assert "**Report those of the bootstrap.**" in words
    assert "<svg" not in words


def test_a_profile_below_the_fit_is_told_as_a_defect(results):
    record = recorded("Dyestuff2", "Yield ~ 1 + (1 | Batch)", 4.0)
    assert "That is a defect" not in page(results, record)
    record["curves"][0]["below"] = 0.25
    assert "0.25 below the fit's own criterion" in page(results, record)


def test_labels_from_the_data_are_only_text(results):
    record = recorded("sleepstudy", "Reaction ~ Days + (Days | Subject)", 10.0)
    for entry in [*record["parameters"], *record["curves"]]:
        entry["effects"] = [e.replace("Days", "<b>`x`|$y$</b>") for e in entry["effects"]]
    words = page(results, record)
    assert "<b>" not in words
    assert words.count("&lt;b&gt;") > 3
