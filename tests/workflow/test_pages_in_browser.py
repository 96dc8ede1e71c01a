"""The pages as a reader meets them: in a browser, offline, wide and narrow, light and dark."""

import itertools
import re

import pytest

from support.browsing import LABELS, Visit, scripts_of


@pytest.mark.parametrize("name", ["plain", "odd", "planned", "index"])
@pytest.mark.parametrize("width", [1440, 390])
def test_pages_are_quiet_offline_and_fit_the_screen(pages, browser, name, width):
    path = pages / f"{name}.html"
    with Visit(browser, path, width) as visit:
        assert visit.said == []
        assert visit.dialogs == []
        assert [url for url in visit.asked if not url.startswith("data:")] == [path.as_uri()]
        assert visit.page.evaluate("document.documentElement.scrollWidth") == width
        visit.open_folds()
        assert visit.page.evaluate("document.documentElement.scrollWidth") == width


@pytest.mark.parametrize("name", ["plain", "odd"])
def test_engines_need_no_scrolling_sideways_on_a_phone(pages, browser, name):
    with Visit(browser, pages / f"{name}.html", 390) as visit:
        visit.open_folds()
        too_wide, tables = visit.page.evaluate(
            "[...document.querySelectorAll('#engines .scroll')].reduce(([wide, all], e) => "
            "[wide + (e.scrollWidth > e.clientWidth), all + 1], [0, 0])"
        )
        assert tables >= 5
        assert too_wide == 0
        cell = visit.page.locator("#engines .cards td").first
        label = cell.evaluate("e => getComputedStyle(e, '::before').content")
        assert "Criterion" in label


def test_odd_labels_show_as_the_text_they_are(pages, browser):
    with Visit(browser, pages / "odd.html") as visit:
        assert visit.page.title() == LABELS.title
        assert visit.page.locator("h1").inner_text() == LABELS.title
        assert visit.scripts() == scripts_of("analysis"), "the page's own, and none from the data"
        everything = visit.page.locator("main").text_content()
        for pair in LABELS.pairs:
            assert " ".join(pair.split()) in everything
        figures = visit.page.locator("svg text").all_text_contents()
        assert {"a|b", "<i>x</i>", "$x_1$", "µ-opioid 🐀", "שלום"} <= set(figures)


def levels_of(visit):
    return visit.page.evaluate(
        "[...document.querySelectorAll('h1,h2,h3,h4,h5,h6')].map(h => +h.tagName[1])"
    )


@pytest.mark.parametrize("name", ["plain", "odd", "planned", "index"])
def test_no_level_of_headings_is_skipped(pages, browser, name):
    with Visit(browser, pages / f"{name}.html") as visit:
        levels = levels_of(visit)
        assert levels.count(1) == 1
        assert levels[0] == 1
        assert all(b - a <= 1 for a, b in itertools.pairwise(levels))


def test_the_contents_lead_to_every_section(pages, browser):
    with Visit(browser, pages / "plain.html") as visit:
        links = visit.page.evaluate("[...document.querySelectorAll('#TOC a')].map(a => a.hash)")
        assert len(links) == levels_of(visit).count(2) == 19
        inner = visit.page.evaluate(
            "[...document.querySelectorAll(\"a[href^='#']\")].filter("
            "a => !document.getElementById(a.hash.slice(1))).map(a => a.hash)"
        )
        assert inner == []


def test_ids_are_unique_and_every_figure_says_what_it_finds(pages, browser):
    with Visit(browser, pages / "plain.html") as visit:
        ids = visit.page.evaluate("[...document.querySelectorAll('[id]')].map(e => e.id)")
        assert len(ids) == len(set(ids))
        labels = visit.page.evaluate(
            "[...document.querySelectorAll('figure')].map(f => "
            "[f.querySelector('svg').getAttribute('aria-label'), "
            "f.querySelector('figcaption').textContent])"
        )
        assert len(labels) >= 6
        assert all(len(alt) > 20 and len(caption) > 40 for alt, caption in labels)


