"""Files with the variances of a fit that the user has: theta or VarCorr, as R writes them."""

import csv
import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from covedge.errors import DataError

VARCORR = ("grp", "var1", "var2", "vcov", "sdcor")
EXPECTED = (
    'expected is what write.csv(as.data.frame(VarCorr(fit))) or write.csv(getME(fit, "theta")) '
    "writes"
)
NOTHING = ("", "NA")


@dataclass(frozen=True)
class Block:
    """The covariance (q, q) of the effects of a random term; place : where it is in the file."""

    group: str
    effects: tuple[str, ...]
    covariance: np.ndarray
    place: str


@dataclass(frozen=True)
class GivenFit:
    """theta (k,) with its names ("" where it has none), or else the blocks of VarCorr and sigma.

    sigma, criterion : None where the file does not tell them.
    """

    path: str
    theta: np.ndarray | None
    theta_names: tuple[str, ...]
    blocks: tuple[Block, ...]
    sigma: float | None
    criterion: float | None


def read(path: str | Path) -> GivenFit:
    """The fit in a CSV or JSON file. Raises DataError with file, row and column."""
    try:
        text = Path(path).read_text(encoding="utf-8-sig")
    except OSError as error:
        reason = (error.strerror or "no reason given").lower()
        raise DataError(f"{path}: cannot be read: {reason}") from None
    except UnicodeDecodeError:
        raise DataError(f"{path}: is not UTF-8 text") from None
    if not text.strip():
        raise DataError(f"{path}: is empty; {EXPECTED}")
    return _json(path, text) if str(path).lower().endswith(".json") else _csv(path, text)


def _csv(path, text):
    separator = "\t" if "\t" in text.splitlines()[0] else ","
    head, *rows = [row for row in csv.reader(text.splitlines(), delimiter=separator) if row]
    # R writes the names of rows under a heading that is empty, and write.table under none.
    rows = [row if len(row) == len(head) else row[1:] for row in rows]
    for number, row in enumerate(rows, start=2):
        if len(row) != len(head):
            raise DataError(
                f"{path}: row {number} has {len(row)} fields, and the first {len(head)}"
            )
    columns = [name.strip() for name in head]
    if "grp" in columns:
        return _varcorr(path, [dict(zip(columns, row, strict=True)) for row in rows], first=2)
    numeric = [name for name in columns if name in ("theta", "x")] or [columns[-1]]
    at = columns.index(numeric[0])
    if len(columns) > 2 or (len(columns) == 2 and at == 0):
        raise DataError(f"{path}: has the columns {', '.join(columns)}; {EXPECTED}")
    theta = [_number(path, f"row {i}", columns[at], row[at]) for i, row in enumerate(rows, start=2)]
    names = [row[0] if len(row) == 2 else "" for row in rows]
    return _theta(path, theta, names, None, None)


def _json(path, text):
    try:
        told = json.loads(text)
    except ValueError as error:
        raise DataError(f"{path}: is not JSON: {error}") from None
    if isinstance(told, list) and told and all(isinstance(row, dict) for row in told):
        return _varcorr(path, told)
    if isinstance(told, list):
        told = {"theta": told}
    if not isinstance(told, dict) or ("theta" in told) == ("varcorr" in told):
        raise DataError(f"{path}: must have either the key `theta` or the key `varcorr`")
    sigma, criterion = (
        None if told.get(key) is None else _number(path, "JSON", key, _one(told[key]))
        for key in ("sigma", "criterion")
    )
    if "varcorr" in told:
        return _varcorr(path, told["varcorr"], sigma, criterion)
    values = told["theta"]
    if isinstance(values, int | float):
        values = [values]
    if not isinstance(values, list | dict):
        raise DataError(f"{path}: theta must be a list of numbers")
    named = values.items() if isinstance(values, dict) else [("", value) for value in values]
    theta = [_number(path, f"theta[{i}]", "theta", v) for i, (_, v) in enumerate(named, start=1)]
    return _theta(path, theta, [name for name, _ in named], sigma, criterion)


def _one(value):
    """jsonlite writes a number as a list of one, unless it is told otherwise."""
    return value[0] if isinstance(value, list) and len(value) == 1 else value


