"""The script's files: summaries, draws, what is said where nothing was done or something failed."""

import json

import numpy as np
import pytest

import bayes
from covedge.frames.data import prepare
from covedge.grams.store import ladder_to_json, save_gram
from covedge.jsonio import write_json
from covedge.models.ladder import Ladder
from covedge.records import fit_record
from support.models import data_set, set_up

SECTION = {
    "enabled": True,
    "models": "auto",
    "priors": ["lkj"],
    "hyperparameters": {},
    "parametrizations": ["collapsed"],
    "chains": 2,
    "draws": 300,
    "tune": 300,
}


@pytest.fixture(scope="module")
def fitted(tmp_path_factory):
    """What the fit step leaves for Dyestuff2, where the best variance of the batches is zero."""
    folder = tmp_path_factory.mktemp("fitted")
    table = data_set("Dyestuff2")
    problem = set_up(table, "Yield ~ 1 + (1 | Batch)")
    frame = problem.frame
    prepare(table, problem.formula).frame.to_parquet(folder / "data.parquet")
    ladder = Ladder(frame.terms, frame.fixed, frame.dropped, problem.models)
    save_gram(problem.likelihood.gram, folder / "gram.npz")
    write_json(folder / "ladder.json", ladder_to_json(ladder))
    for i, model in enumerate(problem.models):
        record = fit_record(problem.fit(i), "dyestuff2", frame.fixed)
        write_json(folder / "fits" / f"{model.name}.json", record)
    return folder


def run(fitted, folder, **section):
    analysis = {
        "name": "dyestuff2",
        "formula": "Yield ~ 1 + (1 | Batch)",
        "ladder": "auto",
        "weights": None,
        "method": "REML",
        "seed": 1,
        "bayes": SECTION | section,
    }
    names = ("data.parquet", "gram.npz", "ladder.json", "fits")
    bayes.bayes(*(fitted / name for name in names), analysis, folder, threads=2)
    return json.loads((folder / "status.json").read_text(encoding="utf-8"))


def strict(path):
    def refuse(word):
        raise ValueError(f"{word} in {path}")

    return json.loads(path.read_text(encoding="utf-8"), parse_constant=refuse)


def test_both_sides_of_the_break_are_sampled_and_summarised(fitted, tmp_path):
    folder = tmp_path / "posterior"
    status = run(fitted, folder)
    assert status["models"] == ["m0-fixed", "m1-intercept"]
    names = {path.name for path in folder.iterdir()}
    stems = {f"{m}.lkj.collapsed" for m in status["models"]}
    alone = {"status.json", "comparison.json", "agreement.json", "modes.json"}
    assert names == alone | {s + end for s in stems for end in (".json", ".nc")}
    told = strict(folder / "m1-intercept.lkj.collapsed.json")
    assert told["status"] == "ok"
    assert told["prior_words"][0].endswith(
        f"95 % of the prior lie below {1.96 * data_set('Dyestuff2').Yield.std(ddof=0):.4g}."
    )
    by_name = {p["name"]: p for p in told["parameters"]}
    assert by_name["sd_(Intercept)|Batch"]["best"] == pytest.approx(0.0, abs=1e-6)
    (term,) = told["reliabilities"]
    assert term["group"] == "Batch"
    assert sum(term["rank"]) == pytest.approx(1.0)


def test_draws_open_in_arviz_and_agree_with_the_summary(fitted, tmp_path):
    from arviz import from_netcdf

    folder = tmp_path / "posterior"
    run(fitted, folder, models=["m1-intercept"])
    told = strict(folder / "m1-intercept.lkj.collapsed.json")
    tree = from_netcdf(folder / "m1-intercept.lkj.collapsed.nc")
    assert tree.posterior.sizes["chain"] == 2
    assert tree.posterior.sizes["draw"] == told["draws"]
    assert {"diverging", "energy"} <= set(tree.sample_stats)
    for parameter in told["parameters"]:
        name, _, labels = parameter["draws"].partition("[")
        values = tree.posterior[name].values
        assert labels.rstrip("]") == ", ".join(parameter["labels"])
        np.testing.assert_allclose(values.mean(), parameter["mean"], rtol=1e-12)


def test_not_enabled_says_so(fitted, tmp_path):
    status = run(fitted, tmp_path / "posterior", enabled=False)
    assert status["status"] == "skipped"
    assert "enabled: false" in status["reason"]


def test_an_unknown_model_is_a_failure_of_the_step(fitted, tmp_path):
    status = run(fitted, tmp_path / "posterior", models=["m1-slopes"])
    assert status["status"] == "failed"
    assert "m1-intercept" in status["reason"]


def test_a_model_that_fails_does_not_take_the_others_with_it(fitted, tmp_path, monkeypatch):
    real = bayes.refit

    def broken(posed, settings):
        if posed.model.name == "m1-intercept":
            raise RuntimeError("no sampler here")
        return real(posed, settings)

    monkeypatch.setattr(bayes, "refit", broken)
    folder = tmp_path / "posterior"
    run(fitted, folder)
    assert strict(folder / "m0-fixed.lkj.collapsed.json")["status"] == "ok"
    told = strict(folder / "m1-intercept.lkj.collapsed.json")
    assert (told["status"], told["model"]) == ("failed", "m1-intercept")
    assert told["reason"] == "RuntimeError: no sampler here"
    assert not (folder / "m1-intercept.lkj.collapsed.nc").exists()


def test_an_interruption_leaves_nothing(fitted, tmp_path, monkeypatch):
    def interrupted(*arguments):
        raise KeyboardInterrupt

    monkeypatch.setattr(bayes, "refit", interrupted)
    folder = tmp_path / "posterior"
    with pytest.raises(KeyboardInterrupt):
        run(fitted, folder)
    assert list(tmp_path.iterdir()) == []
