"""Beyond the edge: negative covariances that the data ask for, and what each rung promises."""

from covedge.causes.cause import NEGATIVE
from covedge.markup import (
    Column,
    Html,
    badge,
    callout,
    count,
    escape,
    fixed,
    fold,
    listing,
    number,
    table,
    text,
)
from covedge.pages import reading
from covedge.pages.results import Results

USUAL = "Such values are usual where there is no effect at all"
CAUTION = (
    "With nine groups and three directions without any effect, 99 % of data sets have at least "
    "one. So by themselves they say what the data lean towards, not that members of a group really "
    "differ more than strangers do."
)


def compose(results: Results) -> str:
    """Negative directions of MIVQUE and of the free fit, in words and a table; then the scores."""
    found = results.focus.get("free")
    if not found:
        return ""
    return "\n".join(["### Beyond the edge\n", *_free(results, found), _scores(results)])


def _free(results: Results, found: dict) -> list[str]:
    mivque = found["mivque"]
    if found["status"] == mivque["status"] == "not computed":
        return [f"Estimates that may be negative were not computed: {text(found['reason'])}.\n"]
    rows = [*_rows(mivque, "ratio", "MIVQUE"), *_rows(found, "reliability", "free fit")]
    if not rows:
        return [
            _found(found),
            "Without the condition that variances be positive nothing would become negative.\n",
        ]
    columns = ["Term", "Direction", "Estimate", Column("Relative size", "num")]
    negative = {
        term["group"]
        for term in [*mivque["terms"], *found["terms"]]
        if any(d["state"] == "negative" for d in term["spectrum"])
    }
    caution = callout("caution", USUAL, f"{CAUTION}{_beyond_chance(results, negative)}")
    return [_found(found), table(columns, rows, "Negative directions"), caution, _details()]


def _beyond_chance(results: Results, groups: set[str]) -> str:
    """What simulation found of the pushes in these groups, where the diagnosis ran."""
    pushes = {
        group: found["push"]
        for group, found in (results.verdict.get("simulated") or {}).items()
        if group in groups and found["push"]["replicates"]
    }
    if not pushes:
        return ""
    beyond = {c["group"] for c in results.verdict["causes"] if c["cause"] == NEGATIVE}
    told = [
        f"of {text(group)} it is {'more' if group in beyond else 'no more'} than chance makes "
        f"(p = {number(push['p'], 2)})"
        for group, push in pushes.items()
    ]
    return f" Simulated data tell the two apart ([Why](#why)): {listing(told)}."


def _found(found: dict) -> str:
    """What became of the free fit."""
    opening = (
        "A variance cannot be negative, but members of a group can differ more than strangers do, "
        "which no variance between groups can express. Fitted as if it could, "
    )
    if found["status"] == "found":
        if found["improvement"] < 1e-6:
            return f"{opening}the fit stays where it is.\n"
        return (
            f"{opening}the criterion falls by another **{fixed(found['improvement'])}**: this is "
            "what the edge costs.\n"
        )
    if found["status"] == "none":
        return (
            f"{opening}the model has no best point: {text(found['reason'])}. With groups of "
            "unequal size this happens when the fixed effects can follow one group closely. One "
            "step of scoring (MIVQUE) always exists.\n"
        )
    return f"{opening}nothing can be told: {text(found['reason'] or found['status'])}.\n"


def _rows(found: dict, name: str, estimate: str) -> list[tuple]:
    return [
        (Html(f"<bdi>{escape(term['group'])}</bdi>"), _words(d), estimate, number(d[name], 3))
        for term in found["terms"]
        for d in term["spectrum"]
        if d["state"] == "negative"
    ]


def _words(direction: dict) -> Html:
    told = direction["cells"] or direction["direction"]
    return Html(f"<bdi>{escape(reading.direction_words(list(told), list(told.values())))}</bdi>")


def _scores(results: Results) -> str:
    """What each rung's score promised of the next, beside what the fits then found."""
    rows = []
    for rung in results.ladder:
        fit = results.fits.get(rung["model"], {})
        for score in (fit.get("next_rungs") or {}).get("scores", []):
            richer = results.fits.get(score["model"], {})
            known = "criterion" in fit and "criterion" in richer
            fall = fixed(fit["criterion"] - richer["criterion"]) if known else "–"
            rows.append(_score_row(results, rung, score, fall))
    if not rows:
        return ""
    columns = ["From", "To", Column("Parameters", "num"), Column("Promised", "num")]
    columns += [Column("Found", "num"), "Score test"]
    return fold(
        "What each rung promises of the next",
        "Before a richer model is fitted, the slopes of the criterion at the simpler one tell how "
        "far it will fall at least (promised), which the fit of the richer model confirms (found). "
        "Covariances between directions that vary have a chi-squared score test. A new variance "
        "sits on the edge of its own range, and has none: its p-value needs a bootstrap.\n"
        + table(columns, rows, "Scores of the next rungs"),
    )


def _score_row(results: Results, rung: dict, score: dict, fall: str) -> tuple:
    if score["p_value"] is None:
        test = badge("quiet", "boundary: bootstrap")
    else:
        degrees = count(score["df"], "degree", "degrees")
        test = f"χ² = {number(score['statistic'], 3)}, {degrees} of freedom, p = "
        test += number(score["p_value"], 2)
    names = [
        Html(f"<bdi>{escape(results.label(model))}</bdi>")
        for model in (rung["model"], score["model"])
    ]
    return *names, score["added"], fixed(score["at_least"]), fall, test


def _details() -> str:
    return fold(
        "How these are defined",
        "MIVQUE solves $\\sum_b \\mathrm{tr}(M V_a M V_b)\\,\\theta_b = y' M V_a M y$ for "
        "$\\theta = (\\sigma^2, G)$ with $M$ at the certified fit: one step of REML scoring, and "
        "in balanced designs the estimate of the analysis of variance. The free fit is the "
        "stationary point of the criterion that is reached from the certified fit while $V$ stays "
        "positive definite (Demidenko, *Mixed Models*, 2.15.2). Relative size of a free direction: "
        "its reliability, an eigenvalue of $\\Sigma_k H_k / L_k$ at the free fit; of MIVQUE: the "
        "eigenvalue of $G_k H_k / (\\hat\\sigma^2 L_k)$ with $H_k$ and $\\hat\\sigma^2$ of the "
        "certified fit.",
    )
