"""The index page: one row per analysis."""

import json
from pathlib import Path

from covedge.markup import Html, Markdown, badge, block, code_html, count, escape, table
from covedge.pages import reading
from covedge.pages.causes import TITLES, explains
from covedge.pages.results import Results, read_given

INTRO = (
    "A mixed model came out singular. Each page says where its random effects degenerate, why, "
    "what can still be concluded, and which model to report instead.\n"
)


def index(parameters: str | Path = "parameters.json") -> Markdown:
    """Title, formula, verdict, causes, rank, certified and a link, for every analysis."""
    given = json.loads(Path(parameters).read_text(encoding="utf-8"))
    rows = [_row(page) for page in given["pages"]]
    head = block(
        '<header class="masthead"><p class="eyebrow">Covariance at the edge</p>'
        f"<h1>{escape(given['title'])}</h1>"
        f'<ul class="facts"><li>{count(len(rows), "analysis", "analyses")}</li></ul></header>'
    )
    columns = ["Analysis", "Verdict", "Why", "Rank", "Certified"]
    return Markdown(head + INTRO + table(columns, rows, "All analyses", stacked=True))


def _row(page: dict) -> tuple:
    analysis = page["analysis"]
    title = escape(analysis.get("title") or analysis["name"])
    name = Html(
        f'<a href="{escape(page["href"])}"><bdi>{title}</bdi></a>'
        f"<br>{code_html(analysis['formula'])}"
    )
    try:
        return (name, *_summary(read_given(page)))
    except Exception as error:
        reason = Html(f'<span class="note">{escape(error)}</span>')
        return name, badge("quiet", "unreadable"), reason, "–", "–"


def _certified(fit: dict) -> Html:
    if fit.get("identifiable") is False:
        return badge("quiet", "no single optimum")
    return badge("good", "yes") if fit["certificate"]["certified"] else badge("bad", "no")


def _summary(results: Results) -> tuple:
    fit = results.asked
    kind, word = reading.BADGES[reading.state(fit)]
    causes = dict.fromkeys(
        cause["cause"] for cause in results.verdict.get("causes", []) if explains(cause)
    )
    why = [escape(TITLES.get(cause, cause.replace("_", " "))) for cause in causes]
    ranks = [
        f'<span class="nowrap">{escape(t["group"].split(":")[-1])} '
        f"{reading.rank(t) if t.get('identifiable', True) else 'unknown'}</span>"
        for t in reading.terms(fit)
    ]
    return (
        badge(kind, word),
        Html("<br>".join(why) or "–"),
        Html("<br>".join(ranks) or "–"),
        _certified(fit),
    )
