"""From a table as read to the rows and columns that the models are fitted to."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from covedge.errors import DataError, DesignError, did_you_mean
from covedge.formulas.formula import Formula
from covedge.formulas.subset import as_labels, select
from covedge.formulas.transformed import with_response
from covedge.frames.design import group_codes

# A text column of which at least this share are numbers was meant as numbers.
MEANT_AS_NUMBERS = 0.5
# Beyond these the squares of numbers overflow, or are zero.
LARGEST, SMALLEST = 1e150, 1e-150
# Whole numbers that are kept as floating point, since others are missing, are exact up to here.
LARGEST_WHOLE = 2.0**53


@dataclass(frozen=True)
class Counts:
    """Rows on their way: read, kept by the subset, dropped since, and used.

    missing : column -> rows in which it is missing; a row may be missing in several columns.
    """

    read: int
    subset: int
    dropped: int
    used: int
    missing: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Prepared:
    """What the models are fitted to.

    frame : the columns of the formulas; response, numeric covariates and weights float64, all
        else Categorical with sorted levels, of which none is empty. Rows in their order in the
        file, numbered anew.
    levels : column -> its labels, for the categorical columns.
    """

    frame: pd.DataFrame
    counts: Counts
    levels: dict[str, tuple[str, ...]]


@dataclass(frozen=True)
class Roles:
    """What the columns are for. `used` in the order of the formulas, weights last."""

    response: str
    weights: str | None
    used: tuple[str, ...]
    grouping: frozenset[str]
    labels: frozenset[str]


def prepare(
    table: pd.DataFrame,
    formula: Formula,
    *,
    ladder: Sequence[Formula] = (),
    subset: str | None = None,
    missing: str = "drop",
    categorical: Iterable[str] = (),
    weights: str | None = None,
) -> Prepared:
    """The rows and columns that `formula` and the formulas of `ladder` are fitted to.

    missing : "drop" rows with a missing value in a column that is used, or "error".
    categorical : columns of numbers that are labels. Grouping factors are labels in any case.

    Raises DataError or DesignError; its `key` is the config key of the analysis at fault.
    """
    table = with_response(table, formula)
    roles = roles_of(table, formula, ladder, tuple(categorical), weights)
    kept = np.ones(len(table), dtype=bool)
    if subset is not None:
        kept = select(table, subset, roles.labels)
    rows = table.loc[kept, list(roles.used)]
    rows, counts = _without_missing(rows, missing, n_read=len(table))
    frame = pd.DataFrame({name: typed(rows[name], name, roles) for name in roles.used})
    _check_response(frame[roles.response], roles.response)
    _check_weights(frame, roles.weights)
    for each in (formula, *ladder):
        _check_levels(frame, each)
    levels = {
        name: tuple(frame[name].cat.categories)
        for name in frame
        if isinstance(frame[name].dtype, pd.CategoricalDtype)
    }
    return Prepared(frame.reset_index(drop=True), counts, levels)


def roles_of(table, formula, ladder, categorical, weights) -> Roles:
    formulas = (formula, *ladder)
    wanted = [(name, "formula") for name in formula.variables]
    wanted += [(name, "ladder") for each in ladder for name in each.variables]
    wanted += [(name, "categorical") for name in categorical]
    wanted += [(weights, "weights")] if weights is not None else []
    for name, key in wanted:
        if name not in table.columns:
            hint = did_you_mean(name, table.columns)
            raise DataError(f"there is no column `{name}` in the data{hint}", key=key)
    grouping = {name for each in formulas for term in each.terms for name in term.group}
    used = [name for name, key in wanted if key != "categorical"]
    numbers = {name for name in used if pd.api.types.is_numeric_dtype(table[name].dtype)}
    slopes = {name for each in formulas for name in each.variables_in_effects}
    for name in {formula.response, weights} & (grouping | set(categorical)):
        role = "response" if name == formula.response else "weights column"
        raise DataError(f"the {role} `{name}` cannot be labels as well", key="formula")
    # What is a number in effects stays one, and groups by its distinct values.
    labels = frozenset((grouping - (numbers & slopes)) | set(categorical))
    return Roles(formula.response, weights, tuple(dict.fromkeys(used)), frozenset(grouping), labels)


def _without_missing(rows: pd.DataFrame, missing: str, n_read: int) -> tuple[pd.DataFrame, Counts]:
    absent = rows.isna()
    per_column = {name: int(n) for name, n in absent.sum().items() if n}
    if per_column and missing == "error":
        name = next(iter(per_column))
        first = absent.index[absent[name]][0] + 1
        raise DataError(
            f"`{name}` is missing in {per_column[name]} rows, first in row {first} of the data; "
            "set `missing: drop` to leave such rows out",
            key="missing",
        )
    kept = rows[~absent.any(axis=1)]
    if kept.empty:
        told = ", ".join(f"`{name}` in {n}" for name, n in per_column.items())
        message = f"no rows are left: each has a missing value ({told} of {len(rows)})"
        raise DataError(message, key="missing")
    counts = Counts(n_read, len(rows), len(rows) - len(kept), len(kept), per_column)
    return kept, counts


@dataclass(frozen=True)
class _Coded:
    """A column by its distinct values: values[codes] are its rows; text : the values' labels."""

    codes: np.ndarray
    values: pd.Series
    text: pd.Series


def _coded(column: pd.Series) -> _Coded:
    # In a column of objects 1, 1.0 and True are equal, and yet three labels.
    codes, values = pd.factorize(column.astype(str) if column.dtype == object else column)
    values = pd.Series(values)
    return _Coded(codes, values, as_labels(values))


