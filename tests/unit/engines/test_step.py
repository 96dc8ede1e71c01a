"""The steps `ask_r` and `engines`: who is asked about which model, with R and without."""

import json
import logging

import numpy as np
import pytest

from ask_r import ask_r
from covedge.engines import lme4, nlme, r_process
from covedge.errors import DataError
from covedge.frames.data import prepare
from covedge.grams.store import ladder_to_json, save_gram
from covedge.jsonio import read_json, write_json
from covedge.models import ladder as ladders
from covedge.records import fit_record
from engines import engines
from support.models import data_set, reference, set_up

FORMULA = "Yield ~ 1 + (1 | Batch)"
REFUSED = "Non-positive definite approximate variance-covariance"
# As lme.R writes it: a variance of 1e-8 of sigma squared, where the valley is flat.
PLANTED = [
    ("said", ["Warning", "w"]),
    ("optimiser", ["nlminb"]),
    ("seconds", ["0.1"]),
    ("G1", ["1e-8"]),
    ("sigma", ["3.7"]),
    ("beta", ["5.7"]),
    ("std_error", ["0.7"]),
    ("loglik", ["-80.9"]),
    ("apvar", [REFUSED]),
]


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


def run(steps, folder, wanted, answers=None):
    """The records by engine and model, and how the step `engines` ended."""
    data, gram, ladder, fits = (
        steps / name for name in ("data.parquet", "gram.npz", "ladder.json", "fits")
    )
    analysis = {"name": "dyestuff2", "formula": FORMULA, "method": "REML", "ladder": "auto"}
    analysis |= {"weights": None, "engines": wanted, "seed": 1, "answers": answers}
    ask_r(data, ladder, fits, analysis, 1, folder / "in_r")
    engines(data, gram, ladder, fits, folder / "in_r", analysis, folder / "engines")
    records = {
        (path.parent.name, path.stem): read_json(path)
        for path in (folder / "engines").glob("*/*.json")
    }
    return records, read_json(folder / "engines/status.json")


def test_auto_without_r_says_so_in_a_line_and_nothing_more(steps, tmp_path, no_r, caplog):
    with caplog.at_level(logging.INFO):
        records, ended = run(steps, tmp_path, "auto")
    assert {engine for engine, _ in records} == {"statsmodels"}
    assert ended["status"] == "ok"
    assert ended["notes"] == ["R is not there, so lme4 and nlme were not asked"]
    assert sum("R is not there" in line for line in caplog.messages) == 1


@pytest.mark.parametrize("engine", ["lme4", "nlme", "rstanarm"])
def test_an_engine_asked_for_by_name_and_not_there_has_failed(steps, tmp_path, no_r, engine):
    records, ended = run(steps, tmp_path, [engine])
    told = records[engine, "m1-intercept"]
    assert told["status"] == "failed"
    assert f"r-cran-{engine}" in told["reason"]
    assert "traceback" not in told
    assert (ended["status"], ended["notes"]) == ("ok", [])


@pytest.mark.parametrize("wanted", [[], ["statsmodels"]])
def test_r_is_not_started_where_it_is_not_wanted(steps, tmp_path, monkeypatch, wanted):
    monkeypatch.setattr(r_process, "_run", lambda *_: pytest.fail("R was started"))
    records, _ = run(steps, tmp_path, wanted)
    assert {engine for engine, _ in records} == set(wanted)


def test_what_r_has_told_is_judged(steps, tmp_path, monkeypatch):
    monkeypatch.setattr("covedge.engines.plan.r_process.version", lambda package: "1")
    monkeypatch.setattr("ask_r.plan", lambda *given: _plan("nlme"))
    monkeypatch.setattr(nlme, "tell", lambda question: PLANTED)
    records, _ = run(steps, tmp_path, ["nlme"])
    record = records["nlme", "m1-intercept"]
    assert record["version"] == "3.1-162 (R 4.2.2)"
    assert record["agrees"]
    assert record["messages"] == ["Warning: w"]
    assert record["apvar"]["own_words"] == REFUSED
    assert record["apvar"]["state"] == "flat"
    # log sigma of n - 1 = 29 normal residuals has the curvature 2 x 29, at the optimal sigma.
    assert record["apvar"]["eigenvalues"][1] == pytest.approx(58 * (3.7156843 / 3.7) ** 2, rel=1e-6)


def _plan(engine):
    from covedge.engines.plan import Plan

    return Plan({engine: ("m1-intercept",)}, frozenset(), {engine: "3.1-162 (R 4.2.2)"}, ())


def test_that_r_broke_down_costs_the_others_nothing(steps, tmp_path, monkeypatch):
    def broken(*given):
        raise MemoryError("no more")

    monkeypatch.setattr("ask_r.plan", broken)
    records, ended = run(steps, tmp_path, ["statsmodels", "lme4"])
    assert {engine for engine, _ in records} == {"statsmodels"}
    assert (ended["status"], ended["step"]) == ("failed", "ask_r")
    assert "MemoryError: no more" in ended["reason"]


def test_lme4_is_asked_with_all_its_optimisers(steps, tmp_path, require_r_packages):
    """A zero variance, which every optimiser finds; each says so, and is right."""
    require_r_packages("lme4")
    records, _ = run(steps, tmp_path, ["lme4"])
    assert records["lme4", "m0-fixed"]["status"] == "not_expressible"
    record = records["lme4", "m1-intercept"]
    known = reference("dyestuff2_reml")["criterion"]
    assert record["optimiser"] == "nloptwrap"
    assert record["version"] == lme4.version()
    assert len(record["optimisers"]) >= 4
    for told in (record, *record["optimisers"]):
        assert told["criterion"] == pytest.approx(known, abs=1e-6)
        assert told["messages"] == ["Message: boundary (singular) fit: see help('isSingular')"]
        assert (told["calls_singular"], told["singular"], told["agrees"]) == (True, True, True)
        assert told["certificate"]["certified"]


def test_a_fit_that_the_user_has_is_judged(steps, tmp_path):
    path = tmp_path / "mine.json"
    path.write_text(json.dumps({"theta": [0.5], "sigma": 3.7, "criterion": 161.83}))
    records, _ = run(steps, tmp_path, [], answers=str(path))
    record = records["yours", "m1-intercept"]
    assert (record["version"], record["converged"], record["theta"]) == (None, None, [0.5])
    assert record["singular"] is False
    assert record["agrees"] is False
    assert record["certificate"]["status"] == "refused"
    np.testing.assert_allclose(record["terms"][0]["covariance"], [[3.7**2 / 4]])


def test_a_file_that_is_of_no_use_is_the_users_to_mend(steps, tmp_path):
    path = tmp_path / "mine.json"
    path.write_text(json.dumps({"theta": [0.5, 0.5]}))
    with pytest.raises(DataError, match=r"mine\.json: theta has 2 numbers"):
        run(steps, tmp_path, [], answers=str(path))
    with pytest.raises(
        DataError, match="answers: there is no model `m9`; there are `m0-fixed`, `m1-i"
    ):
        run(steps, tmp_path, [], answers={"m9": str(path)})
