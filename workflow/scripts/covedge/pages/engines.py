"""Engine by engine: their own words, and their answers under our certificate."""

from covedge.figures.answers import FAILED as NO_ANSWER
from covedge.figures.answers import FLAT, NONE, SAME_OPTIMUM, SHORT
from covedge.figures.answers import answers as draw
from covedge.figures.style import svg
from covedge.markup import (
    Column,
    Html,
    badge,
    code,
    code_html,
    count,
    escape,
    failure,
    figure,
    fixed,
    fold,
    listing,
    number,
    table,
    tabset,
    text,
)
from covedge.pages.results import FAILED, Results

# Distances in the criterion below this make no difference to any conclusion.
SAME = 1e-3
# More messages than this are folded away.
FEW = 2


def compose(results: Results) -> str:
    """The certificate in words; then a table and the messages of each engine."""
    parts = [_certified(results.asked), _overview(results)]
    engines = results.engines.items()
    parts.append(tabset((text(engine), _engine(results, answers)) for engine, answers in engines))
    step = results.steps.get("engines", {})
    if step.get("status") == FAILED:
        parts.append(failure("The step that asks other engines failed", step.get("reason")))
    elif not results.engines:
        parts.append("No other engine was asked.")
    parts += [f"{_note(note)}." for note in step.get("notes", [])]
    return "\n".join(parts)


def _certified(fit: dict) -> str:
    certificate = fit.get("certificate", {})
    ours = f"Our fit of the model you asked for has the criterion {fixed(fit['criterion'], 4)}"
    reasons = listing(text(reason) for reason in certificate.get("reasons") or [])
    if certificate.get("certified"):
        words = (
            f"{ours} and is **certified**: slope, push against the boundary and curvature show "
            "that it is a local optimum that no optimiser can improve on nearby."
        )
    elif fit.get("identifiable") is False:
        words = (
            f"{ours}. It cannot be certified as *the* optimum, because there is none: {reasons}. "
            "Many values fit equally well; the one shown is the one with the smallest random "
            "effects. Programs that give an answer here have stopped somewhere in the flat valley."
        )
    else:
        words = f"{ours} and is **not certified**: {reasons or 'see below'}. Treat it with care."
    if (starts := certificate.get("starts") or 0) > 1:
        words += f" {starts} searches from different points led to {_ends(certificate)}."
    rows = [
        (name.replace("_", " "), _value(value))
        for name, value in certificate.items()
        if not isinstance(value, dict | list)
    ]
    return words + fold("The certificate in numbers", table(["Condition", "Value"], rows))


def _note(note: str) -> str:
    """A note in prose; what stands between backticks is code."""
    parts = note.split("`")
    return "".join(code(part) if k % 2 else text(part) for k, part in enumerate(parts) if part)


def _overview(results: Results) -> str:
    """What each engine did on each rung, as one picture."""
    if not results.engines:
        return ""
    rungs = [rung for rung in results.ladder if rung["model"] in results.fits]
    names = ["covedge", *results.engines]
    cells = [
        [_ours(results.fits[rung["model"]])]
        + [_theirs(answers.get(rung["model"], {})) for answers in results.engines.values()]
        for rung in rungs
    ]
    return figure(
        svg(draw([rung["label"] for rung in rungs], names, cells), "engines-overview"),
        "Each row is a rung of the ladder, each column a program. Filled: it stopped at the lowest "
        "point. Hollow: it stopped above it, by so much on the scale of −2 log-likelihood. Look "
        "for a column that goes hollow where the others do not: that program failed, not your "
        "model. Where all are filled and the fit is singular, the data make it so.",
        " ".join(_alternative(results, engine) for engine in results.engines),
    )


def _ours(fit: dict) -> tuple[str, str]:
    return (SAME_OPTIMUM if fit.get("certificate", {}).get("certified") else FLAT), ""


def _theirs(answer: dict) -> tuple[str, str]:
    if answer.get("status") == "ok":
        distance = answer["distance"]
        return (SAME_OPTIMUM, "") if abs(distance) < SAME else (SHORT, number(distance, 2))
    return (NO_ANSWER if answer.get("status") == FAILED else NONE), ""


