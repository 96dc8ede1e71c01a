"""The ladder: what each rung gains, and where it breaks."""

from covedge.figures.ladder import ladder as draw
from covedge.figures.style import svg
from covedge.markup import (
    Column,
    Html,
    badge,
    code,
    code_html,
    escape,
    figure,
    fixed,
    fold,
    listing,
    table,
    text,
)
from covedge.pages import groups, reading
from covedge.pages.results import Results

FORMULAS = (
    "The R call for a rung's criterion is `REMLcrit(lmer(formula, data))`, or "
    "`deviance(lmer(formula, data, REML = FALSE))` for ML; AIC is `AIC()` of the same fit. All "
    "constants are included, so the numbers agree to the last digit that is shown."
)


CONDITIONAL = (
    "AIC asks how well a rung would predict new groups; the conditional AIC (Vaida and Blanchard "
    "2005, Greven and Kneib 2010) how well it would predict more rows of these groups. `Effective` "
    "counts what the fitted values use: the fixed effects, and of each random effect the part that "
    "is not shrunk away. A direction that has collapsed to zero uses nothing, and its parameters "
    "are dropped, as Greven and Kneib ask. What estimating the variances adds is in the "
    "conditional AIC. (R's cAIC4 differs a little, since it halves one term of the correction.) "
    "It is left out where the data do not determine the variances."
)


def compose(results: Results) -> str:
    """Where it breaks in words, the figure, the table of rungs."""
    parts = [_words(results), _figure(results), _table(results), _details(results)]
    return "\n".join([*parts, _conditional(results), groups.compose(results)])


def _words(results: Results) -> str:
    states = {r["model"]: reading.state(results.fits.get(r["model"], {})) for r in results.ladder}
    broken = [model for model, state in states.items() if state not in ("healthy", "failed")]
    if not broken:
        return "No rung breaks: every one of these models has a regular, certified fit.\n"
    first = broken[0]
    rung = next(r for r in results.ladder if r["model"] == first)
    sound = [model for model, state in states.items() if state == "healthy"]
    last = f" The last sound rung is **{text(results.label(sound[-1]))}**." if sound else ""
    return (
        f"It first breaks at **{text(rung['label'])}**, {code(rung['formula'])}: "
        f"{states[first].replace('degenerate', 'singular')}.{last}\n"
    )


def _figure(results: Results) -> str:
    fits = [results.fits.get(r["model"], {}) for r in results.ladder]
    aic = [fit.get("aic") for fit in fits]
    if not any(value is not None for value in aic):
        return ""
    states = [reading.state(fit) for fit in fits]
    best = min((a, r["label"]) for a, r in zip(aic, results.ladder, strict=True) if a is not None)
    singular = [
        r["label"] for r, s in zip(results.ladder, states, strict=True) if s == "degenerate"
    ]
    return figure(
        svg(draw([r["label"] for r in results.ladder], aic, states), "ladder"),
        "Each line is a rung, simplest first; the further left, the better the balance of fit and "
        "complexity (AIC). Look for the first hollow mark: there the data stop supporting what "
        "the model adds. Rungs within about 2 of each other are as good as equal. The axis is "
        "logarithmic beyond 10.",
        f"AIC is best at {best[1]}. Singular: {listing(singular) or 'no rung'}.",
    )


def _table(results: Results) -> str:
    columns = [
        "Rung",
        Column("Parameters", "num"),
        Column("Criterion", "num"),
        Column("AIC", "num"),
        "Rank",
        "Verdict",
    ]
    return table(columns, [_row(results, rung) for rung in results.ladder], "The ladder")


def _row(results: Results, rung: dict) -> tuple:
    fit = results.fits.get(rung["model"], {})
    state = reading.state(fit)
    kind, word = reading.BADGES[state]
    name = Html(f"<b>{escape(rung['label'])}</b><br>{code_html(rung['formula'])}")
    if results.recommended.get("model") == rung["model"]:
        name = Html(f'{name}<br><span class="note">recommended</span>')
    ranks = [
        f'<span class="nowrap">{escape(t["group"].split(":")[-1])} {reading.rank(t)}</span>'
        for t in reading.terms(fit)
    ]
    return (
        name,
        fit.get("n_parameters", "–"),
        fixed(fit.get("criterion"), 3),
        fixed(fit.get("aic"), 2),
        Html("<br>".join(ranks) or "–"),
        badge(kind, word),
    )


def _details(results: Results) -> str:
    why = [
        (Html(f"<b>{escape(rung['label'])}</b>"), code_html(rung["model"]), rung["why"])
        for rung in results.ladder
    ]
    method = results.asked["method"]
    note = (
        "REML criteria may be compared along this ladder, because all rungs have the same fixed "
        "effects."
        if method == "REML"
        else "Fitted by maximum likelihood."
    )
    return fold(
        "Why each rung is there, and the R calls",
        table(["Rung", "Model", "Question"], why, "Why each rung is there")
        + f"\n{note} {FORMULAS}",
    )


def _conditional(results: Results) -> str:
    """How well each rung predicts these groups rather than new ones."""
    rows = [
        (
            Html(f"<b>{escape(rung['label'])}</b>"),
            fixed(fit.get("aic"), 2),
            fixed(fit.get("caic"), 2),
            fixed(fit.get("effective_parameters"), 1),
        )
        for rung in results.ladder
        for fit in [results.fits.get(rung["model"], {})]
    ]
    columns = ["Rung", *(Column(name, "num") for name in ("AIC", "Conditional AIC", "Effective"))]
    return fold(
        "Conditional AIC: predicting these groups, not new ones",
        f"{CONDITIONAL}\n" + table(columns, rows, "Conditional AIC"),
    )