def _theta(path, theta, names, sigma, criterion):
    if not theta:
        raise DataError(f"{path}: has no rows; {EXPECTED}")
    if sigma is not None and sigma <= 0:
        raise DataError(f"{path}: sigma is {sigma:g}, and must be above 0")
    return GivenFit(str(path), np.array(theta), tuple(names), (), sigma, criterion)


def _varcorr(path, rows: Sequence[dict], sigma=None, criterion=None, first=1):
    """The blocks in the rows of as.data.frame(VarCorr(fit)), variances before covariances.

    first : the number of the first of the rows in the file.
    """
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise DataError(f"{path}: varcorr must be a list of rows; {EXPECTED}")
    found: dict[str, dict[tuple[str, str], float]] = {}
    places: dict[str, str] = {}
    for number, row in enumerate(rows, start=first):
        place = f"row {number}"
        names = [_label(row.get(key)) for key in VARCORR[:3]]
        if not names[0]:
            raise DataError(f"{path}: {place}: the column grp is empty; {EXPECTED}")
        if names[0] == "Residual":
            sigma = _sd(path, place, row, "the residual") or sigma
            continue
        places.setdefault(names[0], place)
        block = found.setdefault(names[0], {})
        pair = (names[1], names[2] or names[1])
        if pair in block:
            raise DataError(f"{path}: {place}: `{names[0]}` has `{' and '.join(pair)}` twice")
        block[pair] = _element(path, place, row, names, block)
    if not found:
        raise DataError(f"{path}: has no row of a grouping factor; {EXPECTED}")
    if not sigma or sigma <= 0:
        raise DataError(
            f"{path}: there is no row `Residual` with a standard deviation above 0, and without it "
            "the variances have no scale"
        )
    blocks = tuple(_block(path, group, pairs, places[group]) for group, pairs in found.items())
    return GivenFit(str(path), None, (), blocks, sigma, criterion)


def _label(value):
    """A label of VarCorr; NA where R has none."""
    return "" if value is None or str(value).strip() in NOTHING else str(value).strip()


def _element(path, place, row, names, block):
    """A variance or a covariance, from vcov, or else from sdcor."""
    group, one, other = names
    if not other:
        return _sd(path, place, row, f"`{one}` in `{group}`") ** 2
    if _label(row.get("vcov")):
        return _number(path, place, "vcov", row["vcov"])
    correlation = _number(path, place, "sdcor", row.get("sdcor"))
    if abs(correlation) > 1:
        raise DataError(f"{path}: {place}: the correlation {correlation:g} is not between -1 and 1")
    try:
        return correlation * math.sqrt(block[one, one] * block[other, other])
    except KeyError as missing:
        raise DataError(
            f"{path}: {place}: `{missing.args[0][0]}` has no variance in the rows before"
        ) from None


def _sd(path, place, row, whose):
    """A standard deviation, from vcov, or else from sdcor."""
    key = "vcov" if _label(row.get("vcov")) else "sdcor"
    value = _number(path, place, key, row.get(key))
    if value < 0:
        kind = "variance" if key == "vcov" else "standard deviation"
        raise DataError(f"{path}: {place}: the {kind} of {whose} is {value:g}, below 0")
    return math.sqrt(value) if key == "vcov" else value


def _block(path, group, pairs, place):
    effects = tuple(one for one, other in pairs if one == other)
    covariance = np.zeros((len(effects), len(effects)))
    for (one, other), value in pairs.items():
        for name in (one, other):
            if name not in effects:
                raise DataError(f"{path}: {place}: `{name}` in `{group}` has no variance")
        i, j = effects.index(one), effects.index(other)
        covariance[i, j] = covariance[j, i] = value
    if len(pairs) not in (len(effects), len(effects) * (len(effects) + 1) // 2):
        raise DataError(f"{path}: {place}: `{group}` lacks some of the covariances of its effects")
    return Block(group, effects, covariance, place)


def _number(path, place, column, value):
    try:
        number = float(value)
    except (TypeError, ValueError):
        number = math.nan
    if not math.isfinite(number) or isinstance(value, bool):
        shown = "nothing" if value in (None, "") else f"`{value}`"
        raise DataError(f"{path}: {place}, column {column}: {shown} is not a number")
    return number
