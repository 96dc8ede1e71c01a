"""What the pages say: their numbers, their words, and that one fault does not cost the rest."""

import json
import re
from pathlib import Path

import pytest

from covedge.pages import Page, load, reading
from covedge.pages.page import read
from covedge.pages.parameters import sha256
from covedge.pages.rungs import rungs
from support.results import Labels, write

DOCUMENT = Path(__file__).parents[2] / "reports" / "analysis.qmd"
SECTIONS = (
    *("masthead", "verdict", "mixed_up", "data", "ladder", "engines", "geometry", "causes"),
    *("fixed_effects", "bayes", "methods", "provenance", "errors"),
)


@pytest.fixture
def parameters(tmp_path):
    given = write(tmp_path / "results")
    path = tmp_path / "parameters.json"
    path.write_text(json.dumps(given), encoding="utf-8")
    return path


def change(path, **fields):
    content = json.loads(path.read_text(encoding="utf-8"))
    path.write_text(json.dumps(content | fields), encoding="utf-8")


def made(path):
    page = load(path)
    return {name: str(getattr(page, name)()) for name in SECTIONS}


def test_every_section_has_content_and_none_fails(parameters):
    sections = made(parameters)
    assert all(len(words) > 20 for words in sections.values())
    assert not any("could not be made" in words for words in sections.values())


def test_numbers_are_those_of_the_files(parameters, tmp_path):
    sections = made(parameters)
    fits = {path.stem: json.loads(path.read_text()) for path in tmp_path.glob("results/fits/*")}
    for fit in fits.values():
        assert f"{fit['criterion']:.3f}".replace("-", "−") in sections["ladder"]
        assert f"{fit['aic']:.2f}".replace("-", "−") in sections["ladder"]
    for direction in fits["m4-full"]["terms"][0]["spectrum"]:
        assert f">{direction['reliability']:.3f}<" in sections["geometry"].replace(">0<", ">0.000<")
    assert "2.3" in sections["engines"], "the distance that statsmodels stopped at"


def test_a_section_that_fails_tells_why_here_and_among_the_errors(parameters, tmp_path):
    change(tmp_path / "results/fits/m4-full.json", fixed="nonsense")
    page = load(parameters)
    assert "could not be made" in page.fixed_effects()
    assert "could not be made" not in page.geometry()
    assert "TypeError" in page.errors()
    assert "section fixed effects" in page.errors()


@pytest.mark.parametrize("broken", ["verdict.json", "design.json"])
def test_an_unreadable_file_costs_its_sections_only(parameters, tmp_path, broken):
    (tmp_path / "results" / broken).write_text('{"half', encoding="utf-8")
    page = load(parameters)
    assert len(page.ladder()) > 1000
    assert broken in page.errors()


def test_steps_that_failed_are_among_the_errors(parameters, tmp_path):
    told = {"status": "failed", "step": "engines", "reason": "MemoryError: no more"}
    (tmp_path / "results/engines/status.json").write_text(json.dumps(told), encoding="utf-8")
    page = load(parameters)
    assert "MemoryError: no more" in page.errors()
    assert "RuntimeError: no sampler here" in page.errors()
    assert "MemoryError: no more" in page.engines()


def test_an_engine_that_was_not_there_is_told_and_is_no_error(parameters, tmp_path):
    told = {"status": "ok", "step": "engines", "notes": ["R with nlme is not there"]}
    (tmp_path / "results/engines/status.json").write_text(json.dumps(told), encoding="utf-8")
    page = load(parameters)
    assert "R with nlme is not there" in page.engines()
    assert "R with nlme" not in page.errors()


def test_what_an_engine_was_run_with_is_told(parameters, tmp_path):
    source = tmp_path / "results/engines/statsmodels/m4-full.json"
    answer = json.loads(source.read_text(encoding="utf-8"))
    answer |= {"version": "3.1-162 (R 4.2.2)", "converged": True, "settings": 'opt = "optim"'}
    answer |= {"apvar": {"own_words": "no bowl"}, "messages": ["Error: iteration limit"]}
    (tmp_path / "results/engines/nlme").mkdir()
    (tmp_path / "results/engines/nlme/m4-full.json").write_text(json.dumps(answer))
    page = load(parameters)
    assert "with <code>opt = &quot;optim&quot;</code> it says that it converged" in page.engines()
    assert "apVar: <code>no bowl</code>" in page.engines()
    assert "nlme 3.1-162 (R 4.2.2)" in page.provenance()


