"""From a document to a page: the renderer's choice, the cells, and what is left when one fails."""

import json
import os
import stat
import textwrap

import pytest

from covedge.render import RenderError, choose, execute, read_header, render

DOCUMENT = """\
---
lang: en
format:
  html:
    template: page.html
    css: page.css
    toc: true
    toc-depth: 2
    embed-resources: true
    html-math-method: mathml
    include-after-body:
      - text: |
          <script src="tabs.js"></script>
filters:
  - page.lua
---

```{python}
import json
from covedge.markup import Markdown
given = json.load(open("parameters.json"))
Markdown("Seven is " + str(given["seven"]))
```

## First {#first}

```{python}
#| echo: true
#| code-fold: true
#| code-summary: "How it is *said*"
head = '::: {.callout-note collapse="true" title="More & `more`"}'
Markdown(head + "\\n\\n$\\\\Sigma \\\\succeq 0$\\n\\n:::")
```

::: {.callout-warning title="It *failed*"}
Why.
:::

::: {.callout-tip}
### By a heading
How.
:::

::: {.panel-tabset}
### One

First words.

### Two

#### Deeper

Second words.
:::
"""


@pytest.fixture
def document(tmp_path):
    folder = tmp_path / "reports"
    folder.mkdir()
    source = os.path.join(os.path.dirname(__file__), "..", "..", "reports")
    for name in ("page.html", "page.css", "page.lua", "tabs.js"):
        with open(os.path.join(source, name), encoding="utf-8") as file:
            (folder / name).write_text(file.read(), encoding="utf-8")
    path = folder / "small.qmd"
    path.write_text(DOCUMENT, encoding="utf-8")
    return path


def test_pandoc_makes_one_self_contained_page(document, tmp_path):
    page = tmp_path / "out" / "page.html"
    title = "a|b <b> $x_1$ 🐀"
    assert render(document, {"seven": 7, "title": title}, page, "pandoc") == "pandoc"
    made = page.read_text(encoding="utf-8")
    assert "Seven is 7" in made
    assert "<title>a|b &lt;b&gt; $x_1$ 🐀</title>" in made
    assert "<h2>First</h2>" in made.replace(' class="unnumbered"', "")
    assert '<a href="#first"' in made
    assert "<math" in made
    assert "<link" not in made
    assert "--measure" in made, "the style sheet is embedded"
    assert "ArrowRight" in made.split("<script>")[1], "the script is embedded"
    assert os.listdir(tmp_path / "out") == ["page.html"]


def test_pandoc_makes_of_quartos_constructs_what_they_are(document, tmp_path):
    render(document, {"seven": 7}, tmp_path / "page.html", "pandoc")
    made = " ".join((tmp_path / "page.html").read_text(encoding="utf-8").split())
    fold = '<details class="fold"><summary>More &amp; <code>more</code></summary>'
    assert f'{fold} <div class="folded"> <p><math' in made
    warning = '<div class="remark-title"> It <em>failed</em> </div>'
    assert f'<div class="remark warning" role="note"> {warning}' in made
    assert '<div class="remark-title"> By a heading </div>' in made
    assert "<p>How.</p>" in made
    first, second = made.split('<div class="tabs">')[1].split('id="tabs-1-2" class="tab"')
    assert '<div class="tab-title"> One </div> <p>First words.</p>' in first
    assert '<div class="tab-title"> Two </div>' in second
    assert "Deeper</h4>" in second


def test_code_is_shown_folded_where_a_cell_asks_for_it_and_there_only(document, tmp_path):
    render(document, {"seven": 7}, tmp_path / "page.html", "pandoc")
    made = (tmp_path / "page.html").read_text(encoding="utf-8")
    code = made.split('<details class="code-fold"><summary>How it is <em>said</em></summary>')[1]
    code = code.split("</details>")[0]
    assert "Markdown(head" in code
    assert "echo" not in code, "a cell's options are not its code"
    assert "parameters.json" not in made, "the other cell"


