"""Which rung predicts best: for a new row in a known group, and for a new group."""

from covedge.figures.beside import Source, beside
from covedge.figures.style import svg
from covedge.markup import Column, Html, escape, figure, fixed, fold, listing, number, table, text
from covedge.pages.bayesian.quantities import listed
from covedge.pages.bayesian.runs import Refits

# Differences of fewer standard errors than this are no difference (Vehtari and others' advice).
CLEAR = 2.0
# PSIS is trusted up to this k, where a record does not say.
K = 0.7


def compose(found: Refits) -> str:
    """Empty where nothing was compared."""
    told, own = found.results.comparison, found.main.get("loo") or {}
    alone = [e for e in found.main.get("leave_group_out") or [] if e.get("elpd") is not None]
    rows = told.get("models") or _alone(found, own)
    groups = [each for each in told.get("groups") or [] if each.get("models")]
    groups = groups or [{"group": e["group"], "models": _alone(found, e)} for e in alone]
    if not rows and not groups and not own:
        return ""
    heading = "### Which rung predicts best {#bayes-loo}\n\n"
    words = (
        "Two questions, two answers. **A new observation of a group you have**: leave out one row "
        "and predict it from the rest, rows of its own group included (PSIS-LOO). **A group you "
        "have not seen**: leave out a whole group. If your conclusions are about the population "
        "that the groups come from, the second is your question; the first rewards a model for "
        "knowing these very groups. Both are sums of log predictive densities (elpd): higher is "
        "better, and a difference within two standard errors is none.\n"
    )
    parts = [heading + words]
    if not rows and own.get("why_not"):
        parts.append(f"\nThe first was not computed: {text(own['why_not'])}.\n")
    if rows:
        parts.append(_one(found, rows, "A new observation of a known group", "loo", "row"))
    for k, each in enumerate(groups):
        title = f"A new level of {text(each['group'])}"
        parts.append(_one(found, each["models"], title, f"logo-{k}", each["group"]))
    parts += [
        f"\nLeaving out levels of {text(each['group'])} was not done: {text(each['why_not'])}.\n"
        for each in found.main.get("leave_group_out") or []
        if each.get("why_not")
    ]
    return "\n".join(parts)


def _alone(found: Refits, one: dict) -> list[dict]:
    """The main run as the only row of a comparison, where there is no other; else empty."""
    if one.get("elpd") is None:
        return []
    return [one | {"model": found.main["model"], "difference": 0.0, "difference_se": 0.0}]


def _one(found: Refits, rows: list[dict], title: str, identity: str, left_out: str) -> str:
    words = f"\n**{title}.** {_finding(found, rows)} {_trust(found, rows, left_out)}\n"
    return words + _figure(found, rows, identity) + _table(found, rows, left_out)


def _label(found: Refits, row: dict) -> str:
    return found.results.label(row.get("model", "–"))


def _tied(rows: list[dict]) -> list[dict]:
    """Rungs that are not clearly worse than the best, the best first."""
    return [
        row
        for k, row in enumerate(rows)
        if k == 0 or abs(row["difference"]) <= CLEAR * (row.get("difference_se") or 0.0)
    ]


def _finding(found: Refits, rows: list[dict]) -> str:
    best = f"**{text(_label(found, rows[0]))}**"
    tied = _tied(rows)
    if len(rows) == 1:
        return f"Only {best} was compared."
    if len(tied) == 1:
        return f"Best is {best}, by more than two standard errors."
    if len(tied) == len(rows):
        return "No rung predicts clearly better than another; take the simplest that fits your aim."
    others = listing([text(_label(found, row)) for row in tied[1:]])
    return f"Best is {best}, but {others} cannot be told from it."


def _trust(found: Refits, rows: list[dict], left_out: str) -> str:
    """What the k diagnostics allow."""
    bad = [row for row in rows if row.get("k_above")]
    if not bad:
        return "All k diagnostics are good, so the numbers hold."
    named = listing([f"{row['k_above']} in {text(_label(found, row))}" for row in bad])
    what = "rows" if left_out == "row" else f"levels of {text(left_out)}"
    return (
        f"**Careful: k is too large for some {what}** ({named}){_which(found, left_out)}. Leaving "
        "these out would move the posterior so far that it cannot be had by reweighting; the "
        "comparison may be wrong by more than its standard error says."
    )


def _which(found: Refits, group: str) -> str:
    """The levels of a group that move the main run's posterior so far, by name."""
    told = next((e for e in found.main.get("leave_group_out") or [] if e["group"] == group), {})
    limit = told.get("k_threshold") or K
    names = [e["level"] for e in told.get("levels") or [] if (e.get("k") or 0.0) > limit]
    return f"; in {text(found.label(found.main))} for {listed(names)}" if names else ""


def _figure(found: Refits, rows: list[dict], identity: str) -> str:
    if len(rows) < 2:
        return ""
    errors = [row.get("difference_se") or 0.0 for row in rows]
    values = [row["difference"] for row in rows]
    ends = [(v - 2 * e, v + 2 * e) for v, e in zip(values, errors, strict=True)]
    drawn = beside(
        [_label(found, row) for row in rows],
        [Source("difference", values, ends, 0)],
        "elpd, less that of the best rung",
        zero=True,
    )
    told = "; ".join(
        f"{_label(found, row)} {fixed(row['difference'], 1)} (SE {fixed(e, 1)})"
        for row, e in zip(rows, errors, strict=True)
    )
    return figure(
        svg(drawn, identity),
        "Each rung against the best one, which stands at zero, with two standard errors of the "
        "difference either side. A bar that reaches zero is a rung that cannot be told from the "
        "best.",
        f"Differences in elpd: {told}.",
    )


def _table(found: Refits, rows: list[dict], left_out: str) -> str:
    limit = (found.main.get("loo") or {}).get("k_threshold") or K
    columns = ["Rung"]
    columns += [Column(head, "num") for head in ("elpd", "SE", "Difference", "SE of it")]
    columns += [Column(f"k > {number(limit, 2)}", "num"), Column("Stacking weight", "num")]
    told = [
        (
            Html(f"<bdi>{escape(_label(found, row))}</bdi>"),
            fixed(row.get("elpd"), 1),
            fixed(row.get("se"), 1),
            fixed(row.get("difference"), 1),
            fixed(row.get("difference_se"), 1),
            "–" if row.get("k_above") is None else row["k_above"],
            fixed(row.get("weight"), 2),
        )
        for row in rows
    ]
    what = "one row" if left_out == "row" else f"one level of {left_out}"
    return fold(
        "This comparison as numbers (in R: loo_compare() of loo)",
        f"elpd with {text(what)} left out at a time; in how many the k diagnostic of the "
        "importance sampling is too large; and weights of a mixture of the rungs that would "
        "predict best.\n" + table(columns, told, "Comparison of the rungs by prediction"),
    )
