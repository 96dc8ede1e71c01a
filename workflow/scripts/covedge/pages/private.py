"""A page without the names of single groups, for data that may not leave the house.

Levels of a grouping factor are numbered in their order (`ratID 3`), wherever a result names one.
Pages never show a single row's values but for the rows' numbers, which go, too.
"""

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from covedge.pages.results import Results

# What may name a level. The config's slice and the formulas do not.
FIELDS = ("design", "fits", "posterior", "examples", "leave_out", "verdict", "intervals", "tests")


def hidden(results: Results) -> Results:
    """The same results, with numbers for the names of levels."""
    numbers = dict(_numbered(results))
    told = {name: _renamed(getattr(results, name), numbers) for name in FIELDS}
    told["verdict"] = _without_rows(told["verdict"], numbers)
    return replace(results, **told, level_names=numbers)


def _numbered(results: Results) -> Iterator[tuple[str, str]]:
    """(label, `factor number`) of every level that some result names."""
    named: dict[str, dict[str, None]] = {}
    for group, labels in _levels(results):
        named.setdefault(group, {}).update(dict.fromkeys(labels))
    # Nested ones contain the labels of those that they lie in, so they go by their whole.
    for group, labels in named.items():
        for number, label in enumerate(labels, 1):
            yield label, f"{group} {number}"


def _levels(results):
    groups = {term["group"] for term in results.design.get("terms", [])}
    for column, labels in results.design.get("levels", {}).items():
        if column in groups:
            yield column, labels
    for cells in results.design.get("counts", []):
        yield cells["group"], cells["groups"]
    for fit in results.fits.values():
        for term in fit.get("terms", []):
            yield term["group"], (term.get("modes") or {}).get("levels") or []
    for term in results.leave_out.get("terms", []):
        yield term["group"], [one["level"] for one in term.get("levels") or []]


def _renamed(value: Any, numbers: dict[str, str]) -> Any:
    """A level is known by its whole label: no part of a longer text is one."""
    if isinstance(value, str):
        return numbers.get(value, value)
    if isinstance(value, dict):
        return {key: _renamed(inner, numbers) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return type(value)(_renamed(inner, numbers) for inner in value)
    return value


def _without_rows(verdict, numbers):
    """Causes whose sentences name no level and whose evidence lists no row."""
    back = {number: label for label, number in numbers.items()}
    causes = []
    for cause in verdict.get("causes", []):
        evidence = cause.get("evidence") or {}
        kept = {k: v for k, v in evidence.items() if k != "rows" or not isinstance(v, list)}
        sentence = cause["sentence"]
        for value in evidence.values():
            if isinstance(value, str) and value in back:
                whole = rf"(?<!\w){re.escape(back[value])}(?!\w)"
                sentence = re.sub(whole, lambda _, value=value: value, sentence)
        causes.append(cause | {"evidence": kept, "sentence": sentence})
    return verdict | {"causes": causes} if "causes" in verdict else verdict
