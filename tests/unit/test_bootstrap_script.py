"""Batches of the bootstrap: the same draws however they are cut, and failures that are told."""

import pandas as pd
import pytest

from bootstrap import bootstrap
from covedge.bootstraps.bootstrap_plan import Plan
from covedge.grams.store import ladder_to_json, save_gram
from covedge.jsonio import read_json, write_json
from covedge.models import ladder as ladders
from covedge.records import fit_record
from support.models import data_set, set_up


@pytest.fixture(scope="module")
def steps(tmp_path_factory):
    """What the fit step has written, for sleepstudy by ML."""
    folder = tmp_path_factory.mktemp("steps")
    problem = set_up(data_set("sleepstudy"), "Reaction ~ Days + (Days | Subject)", "ML")
    frame = problem.frame
    save_gram(problem.likelihood.gram, folder / "gram.npz")
    found = ladders.Ladder(frame.terms, frame.fixed, frame.dropped, problem.models)
    write_json(folder / "ladder.json", ladder_to_json(found))
    for i, model in enumerate(problem.models):
        record = fit_record(problem.fit(i), "sleepstudy", frame.fixed)
        write_json(folder / "fits" / f"{model.name}.json", record)
    return folder


def run(steps, draws, first, last, models=("m2-diagonal",), seed=1):
    analysis = {
        "name": "sleepstudy",
        "method": "ML",
        "seed": seed,
        "bootstrap": {"models": list(models)},
    }
    files = steps / "gram.npz", steps / "ladder.json", steps / "fits"
    bootstrap(*files, analysis, first, last, draws)
    return read_json(draws / "status.json")


def test_draws_do_not_depend_on_how_they_are_cut_into_batches(steps, tmp_path):
    run(steps, tmp_path / "whole", 1, 30)
    run(steps, tmp_path / "early", 1, 12)
    run(steps, tmp_path / "late", 13, 30)
    read = [
        pd.read_parquet(tmp_path / name / "m2-diagonal.parquet")
        for name in ("whole", "early", "late")
    ]
    pd.testing.assert_frame_equal(read[0], pd.concat(read[1:], ignore_index=True))
    assert list(read[0]["replicate"]) == list(range(30))
    # The richer model is fitted to the same draws, and no worse.
    gained = read[0]["criterion m2-diagonal"] - read[0]["criterion m3-full"]
    assert gained.min() > -1e-5


def test_another_seed_and_another_model_give_other_draws(steps, tmp_path):
    run(steps, tmp_path / "one", 1, 5)
    run(steps, tmp_path / "other", 1, 5, seed=2)
    run(steps, tmp_path / "full", 1, 5, models=["m3-full"])
    sigma = [
        pd.read_parquet(tmp_path / name)["sigma"].to_numpy()
        for name in ("one/m2-diagonal.parquet", "other/m2-diagonal.parquet", "full/m3-full.parquet")
    ]
    assert not set(sigma[0]) & set(sigma[1])
    assert not set(sigma[0]) & set(sigma[2])


def test_a_batch_beyond_a_model_s_replicates_does_not_fit_it(steps, tmp_path, monkeypatch):
    short = Plan("m2-diagonal", (), 5, "5 replicates, since its refits take long")
    monkeypatch.setattr("bootstrap.plans", lambda *_: (short,))
    monkeypatch.setattr("bootstrap.fit_model", lambda *_: pytest.fail("it was fitted"))
    status = run(steps, tmp_path / "late", 6, 10)
    assert status["status"] == "ok"
    assert status["skipped"] == {"m2-diagonal": short.reason}
    assert not list((tmp_path / "late").glob("*.parquet"))


def test_a_model_that_is_not_there_is_told_and_costs_nothing_else(steps, tmp_path):
    status = run(steps, tmp_path / "none", 1, 5, models=["m9-none"])
    assert status["status"] == "failed"
    assert "no model `m9-none`" in status["reason"]
