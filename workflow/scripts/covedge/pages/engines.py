"""Engine by engine: their own words, and their answers under our certificate."""

from covedge.markup import (
    Column,
    Html,
    badge,
    code_html,
    escape,
    fixed,
    fold,
    number,
    table,
    text,
)
from covedge.pages.results import FAILED, Results

# Distances in the criterion below this make no difference to any conclusion.
SAME = 1e-3


def compose(results: Results) -> str:
    """The certificate in words; then a table and the messages of each engine."""
    parts = [_certified(results)]
    for engine, answers in results.engines.items():
        parts.append(f"### {text(engine)}\n")
        parts.append(_engine(results, answers))
    step = results.steps.get("engines", {})
    if step.get("status") == FAILED:
        parts.append(f"The step that asks other engines failed: {text(step.get('reason', ''))}")
    elif not results.engines:
        parts.append("No other engine was asked.")
    return "\n".join(parts)


def _certified(results: Results) -> str:
    fit = results.asked
    certificate = fit.get("certificate", {})
    if certificate.get("certified"):
        words = (
            f"Our fit of the model you asked for has the criterion {fixed(fit['criterion'], 4)} "
            "and is **certified**: slope, push against the boundary and curvature show that it is "
            "a local optimum that no optimiser can improve on nearby."
        )
    else:
        words = "Our fit of the model you asked for is **not certified**; treat it with care."
    starts, optima = certificate.get("starts"), certificate.get("optima")
    if starts and starts > 1:
        words += f" {starts} starts from different points led to {_optima(optima)}."
    rows = [
        (name.replace("_", " "), Html(_value(value)))
        for name, value in certificate.items()
        if not isinstance(value, dict | list)
    ]
    return words + fold("The certificate in numbers", table(["Condition", "Value"], rows))


def _optima(optima: int | None) -> str:
    return "the same optimum" if optima == 1 else f"{optima or 'several'} different optima"


def _value(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return number(value) if isinstance(value, float) else escape(value)


def _engine(results: Results, answers: dict[str, dict]) -> str:
    rows = [_row(results, r, answers[r["model"]]) for r in results.ladder if r["model"] in answers]
    columns = [
        "Rung",
        Column("Criterion", "num"),
        Column("Certified", "num"),
        Column("Above by", "num"),
        "Its answer",
        Column("In its own words", "prose"),
    ]
    return table(columns, rows, "Answers of this engine")


def _row(results: Results, rung: dict, answer: dict) -> tuple:
    ours = results.fits.get(rung["model"], {}).get("criterion")
    name = Html(f"<b>{escape(rung['label'])}</b>")
    status = answer.get("status")
    if status != "ok":
        word = "failed" if status == FAILED else (status or "no answer").replace("_", " ")
        reason = Html(f'<span class="note">{escape(answer.get("reason", ""))}</span>')
        return name, "–", fixed(ours, 4), "–", badge("quiet", word), reason
    distance = answer.get("distance")
    if distance is None and ours is not None and answer.get("criterion") is not None:
        distance = answer["criterion"] - ours
    near = distance is not None and abs(distance) < SAME
    mark = badge("good", "same optimum") if near else badge("bad", "stopped short")
    shown = "0" if near else number(distance, 2)
    return name, fixed(answer["criterion"], 4), fixed(ours, 4), shown, mark, _messages(answer)


def _messages(answer: dict) -> Html:
    said = [m if isinstance(m, str) else " ".join(map(str, m)) for m in answer.get("messages", [])]
    unique = {message: said.count(message) for message in said}
    words = [
        f"{code_html(message)}" + (f" ({times} times)" if times > 1 else "")
        for message, times in unique.items()
    ]
    return Html("<br>".join(words) or '<span class="note">nothing</span>')
