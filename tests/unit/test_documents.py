"""The documents as Quarto reads them, where there is no Quarto: what its documentation asks for.

Quarto is in conda's channels and in no registry that these tests can count on; where it is
installed, tests/workflow/test_two_renderers.py holds its page against Pandoc's.
"""

import json
import re
import shutil
from pathlib import Path

import pypandoc
import pytest
import yaml
from jsonschema import Draft202012Validator

from covedge.pages import load
from covedge.render import read_header
from support.posteriors import write_posteriors
from support.results import Labels, write

ROOT = Path(__file__).parents[2]
REPORTS = ROOT / "reports"
NAMES = ("analysis", "plan", "index")
DOCUMENTS = {name: (REPORTS / f"{name}.qmd").read_text("utf-8") for name in NAMES}
OPTIONS = json.loads((ROOT / "tests/reference/quarto_options.json").read_text("utf-8"))["options"]
KINDS = ("note", "tip", "important", "caution", "warning")
FORBIDDEN = {
    "a reference to a section or an equation": r"@(sec|eq)-",
    "a shortcode": r"\{\{<",
    "inline code": r"`\{?(python|r)\b",
}
_CELL = re.compile(r"^```\{python\}.*?^```$", re.DOTALL | re.MULTILINE)
_CODE = re.compile(r"^(`{3,}).*?^\1$", re.DOTALL | re.MULTILINE)
_FENCE = re.compile(r"^(:{3,})[ \t]*(.*?)[ \t]*:*$")


def cells(source):
    """Of each cell its options, as Quarto reads them."""
    return [
        yaml.safe_load("\n".join(re.findall(r"^#\|(.*)$", cell, re.MULTILINE))) or {}
        for cell in _CELL.findall(source)
    ]


def divs(markdown):
    """(marks, lines within, those of inner divs too) of each div; ValueError if one stays open."""
    opened, found = [], []
    for line in _CODE.sub("", markdown).splitlines():
        fence = _FENCE.match(line)
        if fence and fence[2]:
            opened.append((fence[2], []))
        elif fence:
            if not opened:
                raise ValueError("a div is closed that was not opened")
            found.append(opened.pop())
        for _, lines in opened:
            lines.append(line)
    if opened:
        raise ValueError(f"a div stays open: {opened[-1][0]}")
    return found


def told(folder, labels):
    """The whole page as Markdown: the document with what its cells return."""
    given = write(folder / "results", labels, infer=True)
    write_posteriors(folder / "results/posterior", labels)
    parameters = folder / "parameters.json"
    parameters.write_text(json.dumps(given), encoding="utf-8")
    page = load(parameters)
    return _CELL.sub(lambda cell: _returned(page, cell[0]), DOCUMENTS["analysis"])


def _returned(page, cell):
    (name,) = re.findall(r"^page\.(\w+)\(\)$", cell, re.MULTILINE)
    return str(getattr(page, name)())


@pytest.fixture(scope="module")
def markdown(tmp_path_factory):
    return told(tmp_path_factory.mktemp("plain"), Labels())


@pytest.mark.parametrize("source", DOCUMENTS.values(), ids=DOCUMENTS)
def test_every_option_is_one_that_quarto_documents_with_a_value_that_it_documents(source):
    header = read_header(source)
    (formats, html) = header.pop("format"), header["execute"]
    assert list(formats) == ["html"]
    header.pop("execute")
    for options in (header, html, formats["html"], *cells(source)):
        for name, value in options.items():
            Draft202012Validator(OPTIONS[name]).validate(value)


@pytest.mark.parametrize("source", DOCUMENTS.values(), ids=DOCUMENTS)
def test_what_the_header_names_is_there(source):
    html = read_header(source)["format"]["html"]
    scripts = re.findall(r'src="([^"]+)"', html["include-after-body"][0]["text"])
    named = [html["template"], html["css"], *read_header(source)["filters"], *scripts]
    assert scripts
    assert [name for name in named if not (REPORTS / name).is_file()] == []


@pytest.mark.parametrize("source", DOCUMENTS.values(), ids=DOCUMENTS)
def test_a_page_is_offline_and_its_formulas_are_mathml(source):
    html = read_header(source)["format"]["html"]
    assert html["embed-resources"] is True
    assert html["html-math-method"] == "mathml"
    assert "//" not in html["include-after-body"][0]["text"]


