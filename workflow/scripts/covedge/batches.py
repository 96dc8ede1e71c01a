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
    """Prepared rows (see `covedge.data.Prepared`), batch by batch, as often as they are asked for.

    read : starts from the first row anew each time that it is called; its frames have numbers as
        float64, labels as Categorical with any categories.
    categories : label column -> all its labels, sorted as in `Prepared`.
    """

    read: Callable[[], Iterator[pd.DataFrame]]
    categories: dict[str, list[str]]

    def __iter__(self) -> Iterator[pd.DataFrame]:
        """Frames whose label columns have all `categories`, in one order."""
        types = {n: pd.CategoricalDtype(c) for n, c in self.categories.items()}
        for frame in self.read():
            if len(frame):
                yield frame.assign(
                    **{n: frame[n].cat.set_categories(t.categories) for n, t in types.items()}
                ).reset_index(drop=True)


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
    import pyarrow.parquet as parquet

    schema = parquet.read_schema(path)
    labels = [n for n in names if not pa.types.is_floating(schema.field(n).type)]

    def read(columns=tuple(names)):
        # Opened anew, and labels as dictionaries: their text is never repeated row by row.
        with parquet.ParquetFile(path, read_dictionary=labels) as file:
            for batch in file.iter_batches(batch_size=size, columns=list(columns)):
                yield batch.to_pandas()

    found: dict[str, dict[str, None]] = {n: {} for n in labels}
    for frame in read(labels) if labels else ():
        for n in labels:
            found[n].update(dict.fromkeys(frame[n].cat.categories))
    return Batches(read, {n: list(labels) for n, labels in found.items()})
