"""Pages that name no single group: nowhere on the page, figures included."""

import json
import re

import pytest

from covedge.pages.page import Page
from covedge.pages.private import hidden
from covedge.pages.results import read_given
from support.posteriors import write_posteriors
from support.results import Labels, write

SECTIONS = (
    "masthead", "verdict", "mixed_up", "data", "ladder", "engines", "geometry", "causes",
    "instead", "comparisons", "bayes", "intervals", "simulation", "leave_out", "fixed_effects",
    "atlas", "words", "methods", "provenance", "errors",
)  # fmt: skip
NAMES = re.compile(r"\br(?:0\d|10)\b")


def whole(results):
    page = Page(results)
    text = "\n".join(str(getattr(page, section)()) for section in SECTIONS)
    assert not page.failures
    return text


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    folder = tmp_path_factory.mktemp("private")
    labels = Labels()
    given = write(folder, labels, infer=True)
    write_posteriors(folder / "posterior", labels)
    verdict = json.loads((folder / "verdict.json").read_text(encoding="utf-8"))
    verdict["causes"].append(
        {
            "cause": "one_group",
            "model": "m4-full",
            "group": labels.group,
            "evidence": {"left_out": "r03", "of": labels.group, "rows": [4, 17], "p": 0.002},
            "sentence": "One group decides: without r03 there is a direction more; r030 does not.",
        }
    )
    (folder / "verdict.json").write_text(json.dumps(verdict), encoding="utf-8")
    return read_given(given)


def test_levels_have_numbers_for_names_everywhere(results):
    assert NAMES.search(whole(results))
    text = whole(hidden(results))
    assert not NAMES.search(text)
    group = Labels().group
    assert f"without {group} 3 there is a direction more; r030 does not" in text


def test_the_same_level_has_the_same_number_in_every_result(results):
    private = hidden(results)
    (term,) = [t for t in results.leave_out["terms"] if t["group"] == Labels().group]
    (there,) = [t for t in private.leave_out["terms"] if t["group"] == Labels().group]
    for one, other in zip(term["levels"], there["levels"], strict=True):
        assert other["level"] == private.level_names[one["level"]]
    assert len(set(private.level_names.values())) == len(private.level_names)


def test_numbers_of_rows_are_left_out_and_other_evidence_is_kept(results):
    (cause,) = [c for c in hidden(results).verdict["causes"] if c["cause"] == "one_group"]
    assert "rows" not in cause["evidence"]
    assert cause["evidence"]["p"] == 0.002


def test_labels_of_the_fixed_effects_stay(results):
    private = hidden(results)
    assert private.asked["fixed"] == results.asked["fixed"]
    assert private.analysis == results.analysis
