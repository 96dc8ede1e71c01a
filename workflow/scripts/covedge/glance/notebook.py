"""A look as HTML, for a notebook: nothing but text, lists and a table, in the notebook's style."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from covedge.advice import what_to_do
from covedge.glance.terminal import asked_of, state, why

if TYPE_CHECKING:
    from covedge.glance.look import Look


def html(look: Look) -> str:
    """The same as in a terminal; all text from the data is escaped."""
    first, *rest = look.verdict["points"]
    rest = [point["sentence"] for point in rest if point["about"] != "instead"]
    told = what_to_do(look.verdict, formula=_code, because=escape)
    parts = [
        f"<p>{_code(look.formula)}<br>{escape(asked_of(look))}</p>",
        f"<p><strong>{escape(first['sentence'])}</strong></p>",
        _listed(rest),
        f"<p><strong>What to do.</strong> {told}</p>" if told else "",
        _titled("Why", [why(cause) for cause in look.verdict["causes"]]),
        _ladder(look.records),
        _folded("Not looked into here; the workflow does", look.not_done),
    ]
    return f'<div class="covedge">{"".join(parts)}</div>'


def _code(formula):
    return f"<code>{escape(formula)}</code>"


def _listed(items):
    return f"<ul>{''.join(f'<li>{escape(item)}</li>' for item in items)}</ul>" if items else ""


def _titled(title, items):
    return f"<p><strong>{title}</strong></p>{_listed(items)}" if items else ""


def _folded(title, items):
    return f"<details><summary>{title}</summary>{_listed(items)}</details>"


def _ladder(records):
    head = "".join(f'<th scope="col">{name}</th>' for name in ("Model", "Fit", "Criterion", ""))
    rows = "".join(
        f"<tr><td>{escape(record['model'])}</td><td>{state(record)}</td>"
        f"<td>{record['criterion']:.4f}</td><td>{_code(record['formula'])}</td></tr>"
        for record in records
    )
    return f"<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"
