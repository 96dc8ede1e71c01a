"""The fixed effects along the ladder: does any conclusion depend on the random part?"""

from covedge.figures.fixed_effects import fixed_effects as draw
from covedge.figures.style import shorten, svg
from covedge.markup import (
    NOTHING,
    Column,
    Html,
    count,
    escape,
    figure,
    fixed,
    fold,
    listing,
    number,
    table,
    text,
)
from covedge.pages import fixed_reading as told
from covedge.pages.fixed_reading import Rung, Told
from covedge.pages.results import Results

# More small panels than this are a wall; the rest are in the table.
PANELS = 12
# More coefficients than this are counted in the first words, not told one by one.
TOLD = 3
_WHAT = {
    told.KENWARD_ROGER: "by Kenward and Roger's degrees of freedom and standard errors",
    told.SATTERTHWAITE: "by Satterthwaite's degrees of freedom",
    told.BOOTSTRAP: "percentiles of a parametric bootstrap",
    told.TWO_ERRORS: "two standard errors either side, for want of better,",
    told.NOTHING: "missing",
}


def compose(results: Results) -> str:
    """What depends on the rung, the panels, and the numbers of the rungs that matter."""
    found = told.rungs(results)
    names = [row["name"] for row in results.asked["fixed"]]
    if not names:
        return "The model has no fixed effects.\n"
    parts = [_words(names, found), _methods(found), _figure(names, found)]
    return "\n".join([*parts, _tables(results, names, found)])


def _words(names: list[str], found: list[Rung]) -> str:
    counted = [rung for rung in found if rung.counts]
    moved = told.changed(names, found)
    if len(counted) < 2:
        return (
            "Only the model asked for can be looked at here, so nothing can be said of what "
            "another random part would change.\n"
        )
    if not moved:
        return (
            f"**No conclusion depends on the random part.** {_all(names)} zero on each of "
            f"{_these(counted)}, or on none of them.\n"
        )
    shown = listing([text(name) for name in moved[:6]])
    more = f" and {len(moved) - 6} more" if len(moved) > 6 else ""
    verb = "depends" if len(moved) == 1 else "depend"
    details = "".join(_detail(name, counted) for name in moved[:TOLD])
    rest = len(names) - len(moved)
    same = f" The other {count(rest, 'coefficient')} say the same throughout." if rest > 1 else ""
    same = " The other coefficient says the same throughout." if rest == 1 else same
    return (
        f"**What can be concluded of {shown}{more} {verb} on the random part**, among "
        f"{_these(counted)}.{same}\n{details}\n"
    )


def _all(names: list[str]) -> str:
    if len(names) == 1:
        return "The interval of the one coefficient excludes"
    return f"Of the {len(names)} coefficients, each has an interval that excludes"


def _these(counted: list[Rung]) -> str:
    """The rungs that were compared, in words."""
    sound = sum(rung.state == "healthy" for rung in counted)
    if sound == len(counted):
        return f"the {count(sound, 'sound rung')} with random effects"
    if not sound:
        return "the model asked for"
    return f"the {count(sound, 'sound rung')} with random effects and the model asked for"


def _detail(name: str, counted: list[Rung]) -> str:
    """On which rungs the coefficient's interval is where."""
    where = {
        told.ABOVE: "is above zero",
        told.BELOW: "is below zero",
        told.AROUND: "includes zero",
    }
    parts = [
        f"{words} on {_list([r for r in counted if r.told[name].side == side], name)}"
        for side, words in where.items()
        if side in told.sides(name, counted)
    ]
    return f"\n- {text(name)}: the interval {'; it '.join(parts)}."


def _list(some: list[Rung], name: str) -> str:
    told_ = [f"{text(_label(rung))} ({_interval(rung.told[name])})" for rung in some[:4]]
    more = f" and {len(some) - 4} more" if len(some) > 4 else ""
    return listing(told_) + more


def _label(rung: Rung) -> str:
    return f"{rung.label}, asked for" if rung.asked and "asked" not in rung.label else rung.label


def _interval(one: Told) -> str:
    if one.method == told.NOTHING:
        return NOTHING
    if one.lower is None and one.upper is None:
        return "all values"
    lower = "no lower end" if one.lower is None else number(one.lower, 3)
    upper = "no upper end" if one.upper is None else number(one.upper, 3)
    return f"{lower} to {upper}"


