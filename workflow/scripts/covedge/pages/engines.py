"""Engine by engine: their own words, and their answers under our certificate."""

from covedge.engines.name import YOURS
from covedge.figures.answers import FAILED as NO_ANSWER
from covedge.figures.answers import FLAT, NONE, SAME_OPTIMUM, SHORT
from covedge.figures.answers import answers as draw
from covedge.figures.style import svg
from covedge.markup import (
    Html,
    code,
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
from covedge.pages import engine_table, stan_lmer
from covedge.pages.engine_table import name, near
from covedge.pages.results import FAILED, Results

# Asked by nobody, and the reason.
GLMMADAPTIVE = (
    "**GLMMadaptive** was not asked, since it refuses Gaussian responses. It approximates the "
    "integral over the random effects by adaptive quadrature; for a Gaussian response that "
    "integral is known exactly, and every program here uses it."
)


def compose(results: Results) -> str:
    """The certificate in words; then a table and the messages of each engine."""
    parts = [_certified(results.asked), _overview(results)]
    engines = results.engines.items()
    parts.append(
        tabset(
            (text(_title(engine, answers)), _engine(results, engine, answers))
            for engine, answers in engines
        )
    )
    step = results.steps.get("engines", {})
    if step.get("status") == FAILED:
        parts.append(failure("The step that asks other engines failed", step.get("reason")))
    elif not results.engines:
        parts.append("No other engine was asked.")
    parts += [f"{_note(note)}.\n" for note in step.get("notes", [])]
    return "\n".join([*parts, GLMMADAPTIVE])


def _engine(results: Results, engine: str, answers: dict[str, dict]) -> str:
    if engine == stan_lmer.ENGINE:
        return stan_lmer.compose(results, answers)
    return engine_table.compose(results, engine, answers)


def _title(engine: str, answers: dict[str, dict]) -> str:
    """`lme4 1.1-31 (R 4.2.2)`"""
    if engine == YOURS:
        return "Your own fit"
    version = next((a["version"] for a in answers.values() if a.get("version")), "")
    return f"{engine} {version}".strip()


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
    return words + fold(
        "The certificate in numbers",
        table(["Condition", "Value"], rows, "The certificate", stacked=True),
    )


def _note(note: str) -> str:
    """A note in prose; what stands between backticks is code."""
    parts = note.split("`")
    return "".join(code(part) if k % 2 else text(part) for k, part in enumerate(parts) if part)


def _overview(results: Results) -> str:
    """What each engine did on each rung, as one picture; a posterior has no place in it."""
    engines = {e: found for e, found in results.engines.items() if e != stan_lmer.ENGINE}
    if not engines:
        return ""
    rungs = [rung for rung in results.ladder if rung["model"] in results.fits]
    names = ["covedge", *map(name, engines)]
    cells = [
        [_ours(results.fits[rung["model"]])]
        + [_theirs(answers.get(rung["model"], {})) for answers in engines.values()]
        for rung in rungs
    ]
    return figure(
        svg(draw([rung["label"] for rung in rungs], names, cells), "engines-overview"),
        "Each row is a rung of the ladder, each column a program. Filled: it stopped at the lowest "
        "point. Hollow: it stopped above it, by so much on the scale of −2 log-likelihood. Look "
        "for a column that goes hollow where the others do not: that program failed, not your "
        "model. Where all are filled and the fit is singular, the data make it so.",
        " ".join(_alternative(results, engine) for engine in engines),
    )


def _ours(fit: dict) -> tuple[str, str]:
    return (SAME_OPTIMUM if fit.get("certificate", {}).get("certified") else FLAT), ""


def _theirs(answer: dict) -> tuple[str, str]:
    if answer.get("status") == "ok":
        return (SAME_OPTIMUM, "") if near(answer) else (SHORT, number(answer["distance"], 2))
    return (NO_ANSWER if answer.get("status") == FAILED else NONE), ""


def _alternative(results: Results, engine: str) -> str:
    looks = [_theirs(answer)[0] for answer in results.engines[engine].values()]
    given = sum(look in (SAME_OPTIMUM, SHORT) for look in looks)
    return (
        f"{name(engine)} stopped short on {looks.count(SHORT)} of the {count(given, 'rung')} that "
        "it answered."
    )


def _ends(certificate: dict) -> str:
    optima = certificate.get("optima")
    return "the same value" if optima == 1 else f"{optima or 'several'} different values"


def _value(value: object) -> Html:
    if isinstance(value, bool):
        return Html("yes" if value else "no")
    return Html(number(value) if isinstance(value, float) else escape(value))
