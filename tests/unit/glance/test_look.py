"""A verdict in memory: R's numbers, and the same as the workflow's where it looks at the same."""

import pandas as pd
import pytest

import covedge
from covedge import digest
from covedge.errors import CovedgeError
from support.models import PUBLISHED, reference
from support.tree import ROOT
from support.verdicts import verdict_of

SCRIPTS = ROOT / "workflow/scripts"
SLEEP = PUBLISHED / "sleepstudy.csv"
SLOPES = "Reaction ~ Days + (Days | Subject)"


def test_a_healthy_fit_has_the_numbers_of_lme4():
    seen, lme4 = covedge.look(SLEEP, SLOPES), reference("sleepstudy_reml")
    assert seen.asked.point.criterion == pytest.approx(lme4["criterion"], abs=1e-6)
    assert seen.records[-1]["sigma"] == pytest.approx(lme4["sigma"], rel=1e-5)
    assert seen.records[-1]["terms"][0]["theta"] == pytest.approx(lme4["theta"], rel=1e-4)
    assert seen.summary.startswith("Your model is healthy")
    assert not seen.verdict["causes"]


def test_ml_is_another_criterion():
    seen = covedge.look(SLEEP, SLOPES, method="ML")
    criterion = reference("sleepstudy_ml")["criterion"]
    assert seen.asked.point.criterion == pytest.approx(criterion, abs=1e-6)


@pytest.mark.parametrize(
    ("name", "formula"),
    [("Dyestuff2", "Yield ~ 1 + (1 | Batch)"), ("ergoStool", "effort ~ Type + (Type | Subject)")],
)
def test_it_says_what_the_workflow_says(name, formula, tmp_path):
    path = PUBLISHED / f"{name}.csv"
    seen, slow = covedge.look(path, formula).verdict, verdict_of(path, tmp_path, formula)
    same = ("asked", "focus", "breaks_at", "degenerate", "identifiable", "certified")
    assert {key: seen[key] for key in same} == {key: slow[key] for key in same}
    assert [c["cause"] for c in seen["causes"]] == [c["cause"] for c in slow["causes"]]
    assert seen["recommended"]["formula"] == slow["recommended"]["formula"]
    assert seen["points"][0] == slow["points"][0]
    for here, there in zip(seen["where"], slow["where"], strict=True):
        assert here["direction"] == there["direction"]
        assert here["dual"] == pytest.approx(there["dual"], abs=1e-9)


def test_a_table_is_as_good_as_a_file():
    table = pd.read_csv(SLEEP)
    table.index = table.index[::-1]  # which is nothing that counts
    seen, read = covedge.look(table, SLOPES), covedge.look(SLEEP, SLOPES)
    assert seen.verdict == read.verdict
    assert seen.records[-1]["criterion"] == read.records[-1]["criterion"]
    assert (seen.source, read.source) == ("a table", str(SLEEP))


def test_the_rows_that_are_kept_are_counted():
    seen = covedge.look(SLEEP, SLOPES, subset="Days >= 2")
    assert (seen.counts.read, seen.counts.used) == (180, 144)
    assert "144 rows (36 of 180 left out)" in str(seen)


def test_what_it_shows_is_what_it_found():
    seen = covedge.look(PUBLISHED / "Dyestuff2.csv", "Yield ~ 1 + (1 | Batch)")
    told = seen.verdict
    assert told["points"][0]["sentence"] in repr(seen)
    for shown in (" ".join(str(seen).split()), seen._repr_html_()):
        assert told["causes"][0]["sentence"] in shown
        assert told["recommended"]["because"] in shown
        assert f"{reference('dyestuff2_reml')['criterion']:.4f}" in shown
        assert "the Bayesian refit" in shown


def test_labels_stay_text_in_a_notebook():
    table = pd.read_csv(PUBLISHED / "Dyestuff2.csv").rename(columns={"Batch": "<b>&"})
    shown = covedge.look(table, "Yield ~ 1 + (1 | `<b>&`)")._repr_html_()
    assert "<b>" not in shown
    assert "&lt;b&gt;&amp;" in shown


def test_rows_too_many_to_check_are_told(monkeypatch):
    monkeypatch.setattr("covedge.glance.look.MOST_ROWS", 20)
    seen = covedge.look(PUBLISHED / "Dyestuff2.csv", "Yield ~ 1 + (1 | Batch)")
    assert seen.not_done[0] == "the residuals of these 30 rows"
    assert seen.verdict["checks"] is None


@pytest.mark.parametrize(
    ("keys", "says"),
    [
        ({"formula": "Reaction ~ Days + (Days | Subject"}, "formula: `(` is never closed"),
        ({"formula": "Reaction ~ Day + (1 | Subject)"}, "formula: there is no column `Day`"),
        ({"subset": "Days > 99"}, "subset: `Days > 99` keeps none of the 180 rows"),
        ({"weights": "Subject"}, "formula: the weights column `Subject` cannot be labels"),
        ({"method": "MLE"}, "method: must be REML or ML, but is 'MLE'"),
        ({"missing": "keep"}, "missing: must be drop or error, but is 'keep'"),
        ({"smallest_sd": 0.0}, "smallest_sd: must be a number above 0"),
        ({"seed": -1}, "seed: must be 0 or more, but is -1"),
        ({"categorical": "Day"}, "categorical: there is no column `Day` in the data"),
        ({"data": "no.csv"}, "there is no file no.csv"),
    ],
)
def test_what_is_wrong_is_told_with_its_place(keys, says):
    with pytest.raises(CovedgeError) as caught:
        covedge.look(**{"data": SLEEP, "formula": SLOPES} | keys)
    assert says in caught.value.problems[0]


def test_two_columns_of_one_name():
    table = pd.DataFrame([[1.0, 2.0, "a"]], columns=["y", "y", "g"])
    with pytest.raises(CovedgeError, match="two columns named `y`"):
        covedge.look(table, "y ~ 1 + (1 | g)")


def test_no_step_of_the_workflow_runs_again_when_it_changes():
    used = {p.parent.name for step in SCRIPTS.glob("*.py") for p in digest.sources(step, SCRIPTS)}
    assert "causes" in used
    assert "glance" not in used


def test_the_package_has_no_other_names():
    with pytest.raises(AttributeError, match="no attribute 'loook'"):
        covedge.loook  # noqa: B018
