"""Directions in the words of the person whose data they are."""

import numpy as np

# Loadings below this part of the largest are not worth a name.
MINOR = 0.35
# A combination of cells whose loadings sum to more than this part of their absolute sum is a level.
COMMON = 0.8


def describe(direction: dict, term: dict) -> str:
    """What a direction is: "the common level of all mPair", "p2 and p5 against p1", ...

    direction, term : an entry of `spectrum` and its term, as in fits/{model}.json.
    """
    cells, loadings = direction["cells"], direction["direction"]
    factor = term.get("factor")
    if cells:
        return _of_cells(cells, factor)
    if len(loadings) == 1:
        return _of_one(next(iter(loadings)), term, factor)
    if len(loadings) == 2 and "(Intercept)" in loadings:
        return _of_lines(loadings)
    major = {name: value for name, value in loadings.items() if abs(value) > MINOR}
    if len(major) == 1:
        return f"mostly {_of_one(next(iter(major)), term, factor)}"
    return "the combination " + _combination(major)


def _of_cells(cells, factor):
    values = np.array(list(cells.values()))
    if abs(values.sum()) > COMMON * np.abs(values).sum() and np.abs(values).min() > MINOR:
        return f"the common level of all {factor}"
    up = [name for name, value in cells.items() if value > MINOR]
    down = [name for name, value in cells.items() if value < -MINOR]
    if not up or not down:
        return f"{_listed(up or down)} of {factor}"
    return f"{_listed(up)} against {_listed(down)}"


def _of_one(name, term, factor):
    if name == "(Intercept)":
        return "the intercept"
    if name == factor:
        return f"what sets the {factor} apart from each other"
    return f"the effect {name}"


def _of_lines(loadings):
    slope = next(name for name in loadings if name != "(Intercept)")
    level, tilt = loadings["(Intercept)"], loadings[slope]
    if abs(level) < 1e-6 * abs(tilt):
        return f"the slope of {slope} (the lines of all groups are parallel)"
    return f"the height of the lines at {slope} = {place(tilt / level)} (they all meet there)"


def place(value: float) -> str:
    """A value of a predictor, with two decimals at least: 100.25 is not 100."""
    return f"{value:.2f}".rstrip("0").rstrip(".") if abs(value) >= 1 else f"{value:.3g}"


def _combination(major):
    pieces = [f"{value:+.2f} {name}" for name, value in major.items()]
    return " ".join(pieces).lstrip("+").replace("-", "−")


def _listed(names):
    if len(names) < 2:
        return "".join(names)
    return ", ".join(names[:-1]) + " and " + names[-1]


def count(n: int, what: str) -> str:
    """`3 directions`, `one direction`."""
    numerals = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
    number = numerals[n] if n < len(numerals) else str(n)
    return f"{number} {what}" + ("" if n == 1 else "s")
