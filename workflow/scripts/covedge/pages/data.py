"""The data and the design: which rows were used, and how many stand behind each cell."""

from covedge.figures.counts import counts as draw
from covedge.figures.style import svg
from covedge.markup import Column, Html, code, code_html, count, figure, fold, listing, table, text
from covedge.pages.results import Results

# Taller heat maps than this are not read; the table sums them up.
TALLEST, SHORT = 60, 16


def compose(results: Results) -> str:
    """Rows kept and dropped, one heat map a grouping factor that fits, the table of terms."""
    design = results.design
    drawn = [cells for cells in design.get("counts", []) if cells["matrix"] and _small(cells)]
    parts = [_rows(results), _columns(results)]
    parts += [_picture(cells, index) for index, cells in enumerate(drawn)]
    parts += [_large(cells) for cells in design.get("counts", []) if cells not in drawn]
    parts += [_terms(design), _levels(design)]
    return "\n".join(parts)


def _small(cells: dict) -> bool:
    return cells["n_groups"] <= TALLEST and len(cells["levels"]) <= TALLEST // 2


def _rows(results: Results) -> str:
    rows = results.design["rows"]
    words = f"{count(rows['read'], 'row')} read, {count(rows['used'], 'row')} used."
    dropped = [f"{count(d['rows'], 'row')} {_reason(d, results)}" for d in rows.get("dropped", [])]
    return words + (" Left out: " + "; ".join(dropped) + ".\n" if dropped else "\n")


def _columns(results: Results) -> str:
    """The columns of the fixed part that could not be estimated."""
    if not results.dropped:
        return ""
    names = listing([code(name) for name in results.dropped])
    return (
        f"Left out of the fixed effects, since the columns before determine them: {names}. The "
        "fitted values are the same without; lme4 does so too (`fixed-effect model matrix is rank "
        "deficient`).\n"
    )


def _reason(dropped: dict, results: Results) -> str:
    if dropped["reason"] == "subset":
        return f"not in the subset {text(results.analysis.get('subset') or '')}"
    column = f" in {text(dropped['column'])}" if dropped.get("column") else ""
    return f"{text(dropped['reason'])}{column}"


def _picture(cells: dict, index: int) -> str:
    """The heat map; folded away where it is taller than a screen."""
    picture = _heat_map(cells, index)
    if cells["n_groups"] <= SHORT:
        return picture
    return fold(f"Counts in {cells['n_groups']} groups, {len(cells['levels'])} columns", picture)


def _heat_map(cells: dict, index: int) -> str:
    title = f"{cells['factor']} within {cells['group']}"
    empty = count(cells["n_empty"], "combination") + " without any"
    return figure(
        svg(draw(cells["matrix"], cells["groups"], cells["levels"], cells["factor"]), f"n-{index}"),
        f"Observations per {cells['group']} (rows) and {cells['factor']} (columns). Look for empty "
        "cells and for rows that are much paler than others: there the groups say little, and one "
        "group can decide.",
        f"Counts of {title}: from {cells['min']} to {cells['max']}, {empty}.",
    )


def _large(cells: dict) -> str:
    return (
        f"{text(cells['factor'])} within {text(cells['group'])}, {cells['n_groups']} groups, too "
        f"many to draw: between {cells['min']} and {cells['max']} observations in each "
        f"combination; {cells['n_empty']} are empty, {cells['n_singletons']} have a single one.\n"
    )


def _terms(design: dict) -> str:
    columns = [
        "Random term",
        Column("Groups", "num"),
        Column("Effects", "num"),
        Column("Observations per group", "num"),
        Column("Groups of one", "num"),
    ]
    rows = []
    for term in design.get("terms", []):
        seen = term["observations"]
        span = f"{seen['min']} to {seen['max']} (median {seen['median']:g})"
        written = term.get("formula") or term["group"]
        rows.append(
            (code_html(written), term["groups"], len(term["effects"]), span, term["singletons"])
        )
    return table(columns, rows, "Random terms and their groups")


def _levels(design: dict) -> str:
    rows = [
        (Html(f"<bdi>{code_html(name)}</bdi>"), len(levels), _some(levels))
        for name, levels in design.get("levels", {}).items()
    ]
    if not rows:
        return ""
    columns = ["Column", Column("Levels", "num"), "Labels, the reference first"]
    return fold("Columns read as labels", table(columns, rows, "Columns read as labels"))


def _some(levels: list[str], most: int = 12) -> str:
    shown = ", ".join(levels[:most])
    return f"{shown}, … {levels[-1]}" if len(levels) > most else shown