def typed(column: pd.Series, name: str, roles: Roles) -> pd.Series:
    """The column as float64 or as Categorical, whichever its role and its content ask for."""
    dtype = column.dtype
    numeric = pd.api.types.is_numeric_dtype(dtype) and not pd.api.types.is_bool_dtype(dtype)
    factor = isinstance(dtype, pd.CategoricalDtype)
    must_be_numeric = name in (roles.response, roles.weights)
    if pd.api.types.is_complex_dtype(dtype):
        raise DataError(f"`{name}` holds complex numbers: give real and imaginary part", key="data")
    if numeric and name not in roles.labels:
        return _as_numbers(column, name)
    _check_kind(column, name, roles)
    coded = _coded(column)
    if name not in roles.labels and not (factor and not must_be_numeric):
        _check_stray_text(column, coded, name, must_be_numeric)
    if numeric:
        ordered = coded.text.iloc[np.argsort(coded.values.to_numpy())]
    elif factor:  # R's, Stata's and SPSS's come in an order, which says what the reference is
        present = set(coded.text)
        ordered = [label for label in as_labels(pd.Series(dtype.categories)) if label in present]
    else:
        ordered = sorted(coded.text)
    labels = {label: i for i, label in enumerate(dict.fromkeys(ordered))}
    places = np.array([labels[label] for label in coded.text])
    typed = pd.Categorical.from_codes(places[coded.codes], categories=list(labels))
    return pd.Series(typed, index=column.index, name=name)


def _as_numbers(column: pd.Series, name: str) -> pd.Series:
    values = column.astype("float64")
    finite = np.isfinite(values.to_numpy())
    if not finite.all():
        row = values.index[~finite][0] + 1
        raise DataError(f"`{name}` is infinite in row {row} of the data", key="data")
    large = np.abs(values.to_numpy()) > LARGEST
    if large.any():
        row = values.index[large][0] + 1
        message = f"`{name}` is {values[row - 1]:g} in row {row} of the data: too large to be"
        raise DataError(f"{message} squared; mend it, or change the unit", key="data")
    if 0 < np.abs(values.to_numpy()).max(initial=0.0) < SMALLEST:
        message = f"`{name}` is nowhere above {SMALLEST:g}: too small to be squared"
        raise DataError(f"{message}; change the unit", key="data")
    return values


def _check_kind(column: pd.Series, name: str, roles: Roles) -> None:
    """DataError for a column that is neither numbers nor labels."""
    dtype = column.dtype
    times = pd.api.types.is_datetime64_any_dtype(dtype) or pd.api.types.is_timedelta64_dtype(dtype)
    if times and name not in roles.labels:
        message = f"`{name}` holds times; turn them into numbers, such as days, or list it under"
        raise DataError(f"{message} `categorical` if these are labels", key="data")
    if pd.api.types.is_object_dtype(dtype):
        for row, value in column.items():
            if not isinstance(value, str | bool | int | float | np.generic | dt.date | dt.time):
                message = f"`{name}` holds neither numbers nor text in row {row + 1} of the data"
                raise DataError(f"{message}, but a {type(value).__name__}", key="data")
    whole = pd.api.types.is_float_dtype(dtype) and column.abs().max() > LARGEST_WHOLE
    if whole and (column == column.round()).all():
        message = f"`{name}` has labels of more than 15 digits as numbers, which cannot be told"
        raise DataError(f"{message} apart: write them as text (R rounds them, too)", key="data")


def _check_stray_text(column: pd.Series, coded: _Coded, name: str, must_be_numeric: bool) -> None:
    """DataError where text stands in a column of numbers."""
    stray = pd.to_numeric(coded.text, errors="coerce").isna().to_numpy()[coded.codes]
    share = 1.0 - stray.mean()
    if not must_be_numeric and share < MEANT_AS_NUMBERS:
        return
    if not stray.any():  # numbers that stand as text, as in a Parquet file
        found = "holds numbers as text"
    else:
        row = column.index[stray][0] + 1
        found = f"is not a number in row {row} of the data: '{column[stray].iloc[0]}'"
        if re.fullmatch(r"\s*[-+]?\d+(,\d+)+\s*", str(column[stray].iloc[0])):
            found += "; if that is a decimal comma, state `read: {decimal: ','}`"
    if must_be_numeric:
        raise DataError(f"`{name}` must be numeric, but {found}", key="formula")
    raise DataError(
        f"`{name}` {found}; mend the data, or list it under `categorical` if these are labels",
        key="data",
    )


def _check_response(values: pd.Series, name: str) -> None:
    if values.min() == values.max():
        message = f"the response `{name}` is {values.iloc[0]:g} in all {len(values)} rows"
        raise DesignError(f"{message}: there is nothing to explain", key="formula")


def _check_weights(frame: pd.DataFrame, name: str | None) -> None:
    if name is not None and (frame[name] <= 0).any():
        row = frame.index[frame[name] <= 0][0] + 1
        raise DataError(f"`{name}` is not positive in row {row} of the data", key="weights")


def _check_levels(frame: pd.DataFrame, formula: Formula) -> None:
    """DesignError for a factor with one level, grouping or not."""
    for term in formula.terms:
        _, levels = group_codes(frame, term.group)
        if len(levels) == 1:
            raise DesignError(
                f"the grouping factor `{term.group_name}` has one level ('{levels[0]}') in the "
                f"{len(frame)} rows used: no variance between its levels can be told",
                key="formula",
            )
    for name in formula.variables_in_effects:
        column = frame[name]
        if isinstance(column.dtype, pd.CategoricalDtype) and len(column.cat.categories) == 1:
            raise DesignError(
                f"`{name}` has one level ('{column.cat.categories[0]}') in the {len(frame)} rows "
                "used: leave it out of the formula, or widen the subset",
                key="formula",
            )
