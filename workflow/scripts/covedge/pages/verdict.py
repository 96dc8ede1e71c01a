"""The first screen: the verdict in a sentence, a small picture, what to do, and a plain table."""

from covedge.advice import what_to_do
from covedge.causes.cause import TITLES
from covedge.engines.name import YOURS
from covedge.figures.style import svg
from covedge.figures.support import support
from covedge.markup import (
    Html,
    code,
    code_html,
    count,
    div,
    escape,
    failure,
    figure,
    listing,
    number,
    table,
    text,
)
from covedge.pages import reading
from covedge.pages.causes import explains
from covedge.pages.engine_table import SAME
from covedge.pages.fixed_reading import changed, rungs
from covedge.pages.in_r import calls
from covedge.pages.results import FAILED, Results


def compose(results: Results) -> str:
    """Sentence, picture, advice, table."""
    if results.verdict.get("status") == FAILED or "points" not in results.verdict:
        return _without_diagnosis(results)
    return "\n".join(
        [
            div("first", div("words", _words(results)) + div("picture", _picture(results))),
            _more(results),
            _table(results),
            calls(results),
        ]
    )


def _without_diagnosis(results: Results) -> str:
    reason = results.verdict.get("reason", "verdict.json has no points")
    told = failure("The diagnosis step failed, so there is no verdict", reason)
    return told + _picture(results)


def _words(results: Results) -> str:
    """The verdict in a sentence, and what to do."""
    first = results.verdict["points"][0]
    lead = div("lead", f"{text(first['sentence'])} [Evidence](#{first['about']})")
    told = what_to_do(results.verdict, formula=code, because=text, why=" ([Why](#why))")
    if not told:
        return lead
    return lead + div("advice", f"**What to do.** {told} [Evidence](#instead)")


def _more(results: Results) -> str:
    """What else the verdict says, each point with its evidence; the advice is above."""
    rest = [p for p in results.verdict["points"][1:] if p["about"] != "instead"]
    lines = [f"- {text(point['sentence'])} [Evidence](#{point['about']})" for point in rest]
    return "\n\n" + "\n".join(lines) + "\n\n"


def _picture(results: Results) -> str:
    terms = reading.terms(results.asked)
    if not terms:
        return ""
    marks = [[reading.mark(term, d) for d in reading.sorted_spectrum(term)] for term in terms]
    names = [reading.term_text(results.asked, term) for term in terms]
    found = listing(
        f"{_supported(row)} of {len(row)} directions of {name}"
        for name, row in zip(names, marks, strict=True)
    )
    return figure(
        svg(support(names, marks), "support"),
        Html(
            "Your model. Each mark is one way in which groups may differ. Filled: the data show "
            "it. Struck out: estimated as exactly zero."
            + (
                " Question mark: cannot be told from other parts of the model."
                if any("flat" in row for row in marks)
                else ""
            )
        ),
        f"The data support {found}.",
        "small",
    )


def _supported(marks: list[str]) -> str:
    """How many directions of a term are filled, in words where nobody can know."""
    return "an unknown number" if "flat" in marks else str(marks.count("alive"))


def _table(results: Results) -> str:
    rows = [
        ("Is the fit singular?", _singular(results), "#geometry"),
        ("Did the software fail?", _software(results), "#engines"),
        ("Why is it so?", _why(results), "#why"),
        ("What does vary between groups?", _varies(results), "#geometry"),
        ("Does a simpler model do?", _simpler(results), "#ladder"),
        ("Do the fixed effects change?", _fixed(results), "#fixed-effects"),
        ("Does a Bayesian refit help?", _bayesian(results), "#bayes"),
    ]
    linked = [
        (
            question,
            Html(f'{answer} <a href="{link}" aria-label="Evidence: {question}">Evidence</a>'),
        )
        for question, answer, link in rows
    ]
    return table(
        ["You ask", "Answer"], linked, "The verdict as questions and answers", stacked=True
    )


