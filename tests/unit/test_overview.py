"""What the index says of each analysis, without a browser."""

import json
from types import SimpleNamespace

import pytest

from covedge.pages.overview import index
from covedge.pages.overview_row import COLUMNS, _refit, row
from covedge.pages.parameters import index_parameters
from support.many import GROUP_TITLE, INFORMATION_TITLE, write_many
from support.results import write

CELLS = {heading: place for place, heading in enumerate(COLUMNS)}


@pytest.fixture(scope="module")
def many(tmp_path_factory):
    """(study, its row) of sixty analyses: every verdict with every refit and number of errors."""
    folder = tmp_path_factory.mktemp("many")
    studies, verdicts = write_many(folder, 60)
    folders = {study.name: path.parent for study, path in zip(studies, verdicts, strict=True)}
    given = index_parameters({study.name: study.analysis for study in studies}, folders)
    return list(zip(studies, map(row, given["pages"]), strict=True))


def test_verdicts_refits_and_errors_are_those_of_the_files(many):
    for study, told in many:
        assert told.verdict == study.state
        assert told.cells[CELLS["Errors"]].key == study.errors
        if study.state != "unreadable":
            assert study.refit in told.cells[CELLS["Bayesian refit"]].content


def test_causes_are_told_by_their_titles_and_unknown_ones_by_their_names(many):
    found = {tuple(study.causes): told.causes for study, told in many}
    assert found == {
        (): (),
        ("too_little_information",): (INFORMATION_TITLE,),
        ("too_little_information", "one_group"): (INFORMATION_TITLE, GROUP_TITLE),
        ("<img_src=x_onerror=alert(1)>",): ("<img src=x onerror=alert(1)>",),
    }


def test_a_rank_is_sorted_by_the_part_that_is_left(many):
    keys = {study.state: told.cells[CELLS["Rank"]].key for study, told in many}
    assert keys["singular"] == pytest.approx(1 / 2)
    assert keys["healthy"] == pytest.approx(1)
    assert keys["not identifiable"] is None


def test_the_index_has_a_row_for_every_analysis_even_an_unreadable_one(tmp_path):
    given = write(tmp_path / "results")
    analyses = {"good": given["analysis"], "bad": {"name": "bad", "formula": "y ~ <x>"}}
    folders = {"good": tmp_path / "results", "bad": tmp_path / "nowhere"}
    path = tmp_path / "index.json"
    path.write_text(json.dumps(index_parameters(analyses, folders)), encoding="utf-8")
    page = index(path)
    assert 'href="good.html"' in page
    assert "singular" in page
    assert '<bdi>ratID</bdi>&nbsp;<span class="nowrap">2 of 6</span>' in page
    assert 'href="good.html#errors" aria-label="1 error' in page
    assert 'href="bad.html"' in page
    assert "y ~ &lt;x&gt;" in page
    assert "ladder.json: No such file" in page
    assert "nowhere" not in page, "the place of the file is nobody's business"


def test_the_model_asked_for_is_not_recommended_by_its_formula(tmp_path):
    given = write(tmp_path / "results")
    verdict = json.loads((tmp_path / "results/verdict.json").read_text(encoding="utf-8"))
    page = index_parameters({"a": given["analysis"]}, {"a": tmp_path / "results"})["pages"][0]
    compound = verdict["recommended"]["formula"]
    assert compound in row(page).cells[CELLS["What to report"]].content
    verdict["recommended"]["model"] = "m4-full"
    (tmp_path / "results/verdict.json").write_text(json.dumps(verdict), encoding="utf-8")
    assert row(page).cells[CELLS["What to report"]].content == "the model asked for"


def test_where_no_model_was_fitted_the_row_says_so(tmp_path):
    given = write(tmp_path / "results")
    for fit in tmp_path.glob("results/fits/*"):
        fit.unlink()
    page = index_parameters({"a": given["analysis"]}, {"a": tmp_path / "results"})["pages"][0]
    told = row(page)
    assert told.verdict == "unreadable"
    assert "no model was fitted" in told.cells[CELLS["Why"]].content


@pytest.mark.parametrize(
    ("run", "word", "key"),
    [
        ({"converged": True, "divergences": 0}, "converged", 0),
        ({"converged": True, "divergences": 2}, "2 divergences", 1),
        ({"converged": False, "divergences": 0}, "not converged", 2),
        ({"status": "failed"}, "failed", 3),
    ],
)
def test_a_divergence_is_told_apart_from_chains_that_do_not_agree(run, word, key):
    cell = _refit(SimpleNamespace(steps={}, posterior=[run | {"role": "main"}]))
    assert f">{word}<" in cell.content
    assert cell.key == key