def test_the_contents_stay_in_sight_on_a_wide_screen_and_are_away_on_a_narrow_one(pages, browser):
    with Visit(browser, pages / "plain.html", 1440) as visit:
        visit.page.evaluate("scrollTo({top: 3000, behavior: 'instant'})")
        assert visit.page.locator("#TOC").bounding_box()["y"] == 0
    with Visit(browser, pages / "plain.html", 390) as visit:
        assert not visit.page.locator("#TOC").is_visible()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_words_in_text_and_figures_stand_out_from_the_page(pages, browser, scheme):
    """Contrast by the formula of WCAG 2.2: 4.5 for text (success criterion 1.4.3)."""
    with Visit(browser, pages / "plain.html", color_scheme=scheme) as visit:
        colours = visit.page.evaluate(
            """() => {
              const style = (e, what) => getComputedStyle(e)[what];
              const paper = style(document.body, "backgroundColor");
              const of = (where, what) => [...document.querySelectorAll(where)].map(
                e => style(e, what));
              return [paper, [...new Set([...of("p,th,td,a,figcaption,summary,.badge", "color"),
                ...of("svg text", "fill")])]];
            }"""
        )
        paper, texts = colours
        assert len(texts) >= 4
        assert {
            text: round(contrast(text, paper), 2) for text in texts if contrast(text, paper) < 4.5
        } == {}


def contrast(one, other):
    lights = sorted((luminance(one), luminance(other)))
    return (lights[1] + 0.05) / (lights[0] + 0.05)


def luminance(colour):
    channels = [int(value) / 255 for value in re.findall(r"\d+", colour)[:3]]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize("width", [1440, 390])
@pytest.mark.parametrize("by", ["mouse", "keyboard"])
def test_copy_buttons_give_their_words_and_folds_open_and_close(pages, browser, width, by):
    def use(control):
        if by == "mouse":
            control.click()
        else:
            control.focus()
            visit.page.keyboard.press("Enter")

    permissions = ["clipboard-read", "clipboard-write"]
    with Visit(browser, pages / "plain.html", width, permissions=permissions) as visit:
        fold = visit.page.locator("details.fold").first
        inside = fold.locator(".folded")
        assert not inside.is_visible()
        use(fold.locator("summary"))
        assert inside.is_visible()
        use(fold.locator("summary"))
        assert not inside.is_visible()
        visit.open_folds()
        for box in visit.page.locator(".copy").all():
            use(box.locator("button"))
            box.get_by_text("Copied").wait_for()
            copied = visit.page.evaluate("navigator.clipboard.readText()")
            told = " ".join(box.inner_text().removesuffix("Copied").split())
            assert len(told) > 40
            assert " ".join(copied.split()) == told


@pytest.mark.parametrize("width", [1440, 390])
def test_tabs_go_by_mouse_and_by_the_keys_of_aria(pages, browser, width):
    with Visit(browser, pages / "plain.html", width) as visit:
        visit.open_folds()
        tabs = visit.page.get_by_role("tab")
        assert tabs.count() >= 4
        for tablist in visit.page.get_by_role("tablist").all():
            own = tablist.get_by_role("tab")
            names, last = own.all_inner_texts(), own.count() - 1
            assert all(names)
            assert _selected(tablist) == [0]
            own.nth(last).click()
            assert _selected(tablist) == [last]
            for key, place in (("Home", 0), ("ArrowLeft", last), ("ArrowRight", 0), ("End", last)):
                visit.page.keyboard.press(key)
                assert _selected(tablist) == [place]
                assert own.nth(place).evaluate("tab => tab === document.activeElement")
            visit.page.keyboard.press("Tab")
            panel = visit.page.locator(":focus")
            assert panel.get_attribute("role") == "tabpanel"
            assert panel.get_attribute("aria-labelledby") == own.nth(last).get_attribute("id")


def _selected(tablist):
    """Places of the tabs that are selected; of each panel whether it shows must agree."""
    told = tablist.get_by_role("tab").evaluate_all(
        "tabs => tabs.map(t => [t.ariaSelected === 'true', t.tabIndex === 0, "
        "document.getElementById(t.getAttribute('aria-controls')).checkVisibility("
        "{contentVisibilityAuto: true}) && !document.getElementById("
        "t.getAttribute('aria-controls')).hasAttribute('hidden')])"
    )
    assert all(len(set(each)) == 1 for each in told), told
    return [place for place, each in enumerate(told) if each[0]]


