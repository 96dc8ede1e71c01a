"""What one engine answered: a table of the rungs, one of its optimisers, and why it was silent."""

from covedge.engines.name import YOURS
from covedge.markup import (
    Column,
    Html,
    badge,
    code,
    code_html,
    count,
    escape,
    fixed,
    listing,
    number,
    table,
    text,
)
from covedge.pages.results import FAILED, Results

# Distances in the criterion below this make no difference to any conclusion.
SAME = 1e-3
# More messages than this are folded away.
FEW = 2


def name(engine: str) -> str:
    """What an engine is called in a sentence."""
    return "your own fit" if engine == YOURS else engine


def compose(results: Results, engine: str, answers: dict[str, dict]) -> str:
    """The answers under our certificate, the engine's own words, and where it gave none."""
    rungs = [r for r in results.ladder if r["model"] in answers]
    given = [r for r in rungs if answers[r["model"]].get("status") == "ok"]
    parts = [_answers(results, engine, given, answers)] if given else []
    parts += [_optimisers(results, rung, answers[rung["model"]]) for rung in given]
    return "\n".join([*parts, _silent(answers, rungs)])


def _answers(results, engine, rungs, answers):
    columns = [
        "Rung",
        Column("Criterion", "num"),
        Column("Certified", "num"),
        Column("Above by", "num"),
        Column("Its answer", "prose"),
    ]
    if engine != YOURS:
        columns.append(Column("Its own words", "prose"))
    rows = [_row(results, rung, answers[rung["model"]], len(columns)) for rung in rungs]
    return table(columns, rows, f"Answers of {name(engine)}", cards=True)


def _row(results, rung, answer, width):
    ours = results.fits.get(rung["model"], {})
    row = (
        Html(f"<b>{escape(rung['label'])}</b>"),
        fixed(answer["criterion"], 3),
        fixed(ours.get("criterion"), 3),
        _above(answer),
        Html(f"{_mark(answer)}{_singular(answer, ours)}{_other_rows(answer)}"),
        _messages(answer),
    )
    return row[:width]


def _above(answer: dict) -> str:
    return "0" if near(answer) else number(answer["distance"], 2)


def near(answer: dict) -> bool:
    return abs(answer["distance"]) < SAME


def _mark(answer: dict) -> Html:
    """Whether it is the optimum; if not, why our certificate refuses it."""
    if near(answer):
        return badge("good", "same optimum")
    reasons = answer.get("certificate", {}).get("reasons") or []
    notes = "".join(_note(reason) for reason in reasons)
    return Html(badge("bad", "stopped short") + notes)


def _note(words: str) -> str:
    return f'<br><span class="note">{escape(words)}</span>'


def _singular(answer: dict, ours: dict) -> str:
    """Whether its own word on singularity is right."""
    says, true = answer.get("calls_singular"), ours.get("degenerate")
    if says is None or true is None or not (says or true):
        return ""
    if says and true:
        return _note("calls the fit singular, and the optimum is")
    if says:
        return _note("calls the fit singular, and the optimum is not")
    return _note("does not call the fit singular, and the optimum is")


def _other_rows(answer: dict) -> str:
    """Of a fit that was given: whether its criterion is that of these rows."""
    told = answer.get("criterion_reported")
    if answer.get("engine") != YOURS or told is None or abs(told - answer["criterion"]) < SAME:
        return ""
    return _note(
        f"its file has the criterion {fixed(told, 3)}, and with these rows it is "
        f"{fixed(answer['criterion'], 3)}: other rows, or the other of REML and ML?"
    )


def _optimisers(results: Results, rung: dict, answer: dict) -> str:
    """What each of the engine's optimisers answers, where they were asked."""
    others = answer.get("optimisers")
    if not others:
        return ""
    ours = results.fits.get(rung["model"], {})
    told = [answer | {"optimiser": f"{answer['optimiser']} (default)"}, *others]
    columns = [
        "Optimiser",
        Column("Above by", "num"),
        Column("Seconds", "num"),
        Column("Its answer", "prose"),
        Column("Its own words", "prose"),
    ]
    rows = [_optimiser_row(each, ours) for each in told]
    return f"\n{_reached(rung, told)}\n\n" + table(
        columns, rows, "Answers of all optimisers of this engine", cards=True
    )


def _reached(rung: dict, told: list[dict]) -> str:
    """How many of the optimisers find the optimum, and how to ask for one that does."""
    right = [each for each in told if each["status"] == "ok" and near(each)]
    label = text(rung["label"])
    if len(right) == len(told):
        return f"On {label} all {len(told)} of its optimisers stop at the same optimum."
    if not right:
        return f"On {label} none of its {len(told)} optimisers reaches the certified optimum."
    names = listing(text(each["optimiser"]) for each in right)
    words = (
        f"On {label}, of its {len(told)} optimisers only {names} "
        f"{'reaches' if len(right) == 1 else 'reach'} the certified optimum."
    )
    if told[0] not in right:
        words += f" {_how(right)}"
    return words


def _how(right: list[dict]) -> str:
    """The R code that asks for the optimisers that are right."""
    calls = []
    for each in right:
        optimiser, _, method = each["optimiser"].partition(".")
        key = "algorithm" if optimiser == "nloptwrap" else "method"
        more = f', optCtrl = list({key} = "{method}")' if method else ""
        calls.append(code(f'control = lmerControl(optimizer = "{optimiser}"{more})'))
    return f"In R: {' or '.join(calls[:2])}."


def _optimiser_row(told: dict, ours: dict) -> tuple:
    head = Html(f"<b>{escape(told['optimiser'])}</b>")
    if told["status"] != "ok":
        return head, "–", "–", badge("bad", "no answer"), told.get("reason", "")
    mark = Html(f"{_mark(told)}{_singular(told, ours)}")
    return head, _above(told), number(told["seconds"], 2), mark, _messages(told)


def _silent(answers: dict[str, dict], rungs: list[dict]) -> str:
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
