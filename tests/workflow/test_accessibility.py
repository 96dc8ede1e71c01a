"""What axe-core finds in the pages, with every fold open."""

import pytest

from support.browsing import Visit

GRAVE = ("serious", "critical")
SIZES = [(width, scheme) for width in (1440, 390) for scheme in ("light", "dark")]


def violations(page):
    """{rule: places} of what axe-core calls a serious or critical violation."""
    from axe_playwright_python.sync_playwright import Axe

    found = Axe().run(page).response
    # A rule that could not be run would otherwise look like one that holds.
    assert found["passes"], "axe-core ran no rule"
    return {
        each["id"]: [node["target"] for node in each["nodes"]]
        for each in found["violations"]
        if each["impact"] in GRAVE
    }


@pytest.mark.parametrize(("width", "scheme"), SIZES)
def test_a_page_has_no_serious_violation(pages, browser, width, scheme):
    with Visit(browser, pages / "plain.html", width, color_scheme=scheme) as visit:
        visit.open_folds()
        assert violations(visit.page) == {}


@pytest.mark.parametrize("name", ["odd", "planned"])
def test_odd_labels_and_a_plan_make_no_violation(pages, browser, name):
    with Visit(browser, pages / f"{name}.html", 390) as visit:
        visit.open_folds()
        assert violations(visit.page) == {}


@pytest.mark.parametrize(("width", "scheme"), SIZES)
def test_an_index_in_use_has_no_serious_violation(many, browser, width, scheme):
    with Visit(browser, many[0], width, color_scheme=scheme) as visit:
        visit.open_folds()
        visit.page.get_by_role("searchbox").fill("study 1")
        visit.page.locator("input[type=checkbox]").first.check()
        visit.page.get_by_role("columnheader", name="Rank").get_by_role("button").click()
        assert violations(visit.page) == {}


def test_a_violation_is_found(browser, tmp_path):
    page = tmp_path / "bad.html"
    page.write_text("<html lang=en><title>x</title><p style='color:#ccc;background:#fff'>grey")
    with Visit(browser, page) as visit:
        assert violations(visit.page) == {"color-contrast": [["p"]]}
