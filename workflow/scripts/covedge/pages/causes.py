"""Why: the causes that the diagnosis found, each with its evidence as a picture and numbers."""

from covedge.causes.cause import OPTIMISER, TITLES
from covedge.markup import (
    Column,
    Html,
    code_html,
    count,
    div,
    escape,
    failure,
    fixed,
    fold,
    number,
    table,
    text,
)
from covedge.pages import optimiser_failures
from covedge.pages.cause_pictures import pictured
from covedge.pages.results import FAILED, Results


def compose(results: Results) -> str:
    """One card a cause, engines' failures together; what else was looked at; the numbers."""
    if results.verdict.get("status") == FAILED:
        return failure("The diagnosis step failed", results.verdict.get("reason"))
    causes = results.verdict.get("causes", [])
    others = [cause for cause in causes if cause["cause"] != OPTIMISER]
    failures = [cause for cause in causes if cause["cause"] == OPTIMISER]
    parts = [_lead(others, failures, results)]
    drawn: set[str] = set()
    parts += [_card(results, cause, drawn) for cause in others]
    if failures:
        labels = {rung["model"]: rung["label"] for rung in results.ladder}
        parts.append(optimiser_failures.card(TITLES[OPTIMISER], failures, labels))
    return "\n".join([*parts, _checks(results), _not_done(results)])


def _lead(others: list[dict], failures: list[dict], results: Results) -> str:
    if not others and not failures:
        if results.asked.get("degenerate"):
            return "None of the causes that this version knows was found.\n"
        return "No cause was found, because nothing degenerates: this model is healthy.\n"
    several = " Several may hold at once; the first weighs most." if len(others) > 1 else ""
    return f"{count(len(others) + bool(failures), 'cause')} found.{several}\n"


def _card(results: Results, cause: dict, drawn: set[str]) -> str:
    title = TITLES.get(cause["cause"], cause["cause"].replace("_", " "))
    place = " · ".join(str(cause[key]) for key in ("group", "model") if cause.get(key))
    evidence = _evidence(cause.get("evidence") or {})
    return div(
        "card",
        f"### {text(title)}\n\n{text(cause['sentence'])}\n\n"
        + pictured(results.verdict, cause, drawn)
        + div("note", f"{text(cause['cause'])} · {text(place)}")
        + (fold("Evidence", evidence) if evidence else ""),
    )


def _checks(results: Results) -> str:
    """What the residuals were searched for, found or not."""
    checks = results.verdict.get("checks")
    if not checks or not (checks["checked"] or checks["reason"]):
        return ""
    if not checks["checked"]:
        return f"The residuals were not checked: {text(checks['reason'])}.\n"
    rows = [
        (one["about"], number(one["p"], 2) if one["p"] is not None else "–", _came_of_it(one))
        for one in checks["checked"]
    ]
    return fold(
        "What the residuals were searched for",
        "A wrong model can make a fit singular. Each line is one way to be wrong: a small p says "
        "that it is there; it is a cause only if a model that allows for it has a direction more."
        + table(["Looked for", Column("p", "num"), "What came of it"], rows, "Checks"),
    )


def _came_of_it(one: dict) -> str:
    if one["p"] is None:
        return "does not apply here"
    if one["reason"]:
        return f"found, but no model without it could be fitted: {one['reason']}"
    if one["moved"] is None:
        return "not beyond chance"
    return "found, and it is why" if one["moved"] else "found, but the fit stays singular without"


def _not_done(results: Results) -> str:
    reasons = results.verdict.get("not_done") or []
    return "\n".join(f"Not looked into: {text(reason)}.\n" for reason in reasons)


def _evidence(evidence: dict) -> str:
    rows = [(key.replace("_", " "), Html(_item(key, value))) for key, value in evidence.items()]
    return table(["Quantity", "Value"], rows, "Evidence", stacked=True) if rows else ""


def _item(key: str, value: object) -> str:
    if key == "interval" and isinstance(value, list) and len(value) == 2:
        return f"{shown(value[0])} to {shown(value[1])}"
    return shown(value)


def shown(value: object) -> str:
    """A value of the evidence as HTML: numbers, text, lists and small mappings."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return fixed(value, 0)
    if isinstance(value, float):
        return number(value)
    if value is None:
        return "–"
    if isinstance(value, dict):
        items = [f"<bdi>{escape(key)}</bdi>: {shown(inner)}" for key, inner in value.items()]
        return "<br>".join(items)
    if isinstance(value, list):
        texts = all(isinstance(inner, str) for inner in value)
        return "<br>".join(map(code_html, value)) if texts else "; ".join(map(shown, value))
    return code_html(value) if "~" in str(value) else f"<bdi>{escape(value)}</bdi>"


def explains(cause: dict) -> bool:
    """Whether a cause explains the fit, and not only what another package made of it."""
    kind = cause.get("evidence", {}).get("kind")
    return cause["cause"] != OPTIMISER or kind == "false singularity"