def _singular(results: Results) -> Html:
    parts = []
    for term in reading.terms(results.asked):
        name = code_html(reading.term_text(results.asked, term))
        null, effects = reading.null_count(term), reading.full_rank(term)
        if reading.flat(term):
            parts.append(f"{name}: cannot be estimated; {_confounded(results.asked, term)}.")
        elif null == effects:
            parts.append(f"{name}: yes, its variance is zero.")
        elif null:
            parts.append(f"{name}: yes, {null} of its {effects} directions have zero variance.")
        else:
            parts.append(f"{name}: no, every direction has some variance.")
    return Html("<br>".join(parts) or "There are no random effects.")


def _confounded(fit: dict, term: dict) -> str:
    """What a term that is not identifiable cannot be told from."""
    found = fit.get("identifiability", {}).get("confounded", [])
    mixed = [each for each in found if term["group"] in each.get("groups", [])]
    others = [g for each in mixed for g in each["groups"] if g != term["group"]]
    rivals = [escape(group) for group in dict.fromkeys(others)]
    rivals += ["the noise"] if any(each.get("residual") for each in mixed) else []
    return f"these data cannot tell it from {listing(rivals) or 'other parts of the model'}"


def _software(results: Results) -> Html:
    fit = results.asked
    if fit.get("identifiable") is False:
        ours = "There is no single best fit to find, so none can be certified."
    elif fit.get("certificate", {}).get("certified"):
        ours = (
            "The fit on this page is certified: a local optimum that no optimiser can improve on "
            "nearby."
        )
    else:
        ours = "The fit on this page could not be certified as an optimum."
    worst = [
        f"{_who(engine)} {number(answer['distance'], 2)} above it."
        for engine, answers in results.engines.items()
        if ((answer := answers.get(fit["model"], {})).get("distance") or 0.0) > SAME
    ]
    return Html(" ".join([ours, *map(escape, worst)]))


def _who(engine: str) -> str:
    return "The fit that you gave lies" if engine == YOURS else f"{engine} stopped"


def _why(results: Results) -> Html:
    named = [_cause(cause) for cause in results.verdict.get("causes", []) if explains(cause)]
    if not named and results.asked.get("degenerate"):
        return Html("None of the causes that this version knows was found.")
    return Html("<br>".join(dict.fromkeys(named)) or "Nothing is wrong, so nothing to explain.")


def _cause(cause: dict) -> str:
    title = escape(TITLES.get(cause["cause"], cause["cause"].replace("_", " ")))
    return f"{title} (<bdi>{escape(cause['group'])}</bdi>)." if cause.get("group") else f"{title}."


def _varies(results: Results) -> Html:
    found = results.verdict.get("varies", [])
    lines = [
        f"<bdi>{escape(each['group'])}</bdi>: <bdi>{escape(each['direction'])}</bdi> "
        f"(reliability {number(each['reliability'], 2)})"
        for each in found
    ]
    return Html("<br>".join(lines) or "Nothing, as far as these data can tell.")


def _simpler(results: Results) -> Html:
    advice = results.recommended
    if not advice.get("formula"):
        return Html("No other model is recommended.")
    if advice.get("model") == results.asked["model"]:
        return Html("The model you asked for is the one to report.")
    return Html(f"Yes: {code_html(advice['formula'])}")


def _fixed(results: Results) -> Html:
    names = [row["name"] for row in results.asked["fixed"]]
    moved = changed(names, rungs(results))
    if not moved:
        return Html("No: none has an interval off zero on one rung that counts and not on another.")
    shown = listing([f"<bdi>{escape(name)}</bdi>" for name in moved[:4]])
    more = f", {len(moved) - 4} more" if len(moved) > 4 else ""
    return Html(f"{shown}{more}: the interval is off zero on some rungs, not on others.")


def _bayesian(results: Results) -> Html:
    good = [p for p in results.posterior if p.get("status") != FAILED]
    failed = len(results.posterior) - len(good)
    if not results.posterior:
        return Html("It was not run.")
    if not good:
        return Html("It failed; see the errors at the end.")
    converged = sum(bool(p.get("converged")) and not p.get("divergences") for p in good)
    words = f"{converged} of {count(len(good), 'posterior')} sampled without a flaw."
    return Html(words + (f" {count(failed, 'run')} failed." if failed else ""))