def _alternative(results: Results, engine: str) -> str:
    looks = [_theirs(answer)[0] for answer in results.engines[engine].values()]
    given = sum(look in (SAME_OPTIMUM, SHORT) for look in looks)
    return (
        f"{engine} stopped short on {looks.count(SHORT)} of the {count(given, 'rung')} that it "
        "answered."
    )


def _ends(certificate: dict) -> str:
    optima = certificate.get("optima")
    return "the same value" if optima == 1 else f"{optima or 'several'} different values"


def _value(value: object) -> Html:
    if isinstance(value, bool):
        return Html("yes" if value else "no")
    return Html(number(value) if isinstance(value, float) else escape(value))


def _engine(results: Results, answers: dict[str, dict]) -> str:
    rungs = [r for r in results.ladder if r["model"] in answers]
    given = [r for r in rungs if answers[r["model"]].get("status") == "ok"]
    columns = [
        "Rung",
        Column("Criterion", "num"),
        Column("Certified", "num"),
        Column("Above by", "num"),
        Column("Its answer", "prose"),
        Column("Its own words", "prose"),
    ]
    shown = [_row(results, rung, answers[rung["model"]]) for rung in given]
    parts = [_silent(results, answers, rungs)]
    if shown:
        parts.insert(0, table(columns, shown, "Answers of this engine"))
    return "\n".join(parts)


def _silent(results: Results, answers: dict[str, dict], rungs: list[dict]) -> str:
    """The rungs without an answer, one line for each reason."""
    by_reason: dict[tuple[str, str], list[str]] = {}
    for rung in rungs:
        answer = answers[rung["model"]]
        if answer.get("status") != "ok":
            status = "Failed" if answer.get("status") == FAILED else "Cannot express"
            by_reason.setdefault((status, answer.get("reason", "")), []).append(rung["label"])
    lines = [
        f"- {status} {_models(labels)}: {text(reason)}."
        for (status, reason), labels in by_reason.items()
    ]
    return "\n" + "\n".join(lines) + "\n" if lines else ""


def _models(labels: list[str]) -> str:
    if len(labels) > 3:
        return count(len(labels), "rung")
    return listing(text(label) for label in labels)


def _row(results: Results, rung: dict, answer: dict) -> tuple:
    ours = results.fits.get(rung["model"], {}).get("criterion")
    distance = answer.get("distance")
    near = distance is not None and abs(distance) < SAME
    mark = badge("good", "same optimum") if near else _refused(answer)
    return (
        Html(f"<b>{escape(rung['label'])}</b>"),
        fixed(answer["criterion"], 3),
        fixed(ours, 3),
        "0" if near else number(distance, 2),
        mark,
        _messages(answer),
    )


def _refused(answer: dict) -> Html:
    """Why our certificate refuses the answer."""
    reasons = answer.get("certificate", {}).get("reasons") or []
    notes = "".join(f'<br><span class="note">{escape(reason)}</span>' for reason in reasons)
    return Html(badge("bad", "stopped short") + notes)


def _messages(answer: dict) -> Html:
    said = [m if isinstance(m, str) else " ".join(map(str, m)) for m in answer.get("messages", [])]
    words = [
        f"{code_html(message)}{_times(said.count(message))}" for message in dict.fromkeys(said)
    ]
    if answer.get("apvar"):
        words.append(f"apVar: {code_html(answer['apvar']['own_words'])}")
    shown = "<br>".join(words)
    if len(words) > FEW:
        shown = f"<details><summary>{len(words)} messages</summary>{shown}</details>"
    if answer.get("converged") is not None:
        says = "It says that it converged." if answer["converged"] else "It did not converge."
        if answer.get("settings"):
            setting = code_html(answer["settings"])
            says = f"Its defaults ended in an error; with {setting} it says that it converged."
        shown = f"{says}<br>{shown}" if len(words) <= FEW else f"{says}{shown}"
    return Html(shown or '<span class="note">nothing</span>')


def _times(number_of: int) -> str:
    return f" ({number_of} times)" if number_of > 1 else ""
