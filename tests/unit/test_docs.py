"""The documentation: links lead somewhere, and numbers in it are those of the code."""

import re

import pandas as pd
import pytest
from scipy.stats import chi2

import covedge
from covedge.causes.cause import ORDER
from covedge.fits.tolerances import TOLERANCES
from covedge.run_time import SECONDS
from support.models import PUBLISHED
from support.tree import ROOT

PAGES = sorted([*ROOT.glob("docs/*.md"), *ROOT.glob("*.md"), *ROOT.glob("config/*.md")])


def text(name):
    return (ROOT / name).read_text(encoding="utf-8")


def rows(name, heading):
    """The rows of the first table below a heading, cell by cell."""
    lines = text(name).partition(heading)[2].splitlines()
    table = [line for line in lines if line.startswith("|")]
    after = next((k for k, line in enumerate(lines) if k and line.startswith("#")), len(lines))
    table = [line for line in lines[:after] if line.startswith("|")][2:]
    return [[cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]] for line in table]


def anchors(page):
    """As code hosts make them of headings."""
    heads = re.findall(r"^#+ (.*)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", head.lower()).replace(" ", "-") for head in heads}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page):
    for link in re.findall(r"\]\(([^)\s]+)\)", page.read_text(encoding="utf-8")):
        if link.startswith("http"):
            continue
        path, _, anchor = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        assert target.exists(), link
        assert not anchor or anchor in anchors(target), link


def test_every_page_is_in_the_contents():
    listed = set(re.findall(r"\]\(([a-z_]+\.md)\)", text("docs/README.md")))
    assert listed == {page.name for page in ROOT.glob("docs/*.md")} - {"README.md"}


def test_times_are_those_that_are_told_before_a_run():
    told = {
        row[0].partition(",")[0]: tuple(map(int, row[1:4])) for row in rows("docs/run_time.md", "#")
    }
    assert told == SECONDS


def test_every_cause_is_explained_in_order():
    titles = [
        re.search(r"\*\*(.*?)\*\*", row[0]).group(1) for row in rows("docs/why.md", "# The causes")
    ]
    words = {"one_group": "one group decides"}
    assert titles == [words.get(name, name.replace("_", " ")) for name in ORDER]


def test_zero_by_chance():
    for groups, reml, ml in rows("docs/why.md", "## How often"):
        L = int(groups)
        assert reml == f"{100 * chi2.cdf(L - 1, L - 1):.0f} %"
        assert ml == f"{100 * chi2.cdf(L, L - 1):.0f} %"


def test_tolerances_of_the_certificate():
    told = [row[2] for row in rows("docs/certificate.md", "## What is checked")]
    known = TOLERANCES.stationarity, -TOLERANCES.dual, TOLERANCES.curvature
    assert [number(cell) for cell in told[:3]] == list(known)
    assert [number(c) for c in told[3].split(", ")] == [TOLERANCES.collapsed, TOLERANCES.pushed]


def number(cell):
    """Of 10⁻⁸ or −10⁻⁵."""
    power = (
        cell.lstrip("−").removeprefix("10").translate(str.maketrans("⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "-0123456789"))
    )
    return float(f"{'-' if cell.startswith('−') else ''}1e{power}")


def test_units_change_nothing_as_the_faq_has_it():
    table = pd.read_csv(PUBLISHED / "sleepstudy.csv")
    table["seconds"] = 86400 * table["Days"]
    seen = [
        covedge.look(table, f"Reaction ~ {x} + ({x} | Subject)").records[-1]
        for x in ("Days", "seconds")
    ]
    asked = rows("docs/faq.md", "### My fit is singular in seconds")
    assert [asked[0][2], asked[2][2]] == [f"{fit['criterion']:.3f}" for fit in seen]
    for fit in seen:
        found = [f"{d['reliability']:.3f}" for d in fit["terms"][0]["spectrum"]]
        assert f"reliabilities are {' and '.join(found)} in both" in text("docs/faq.md")
