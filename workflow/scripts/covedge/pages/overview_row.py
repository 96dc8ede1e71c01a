"""What the index says of one analysis, and what its rows are sorted, filtered and searched by."""

from dataclasses import dataclass
from pathlib import Path

from covedge.markup import Html, badge, code_html, count, escape
from covedge.pages import reading
from covedge.pages.bayesian.runs import MAIN
from covedge.pages.causes import TITLES
from covedge.pages.provenance import failed
from covedge.pages.results import FAILED, Results, read_given

# Headings, and how their columns are sorted.
COLUMNS = {
    "Analysis": "text",
    "Verdict": "number",
    "Why": "text",
    "Rank": "number",
    "Certified": "number",
    "What to report": "text",
    "Bayesian refit": "number",
    "Errors": "number",
}
UNREADABLE = "unreadable"
NONE = Html("–")


@dataclass(frozen=True)
class Cell:
    """A cell of the table.

    content : HTML. key : what the column is sorted by; None, for not known, comes last.
    searched : whether the text search looks here.
    """

    content: Html
    key: float | str | None = None
    searched: bool = False


@dataclass(frozen=True)
class Row:
    """One analysis: its verdict in a word, the titles of its causes, and a cell per column."""

    verdict: str
    causes: tuple[str, ...]
    cells: tuple[Cell, ...]


def row(page: dict) -> Row:
    """The row of an analysis as `index_parameters` gives it; of an unreadable one, the reason."""
    try:
        return _row(page, read_given(page))
    except Exception as error:
        why = Cell(Html(f'<span class="note">{escape(_reason(error))}</span>'), searched=True)
        verdict = Cell(badge("quiet", UNREADABLE), len(reading.BADGES))
        errors = Cell(_link(page, "#errors", "1", "error"), 1)
        return Row(UNREADABLE, (), (_analysis(page), verdict, why, *[Cell(NONE)] * 4, errors))


def _reason(error: Exception) -> str:
    """In the reader's words, and without the places of this computer."""
    if isinstance(error, StopIteration):
        return "no model was fitted"
    if isinstance(error, OSError) and error.filename:
        return f"{Path(error.filename).name}: {error.strerror}"
    return str(error)


def _row(page: dict, results: Results) -> Row:
    fit = results.asked
    state = reading.state(fit)
    kind, word = reading.BADGES[state]
    causes = _causes(results)
    cells = (
        _analysis(page),
        Cell(badge(kind, word), list(reading.BADGES).index(state)),
        _why(causes),
        _rank(fit),
        _certified(fit),
        _recommended(results),
        _refit(results),
        _errors(page, results),
    )
    return Row(word, causes, cells)


def _analysis(page: dict) -> Cell:
    analysis = page["analysis"]
    title = analysis.get("title") or analysis["name"]
    content = Html(
        f'<a href="{escape(page["href"])}"><bdi>{escape(title)}</bdi></a>'
        f" {code_html(analysis['formula'])}"
    )
    return Cell(content, title, searched=True)


def _causes(results: Results) -> tuple[str, ...]:
    found = [cause["cause"] for cause in results.verdict.get("causes", [])]
    return tuple(dict.fromkeys(TITLES.get(each, each.replace("_", " ")) for each in found))


def _why(causes: tuple[str, ...]) -> Cell:
    if not causes:
        return Cell(NONE)
    items = "".join(f"<li>{escape(cause)}</li>" for cause in causes)
    return Cell(Html(f"<ul>{items}</ul>"), causes[0], searched=True)


def _rank(fit: dict) -> Cell:
    """Sorted by the part of the directions that is left, of the term with the smallest."""
    terms = reading.terms(fit)
    known = [term for term in terms if not reading.flat(term)]
    lines = [
        f"<bdi>{escape(term['group'].split(':')[-1])}</bdi>&nbsp;"
        f'<span class="nowrap">{reading.rank(term) if term in known else "unknown"}</span>'
        for term in terms
    ]
    parts = [term["rank"] / reading.full_rank(term) for term in known]
    return Cell(Html("<br>".join(lines) or NONE), min(parts) if parts else None)


def _certified(fit: dict) -> Cell:
    if fit.get("identifiable") is False:
        return Cell(badge("quiet", "no single optimum"), 1)
    if fit["certificate"]["certified"]:
        return Cell(badge("good", "yes"), 0)
    return Cell(badge("bad", "no"), 2)


def _recommended(results: Results) -> Cell:
    advice = results.recommended
    formula = advice.get("formula")
    if not formula:
        return Cell(NONE)
    if advice.get("model") == results.asked["model"]:
        return Cell(Html("the model asked for"), formula)
    return Cell(code_html(formula), formula)


def _refit(results: Results) -> Cell:
    """Of the main run; of the first where none is called that."""
    if results.steps.get("posterior", {}).get("status") == FAILED:
        return Cell(badge("bad", "failed"), 3)
    runs = sorted(results.posterior, key=lambda run: run.get("role") != MAIN)
    if not runs:
        return Cell(Html("not run"))
    ended = [run for run in runs if run.get("status") != FAILED]
    if not ended:
        return Cell(badge("bad", "failed"), 3)
    if not ended[0].get("converged"):
        return Cell(badge("bad", "not converged"), 2)
    if ended[0].get("divergences"):
        return Cell(badge("quiet", count(ended[0]["divergences"], "divergence")), 1)
    return Cell(badge("good", "converged"), 0)


def _errors(page: dict, results: Results) -> Cell:
    found = len(failed(results)) + len(results.unread)
    if not found:
        return Cell(Html("0"), 0)
    return Cell(_link(page, "#errors", str(found), "error" if found == 1 else "errors"), found)


def _link(page: dict, anchor: str, number: str, what: str) -> Html:
    name = escape(page["analysis"].get("title") or page["analysis"]["name"])
    return Html(
        f'<a href="{escape(page["href"])}{anchor}" aria-label="{number} {what}: {name}">'
        f"{number}</a>"
    )
