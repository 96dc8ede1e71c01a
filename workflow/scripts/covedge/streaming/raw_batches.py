"""From a data file that need not fit into memory to prepared rows, batch by batch.

The same rows and columns as `frames.table.read_table` and `frames.data.prepare` give.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd

from covedge.errors import DataError, DesignError
from covedge.formulas import subset as subsets
from covedge.formulas.formula import Formula
from covedge.formulas.subset import as_labels, matches
from covedge.frames.data import MEANT_AS_NUMBERS, Roles, roles_of, typed
from covedge.frames.reading import FOUND, Reading
from covedge.frames.table import PARQUET, check_is_file, plain, read_table
from covedge.frames.text import Dialect, dialect, is_text
from covedge.streaming.batches import BATCH_ROWS, Batches


def raw_batches(
    path: str | Path,
    formula: Formula,
    *,
    ladder: Sequence[Formula] = (),
    subset: str | None = None,
    missing: str = "drop",
    categorical: Iterable[str] = (),
    weights: str | None = None,
    stated: Reading = FOUND,
    size: int = BATCH_ROWS,
) -> Batches:
    """Batches of a data file; the other arguments are those of `read_table` and `data.prepare`.

    Text and Parquet need not fit into memory; the other formats, whose files are small, must.

    Raises DataError or DesignError as `data.prepare` does.
    """
    file, every = _file(Path(path), stated, size), (formula, *ladder)
    needed = {name for each in every for name in each.variables} | {weights} - {None}
    needed |= set(subsets.columns(subset) if subset is not None else ())
    first = next(file.read(None))
    file = file.settled(needed & set(first.columns))
    first = first.assign(**next(file.read(needed & set(first.columns))))
    roles = roles_of(first, formula, ladder, tuple(categorical), weights)
    if subset is not None:
        matches(first, subset, roles.labels)  # says so where it uses a column that is not there
    kept = _Kept(file, needed, roles, subset, missing)
    categories = _categories(kept, roles)
    _check_one_level(categories, formula)
    # Text that is not one of the labels by its role has been found to be labels by its content.
    settled = replace(roles, labels=roles.labels | frozenset(categories))

    def read():
        for rows in kept.read():
            yield pd.DataFrame({name: typed(rows[name], name, settled) for name in roles.used})

    _check_numbers(read, roles)
    return Batches(read, categories)


@dataclass(frozen=True)
class _Text:
    """types : column -> str, where it is text in the file as a whole."""

    path: Path
    size: int
    dialect: Dialect
    types: dict[str, type]

    def read(self, columns) -> Iterator[pd.DataFrame]:
        yield from pd.read_csv(
            self.path,
            usecols=None if columns is None else sorted(columns),
            dtype=self.types,
            chunksize=self.size,
            **self.dialect.options,
        )

    def settled(self, columns) -> _Text:
        """With the types that the columns have as a whole, which one batch cannot tell."""
        kinds = {name: set() for name in columns}
        for table in self.read(columns):
            for name in columns:
                kinds[name].add(pd.api.types.infer_dtype(table[name], skipna=True))
        # Of these pandas makes the same of every batch as of the file.
        plain = ({"integer", "floating", "empty"}, {"boolean", "empty"})
        text = [n for n, found in kinds.items() if not any(found <= each for each in plain)]
        return replace(self, types=dict.fromkeys(text, str))


@dataclass(frozen=True)
class _Parquet:
    path: Path
    size: int

    def read(self, columns) -> Iterator[pd.DataFrame]:
        import pyarrow.parquet as parquet

        with parquet.ParquetFile(self.path) as file:
            wanted = None if columns is None else sorted(columns)
            start = 0
            for batch in file.iter_batches(batch_size=self.size, columns=wanted):
                table = plain(batch.to_pandas())
                table.index = range(start, start + len(table))
                start += len(table)
                yield table

    def settled(self, columns) -> _Parquet:
        return self


@dataclass(frozen=True)
class _Whole:
    """A table of another format, which is read at once."""

    table: pd.DataFrame
    size: int

    def read(self, columns) -> Iterator[pd.DataFrame]:
        table = self.table if columns is None else self.table[sorted(columns)]
        for start in range(0, len(table), self.size):
            yield table.iloc[start : start + self.size]

    def settled(self, columns) -> _Whole:
        return self


def _file(path, stated, size):
    check_is_file(path)
    if is_text(path):
        return _Text(path, size, dialect(path, stated), {})
    if path.name.lower().endswith(PARQUET):
        return _Parquet(path, size)
    return _Whole(read_table(path, stated), size)


@dataclass(frozen=True)
class _Kept:
    """The rows of the subset without missing values."""

    file: _Text | _Parquet | _Whole
    columns: set[str]
    roles: Roles
    subset: str | None
    missing: str

    def read(self) -> Iterator[pd.DataFrame]:
        for table in self.file.read(self.columns):
            if self.subset is not None:
                table = table[matches(table, self.subset, self.roles.labels)]
            rows = table[list(self.roles.used)]
            absent = rows.isna()
            if self.missing == "error" and absent.to_numpy().any():
                name = absent.columns[int(np.argmax(absent.any()))]
                first = absent.index[absent[name]][0] + 1
                raise DataError(
                    f"`{name}` is missing in row {first} of the data; set `missing: drop` to leave "
                    "such rows out",
                    key="missing",
                )
            yield rows[~absent.any(axis=1)]


def _categories(kept, roles) -> dict[str, list[str]]:
    """Label column -> its labels, sorted as in `data.Prepared`."""
    found: dict[str, set] = {}
    orders: dict[str, dict[str, None]] = {}
    numbers: dict[str, list[float]] = {}
    n_rows = 0
    for rows in kept.read():
        n_rows += len(rows)
        for name in roles.used:
            column = rows[name]
            if name in roles.labels or not _is_number(column):
                found.setdefault(name, set()).update(column.unique())
            factor = isinstance(column.dtype, pd.CategoricalDtype)
            if factor:
                labels = as_labels(pd.Series(column.cat.categories))
                orders.setdefault(name, {}).update(dict.fromkeys(labels))
            factor = factor and name not in (roles.response, roles.weights)
            if name not in roles.labels and not (_is_number(column) or factor):
                counts = column.astype(str).value_counts()
                numeric = pd.to_numeric(pd.Series(counts.index), errors="coerce").notna()
                numbers.setdefault(name, []).append(int(counts.to_numpy()[numeric].sum()))
    if not n_rows:
        raise DataError("no rows are left by the subset and without missing values", key="subset")
    for name, several in numbers.items():
        if name in (roles.response, roles.weights):
            raise DataError(f"`{name}` must be numeric, but holds text", key="formula")
        if sum(several) >= MEANT_AS_NUMBERS * n_rows:
            raise DataError(
                f"`{name}` has text among its numbers; mend the data, or list it under "
                "`categorical` if these are labels",
                key="data",
            )
    return {
        name: _present(orders[name], values) if name in orders else _sorted_labels(values)
        for name, values in found.items()
    }


def _is_number(column):
    dtype = column.dtype
    return pd.api.types.is_numeric_dtype(dtype) and not pd.api.types.is_bool_dtype(dtype)


def _present(order, values):
    present = set(as_labels(pd.Series(list(values))))
    return [label for label in order if label in present]


def _sorted_labels(values):
    if all(isinstance(value, int | float | np.number) for value in values) and not (
        values <= {True, False} and any(isinstance(v, bool | np.bool_) for v in values)
    ):
        return list(dict.fromkeys(as_labels(pd.Series(sorted(values)))))
    return sorted({str(value) for value in values})


def _check_one_level(categories, formula):
    """DesignError for a factor with one level, grouping or not."""
    groups = {term.group_name: term.group for term in formula.terms}
    used = {name: (name,) for name in formula.variables_in_effects}
    for name, columns in {**used, **groups}.items():
        if all(len(categories.get(column, (0, 0))) == 1 for column in columns):
            raise DesignError(
                f"`{name}` has one level in the rows used: leave it out of the formula, or widen "
                "the subset",
                key="formula",
            )


def _check_numbers(read, roles):
    """DesignError for a constant response, DataError for weights that are not positive."""
    lowest, highest = np.inf, -np.inf
    for frame in read():
        y = frame[roles.response]
        lowest, highest = min(lowest, y.min()), max(highest, y.max())
        if roles.weights is not None and (frame[roles.weights] <= 0).any():
            row = frame.index[frame[roles.weights] <= 0][0] + 1
            raise DataError(f"`{roles.weights}` is not positive in row {row}", key="weights")
    if lowest == highest:
        raise DesignError(
            f"the response `{roles.response}` is {lowest:g} in all rows: there is nothing to "
            "explain",
            key="formula",
        )
