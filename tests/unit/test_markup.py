"""Labels from the data show as text; numbers show as a person writes them."""

import html
import re

import pypandoc
import pytest

from covedge.markup import Column, Html, code, count, fixed, number, table, text

NASTY = (
    "<script>alert(1)</script>",
    "a|b",
    "$x_1$",
    "µ-opioid 🐀",
    "*bold* _it_ `code`{=html}",
    "```",
    "{{< include /etc/hostname >}}",
    "::: {.fold}",
    "[link](http://example.org)",
    '" onload="alert(1)',
    "שלום",
    "two\nlines",
    "a" * 200,
)


def to_html(markdown: str) -> str:
    return pypandoc.convert_text(markdown, "html5", format="markdown", extra_args=["--wrap=none"])


def words(page: str) -> str:
    """The text a browser would show, by Python's own HTML rules."""
    return html.unescape(re.sub(r"<[^>]*>", "", page))


@pytest.mark.parametrize("label", NASTY)
def test_labels_come_through_pandoc_as_the_text_they_are(label):
    shown = words(to_html(f"before {text(label)} after"))
    assert shown.strip() == f"before {label.replace(chr(10), ' ')} after"


@pytest.mark.parametrize("label", NASTY)
def test_labels_make_no_element_of_their_own(label):
    page = to_html(f"x {text(label)} {code(label)}\n{table(['h', label], [[label, label]])}")
    assert set(re.findall(r"<(\w+)", page)) <= {
        *("p", "bdi", "code", "div", "table", "thead", "tbody", "tr", "th", "td")
    }
    assert words(page).count(label.replace("\n", " ")) == 5


def test_a_lone_surrogate_and_a_control_character_do_not_stop_the_page():
    assert text("a\ud800b\x07c").encode("utf-8") == b"`<bdi>a b c</bdi>`{=html}"


@pytest.mark.parametrize(
    ("value", "digits", "shown"),
    [
        (0.0123456, 3, "0.0123"),
        (-2.5, 2, "−2.5"),
        (1743.628272, 3, "1744"),
        (0.0, 3, "0"),
        (1e-9, 3, "1.0 × 10⁻⁹"),
        (-3.2e12, 3, "−3.2 × 10¹²"),
        (None, 3, "–"),
        (float("nan"), 3, "–"),
        (float("inf"), 3, "–"),
        (0.99999, 3, "1.00"),
    ],
)
def test_numbers(value, digits, shown):
    assert number(value, digits) == shown


def test_fixed_decimals_have_no_negative_zero():
    assert fixed(-0.0001, 2) == "0.00"
    assert fixed(-1751.939344, 2) == "−1751.94"


def test_counts_agree_with_their_noun():
    assert count(1, "rat") == "1 rat"
    assert count(2, "analysis", "analyses") == "2 analyses"
    assert count(24085, "row") == "24\u202f085 rows"


def test_a_table_has_headings_for_rows_and_columns():
    page = to_html(table(["Name", Column("Value", "num")], [["a", Html("<b>1</b>")]], "Things"))
    assert '<th scope="col" class="num">Value</th>' in page
    assert '<th scope="row" class="text">a</th><td class="num"><b>1</b></td>' in page
    assert 'aria-label="Things"' in page
