"""Prior against posterior: what comes from the data, and what from the prior."""

from collections.abc import Callable

from covedge.figures.densities import Row, densities
from covedge.figures.style import svg
from covedge.markup import Column, Html, escape, figure, fixed, fold, table, text
from covedge.pages.bayesian.found import NARROW, moved_by_prior, named, narrowing, sensitive, shown
from covedge.pages.bayesian.quantities import best, full_name, listed, name, percent, spread
from covedge.pages.bayesian.runs import Refits

# Rows of the figure; more are in the tables.
ROWS = 16


def compose(found: Refits) -> str:
    """The figure, then a sentence for each of what the data say and what the prior says."""
    rows = spread(found.main)[:ROWS]
    heading = "### What the prior says, and what the data say {#bayes-prior}\n\n"
    words = (
        "The prior (dashed) is what was believed of each standard deviation before the data, the "
        "posterior (filled) what is believed after them. **Where the two look alike the data have "
        "said nothing**, and what you read off is the prior."
    )
    return f"{heading}{words} {_comparison(found)}\n" + _figure(found, rows) + _scaling(found)


def _comparison(found: Refits, say: Callable = text) -> str:
    """How much narrower the posteriors are than the priors, in a sentence; `say` writes a name."""
    known = narrowing(spread(found.main))
    if not known:
        return ""
    wide = [name(p, found.grouped) for p, part in known if part > NARROW]
    if not wide:
        widest = percent(max(part for _, part in known))
        return (
            f"Here every posterior is narrower than a third of its prior (the widest: {widest}): "
            f"the data have said much about every size.{_still(found)}"
        )
    rest = len(known) - len(wide)
    which = listed(wide, say) if rest else "every one of them"
    return (
        f"Here the posterior is wider than a third of its prior for {which}: there the data say "
        "little more than the prior did"
        + (f"; about the other {rest} they have said much." if rest else ".")
    )


def _still(found: Refits) -> str:
    """Narrow is not the same as the prior's having no say."""
    moved = moved_by_prior(found).all
    return " Not all: the prior has a say in where the hills stand, see below." if moved else ""


def _figure(found: Refits, parameters: list[dict]) -> str:
    posterior = found.posterior(found.main)
    drawn = [p for p in parameters if p.get("draws") in posterior.draws]
    if not drawn:
        return ""
    rows = [
        Row(
            name(p, found.grouped),
            posterior.draws[p["draws"]].ravel(),
            posterior.prior.get(p["draws"]),
            best(p),
        )
        for p in drawn
    ]
    away = sum(best(p) is not None and best(p) < p["q05"] for p in drawn)
    return figure(
        svg(densities(rows, "standard deviation, in units of the response"), "prior-posterior"),
        "Standard deviations before and after the data; the diamond is the certified best fit. "
        "Good is a filled hill much narrower than the dashed line, with the diamond under it. A "
        "diamond at zero beside a hill that stands clear of zero is the prior at work.",
        f"Prior and posterior of {len(drawn)} standard deviations: the best fit lies below the "
        f"90 % interval of the posterior for {away} of them. {_comparison(found, str)}",
    )


def _scaling(found: Refits) -> str:
    """Power scaling: what happens when the prior, or the data, count a little more or less."""
    entries = found.main.get("sensitivity") or []
    if not entries:
        return ""
    against, instead = (shown(found.main, each) for each in sensitive(found.main))
    words = (
        "\n**Power scaling** asks it of every number at once: raise the prior to a power a little "
        "above and below 1 and see how far the posterior moves; then the same with the likelihood. "
    )
    if not against and not instead:
        words += "No quantity that is shown here moves noticeably with the prior."
        if moved_by_prior(found).by_others:
            words += (
                " That is a small step along this one prior, though; priors of another kind move "
                "them, as comes next."
            )
    if instead:
        words += (
            f"For {_listed(found, instead)} the prior moves the posterior and the data hardly do: "
            "**these come from the prior**. "
        )
    if against:
        words += (
            f"For {_listed(found, against)} both do: the prior and the data pull in different "
            "directions, so say in a paper which prior it was. "
        )
    columns = ["Quantity", Column("Prior", "num"), Column("Data", "num"), "Reading"]
    rows = [
        (
            Html(f"<bdi>{escape(full_name(named(found.main, each), found.grouped))}</bdi>"),
            fixed(each.get("prior"), 3),
            fixed(each.get("likelihood"), 3),
            each.get("diagnosis") or "the data move it, not the prior",
        )
        for each in entries
    ]
    told = fold(
        "Power scaling as numbers (in R: powerscale_sensitivity() of priorsense)",
        "How far the posterior moves (cumulative Jensen-Shannon distance per doubling) when the "
        "prior or the data count more or less; from 0.05 on it is worth knowing.\n"
        + table(columns, rows, "Power scaling"),
    )
    return f"{words.strip()}\n{told}"


def _listed(found: Refits, parameters: list[dict]) -> str:
    return listed([full_name(p, found.grouped) for p in parameters])
