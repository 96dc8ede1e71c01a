"""Reading a data file: CSV or Parquet, by its ending."""

from __future__ import annotations

import csv
import gzip
import re
from collections import Counter
from pathlib import Path

import pandas as pd

from covedge.errors import DataError

_SEPARATORS = {".csv": ",", ".csv.gz": ",", ".tsv": "\t", ".tsv.gz": "\t"}
_PARQUET = (".parquet", ".pq")
# How CSV is read. pandas would take the word None for a missing value too; it is a label at least
# as often ("treatment: None"), and R keeps it.
READ_AS = {
    "encoding": "utf-8-sig",
    "keep_default_na": False,
    "na_values": ["", "NA", "N/A", "n/a", "#N/A", "<NA>", "NaN", "nan", "NULL", "null"],
}


def read_table(path: str | Path) -> pd.DataFrame:
    """The table in the file, columns as they stand there.

    Raises DataError, which names the file, where it is missing, empty, damaged, of another kind,
    or has two columns of one name.
    """
    path = Path(path)
    if not path.exists():
        raise DataError(f"there is no file {path}", key="data")
    if path.is_dir():
        raise DataError(f"{path} is a folder, not a file", key="data")
    name = path.name.lower()
    try:
        if name.endswith(_PARQUET):
            table = pd.read_parquet(path)
        else:
            ending = next((ending for ending in _SEPARATORS if name.endswith(ending)), None)
            if ending is None:
                raise DataError(
                    f"{path} is neither CSV nor Parquet by its name; "
                    f"known endings: {', '.join([*_SEPARATORS, *_PARQUET])}",
                    key="data",
                )
            table = _read_text(path, _SEPARATORS[ending])
    except UnicodeDecodeError as error:
        message = f"{path} is not UTF-8 text (byte {error.start}); save it as UTF-8"
        raise DataError(message, key="data") from None
    except (OSError, ValueError) as error:  # pandas' and pyarrow's parsers raise kinds of these
        message = " ".join(str(error).split())
        raise DataError(f"{path} cannot be read: {message}", key="data") from None
    if table.empty:
        raise DataError(f"{path} has no rows", key="data")
    table.columns = [str(column) for column in table.columns]
    return table.reset_index(drop=True)


def _read_text(path: Path, separator: str) -> pd.DataFrame:
    opened = gzip.open if path.name.lower().endswith(".gz") else open
    with opened(path, "rt", encoding="utf-8-sig", newline="") as file:
        header = next(csv.reader(file, delimiter=separator), [])
    if not any(header):
        raise DataError(f"{path} is empty: its first line must name the columns", key="data")
    twice = [name for name, count in Counter(header).items() if count > 1]
    if twice:
        raise DataError(f"{path} has two columns named `{twice[0]}`", key="data")
    if len(header) == 1 and re.search(r"[;\t,]", header[0]):
        found = re.search(r"[;\t,]", header[0]).group().replace("\t", "tabs")
        message = f"{path} seems to be separated by {found}; covedge reads commas (.csv) or tabs"
        raise DataError(f"{message} (.tsv)", key="data")
    # index_col=False: else a first line that is too short makes the first column row names
    return pd.read_csv(path, sep=separator, index_col=False, low_memory=False, **READ_AS)