def _methods(found: list[Rung]) -> str:
    """Which rungs have which kind of interval."""
    by_method: dict[str, list[str]] = {}
    for rung in found:
        for method in {one.method for one in rung.told.values()}:
            by_method.setdefault(method, []).append(_label(rung))
    if len(by_method) == 1:
        return f"Intervals are {_WHAT[next(iter(by_method))]} on every rung.\n"
    parts = [
        f"{_WHAT[method]} on {listing([text(label) for label in labels])}"
        for method, labels in by_method.items()
    ]
    return f"Intervals are {'; '.join(parts)}.\n"


def _drawn(names: list[str], found: list[Rung]) -> list[str]:
    """At most PANELS coefficients, in their own order, those that change first of all."""
    moved = told.changed(names, found)
    chosen = [*moved, *(name for name in names if name not in moved)][:PANELS]
    return [name for name in names if name in chosen]


def _figure(names: list[str], found: list[Rung]) -> str:
    drawn = _drawn(names, found)
    rows = [[rung.told[name] for rung in found] for name in drawn]
    picture = draw(
        drawn,
        [[one.estimate for one in row] for row in rows],
        [
            [None if one.method == told.NOTHING else (one.lower, one.upper) for one in r]
            for r in rows
        ],
        [f"{shorten(r.label, 18)} (asked)" if r.asked else r.label for r in found],
        [rung.state for rung in found],
        [any(one.method == told.TWO_ERRORS for one in rung.told.values()) for rung in found],
    )
    rest = len(names) - len(drawn)
    words = (
        "Each panel is one coefficient, each line one rung of the ladder: the estimate and its "
        "95 % interval, by the method that holds on that rung. Look for lines that cross the grey "
        "line at zero on some rungs only. Blue is a sound rung, orange a singular one, purple one "
        "that is not identifiable; hollow points have two standard errors instead of an interval. "
        "An arrow is an interval that goes on beyond the panel."
    )
    words += f" The tables have {count(rest, 'more coefficient')}." if rest else ""
    return figure(svg(picture, "fixed-effects"), words, _finding(names, found))


def _finding(names: list[str], found: list[Rung]) -> str:
    moved = told.changed(names, found)
    if not moved:
        return "Fixed effects along the ladder: no interval crosses zero on one rung only."
    return f"Fixed effects along the ladder: whether zero is excluded changes for {listing(moved)}."


def _tables(results: Results, names: list[str], found: list[Rung]) -> str:
    chosen = dict.fromkeys([results.recommended.get("model"), results.asked["model"]])
    kept = [rung for model in chosen for rung in found if rung.model == model]
    parts = [f"\n\n{text(_label(rung))}:\n{_table(names, rung)}" for rung in kept]
    parts += [_reasons(results, rung) for rung in kept]
    return fold(
        "The coefficients as numbers, recommended and asked for (in R: lmerTest's summary())",
        "\n".join(parts),
    )


def _table(names: list[str], rung: Rung) -> str:
    columns = ["Coefficient", Column("Estimate", "num"), Column("SE", "num"), Column("df", "num")]
    columns += [Column("95 % interval", "num"), Column("p", "num"), "Method"]
    rows = []
    for name in names:
        one = rung.told[name]
        rows.append(
            [
                Html(f"<bdi>{escape(name)}</bdi>"),
                number(one.estimate, 3),
                number(one.std_error, 2),
                fixed(one.df, 1),
                _interval(one),
                NOTHING if one.p is None else _p(one.p),
                one.method,
            ]
        )
    return table(columns, rows, f"Fixed effects, {rung.label}")


def _p(p: float) -> str:
    return "< 0.0001" if p < 1e-4 else fixed(p, 4)


def _reasons(results: Results, rung: Rung) -> str:
    """Why this method, and why not the other, in the record's own sentences."""
    rows = told.records(results, rung.model)
    because = dict.fromkeys(row["because"] for row in rows.values() if row.get("because"))
    told_ = [f"\n\n{text(_label(rung))}. {text(sentence)}" for sentence in because]
    return "".join(told_) + ("\n" if told_ else "")