def test_a_link_into_a_hidden_panel_or_a_closed_fold_shows_its_target(pages, browser, tmp_path):
    """Made-up targets: the page's own links lead to sections."""
    page = (pages / "plain.html").read_text(encoding="utf-8")
    hidden = page.index('id="tabs-1-2"')
    folded = page.index('<div class="folded">')
    for target, after in (("in-panel", hidden), ("in-fold", folded)):
        place = page.index("</p>", after) if target == "in-fold" else page.index(">", after) + 1
        made = f'{page[:place]}<b id="{target}">T</b>{page[place:]}'
        made = made.replace("</header>", f'<a id="go" href="#{target}">Go</a></header>', 1)
        path = tmp_path / f"{target}.html"
        path.write_text(made, encoding="utf-8")
        with Visit(browser, path) as visit:
            assert not visit.page.locator(f"#{target}").is_visible()
            visit.page.locator("#go").click()
            assert visit.page.locator(f"#{target}").is_visible()
            visit.page.goto("about:blank")
            visit.page.goto(f"{path.as_uri()}#{target}")
            assert visit.page.locator(f"#{target}").is_visible()


def test_without_a_script_every_panel_is_there_under_its_title(pages, browser):
    with Visit(browser, pages / "plain.html", java_script_enabled=False) as visit:
        assert visit.page.locator("[role=tab]").count() == 0
        titles = visit.page.locator(".tab-title")
        assert titles.count() >= 4
        outside = "title => !title.closest('details')"
        shown = [title for title in titles.all() if title.evaluate(outside)]
        assert shown
        assert all(title.is_visible() for title in shown)


def test_print_has_every_panel_and_the_folds_that_the_reader_opened(pages, browser):
    with Visit(browser, pages / "plain.html") as visit:
        visit.page.emulate_media(media="print")
        panels = visit.page.locator("main > section .tab")
        assert visit.page.locator("[role=tab]:visible").count() == 0
        heights = panels.evaluate_all(
            "all => all.filter(p => !p.closest('details')).map(p => p.offsetHeight)"
        )
        assert len(heights) >= 2
        assert min(heights) > 50
        assert visit.page.locator("details .folded:visible").count() == 0
        visit.page.emulate_media(media="screen")
        visit.page.get_by_role("button", name="Open all folds").click()
        visit.page.emulate_media(media="print")
        folds = visit.page.locator("details .folded")
        assert folds.count() > 10
        assert all(fold.is_visible() for fold in folds.all())
        visit.page.emulate_media(media="screen")
        visit.page.get_by_role("button", name="Close all folds").click()
        assert visit.page.locator("details .folded:visible").count() == 0


def test_words_explain_themselves_once_a_section_on_hover_and_by_keyboard(pages, browser):
    with Visit(browser, pages / "plain.html") as visit:
        page = visit.page
        repeated = page.evaluate(
            """[...document.querySelectorAll("section.level2")].flatMap(section => {
              const seen = [...section.querySelectorAll(":scope .word")].map(a => a.hash);
              return seen.filter((hash, i) => seen.indexOf(hash) !== i);
            })"""
        )
        assert repeated == []
        word = page.locator("#geometry .word", has_text="reliability").first
        shown = "e => getComputedStyle(e, '::after').content"
        assert word.evaluate(shown) == "none"
        word.hover()
        assert "belongs to the groups" in word.evaluate(shown)
        page.mouse.move(0, 0)
        word.focus()
        page.keyboard.press("Shift+Tab")
        page.keyboard.press("Tab")
        assert "belongs to the groups" in word.evaluate(shown)
        page.keyboard.press("Enter")
        assert page.evaluate("location.hash") == word.get_attribute("href")
        assert page.locator(":target").inner_text() == "reliability"


def test_a_page_and_its_figures_are_small(pages, browser):
    assert (pages / "plain.html").stat().st_size < 5_000_000
    with Visit(browser, pages / "plain.html") as visit:
        figures = visit.page.evaluate(
            "[...document.querySelectorAll('svg')].map("
            "svg => new TextEncoder().encode(svg.outerHTML).length)"
        )
        assert len(figures) >= 6
        assert sum(figures) < 2_000_000