def test_without_any_failure_the_errors_section_says_so(parameters, tmp_path):
    for path in tmp_path.glob("results/posterior/*"):
        path.unlink()
    assert load(parameters).errors().startswith("None")


def test_the_first_screen_says_what_to_do_and_links_to_its_evidence(parameters):
    page = load(parameters)
    words = page.verdict()
    assert "What to do." in words
    assert "4 of its 6 directions have zero variance" in words
    anchors = re.findall(r'<a href="#([\w-]+)"', words)
    source = DOCUMENT.read_text(encoding="utf-8")
    assert anchors
    assert set(anchors) <= set(re.findall(r"\{#([\w-]+)\}", source))


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ([1, 1, 1], "all together (the common level)"),
        ([1, 0, -0.9], "a against c"),
        ([-0.1, -1, 0.05], "b"),
        ([-0.9, 1, 1], "b and c against a"),
        ([0, 0, 0], "no effect"),
        ([1, 1, 0.1], "a and b together"),
    ],
)
def test_directions_in_words_do_not_depend_on_their_sign(row, words):
    names = ["a", "b", "c"]
    assert reading.direction_words(names, row) == words
    assert reading.direction_words(names, [-value for value in row]) == words


@pytest.mark.parametrize(
    ("fit", "state"),
    [
        ({}, "failed"),
        ({"status": "failed"}, "failed"),
        ({"identifiable": False, "terms": []}, "not identifiable"),
        ({"terms": [{"effects": ["x"], "degenerate": True}]}, "degenerate"),
        ({"terms": [], "certificate": {"certified": False}}, "not certified"),
        ({"terms": [], "certificate": {"certified": True}}, "healthy"),
    ],
)
def test_the_state_of_a_fit(fit, state):
    assert reading.state(fit) == state


def test_rungs_are_named_after_the_level_that_they_add():
    terms = [{"group": ["rat"]}, {"group": ["rat", "speed"]}]
    held = [{"name": "full"}, {"name": "intercept"}]
    model = {"name": "m7-full-rat", "formula": "y ~ x", "structures": held}
    assert rungs({"terms": terms, "models": [model]})[0]["label"] == "correlated slopes: rat"
    assert (
        rungs({"terms": terms[:1], "models": [model | {"structures": held[:1]}]})[0]["label"]
        == "correlated slopes"
    )


def test_the_hash_is_that_of_the_file(tmp_path):
    path = tmp_path / "x"
    path.write_bytes(b"abc")  # FIPS 180-2, appendix B.1
    assert sha256(path) == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    assert sha256(tmp_path / "none") is None


def test_labels_of_all_kinds_pass_through_every_section(tmp_path):
    pairs = ("<script>alert(1)</script>", "a|b", "$x_1$", "µ 🐀", "```", "x" * 90)
    given = write(tmp_path / "results", Labels("*T* <b>", "y`", "f {x}", "שלום", pairs))
    path = tmp_path / "parameters.json"
    path.write_text(json.dumps(given), encoding="utf-8")
    page = Page(read(path))
    sections = [str(getattr(page, name)()) for name in SECTIONS]
    assert page.failures == []
    assert "<script>" not in "".join(sections)


def test_a_model_that_is_wrong_is_to_be_mended_before_one_is_reported(parameters):
    before = made(parameters)["verdict"]
    assert "First mend" not in before
    assert "**What to do.** Report " in before
    place = Path(json.loads(parameters.read_text(encoding="utf-8"))["verdict"])
    told = json.loads(place.read_text(encoding="utf-8"))
    told["causes"].append(told["causes"][0] | {"cause": "misspecified", "sentence": "Bent."})
    place.write_text(json.dumps(told), encoding="utf-8")
    after = made(parameters)["verdict"]
    assert "**What to do.** First mend what the model gets wrong" in after
    assert "([Why](#why)), and look again. Of the models as they are: report " in after
