"""The model to report instead: why this one, what it costs, and what the schools would say."""

from covedge.markup import Html, code, code_html, escape, fixed, fold, number, table, text
from covedge.pages.results import FAILED, Results

_SCHOOLS = {
    "maximal": "Keep it maximal",
    "parsimonious": "Be parsimonious",
    "balanced": "Balance error and power",
}
RULE = (
    "Candidates are the rungs that are certified, identifiable and not degenerate, and that do "
    "not fit worse than the richest rung that the data identify (p above 0.05, by the tests "
    "below). One that keeps every grouping factor goes before one that drops some. Of those left, "
    "the one with the fewest parameters is taken, and of equals the one with the lower criterion. "
    "So each step of complexity must be supported by the data, and of two models that they cannot "
    "tell apart the simpler one is reported."
)


def compose(results: Results) -> str:
    """Advice, cost, schools, and the rule with all candidates folded away."""
    if results.verdict.get("status") == FAILED:
        return "The diagnosis step failed, so there is no advice."
    advice = results.recommended
    if not advice.get("formula"):
        return text(advice.get("because") or "No rung of the ladder can be recommended.")
    parts = [f"Report {code(advice['formula'])}. {text(advice.get('because') or '')}"]
    if cost := advice.get("cost"):
        parts.append(f"**What it costs.** {text(cost['sentence'])}")
    if advice.get("schools"):
        parts += [_schools(advice["schools"])]
    if advice.get("candidates"):
        parts += [fold("The rule, and all candidates", f"{RULE}\n{_candidates(results)}")]
    return "\n\n".join(part for part in parts if part)


def _schools(schools: list[dict]) -> str:
    rows = [
        (
            _SCHOOLS.get(each["school"], each["school"]),
            Html(
                f"{escape(each['says'])}<br><span class='note'>{escape(each['reference'])}</span>"
            ),
            Html(f"{escape(each['model'])}<br>{code_html(each['formula'])}"),
        )
        for each in schools
    ]
    return (
        "There is no agreement on how much of a random-effects structure to keep. On your data "
        "the schools would do this:\n"
        + table(["School", "What it says", "Model"], rows, "What the schools say", stacked=True)
    )


def _candidates(results: Results) -> str:
    rows = []
    for each in results.recommended["candidates"]:
        fit = results.fits[each["model"]]
        dropped = ", ".join(each["drops"]) or "–"
        p = number(each["p"], 2) if each["p"] is not None else "not tested"
        name = each["model"]
        if name == results.recommended["model"]:
            name = Html(f'{escape(name)}<br><span class="note">recommended</span>')
        rows.append((name, fit["n_parameters"], fixed(fit["criterion"], 2), p, dropped))
    return table(
        ["Sound rung", "Parameters", "Criterion", "p against the richest", "Leaves out"],
        rows,
        "All candidates",
    )
