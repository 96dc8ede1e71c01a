"""The words of the page: each once, with its ways of being written, and where R has it."""

import re
from pathlib import Path

from covedge.pages.glossary import WORDS, compose

DOCUMENT = Path(__file__).parents[2] / "reports" / "analysis.qmd"


def test_no_way_of_writing_belongs_to_two_words():
    ways = [way for word in WORDS for way in (word.word, *word.also)]
    assert len(ways) == len(set(ways))


def test_every_word_has_a_row_with_an_anchor_and_its_calls():
    page = compose(None)
    assert re.findall(r'<dfn id="word-(\d+)"', page) == [str(k) for k in range(len(WORDS))]
    (row,) = [line for line in page.split("<tr>") if ">rank<" in line]
    assert 'data-also="ranks"' in row
    assert "<code>summary(rePCA(fit))</code>" in row
    (row,) = [line for line in page.split("<tr>") if ">reliability<" in line]
    assert "R has no call for it" in row


def test_every_word_stands_somewhere_in_what_we_write():
    pages = Path(__file__).parents[2] / "workflow" / "scripts" / "covedge" / "pages"
    written = DOCUMENT.read_text(encoding="utf-8") + "\n".join(
        path.read_text(encoding="utf-8")
        for path in pages.rglob("*.py")
        if path.name != "glossary.py"
    )
    # Said by the verdict itself.
    written += (pages.parent / "recommendation.py").read_text(encoding="utf-8")
    written += (pages.parent / "advice.py").read_text(encoding="utf-8")
    for word in WORDS:
        assert any(way in written for way in (word.word, *word.also)), word.word
