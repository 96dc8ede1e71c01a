"""The Bayesian section where something is missing, little or odd."""

import json
import re

import pytest

from covedge.pages import Page
from covedge.pages.bayesian import modes
from covedge.pages.bayesian.runs import sort
from covedge.pages.results import read_given
from support.posterior_records import MAIN
from support.posteriors import RUNS, Run, write_posteriors
from support.results import Labels, write


def test_old_records_make_a_section(tmp_path):
    """Records of before roles, priors, LOO and sensitivity, and no draws."""
    given = write(tmp_path)
    write_posteriors(tmp_path / "posterior", runs=RUNS[:4])
    for path in (tmp_path / "posterior").glob("*.nc"):
        path.unlink()
    new = {"role", "sensitivity", "loo", "leave_group_out", "n_steps", "e_bfmi", "worst"}
    new |= {"thresholds", "reliabilities"}
    for path in (tmp_path / "posterior").glob("m*.json"):
        record = json.loads(path.read_text(encoding="utf-8"))
        record = {k: v for k, v in record.items() if k not in new}
        for p in record["parameters"]:
            for key in ("prior", "q025", "q975"):
                p.pop(key)
        path.write_text(json.dumps(record), encoding="utf-8")
    page = Page(read_given(given))
    section = page.bayes()
    assert page.failures == []
    assert "The same under other priors" in section


def test_draws_that_cannot_be_read_cost_their_figures_only(tmp_path):
    given = write(tmp_path)
    write_posteriors(tmp_path / "posterior", runs=RUNS[:1])
    (tmp_path / f"posterior/{MAIN}.lkj.collapsed.nc").write_bytes(b"half a file")
    page = Page(read_given(given))
    section = page.bayes()
    assert page.failures == []
    assert "Draws that could not be read" in section
    assert len(re.findall(r"<svg ", section)) == 4, "those made of the record"


@pytest.mark.parametrize("effects", [1, 2])
def test_one_sd_and_two_are_enough(tmp_path, effects):
    given = write(tmp_path)
    runs = [RUNS[0], Run(MAIN, "decov", "collapsed", "prior"), RUNS[-1]]
    write_posteriors(tmp_path / "posterior", runs=runs, effects=effects)
    page = Page(read_given(given))
    section = page.bayes()
    assert page.failures == []
    assert ("correlation between levels" in section) == (effects == 2)
    assert ("in pairs with" in section) == (effects == 2), "one SD has no pairs"
    assert "They are where" in section


def test_labels_of_all_kinds_pass_through(tmp_path):
    pairs = ("<script>alert(1)</script>", "a|b", "$x_1$", "µ 🐀", "```", "x" * 90)
    labels = Labels("*T* <b>", "y`", "f {x}", "שלום", pairs)
    given = write(tmp_path, labels)
    write_posteriors(tmp_path / "posterior", labels, [RUNS[0], RUNS[3], RUNS[-1]])
    page = Page(read_given(given))
    section = str(page.bayes())
    assert page.failures == []
    assert "<script>" not in section
    for line in section.splitlines():
        assert not line.strip().startswith("```") or line.strip() in ("```", "```{=html}")


def test_a_broken_file_beside_the_runs_is_told_among_the_errors(tmp_path):
    given = write(tmp_path)
    write_posteriors(tmp_path / "posterior", runs=RUNS[:1])
    for name in ("comparison.json", "agreement.json"):
        (tmp_path / "posterior" / name).write_text("{half", encoding="utf-8")
    page = Page(read_given(given))
    section = page.bayes()
    assert page.failures == []
    assert "was compared." in section, "the main run stands alone"
    assert "comparison.json" in page.errors()
    assert "agreement.json" in page.errors()


def test_what_blme_would_report_is_told_with_why_it_is_not_sampled(tmp_path):
    given = write(tmp_path)
    write_posteriors(tmp_path / "posterior", runs=RUNS[:1])
    mode = {"model": MAIN, "prior": "wishart(<df>)", "not_sampled": "it has no finite integral"}
    mode |= {"sigma": 0.126, "terms": [{"group": "ratID", "effects": ["(Intercept)"]}]}
    mode["terms"][0]["sd"] = [0.0986]
    (tmp_path / "posterior/modes.json").write_text(json.dumps([mode]), encoding="utf-8")
    results = read_given(given)
    assert len(results.posterior) == 1, "a mode is no run"
    told = modes.compose(sort(results))
    assert "It is not sampled: `<bdi>it has no finite integral</bdi>`" in told
    assert "wishart(&lt;df&gt;)" in told
    assert ">0.0986<" in told
