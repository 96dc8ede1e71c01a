"""The step `engines`: who is asked about which model, with R and without."""

import logging

import numpy as np
import pytest

from covedge.engines import nlme
from covedge.engines.answer import Answer
from covedge.frames.data import prepare
from covedge.grams.store import ladder_to_json, save_gram
from covedge.jsonio import read_json, write_json
from covedge.models import ladder as ladders
from covedge.records import fit_record
from engines import _plan, engines
from support.models import data_set, set_up

FORMULA = "Yield ~ 1 + (1 | Batch)"
REFUSED = "Non-positive definite approximate variance-covariance"


@pytest.fixture(scope="module")
def steps(tmp_path_factory):
    """What the steps before have written, for Dyestuff2 by REML."""
    folder = tmp_path_factory.mktemp("steps")
    problem = set_up(data_set("Dyestuff2"), FORMULA)
    frame = problem.frame
    prepare(data_set("Dyestuff2"), problem.formula).frame.to_parquet(folder / "data.parquet")
    save_gram(problem.likelihood.gram, folder / "gram.npz")
    found = ladders.Ladder(frame.terms, frame.fixed, frame.dropped, problem.models)
    write_json(folder / "ladder.json", ladder_to_json(found))
    for i, model in enumerate(problem.models):
        record = fit_record(problem.fit(i), "dyestuff2", frame.fixed)
        write_json(folder / "fits" / f"{model.name}.json", record)
    return folder


def run(steps, folder, wanted):
    """The records by engine and model, and how the step ended."""
    files = [steps / name for name in ("data.parquet", "gram.npz", "ladder.json", "fits")]
    analysis = {"name": "dyestuff2", "formula": FORMULA, "method": "REML", "ladder": "auto"}
    engines(*files, analysis | {"weights": None, "engines": wanted}, folder / "engines")
    records = {
        (path.parent.name, path.stem): read_json(path)
        for path in (folder / "engines").glob("*/*.json")
    }
    return records, read_json(folder / "engines/status.json")


@pytest.fixture
def no_r(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))


def test_auto_without_r_says_so_in_a_line_and_nothing_more(steps, tmp_path, no_r, caplog):
    with caplog.at_level(logging.INFO):
        records, ended = run(steps, tmp_path, "auto")
    assert {engine for engine, _ in records} == {"statsmodels"}
    assert ended["status"] == "ok"
    assert ended["notes"] == ["R with nlme is not there, so it was not asked"]
    assert sum("R with nlme" in line for line in caplog.messages) == 1


def test_nlme_asked_for_by_name_and_not_there_has_failed(steps, tmp_path, no_r):
    records, ended = run(steps, tmp_path, ["nlme"])
    assert sorted(records) == [("nlme", "m0-fixed"), ("nlme", "m1-intercept")]
    told = records["nlme", "m1-intercept"]
    assert told["status"] == "failed"
    assert "r-cran-nlme" in told["reason"]
    assert "traceback" not in told
    assert ended["notes"] == []


@pytest.mark.parametrize("wanted", [[], ["statsmodels"]])
def test_r_is_not_started_where_it_is_not_wanted(steps, tmp_path, monkeypatch, wanted):
    monkeypatch.setattr(nlme, "version", lambda: pytest.fail("R was started"))
    records, _ = run(steps, tmp_path, wanted)
    assert {engine for engine, _ in records} == set(wanted)


def test_auto_asks_nlme_about_the_model_that_is_looked_at(steps, tmp_path, monkeypatch):
    """At a planted answer: a variance of 1e-8 of sigma squared, where the valley is flat."""
    planted = Answer(
        components=[np.array([[1e-8]])],
        sigma=3.7,
        beta=np.array([5.7]),
        std_error=np.array([0.7]),
        criterion=161.8,
        converged=True,
        messages=("Warning: w",),
        seconds=0.1,
        apvar=REFUSED,
    )
    monkeypatch.setattr(nlme, "version", lambda: "3.1-162 (R 4.2.2)")
    monkeypatch.setattr(nlme, "answer", lambda frame, model, reml: planted)
    records, ended = run(steps, tmp_path, "auto")
    assert [model for engine, model in records if engine == "nlme"] == ["m1-intercept"]
    assert ended["notes"] == []
    record = records["nlme", "m1-intercept"]
    assert record["version"] == "3.1-162 (R 4.2.2)"
    assert record["agrees"]
    assert record["apvar"]["own_words"] == REFUSED
    assert record["apvar"]["state"] == "flat"
    # log sigma of n - 1 = 29 normal residuals has the curvature 2 x 29, at the optimal sigma.
    assert record["apvar"]["eigenvalues"][1] == pytest.approx(58 * (3.7156843 / 3.7) ** 2, rel=1e-6)


@pytest.mark.parametrize(("n_terms", "n_obs", "asked"), [(1, 9000, True), (2, 9000, False)])
def test_auto_does_not_wait_for_nlme_on_large_nested_data(n_terms, n_obs, asked):
    record = {
        "model": "m1",
        "terms": [{}] * n_terms,
        "n_obs": n_obs,
        "identifiable": True,
    }
    plan, notes = _plan("auto", {"statsmodels": "1", "nlme": "1"}, {"m1": record})
    assert ("nlme" in plan) is asked
    assert bool(notes) is not asked
