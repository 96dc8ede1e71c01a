"""How many directions of each term are reliable, before the data and after."""

from covedge.figures.densities import Row, densities
from covedge.figures.rank_bars import rank_bars
from covedge.figures.style import svg
from covedge.markup import Column, Html, count, escape, figure, fixed, fold, listing, table, text
from covedge.pages.bayesian.found import best_rank, best_term, likeliest
from covedge.pages.bayesian.quantities import percent
from covedge.pages.bayesian.runs import Refits

# The data have changed a probability that moved by this or more.
CHANGED = 0.1


def compose(found: Refits) -> str:
    """A figure of the number of reliable directions and one of each direction, for each term."""
    told = [each for each in found.main.get("reliabilities") or [] if each.get("rank")]
    if not told:
        return ""
    least = f"{100 * told[0].get('threshold', 0.01):g} %"
    heading = f"### How many directions are more than {least} reliable {{#bayes-directions}}\n\n"
    words = (
        "The best fit has a rank: a whole number of directions, the rest exactly zero. A posterior "
        "has every direction, but some so small that they cannot matter. Here a direction counts "
        f"if more than {least} of what is seen of the groups in it is the groups themselves.\n"
    )
    terms = [_term(found, each, k) for k, each in enumerate(told)]
    return "\n".join([heading + words, *terms, _table(told)])


def _term(found: Refits, each: dict, index: int) -> str:
    parts = [_sentence(found, each)]
    # Of one direction the sentence says it all.
    if len(each["rank"]) > 2:
        parts += [_bars(found, each, index), _reliabilities(found, each, index)]
    return "\n".join(parts)


def _sentence(found: Refits, each: dict) -> str:
    chances, before = each["rank"], each.get("prior_rank")
    q, most = len(chances) - 1, likeliest(chances)
    words = f"\n{text(each['group'])}: most probably {most} of {q} ({percent(chances[most])}"
    words += f"; by the prior alone {percent(before[most])})." if before else ")."
    told = [words, _reading(found, each, most), _elsewhere(found, each, most)]
    return " ".join(filter(None, told)) + "\n"


def _reading(found: Refits, each: dict, most: int) -> str:
    """Whose answer that is. Where the best fit has fewer, the data do not ask for more."""
    best, before = best_rank(found, each["group"]), each.get("prior_rank")
    if best is not None and best < most:
        return (
            f"The best fit has {best}: the data ask for no more. **That the posterior has more is "
            "largely the prior’s doing**: it leaves little room for directions as small as that, "
            "and the data cannot tell a small one from none."
        )
    if not before:
        return ""
    after, before = each["rank"][most], before[most]
    if abs(after - before) < CHANGED:
        return "The data have hardly changed that: **this answer is the prior’s.**"
    if after > before:
        return "The data have raised it: this answer is theirs."
    return "The data speak against it, but not enough to make another number more probable."


def _others(found: Refits, group: str) -> list[tuple[str, list[float]]]:
    """(prior, probabilities of each number) of the runs under other priors."""
    return [
        (str(run["prior"]), each["rank"])
        for run in found.priors
        for each in run.get("reliabilities") or []
        if each["group"] == group and each.get("rank")
    ]


def _elsewhere(found: Refits, each: dict, most: int) -> str:
    """The same number under the other priors."""
    told = [
        f"{percent(shares[most])} under {text(p)}" for p, shares in _others(found, each["group"])
    ]
    return f"The probability of {most} is {listing(told)}." if told else ""


def _bars(found: Refits, each: dict, index: int) -> str:
    best = best_rank(found, each["group"])
    chances, others = each["rank"], _others(found, each["group"])
    spelled = ", ".join(f"{k}: {percent(share)}" for k, share in enumerate(chances) if share > 0)
    what = f"reliable directions of {each['group']}"
    marks = " Marks are posterior probabilities under other priors." if others else ""
    return figure(
        svg(rank_bars(chances, each.get("prior_rank"), best, what, others), f"directions-{index}"),
        f"How many directions of {each['group']} are reliable: bars, and the numbers below, "
        "are posterior probabilities, dashed outlines those of the prior. Look for bars that "
        f"stand where the outlines do not: that is what the data have said.{marks}",
        f"Posterior probability of each number of reliable directions of {each['group']}: "
        f"{spelled}.",
        "narrow",
    )


def _reliabilities(found: Refits, each: dict, index: int) -> str:
    posterior = found.posterior(found.main)
    values = posterior.reliability.get(each["group"])
    if values is None:
        return ""
    before = posterior.prior_reliability.get(each["group"])
    q = values.shape[1]
    fit = _best(found, each["group"], q)
    rows = [
        Row(_ordinal(k, q), values[:, q - 1 - k], _column(before, q - 1 - k), fit[k])
        for k in range(q)
    ]
    weakest = each["directions"][0]["q50"]
    return figure(
        svg(
            densities(
                rows, "reliability (logit axis)", share=True, threshold=each.get("threshold")
            ),
            f"reliabilities-{index}",
        ),
        f"Reliability of each direction of {each['group']}, most reliable first: prior dashed, "
        "posterior filled, best fit as a diamond (at the left end if it is zero), the threshold "
        "as an orange line. A hill across the line is a direction that may or may not be there.",
        f"Prior and posterior reliability of {count(q, 'direction')} of {each['group']}: the "
        f"median of the weakest is {fixed(weakest, 3)}.",
    )


def _column(values, k):
    return None if values is None or k >= values.shape[1] else values[:, k]


def _best(found: Refits, group: str, q: int) -> list[float | None]:
    """Reliabilities of the best fit, most reliable first; None where there are other directions."""
    spectrum = best_term(found, group).get("spectrum", [])
    known = sorted((d.get("reliability") or 0.0 for d in spectrum), reverse=True)
    return list(known) if len(known) == q else [None] * q


def _ordinal(k: int, q: int) -> str:
    if q == 1:
        return "the one direction"
    end = " (strongest)" if k == 0 else " (weakest)" if k == q - 1 else ""
    return f"direction {k + 1}{end}"


def _table(told: list[dict]) -> str:
    least = f"{100 * told[0].get('threshold', 0.01):g} %"
    columns = ["Term and direction"]
    columns += [Column(head, "num") for head in ("5 %", "Median", "95 %", f"P(> {least})")]
    columns += [Column("Prior median", "num"), Column(f"Prior P(> {least})", "num")]
    rows = [
        (
            Html(f"<bdi>{escape(each['group'])}</bdi>: {_ordinal(k, len(each['directions']))}"),
            fixed(d.get("q05"), 3),
            fixed(d.get("q50"), 3),
            fixed(d.get("q95"), 3),
            percent(d.get("probability_reliable")),
            fixed((d.get("prior") or {}).get("q50"), 3),
            percent((d.get("prior") or {}).get("probability_reliable")),
        )
        for each in told
        for k, d in enumerate(reversed(each.get("directions") or []))
    ]
    return fold("Reliabilities as numbers", table(columns, rows, "Reliability of each direction"))
