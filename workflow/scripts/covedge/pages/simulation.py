"""What other data from the fitted model would have given: the bootstrap's ranks."""

from covedge.figures.ranks import ranks as draw
from covedge.figures.style import svg
from covedge.markup import count, figure, text
from covedge.pages import reading
from covedge.pages.results import Results


def compose(results: Results) -> str:
    """How often refits to simulated data are singular, and which ranks they have."""
    fit = results.focus
    found = results.intervals.get(fit["model"], {}).get("bootstrap") or {}
    n = found.get("replicates", 0)
    if not n:
        reason = found.get("reason") or "there are no results of the bootstrap"
        return f"There are no simulated data for this model: {text(reason)}.\n"
    terms = [t for t in reading.terms(fit) if t["group"] in found["ranks"]]
    pictures = [_picture(term, found["ranks"][term["group"]], i) for i, term in enumerate(terms)]
    return "\n".join([_words(results, fit, found, n), *pictures])


def _words(results, fit, found, n):
    share = found["degenerate"]
    low, high = share["interval"]
    label = text(results.label(fit["model"]))
    words = (
        f"Suppose that the fitted model ({label}) were exactly true. New responses were drawn from "
        f"it {n} times, on your own design, and fitted again. "
        f"**{_percent(share['share'])} of these fits are singular** "
        f"(95 % interval {_percent(low)} to {_percent(high)})."
    )
    if found.get("unsettled"):
        words += f" {count(found['unsettled'], 'further fit')} did not settle and are left out."
    if found.get("reason"):
        words += f" There are {text(found['reason'])}."
    if reading.state(fit) == "degenerate":
        return words + (
            " Since the fit itself is singular, nearly all are; look at how far their ranks "
            "scatter about yours.\n"
        )
    return words + (
        " So a singular fit can come from data whose truth is not singular; how easily, this "
        "number says for your design.\n"
    )


def _picture(term, counts, index):
    n = sum(counts.values())
    shares = {int(rank): number / n for rank, number in counts.items()}
    own, full = term["rank"], reading.full_rank(term)
    same = _percent(shares.get(own, 0.0))
    usual = max(shares, key=shares.__getitem__)
    return figure(
        svg(draw(shares, own, full), f"ranks-{index}"),
        f"Random effects of {term['group']}: in how many of the refits the matrix has each rank, "
        "the number of directions that vary. Good: one bar that holds nearly all, at your own "
        "rank; then the data tell how many directions vary. A broad hill says that they do not: "
        "the rank of one fit is then partly chance, and no discovery.",
        f"Rank {usual} is most frequent; {same} of the refits have rank {own}, as your fit.",
    )


def _percent(share):
    if 0 < share < 0.005:
        return "less than 1 %"
    return f"{100 * share:.0f} %"
