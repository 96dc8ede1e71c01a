"""What the model makes of each single group: predicted random effects, and how they shrink."""

from covedge.figures.caterpillar import NAMED, caterpillar
from covedge.figures.shrinkage import shrinkage
from covedge.figures.style import svg
from covedge.markup import count, figure, fold, number, text
from covedge.pages import reading
from covedge.pages.results import Results

# Effects side by side in one figure; the rest is said to be left out.
PANELS = 6
# More groups than this make a figure so tall that it is folded away.
SHORT = 24


def compose(results: Results) -> str:
    """A caterpillar for each term of the model looked at, and shrinkage for terms with slopes."""
    fit = results.focus
    told = [term for term in reading.terms(fit) if term.get("modes")]
    if not told:
        return ""
    parts = [
        "\n### What the model makes of each group {#groups}\n",
        f"In {text(results.label(fit['model']))}: each group's effects as the model predicts them "
        "(conditional modes, `ranef()` in R), in the units of the response.\n",
    ]
    for index, term in enumerate(told):
        parts += [_caterpillar(term, index), _shrinkage(term, index)]
    return "\n".join(parts)


def _caterpillar(term: dict, index: int) -> str:
    modes, effects = term["modes"], term["effects"][:PANELS]
    q = len(effects)
    drawing = caterpillar(
        effects,
        modes["levels"],
        [row[:q] for row in modes["estimate"]],
        [row[:q] for row in modes["error_sd"]],
    )
    left = len(term["effects"]) - q
    words = (
        f"{term['group']}, sorted by {effects[0]}; lines reach 1.96 standard errors of prediction. "
        "Look for groups whose line stays clear of zero, for panels that mirror each other "
        "(effects that vary together), and for panels in which all groups stand at the same place "
        "(no variance left)."
    )
    words += f" {count(left, 'further effect')} not drawn." if left else ""
    if modes["n_levels"] > NAMED:
        shown = len(modes["levels"])
        thinned = f"every {modes['n_levels'] / shown:.1f}th of them" if _thinned(modes) else "all"
        words += f" {count(modes['n_levels'], 'group')}, {thinned} drawn; only the ends are named."
    picture = figure(svg(drawing, f"caterpillar-{index}"), words, _extremes(term))
    if SHORT < modes["n_levels"] <= NAMED:
        return fold("The predicted effects of each group", picture)
    return picture


def _thinned(modes: dict) -> bool:
    return modes["n_levels"] > len(modes["levels"])


def _extremes(term: dict) -> str:
    modes = term["modes"]
    first = [row[0] for row in modes["estimate"]]
    low, high = first.index(min(first)), first.index(max(first))
    return (
        f"Predicted {term['effects'][0]} of {count(modes['n_levels'], 'group')} of "
        f"{term['group']}: from {number(first[low])} in {modes['levels'][low]} to "
        f"{number(first[high])} in {modes['levels'][high]}."
    )


def _shrinkage(term: dict, index: int) -> str:
    modes, effects = term["modes"], term["effects"][:PANELS]
    q = len(effects)
    alone = [[_nan(value) for value in row[:q]] for row in modes["alone"]]
    known = sum(all(value == value for value in row) for row in alone)
    if q < 2 or known < 2:
        return ""
    drawing = shrinkage(effects, alone, [row[:q] for row in modes["estimate"]])
    words = (
        "Shrinkage. Hollow: what least squares makes of each group's own rows. Filled: what the "
        "model makes of them, drawn to the average where a group says little. Look for filled "
        "points on one line: there the model allows the groups to differ in one way only, and "
        "the fit is singular."
    )
    missing = len(alone) - known
    words += f" {count(missing, 'group')} cannot be estimated alone." if missing else ""
    alt = (
        f"Each group's own estimates and the model's, {term['group']}: rank {reading.rank(term)} "
        "of their covariance."
    )
    return figure(svg(drawing, f"shrinkage-{index}"), words, alt)


def _nan(value: float | None) -> float:
    return float("nan") if value is None else value
