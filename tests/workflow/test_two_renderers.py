"""One document, two renderers: Quarto's page against Pandoc's, where there is a Quarto.

Quarto is in conda's channels, and in none of those that every machine reaches; so these tests are
skipped where it is not, whatever COVEDGE_REQUIRE_ALL says. What can be said of the document without
it is in tests/unit/test_documents.py.
"""

import re
import shutil

import pytest

from report import report
from support.browsing import DRESS, LABELS, REPORTS, Visit
from support.posteriors import write_posteriors
from support.results import write

pytestmark = pytest.mark.skipif(not shutil.which("quarto"), reason="Quarto is not on the PATH")
TEXTS = {
    "headings": "h1, h2, h3, h4",
    "contents": "#TOC a",
    "captions": "figcaption",
    "figures": "main svg",
    "formulas": "math",
    "cells of tables": "td, th",
    "folds": "summary",
    "tabs": "[role=tab]",
    "callouts": ".remark-title",
    "words": "main p, main li",
}


@pytest.fixture(scope="module")
def both(tmp_path_factory):
    """{renderer: page} of the same results, whose labels are LABELS."""
    folder = tmp_path_factory.mktemp("both")
    files = write(folder / "results", LABELS, infer=True)
    write_posteriors(folder / "results/posterior", LABELS)
    analysis = files.pop("analysis")
    files.pop("title")
    pages = {name: folder / f"{name}.html" for name in ("quarto", "pandoc")}
    for renderer, page in pages.items():
        report(REPORTS / "analysis.qmd", DRESS, files, analysis, renderer, page)
    return pages


def texts(visit, where):
    """What the elements say; not the minute at which the page was made."""
    found = visit.page.locator(where).evaluate_all("all => all.map(e => e.textContent)")
    return [re.sub(r"\d\d:\d\d UTC", "", " ".join(words.split())) for words in found]


@pytest.mark.parametrize("what", TEXTS)
def test_both_pages_say_the_same(both, browser, what):
    with Visit(browser, both["quarto"]) as one, Visit(browser, both["pandoc"]) as other:
        assert texts(one, TEXTS[what]) == texts(other, TEXTS[what]) != []


@pytest.mark.parametrize("width", [1440, 390])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_both_pages_look_the_same_and_are_offline(both, browser, width, scheme):
    looks = []
    for page in both.values():
        with Visit(browser, page, width, color_scheme=scheme) as visit:
            assert visit.said == visit.dialogs == []
            assert [url for url in visit.asked if not url.startswith("data:")] == [page.as_uri()]
            assert visit.page.evaluate("document.documentElement.scrollWidth") == width
            looks.append(
                visit.page.evaluate(
                    "['body', 'h1', 'h2', 'main p', 'table', 'summary', '.remark'].map(e => {"
                    "const look = getComputedStyle(document.querySelector(e));"
                    "return [look.color, look.backgroundColor, look.font, look.maxWidth]})"
                )
            )
    assert looks[0] == looks[1]
