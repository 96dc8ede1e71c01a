"""The matrix G as correlations, a picture for each term with several effects."""

import itertools
import math

from covedge.figures.correlation import correlation
from covedge.figures.style import svg
from covedge.markup import figure, fold, tabset, text
from covedge.pages import reading


def compose(fit: dict) -> str:
    """Folded away; empty where no term has two effects."""
    pictures = [
        (text(term["group"]), _correlations(term, index))
        for index, term in enumerate(reading.terms(fit))
        if len(term["effects"]) > 1
    ]
    if not pictures:
        return ""
    shown = tabset(pictures) if len(pictures) > 1 else pictures[0][1]
    return fold("The matrix G of this model, as correlations", shown)


def _correlations(term: dict, index: int) -> str:
    matrix = _readable(term)
    worst = [
        abs(matrix[i][j])
        for i, j in itertools.combinations(range(len(matrix)), 2)
        if matrix[j][i] is not None
    ]
    strongest = f"the strongest correlation is {max(worst):.2f}" if worst else "all SDs are zero"
    return figure(
        svg(correlation(matrix, term["sd"], term["effects"]), f"correlation-{index}"),
        f"Random effects of {term['group']}. On the diagonal the standard deviations, in units of "
        "the response; below it the correlations. Look for values of ±1 and for SDs of zero: both "
        "make the matrix singular, but so can a combination of several effects in which no single "
        "number looks odd.",
        f"Correlations of the random effects of {term['group']}: {strongest}.",
    )


def _readable(term: dict) -> list[list[float | None]]:
    matrix = term.get("correlation")
    clean = [[v if v is not None and math.isfinite(v) else None for v in row] for row in matrix]
    zero = [not sd for sd in term["sd"]]
    return [
        [None if zero[i] or zero[j] else value for j, value in enumerate(row)]
        for i, row in enumerate(clean)
    ]
