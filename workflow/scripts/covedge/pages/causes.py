"""Why: the causes that the diagnosis found, each with its evidence as numbers."""

from covedge.markup import Html, code_html, count, div, escape, fixed, fold, number, table, text
from covedge.pages.results import FAILED, Results

TITLES = {
    "not_identifiable": "The design cannot tell these variances apart",
    "more_effects_than_groups": "More random effects than groups",
    "too_little_information": "Too little information to see the smallest variance that matters",
    "cannot_be_told_apart": "Absent or only small: these data cannot tell",
    "no_variation": "The groups do not differ in this",
    "redundant_effects": "Effects that move together",
    "negative_covariance": "Members of a group differ more than strangers",
    "one_group": "One group decides",
    "misspecified": "The model does not describe the data",
    "optimiser_failure": "An optimiser failed",
}


def compose(results: Results) -> str:
    """One card a cause."""
    if results.verdict.get("status") == FAILED:
        return f"The diagnosis step failed: {text(results.verdict.get('reason', ''))}"
    causes = results.verdict.get("causes", [])
    if not causes:
        return "No cause was found, because nothing degenerates: this model is healthy."
    lead = f"{count(len(causes), 'cause')} found. Several may hold at once.\n"
    return lead + "\n".join(_card(cause) for cause in causes)


def _card(cause: dict) -> str:
    title = TITLES.get(cause["cause"], cause["cause"].replace("_", " "))
    place = " · ".join(str(cause[key]) for key in ("group", "model") if cause.get(key))
    evidence = _evidence(cause.get("evidence") or {})
    return div(
        "card",
        f"### {text(title)}\n\n{text(cause['sentence'])}\n\n"
        + div("note", f"{text(cause['cause'])} · {text(place)}")
        + (fold("Evidence", evidence) if evidence else ""),
    )


def _evidence(evidence: dict) -> str:
    rows = [(key.replace("_", " "), Html(_item(key, value))) for key, value in evidence.items()]
    return table(["Quantity", "Value"], rows, "Evidence") if rows else ""


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
    return cause["cause"] != "optimiser_failure" or kind == "false singularity"