def test_a_failing_cell_leaves_the_old_page_and_nothing_half_written(document, tmp_path):
    page = tmp_path / "page.html"
    page.write_text("old", encoding="utf-8")
    document.write_text(DOCUMENT.replace('given["seven"]', "1 / 0"), encoding="utf-8")
    with pytest.raises(Exception, match="division by zero"):
        render(document, {}, page, "pandoc")
    assert page.read_text(encoding="utf-8") == "old"
    assert sorted(os.listdir(tmp_path)) == ["page.html", "reports"]


def test_cells_run_on_this_python_without_any_kernelspec(tmp_path, monkeypatch):
    monkeypatch.setenv("JUPYTER_PATH", str(tmp_path))
    monkeypatch.setenv("PATH", "/nowhere")
    cell = """
    ```{python}
    import sys
    from covedge.markup import Markdown
    Markdown(sys.executable)
    ```
    """
    import sys

    assert sys.executable in execute(textwrap.dedent(cell), tmp_path)


def test_text_html_is_refused_since_quarto_would_link_a_cdn_for_it(tmp_path):
    cell = '```{python}\nfrom IPython.display import HTML\nHTML("<b>x</b>")\n```\n'
    with pytest.raises(RenderError, match="text/html"):
        execute(cell, tmp_path)


def test_prints_are_logged_and_svg_goes_in_as_it_is(tmp_path, caplog):
    caplog.set_level("INFO")
    cell = (
        '```{python}\nfrom IPython.display import SVG\nprint("said")\nSVG("<svg><g/></svg>")\n```'
    )
    made = execute(cell, tmp_path)
    assert made.strip() == "```{=html}\n<svg><g/></svg>\n```"
    assert "said" in caplog.text


def test_a_document_without_a_header_says_so():
    with pytest.raises(RenderError, match="no YAML header"):
        read_header("# Words")


def test_an_unknown_renderer_names_the_key_and_the_choices():
    with pytest.raises(RenderError, match=r"report\.renderer: 'word'.*auto, quarto or pandoc"):
        choose("word")


def test_quarto_is_chosen_where_it_is_and_only_there(tmp_path, monkeypatch, caplog):
    caplog.set_level("INFO")
    monkeypatch.setenv("PATH", str(tmp_path))
    assert choose("auto") == "pandoc"
    assert "not on the PATH" in caplog.text
    with pytest.raises(RenderError, match="no quarto is on the PATH"):
        choose("quarto")
    _fake_quarto(tmp_path)
    assert choose("auto") == "quarto"
    assert choose("pandoc") == "pandoc"


def test_quarto_gets_the_copied_document_with_its_parameters(document, tmp_path, monkeypatch):
    """A stand-in for Quarto: what it is called with, where, and what lies there."""
    _fake_quarto(tmp_path / "bin")
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}{os.pathsep}{os.environ['PATH']}")
    page = tmp_path / "page.html"
    assert render(document, {"title": "T"}, page, "auto") == "quarto"
    told = json.loads(page.read_text(encoding="utf-8"))
    assert told["arguments"] == ["render", "small.qmd", "--to", "html"]
    assert {"parameters.json", "page.css", "page.html", "page.lua"} <= set(told["beside"])
    assert told["second_line"] == 'pagetitle: "`T`{=html}"\n'


def _fake_quarto(folder):
    import sys

    folder.mkdir(exist_ok=True)
    path = folder / "quarto"
    path.write_text(
        f"""#!{sys.executable}
import json, os, sys
beside = os.listdir(".")
with open("small.qmd", encoding="utf-8") as file:
    lines = file.readlines()
with open("small.html", "w", encoding="utf-8") as file:
    json.dump({{"arguments": sys.argv[1:], "beside": beside, "second_line": lines[1]}}, file)
""",
        encoding="utf-8",
    )
    path.chmod(path.stat().st_mode | stat.S_IEXEC)
