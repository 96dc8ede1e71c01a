"""The index of 200 analyses as a reader uses it: by mouse, by keyboard, by address, without script.

What has to be shown is worked out from the made-up studies themselves.
"""

import time
from collections import Counter

import pytest

from support.browsing import MANY, Visit, scripts_of
from support.many import ALERT, GROUP_TITLE, INFORMATION_TITLE, TITLES

SHOWN = """[...document.querySelectorAll('.analyses tbody tr:not([hidden])')].map(
  row => +row.querySelector('code').textContent.match(/y(\\d+)/)[1])"""


@pytest.fixture
def visit(many, browser):
    with Visit(browser, many[0]) as visit:
        yield visit
        assert visit.said == []
        assert visit.dialogs == []


@pytest.fixture
def studies(many):
    return many[1]


def shown(visit):
    """Places of the studies that are shown, in the order shown."""
    return visit.page.evaluate(SHOWN)


def told(visit):
    return visit.page.get_by_role("status").inner_text()


def places(studies, test):
    return [study.place for study in studies if test(study)]


def box(visit, name):
    return visit.page.locator(f"input[type=checkbox][value='{name}']")


def heading(visit, name):
    return visit.page.get_by_role("columnheader", name=name)


def click(visit, name):
    heading(visit, name).get_by_role("button").click()


def sorted_by(visit):
    """(heading, direction) of every column that says it is sorted."""
    return visit.page.evaluate(
        "[...document.querySelectorAll('[aria-sort]')].map(h => [h.innerText.trim(), h.ariaSort])"
    )


def test_at_first_all_are_there_in_the_order_of_the_config(visit, studies):
    assert shown(visit) == [study.place for study in studies]
    assert told(visit) == f"{MANY} of {MANY} shown"
    assert sorted_by(visit) == []


def test_a_click_on_a_heading_sorts_and_another_turns_it_round(visit, studies):
    errors = {study.place: study.errors for study in studies}
    click(visit, "Errors")
    assert shown(visit) == sorted(errors, key=errors.get), "equal ones keep their order"
    assert sorted_by(visit) == [["Errors", "ascending"]]
    click(visit, "Errors")
    assert shown(visit) == sorted(errors, key=lambda place: -errors[place])
    assert sorted_by(visit) == [["Errors", "descending"]]
    click(visit, "Verdict")
    assert sorted_by(visit) == [["Verdict", "ascending"]]
    states = [studies[place].state for place in shown(visit)]
    order = ("healthy", "singular", "not identifiable", "not certified", "unreadable")
    assert states == sorted(states, key=order.index)


def test_numbers_in_titles_are_sorted_as_numbers(visit):
    click(visit, "Analysis")
    plain = [place for place in shown(visit) if place not in TITLES]
    assert plain == sorted(plain)


def test_what_is_not_known_is_last_up_and_down(visit, studies):
    unknown = set(places(studies, lambda s: s.state in ("not identifiable", "unreadable")))
    for first in (1, 2):
        click(visit, "Rank")
        found = shown(visit)
        assert set(found[-len(unknown) :]) == unknown
        assert studies[found[0]].rank == first


def test_verdicts_filter_and_tell_how_many_they_have(visit, studies):
    counts = Counter(study.state for study in studies)
    for state, number in counts.items():
        label = visit.page.locator("label", has=box(visit, state))
        assert " ".join(label.inner_text().split()) == f"{state} {number}"
    box(visit, "singular").check()
    assert shown(visit) == places(studies, lambda s: s.state == "singular")
    box(visit, "healthy").check()
    assert shown(visit) == places(studies, lambda s: s.state in ("singular", "healthy"))
    assert told(visit) == f"{counts['singular'] + counts['healthy']} of {MANY} shown"
    visit.page.get_by_role("button", name="Show all").click()
    assert len(shown(visit)) == MANY
    assert not box(visit, "singular").is_checked()


def test_causes_filter_and_count_what_the_other_filters_leave(visit, studies):
    cause = visit.page.get_by_label("Cause", exact=True)
    with_group = places(studies, lambda s: "one_group" in s.causes)
    assert f"{GROUP_TITLE} ({len(with_group)})" in cause.locator("option").all_inner_texts()
    cause.select_option(GROUP_TITLE)
    assert shown(visit) == with_group
    visit.page.get_by_role("searchbox").fill("Study 10")
    some = [place for place in with_group if "10" in str(place)]
    assert 0 < len(some) < len(with_group)
    assert shown(visit) == some
    assert f"{GROUP_TITLE} ({len(some)})" in cause.locator("option").all_inner_texts()
    visit.page.get_by_role("searchbox").fill("")
    box(visit, "healthy").check()
    assert shown(visit) == []
    assert told(visit) == f"0 of {MANY} shown"


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("y42 ~", lambda s: s.place == 42),
        ("STUDY 10", lambda s: "10" in s.title and s.place not in TITLES),
        ("elan VITAL", lambda s: s.place == 8),
        ("🐀", lambda s: s.place == 8),
        ("שלום", lambda s: s.place == 9),
        ("<script>", lambda s: s.place == 7),
        ("decides", lambda s: "one_group" in s.causes),
        ("decides study 3", lambda s: "one_group" in s.causes and "3" in s.title),
        ("no such words", lambda s: False),
    ],
)
def test_search_finds_words_of_titles_formulas_and_causes(visit, studies, words, found):
    visit.page.get_by_role("searchbox").fill(words)
    assert shown(visit) == places(studies, found)


