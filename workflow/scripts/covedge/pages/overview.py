"""The index page: one row per analysis, to be sorted, filtered and searched (reports/index.js)."""

import json
from collections import Counter
from pathlib import Path

from covedge.markup import Html, Markdown, block, count, escape, fold, inline, text
from covedge.pages.overview_row import COLUMNS, Cell, Row, row

INTRO = (
    "A mixed model came out singular. Each page says where its random effects degenerate, why, "
    "what can still be concluded, and which model to report instead.\n"
)
LEGEND = """
- **Verdict**: of the model that was asked for. *Singular*: in some direction its groups are
  estimated not to differ at all. *Not identifiable*: the data cannot tell its variances apart.
- **Why**: the causes that were found; the first weighs most.
- **Rank**: in how many directions the levels of a grouping factor are estimated to differ, of
  those that the model allows.
- **Certified**: whether it is shown that no optimiser can find a better fit nearby. A singular
  fit can be certified.
- **What to report**: the model that the page recommends.
- **Bayesian refit**: whether the chains of the main refit can be trusted.
- **Errors**: steps of the workflow that failed, and files that could not be read.
"""


def index(parameters: str | Path = "parameters.json") -> Markdown:
    """The table of all analyses that the JSON file `parameters` names."""
    given = json.loads(Path(parameters).read_text(encoding="utf-8"))
    rows = [row(page) for page in given["pages"]]
    parts = [_head(given["title"], rows), INTRO]
    if rows:
        parts += [_table(rows), fold("What the columns say", LEGEND)]
    return Markdown("".join([*parts, _plans(given.get("plans", []))]))


def _plans(plans: list[dict]) -> str:
    """A link to the page of each plan, and how many groups it would take."""
    if not plans:
        return ""
    lines = [f"- {_link(plan)} {_told(plan)}" for plan in plans]
    return "\n\n## Plans {#plans}\n\n" + "\n".join(lines) + "\n"


def _link(plan: dict) -> str:
    return inline(f'<a href="{escape(plan["href"])}"><bdi>{escape(plan["title"])}</bdi></a>')


def _told(plan: dict) -> str:
    found = json.loads(Path(plan["atlas"]).read_text(encoding="utf-8"))
    if found["status"] != "ok":
        return f"There is no atlas of it: {text(found['reason'])}."
    return text(found["sentences"][1])


def _head(title: str, rows: list[Row]) -> str:
    facts = [count(len(rows), "analysis", "analyses")]
    facts += [f"{n} {verdict}" for verdict, n in Counter(r.verdict for r in rows).most_common()]
    items = "".join(f"<li>{escape(fact)}</li>" for fact in facts)
    return block(
        '<header class="masthead"><p class="eyebrow">Covariance at the edge</p>'
        f'<h1>{escape(title)}</h1><ul class="facts">{items}</ul></header>'
    )


def _table(rows: list[Row]) -> str:
    """The roles say what the style sheet would take away where it stacks the cells of a row."""
    head = "".join(
        f'<th scope="col" role="columnheader" data-sorted="{sort}">{heading}</th>'
        for heading, sort in COLUMNS.items()
    )
    body = "".join(map(_row, rows))
    return block(
        '<div class="scroll" role="region" tabindex="0" aria-label="All analyses">'
        '<table class="analyses" role="table">'
        f'<thead role="rowgroup"><tr role="row">{head}</tr></thead>'
        f'<tbody role="rowgroup">{body}</tbody></table></div>'
    )


def _row(told: Row) -> str:
    first, *others = told.cells
    cells = f'<th scope="row" role="rowheader"{_attributes(first)}>{first.content}</th>'
    for heading, cell in zip(list(COLUMNS)[1:], others, strict=True):
        label = f' data-label="{heading}"'
        cells += f'<td role="cell"{label}{_attributes(cell)}>{cell.content}</td>'
    causes = escape(json.dumps(told.causes))
    return (
        f'<tr role="row" data-verdict="{escape(told.verdict)}" data-causes="{causes}">{cells}</tr>'
    )


def _attributes(cell: Cell) -> Html:
    key = "" if cell.key is None else f' data-key="{escape(cell.key)}"'
    return Html(key + (" data-searched" if cell.searched else ""))
