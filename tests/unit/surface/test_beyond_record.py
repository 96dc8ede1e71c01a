"""MIVQUE, free fit and scores as JSON, and on the page."""

import json

import numpy as np
import pytest

from covedge.jsonio import plain
from covedge.pages import load
from covedge.surface.beyond import beyond
from covedge.surface.beyond_record import free_record, next_rung_record
from support.models import data_set, set_up
from support.results import Labels, write

HOSTILE = "<script>`{a|b}"


def records(model):
    """(free, next_rungs) of a rung of Dyestuff2, as they come back from a file."""
    problem = set_up(data_set("Dyestuff2"), "Yield ~ 1 + (1 | Batch)", "REML")
    fit = problem.fit(model)
    found = beyond(problem.likelihood, problem.frame.terms, fit, problem.models)
    written = plain([free_record(found), next_rung_record(found)])
    return json.loads(json.dumps(written, allow_nan=False))


def page(tmp_path, free, next_rungs, labels=None):
    """The geometry section of made-up results with these records."""
    given = write(tmp_path / "results", labels)
    path = tmp_path / "results/fits/m4-full.json"
    fit = json.loads(path.read_text(encoding="utf-8"))
    path.write_text(json.dumps(fit | {"free": free, "next_rungs": next_rungs}), encoding="utf-8")
    parameters = tmp_path / "parameters.json"
    parameters.write_text(json.dumps(given), encoding="utf-8")
    return str(load(parameters).geometry())


def test_free_fit_of_dyestuff2():
    """r^2 = SSW + SSB / (1 + n lambda), D = 29 log r^2 + 5 log(1 + n lambda), in closed form."""
    free, scores = records(1)
    assert (free["status"], free["negative"], free["positive_definite"]) == ("found", 1, True)
    table = data_set("Dyestuff2")
    groups = table.groupby("Batch").Yield
    MSB, MSW = 5 * groups.mean().var(), groups.var().mean()
    free_D = 29 * np.log(29 * MSW) + 5 * np.log(MSB / MSW)
    improvement = 29 * np.log(29 * table.Yield.var()) - free_D
    assert free["improvement"] == pytest.approx(improvement, abs=1e-9)
    (term,) = free["terms"]
    assert term["covariance"][0][0] == pytest.approx(-1.3219128, rel=1e-6)
    assert term["spectrum"][0]["state"] == "negative"
    assert free["mivque"]["sigma2"] == pytest.approx(14.9458896, rel=1e-8)
    assert scores == {"reason": "", "scores": []}


def test_the_page_tells_what_the_edge_costs_and_warns(tmp_path):
    words = page(tmp_path, *records(1))
    assert "falls by another **0.62**" in words
    assert "(Intercept)" in words
    assert "−0.661" in words
    assert "usual where there is no effect" in words


def test_the_page_says_that_there_is_no_free_fit_or_nothing_known(tmp_path):
    free, scores = records(1)
    words = page(tmp_path, free | {"status": "none", "reason": "D falls", "terms": []}, scores)
    assert "the model has no best point" in words
    assert "MIVQUE" in words
    nothing = {"status": "not computed", "reason": "too many", "terms": []}
    words = page(tmp_path, free | nothing | {"mivque": nothing}, scores)
    assert "were not computed" in words


def test_the_page_shows_promises_beside_what_was_found(tmp_path):
    _, scores = records(0)
    scores["scores"][0] |= {"model": "m4-full", "at_least": 12.5}
    scores["scores"].append(
        scores["scores"][0] | {"statistic": 4.0, "df": 2, "p_value": 0.1353, "law": "chi-squared"}
    )
    words = page(tmp_path, records(1)[0], scores)
    assert "12.50" in words
    assert "boundary: bootstrap" in words
    assert "χ² = 4.00, 2 degrees of freedom, p = 0.14" in words


def test_labels_of_the_data_are_escaped(tmp_path):
    free, scores = records(1)
    for found in (free, free["mivque"]):
        found["terms"][0] |= {"group": HOSTILE}
        found["terms"][0]["spectrum"][0]["direction"] = {HOSTILE: 1.0}
    words = page(tmp_path, free | {"reason": HOSTILE}, scores, Labels(group=HOSTILE))
    assert "<script>" not in words
    assert "&lt;script&gt;" in words