def test_all_of_it_goes_by_keyboard(visit, studies):
    press = visit.page.keyboard.press
    reached = []
    for _ in range(4 + 5 + 1 + 8):
        press("Tab")
        reached.append(
            visit.page.evaluate(
                "document.activeElement.labels?.[0]?.innerText.split('\\n')[0].trim()"
                " || document.activeElement.ariaLabel || document.activeElement.innerText"
            )
        )
    assert reached[:3] == ["Skip to the report", "Search title, formula and cause", "Cause"]
    assert reached[3:8] == [
        *("healthy", "singular", "not identifiable", "not certified", "unreadable"),
    ]
    assert reached[8] == "All analyses", "the table scrolls by keyboard where it is too wide"
    assert reached[9:17] == [
        *("Analysis", "Verdict", "Why", "Rank", "Certified", "What to report"),
        *("Bayesian refit", "Errors"),
    ]
    heading(visit, "Rank").get_by_role("button").focus()
    press("Enter")
    press("Space")
    assert sorted_by(visit) == [["Rank", "descending"]]
    visit.page.get_by_role("searchbox").focus()
    visit.page.keyboard.type("elan")
    assert shown(visit) == [8]
    press("Escape")
    assert len(shown(visit)) == MANY
    box(visit, "singular").focus()
    press("Space")
    assert len(shown(visit)) == len(places(studies, lambda s: s.state == "singular"))
    visit.page.get_by_label("Cause", exact=True).focus()
    visit.page.keyboard.type(GROUP_TITLE[:3])
    assert len(shown(visit)) == len(places(studies, lambda s: "one_group" in s.causes))


def test_labels_are_words_in_the_table_and_in_the_filters(visit):
    assert visit.scripts() == scripts_of("index"), "the page's own, and none from the data"
    assert visit.page.locator("img").count() == 0
    assert visit.page.locator(".analyses tbody th a").nth(7).inner_text() == ALERT
    options = visit.page.get_by_label("Cause", exact=True).locator("option").all_inner_texts()
    assert any(option.startswith("<img src=x onerror=alert(1)> (") for option in options)


def test_the_address_brings_back_what_was_chosen(many, browser, visit):
    box(visit, "singular").check()
    visit.page.get_by_label("Cause", exact=True).select_option(INFORMATION_TITLE)
    visit.page.get_by_role("searchbox").fill("study 1")
    click(visit, "Bayesian refit")
    click(visit, "Bayesian refit")
    before, address = shown(visit), visit.page.url
    assert 0 < len(before) < MANY
    visit.page.goto("about:blank")
    visit.page.goto(address)
    assert shown(visit) == before
    assert sorted_by(visit) == [["Bayesian refit", "descending"]]
    visit.page.goto("about:blank")
    visit.page.goto(many[0].as_uri() + "#down=99&verdict=none&cause=none&content")
    assert len(shown(visit)) == MANY, "an address that makes no sense hides nothing"


def test_without_a_script_the_plain_table_is_there(many, browser):
    with Visit(browser, many[0], java_script_enabled=False) as visit:
        assert visit.page.locator(".analyses tbody tr:visible").count() == MANY
        assert visit.page.locator("form").count() == 0
        assert visit.page.locator(".analyses thead button").count() == 0
        assert heading(visit, "Rank").is_visible()


@pytest.mark.parametrize("width", [1440, 1280, 1000, 720, 390])
def test_the_index_is_offline_and_fits_the_screen(many, browser, width):
    with Visit(browser, many[0], width) as visit:
        assert [url for url in visit.asked if not url.startswith("data:")] == [many[0].as_uri()]
        assert visit.page.evaluate("document.documentElement.scrollWidth") == width


def test_headings_stay_in_sight_where_the_table_fits(many, browser):
    with Visit(browser, many[0]) as visit:
        visit.page.evaluate("scrollTo({top: 3000, behavior: 'instant'})")
        assert heading(visit, "Rank").bounding_box()["y"] == 0


def test_on_a_narrow_screen_rows_are_blocks_whose_cells_say_what_they_are(many, browser):
    with Visit(browser, many[0], 390) as visit:
        assert visit.page.evaluate("document.documentElement.scrollWidth") == 390
        assert heading(visit, "Errors").get_by_role("button").is_visible()
        click(visit, "Errors")
        assert sorted_by(visit) == [["Errors", "ascending"]]
        row = visit.page.get_by_role("row").nth(1)
        assert row.get_by_role("cell").count() == 7, "it is a table still"
        labels = row.locator("td").evaluate_all("cells => cells.map(c => c.dataset.label)")
        assert labels[0] == "Verdict"
        assert labels[-1] == "Errors"
        first, second = (row.locator("td").nth(place).bounding_box() for place in (0, 1))
        assert second["y"] >= first["y"] + first["height"]
        visit.page.get_by_role("searchbox").fill("elan")
        assert visit.page.locator(".analyses tbody tr:visible").count() == 1


def test_how_long_a_reader_waits(many, browser, record_property):
    """No limit: the machine may be busy. `pytest --junitxml` and -s tell the times."""
    with Visit(browser, many[0]) as visit:
        started = time.perf_counter()
        visit.page.get_by_role("searchbox").fill("study 1")
        click(visit, "Analysis")
        seconds = time.perf_counter() - started
        assert 0 < len(shown(visit)) < MANY
        inside = visit.page.evaluate(
            """() => {
              const search = document.getElementById("search");
              const began = performance.now();
              for (const words of ["s", "st", "stu", ""]) {
                search.value = words;
                search.dispatchEvent(new Event("input"));
                document.body.offsetHeight;
              }
              return (performance.now() - began) / 4;
            }"""
        )
    record_property("search_and_sort_seconds", seconds)
    record_property("milliseconds_a_key", inside)
    print(f"search and sort {seconds:.2f} s, {inside:.1f} ms a key, of {MANY} rows")
