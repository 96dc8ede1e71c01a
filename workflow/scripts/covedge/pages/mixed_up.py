"""Four things that are easily mixed up, told with the numbers of this very analysis."""

from covedge.markup import code_html, count, fixed, number, table, text
from covedge.pages import reading, three_matrices
from covedge.pages.bayes import smallest_ess
from covedge.pages.results import FAILED, Results


def compose(results: Results) -> str:
    """The three matrices; traces like noise; singular and optimal; slopes as many as rows."""
    return "\n".join(
        [three_matrices.compose(results), _traces(results), _optimum(results), _slopes(results)]
    )


def _traces(results: Results) -> str:
    runs = [p for p in results.posterior if p.get("status") != FAILED]
    lead = (
        "### 2. A trace that looks like random noise {#noise}\n\nIt is what a good chain looks "
        "like. A bad one wanders, sticks, or differs from the other chains. Judge it by numbers: "
        "R-hat below 1.01 and an effective sample size (ESS) above 400 for every parameter."
    )
    if not runs:
        return f"{lead} There is no Bayesian refit here to show it on.\n"
    rhat = max(p["max_rhat"] for p in runs if p.get("max_rhat") is not None)
    ess = min(smallest_ess(p) for p in runs)
    divergent = sum(p.get("divergences") or 0 for p in runs)
    return (
        f"{lead} Here, over {count(len(runs), 'posterior')}, the largest R-hat is "
        f"{fixed(rhat, 3)} and the smallest ESS {ess:.0f}. Divergent transitions are another "
        "matter: they mostly come from the funnel that a variance near zero makes in the usual "
        "parametrisation, and another form of the same model removes them. Here there were "
        f"{divergent}. See [the Bayesian refit](#bayes).\n"
    )


def _optimum(results: Results) -> str:
    fit = results.focus
    certificate = fit.get("certificate", {})
    pushes = [
        d["dual"]
        for term in reading.terms(fit)
        for d in term["spectrum"]
        if reading.collapsed(d) and d.get("dual") is not None
    ]
    words = "### 3. A singular fit can be the right answer {#optimum}\n\n"
    here = ""
    if fit["model"] != results.asked["model"]:
        here = f" (of the richest rung that can be identified, {text(results.label(fit['model']))})"
    if not pushes:
        return (
            f"{words}The lowest point of the criterion may lie on the edge, where a variance is "
            "exactly zero; that is no failure. Here it does not lie there.\n"
        )
    low, high = number(min(pushes), 2), number(max(pushes), 2)
    where, size = f"in each of the {len(pushes)} collapsed directions", f"between {low} and {high}"
    if len(pushes) == 1:
        where, size = "in the one collapsed direction", low
    ok = "All conditions of an optimum hold" if certificate.get("certified") else "It is not proved"
    return (
        f"{words}“Singular” says where the best fit lies, not that the search went wrong. Whether "
        f"it is the best can be proved: {where}{here} any variance above zero makes the fit worse. "
        f"The push back to zero is {size} (at most 1; zero or less would be a sign of failure). "
        f"{ok} for this fit: [Figure](#fig-spectra) has each of them.\n"
    )


def _slopes(results: Results) -> str:
    rows = []
    tight = []
    for term in reading.terms(results.asked):
        design = results.design_term(term["group"])
        per_group = design.get("observations") or {}
        effects = len(term["effects"])
        most = per_group.get("max")
        if most is not None and most <= effects:
            tight.append(term["group"])
        rows.append(
            (
                code_html(reading.term_text(results.asked, term)),
                effects,
                _span(per_group),
                "no" if reading.flat(term) else "yes",
            )
        )
    words = (
        "A group that has no more observations than it has random effects can fit "
        "every one of them exactly. Then the variances of the effects and the noise can be traded "
        "for each other without any change in fit: lmer() refuses, and lme() wanders along the "
        "flat valley and stops anywhere."
    )
    found = (
        "This is the case at the level of " + ", ".join(map(text, tight)) + "."
        if tight
        else "Here no level is that tight."
    )
    heading = "### 4. As many slopes as observations {#slopes}\n\n"
    return f"{heading}{words} {found}\n" + table(
        ["Random term", "Effects per group", "Observations per group", "Can be estimated"],
        rows,
        "Effects and observations per group",
    )


def _span(per_group: dict) -> str:
    if per_group.get("min") is None:
        return "–"
    if per_group["min"] == per_group["max"]:
        return f"{per_group['min']}"
    return f"{per_group['min']} to {per_group['max']}"
