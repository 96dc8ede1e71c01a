"""The card of what other programs got wrong: what each said, and what is wrong in it."""

from covedge.causes.cause import OPTIMISER
from covedge.causes.optimiser_failure import FALSE_SINGULARITY
from covedge.engines.name import YOURS
from covedge.markup import Column, Html, code_html, div, escape, fold, number, table, text


def card(title: str, failures: list[dict], labels: dict[str, str]) -> str:
    """All answers that other programs got wrong, in one card.

    failures : causes of the verdict. labels : by model, what the rung is called in words.
    """
    lines = "\n".join(f"- {text(cause['sentence'])}" for cause in failures)
    columns = [
        "Program",
        "Rung",
        Column("Above by", "num"),
        Column("It says", "prose"),
        Column("What is wrong", "prose"),
    ]
    rows = [_row(cause, labels) for cause in failures]
    return div(
        "card",
        f"### {title}\n\n{lines}\n\n"
        "What each program did on each rung is drawn in [Figure](#fig-engines-overview).\n\n"
        + div("note", OPTIMISER)
        + fold("Evidence", table(columns, rows, "Evidence", cards=True)),
    )


def _row(cause: dict, labels: dict[str, str]) -> tuple:
    evidence = cause.get("evidence", {})
    return (
        Html(f"<b>{escape(_program(evidence))}</b>"),
        labels.get(cause["model"], cause["model"]),
        number(evidence.get("distance"), 2),
        Html("<br>".join(_says(evidence)) or "–"),
        Html("<br>".join(_wrong(evidence)) or "–"),
    )


def _program(evidence: dict) -> str:
    if evidence.get("engine") == YOURS:
        return "your own fit"
    parts = [evidence.get(key) for key in ("engine", "version", "optimiser")]
    return " ".join(str(part) for part in parts if part)


def _says(evidence: dict) -> list[str]:
    converged = {True: "that it converged", False: "that it did not converge"}
    says = [converged[evidence["converged"]]] if evidence.get("converged") is not None else []
    return says + [code_html(message) for message in evidence.get("messages") or []]


def _wrong(evidence: dict) -> list[str]:
    """What kind of failure, and what in the answer looks wrong, in words."""
    wrong = []
    if evidence.get("kind") == FALSE_SINGULARITY:
        wrong.append("it calls the fit singular, and the optimum is not")
    if evidence.get("sub_reason"):
        wrong.append(
            f"its effects differ in scale (condition number {number(evidence['condition'], 2)})"
        )
    wrong += evidence.get("looks_wrong") or []
    others = evidence.get("other_optimisers") or []
    if others:
        told = ", ".join(f"{o['optimiser']} {number(o['distance'], 2)}" for o in others)
        wrong.append(f"its other optimisers stop above by: {told}")
    return [str(escape(words)) for words in wrong]
