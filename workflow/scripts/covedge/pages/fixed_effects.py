"""The fixed effects along the ladder: do the conclusions change?"""

from covedge.figures.fixed_effects import fixed_effects as draw
from covedge.figures.style import svg
from covedge.markup import Column, Html, count, escape, figure, fold, listing, number, table, text
from covedge.pages import reading
from covedge.pages.results import Results

# More small panels than this are a wall; the rest are in the table.
PANELS = 12
# A coefficient whose |estimate / SE| is on different sides of this on two rungs is called out.
CLEAR = 2.0


def compose(results: Results) -> str:
    """Which coefficients change sides, the panels, and all numbers of the rungs that matter."""
    rungs = [r for r in results.ladder if r["model"] in results.fits]
    fits = [results.fits[r["model"]] for r in rungs]
    names = [row["name"] for row in results.asked["fixed"]]
    return "\n".join(
        [_words(names, fits), _figure(names, rungs, fits), _table(results, names, rungs, fits)]
    )


def _values(fit: dict, name: str) -> tuple[float, float]:
    row = next(row for row in fit["fixed"] if row["name"] == name)
    return row["estimate"], row["std_error"]


def _clear(fit: dict, name: str) -> bool:
    estimate, error = _values(fit, name)
    return bool(error) and abs(estimate / error) > CLEAR


def _words(names: list[str], fits: list[dict]) -> str:
    moved = changed(names, fits)
    if not moved:
        return (
            f"All {count(len(names), 'coefficient')} keep their message on every rung that has "
            "random effects: none goes from clearly off zero to not, or back.\n"
        )
    shown = listing([text(name) for name in moved[:6]])
    more = f" and {len(moved) - 6} more" if len(moved) > 6 else ""
    return (
        f"The random part matters here: {shown}{more} "
        f"{'is' if len(moved) == 1 else 'are'} clearly off zero (more than two standard errors) "
        "on some rungs and not on others.\n"
    )


def changed(names: list[str], fits: list[dict]) -> list[str]:
    """Coefficients that are clearly off zero on some rungs with random effects, not on others."""
    with_groups = [fit for fit in fits if reading.terms(fit)] or fits
    return [name for name in names if len({_clear(fit, name) for fit in with_groups}) > 1]


def _drawn(names: list[str], fits: list[dict]) -> list[str]:
    """At most PANELS coefficients, in their own order, those that change first of all."""
    moved = changed(names, fits)
    chosen = [*moved, *(name for name in names if name not in moved)][:PANELS]
    return [name for name in names if name in chosen]


def _figure(names: list[str], rungs: list[dict], fits: list[dict]) -> str:
    drawn = _drawn(names, fits)
    values = [[_values(fit, name) for fit in fits] for name in drawn]
    estimates = [[value[0] for value in row] for row in values]
    errors = [[value[1] for value in row] for row in values]
    labels = [rung["label"] for rung in rungs]
    states = [reading.state(fit) for fit in fits]
    rest = len(names) - len(drawn)
    return figure(
        svg(draw(drawn, estimates, errors, labels, states), "fixed-effects"),
        "Each panel is one coefficient, each line one rung of the ladder: the estimate and two "
        "standard errors either side. Look for lines that grow much longer down the ladder, or "
        "that begin to cross the grey line at zero. Blue is a sound rung, orange a singular one, "
        "purple one that is not identifiable."
        + (f" The table has {count(rest, 'more coefficient')}." if rest else ""),
        "Fixed effects with two standard errors along the ladder.",
    )


def _table(results: Results, names: list[str], rungs: list[dict], fits: list[dict]) -> str:
    chosen = dict.fromkeys([results.recommended.get("model"), results.asked["model"]])
    kept = [(r, f) for r, f in zip(rungs, fits, strict=True) if r["model"] in chosen]
    columns = ["Coefficient"]
    for rung, _ in kept:
        columns += [Column(rung["label"], "num"), Column("SE", "num")]
    rows = []
    for name in names:
        cells: list = [Html(f"<bdi>{escape(name)}</bdi>")]
        for _, fit in kept:
            estimate, error = _values(fit, name)
            cells += [number(estimate, 3), number(error, 2)]
        rows.append(cells)
    return fold(
        "All coefficients as numbers (in R: fixef(fit) and sqrt(diag(vcov(fit))))",
        table(columns, rows, "Fixed effects"),
    )