@pytest.mark.parametrize("what", FORBIDDEN)
def test_what_differs_between_renderers_is_not_used(markdown, what):
    words = re.sub(r"^```\{=html\}\n.*?^```$", "", markdown, flags=re.DOTALL | re.MULTILINE)
    for source in (words, *DOCUMENTS.values()):
        assert not re.search(FORBIDDEN[what], source.replace("```{python}", "")), what


def test_every_div_is_closed_and_is_one_that_both_renderers_know(markdown):
    own = r"\{\.(card|copy|note|lead|advice|words|picture|first)\}"
    callout = rf'\{{\.callout-({"|".join(KINDS)})( collapse="(true|false)")? title="[^"]+"\}}'
    known = re.compile(rf"{own}|{callout}|\{{\.panel-tabset\}}")
    marks = [mark for mark, _ in divs(markdown)]
    assert len(marks) > 30
    assert [mark for mark in marks if not known.fullmatch(mark)] == []
    assert any("collapse" not in mark for mark in marks if ".callout" in mark)


def test_a_tabset_is_headings_of_one_level_each_with_its_own_words(markdown):
    tabsets = [lines for mark, lines in divs(markdown) if mark == "{.panel-tabset}"]
    assert len(tabsets) >= 2
    for lines in tabsets:
        content = [line for line in lines if line and not line.startswith("::")]
        titles = [line for line in content if re.match(r"#+ ", line)]
        assert content[0] == titles[0], "Quarto drops what stands before the first tab"
        assert len(set(titles)) == len(titles) >= 2
        assert {re.match(r"#+", title)[0] for title in titles} == {"###"}


def test_every_figure_says_in_words_what_it_finds_and_can_be_referred_to(markdown):
    figures = re.findall(r"<figure.*?</figure>", markdown, re.DOTALL)
    assert len(figures) >= 6
    for figure in figures:
        assert re.search(r'<svg [^>]*aria-label="[^"]{20,}"', figure)
        assert re.search(r'<svg [^>]*id="fig-[\w-]+"', figure)
    named = re.findall(r'id="(fig-[\w-]+)"', markdown)
    assert len(named) == len(set(named)) == len(figures)


def test_references_to_figures_carry_their_numbers(markdown, tmp_path):
    referred = re.findall(r"\[Figure\]\(#(fig-[\w-]+)\)", markdown)
    order = re.findall(r'<svg [^>]*id="(fig-[\w-]+)"', markdown)
    assert referred
    page = to_html(markdown, REPORTS / "page.lua", tmp_path)
    for name in referred:
        assert f'<a href="#{name}">Figure {order.index(name) + 1}</a>' in page
    for number in range(1, len(order) + 1):
        assert page.count(f'<figcaption><span class="number">Figure {number}.</span>') == 1


def test_quartos_nodes_give_the_same_html_as_the_divs_of_pandoc(tmp_path):
    pairs = ("a|b", "$x_1$", "::: {.callout-tip}", "### x", "שלום", "`c`{=html}")
    markdown = told(tmp_path, Labels("*T* <b>", "y`", "f {x}", "g|h", pairs))
    shutil.copy(REPORTS / "page.lua", tmp_path)
    stand_in = ROOT / "tests/support/quarto_nodes.lua"
    of_quarto = to_html(markdown, stand_in, tmp_path)
    assert of_quarto.count('<details class="fold">') > 10
    assert of_quarto == to_html(markdown, REPORTS / "page.lua", tmp_path)


def to_html(markdown, lua, folder):
    """The page's body as Pandoc writes it with a filter."""
    return pypandoc.convert_text(
        markdown,
        "html5",
        format="markdown",
        extra_args=["--wrap=none", "--mathml", "--section-divs", f"--lua-filter={lua}"],
        cworkdir=str(folder),
    )


@pytest.mark.parametrize("broken", ["::: {.a}\nx\n", "x\n:::\n", "::: {.a}\n```\n:::\n```\n"])
def test_a_div_that_is_not_balanced_is_found(broken):
    with pytest.raises(ValueError, match="div"):
        divs(broken)
