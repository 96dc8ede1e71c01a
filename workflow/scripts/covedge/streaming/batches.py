"""Prepared rows in batches, from files that need not fit into memory."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

# Rows of a batch: some 10 MB for ten columns, large enough that the work on whole columns counts
# and not the calls.
BATCH_ROWS = 131_072


@dataclass(frozen=True)
class Batches:
    """Prepared rows (see `frames.data.Prepared`), batch by batch, as often as they are asked for.

    read : starts from the first row anew each time that it is called; its frames have numbers as
        float64, labels as Categorical with any categories.
    categories : label column -> all its labels, sorted as in `Prepared`.
    """

    read: Callable[[], Iterator[pd.DataFrame]]
    categories: dict[str, list[str]]

    def __iter__(self) -> Iterator[pd.DataFrame]:
        """Frames whose label columns have all `categories`, in one order."""
        indices = {name: pd.Index(labels) for name, labels in self.categories.items()}
        for frame in self.read():
            if len(frame):
                frame = frame.reset_index(drop=True)
                for name, index in indices.items():
                    if not frame[name].cat.categories.equals(index):
                        frame[name] = frame[name].cat.set_categories(index)
                yield frame


def in_memory(frame: pd.DataFrame, size: int = BATCH_ROWS) -> Batches:
    """Batches of a prepared frame."""

    def read():
        for start in range(0, len(frame), size):
            yield frame.iloc[start : start + size]

    labels = [n for n in frame if isinstance(frame[n].dtype, pd.CategoricalDtype)]
    return Batches(read, {n: list(frame[n].cat.categories) for n in labels})


def prepared_batches(path: str | Path, names: Sequence[str], size: int = BATCH_ROWS) -> Batches:
    """Batches of the columns `names` of a Parquet file as the prepare step writes it."""
    import pyarrow as pa
    from pyarrow import compute, parquet

    schema = parquet.read_schema(path)
    labels = [n for n in names if not pa.types.is_floating(schema.field(n).type)]

    def record_batches(columns):
        # Opened anew, and labels as dictionaries: their text is never repeated row by row.
        with parquet.ParquetFile(path, read_dictionary=labels) as file:
            yield from file.iter_batches(batch_size=size, columns=list(columns))

    known = {}
    for batch in record_batches(labels) if labels else ():
        for n in labels:
            here = batch.column(n).dictionary
            if n not in known or not known[n].equals(here):
                both = pa.chunked_array([known.get(n, here), here])
                known[n] = compute.unique(both)
    types = {n: pd.CategoricalDtype(values.to_pandas()) for n, values in known.items()}

    def column(batch, name):
        values = batch.column(name)
        if name not in known:
            return values.to_numpy(zero_copy_only=False)
        codes = values.indices.to_numpy(zero_copy_only=False)
        if not known[name].equals(values.dictionary):
            places = compute.index_in(values.dictionary, value_set=known[name])
            codes = places.to_numpy(zero_copy_only=False)[codes]
        return pd.Categorical.from_codes(codes, dtype=types[name], validate=False)

    def read():
        for batch in record_batches(names):
            yield pd.DataFrame({n: column(batch, n) for n in names})

    return Batches(read, {n: list(types[n].categories) for n in labels})
