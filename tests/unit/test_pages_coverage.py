"""How often intervals hold: the page, the document and the counts say the same numbers."""

import re
from pathlib import Path

from covedge.pages import coverage

TABLE = Path(__file__).parents[2] / "docs" / "coverage.md"


def test_the_document_has_the_numbers_of_the_counts():
    text = TABLE.read_text(encoding="utf-8")
    rows = [
        line.split("|")[1:-1]
        for line in text.splitlines()
        if re.match(r"\| \w[^|]*\| [\d.]+%", line)
    ]
    counted = [(method, of) for each in coverage.counts() for method, of in each["methods"].items()]
    assert len(rows) == len(counted) == 24
    for row, (method, of) in zip(rows, counted, strict=True):
        name, none, share, _, above, width = (cell.strip() for cell in row)
        assert name == method
        assert none == f"{of['none']:.1%}"
        assert share == f"{of['coverage']:.1%}"
        assert above == f"{of['above']:.1%}"
        assert width == f"{of['width']:.2f}"


def test_every_truth_has_a_thousand_data_sets_and_zero_is_one_of_them():
    assert all(each["data_sets"] >= 1000 for each in coverage.counts())
    assert [each["truth"] for each in coverage.counts()].count(0.0) == 2


def test_the_sentence_has_the_smallest_and_the_largest_share():
    zero = [each for each in coverage.counts() if each["truth"] == 0.0]
    shares = [100 * each["methods"]["profile, REML"]["coverage"] for each in zero]
    words = coverage.compose()
    assert f"{min(shares):.0f} to {max(shares):.0f} % (profile)" in words
    assert f"on {sum(e['data_sets'] for e in coverage.counts()):,} simulated" in words


def test_the_recommendation_follows_from_the_counts():
    """The profile is nearest to 95 % where it matters: at worst, over all truths."""
    worst = {
        method: min(each["methods"][method]["coverage"] for each in coverage.counts())
        for method in coverage.counts()[0]["methods"]
    }
    assert max(worst, key=worst.__getitem__).startswith("profile")
    assert worst["profile, REML"] > 0.92
