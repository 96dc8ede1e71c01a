"""Reading a data file, whatever its format is: by its ending, and as the config states."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pandas as pd

from covedge.errors import CovedgeError, DataError
from covedge.frames import labelled, r_objects, text, workbook
from covedge.frames.reading import FOUND, Reading

PARQUET = (".parquet", ".pq")
_READERS: dict[tuple[str, ...], Callable] = {
    workbook.ENDINGS: workbook.read_workbook,
    r_objects.ENDINGS: r_objects.read_r,
    labelled.ENDINGS: labelled.read_labelled,
}
_KNOWN = (
    *text.ENDINGS,
    ".csv.gz",
    *PARQUET,
    *workbook.ENDINGS,
    *r_objects.ENDINGS,
    *labelled.ENDINGS,
)
# What files begin with that have the ending of text and hold something else.
_BEGINNINGS = {
    b"PK\x03\x04": "a workbook or another zip archive; if it is Excel's, its ending is .xlsx",
    b"\xd0\xcf\x11\xe0": "an old workbook (.xls): save it as .xlsx or .csv",
    b"PAR1": "Parquet: its ending is .parquet",
    b"\x1f\x8b": "something that gzip compressed: its ending is .gz, or .rds if R saved it",
    b"$FL": "data of SPSS: its ending is .sav",
    b"<stata_dta>": "data of Stata: its ending is .dta",
    b"RDX": "objects of R: its ending is .RData",
    b"%PDF": "a PDF",
    b"<!DOCTYPE": "a web page: was something else downloaded than the data?",
    b"<html": "a web page: was something else downloaded than the data?",
    b"version https://git-lfs": "a pointer of Git LFS: fetch the data with `git lfs pull`",
}


def read_table(path: str | Path, stated: Reading = FOUND) -> pd.DataFrame:
    """The table in the file, columns as they stand there; factors have their levels in order.

    Raises DataError, which names the file, where it is missing, empty, damaged, of another kind,
    or has two columns of one name.
    """
    path = Path(path)
    check_is_file(path)
    try:
        table = _reader(path)(path, stated)
    except CovedgeError:
        raise
    except MemoryError:
        raise DataError(f"{path} does not fit into memory", key="data") from None
    except Exception as error:  # a damaged file: parsers of formats fail in ways of their own
        message = " ".join(str(error).split()) or type(error).__name__
        raise DataError(
            f"{path} cannot be read: {message}; is it whole, and what its ending says that it is?",
            key="data",
        ) from error
    if table.empty:
        raise DataError(f"{path} has no rows", key="data")
    table.columns = [str(column) for column in table.columns]
    twice = [name for name, n in Counter(table.columns).items() if n > 1]
    if twice:
        raise DataError(f"{path} has two columns named `{twice[0]}`: rename one", key="data")
    return plain(table).reset_index(drop=True)


def plain(table: pd.DataFrame) -> pd.DataFrame:
    """The table with numbers and dates as such where a format hands out objects of Python."""
    changed = {}
    for name in [n for n in table if pd.api.types.is_object_dtype(table[n].dtype)]:
        kind = pd.api.types.infer_dtype(table[name], skipna=True)
        if kind == "decimal":
            changed[name] = table[name].astype(float)
        elif kind in ("date", "datetime", "datetime64"):
            changed[name] = pd.to_datetime(table[name])
    return table.assign(**changed) if changed else table


def check_is_file(path: Path) -> None:
    """DataError where there is nothing to read, or not what the ending says."""
    if path.is_dir():
        raise DataError(f"{path} is a folder, not a file", key="data")
    try:
        with path.open("rb") as file:
            head = file.read(32)
    except FileNotFoundError:
        raise DataError(f"there is no file {path}", key="data") from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise DataError(f"{path} cannot be read: {reason}", key="data") from None
    if not head:
        raise DataError(f"{path} is empty: its first line must name the columns", key="data")
    if text.is_text(path) and not path.name.lower().endswith(".gz"):
        for beginning, what in _BEGINNINGS.items():
            if head.lower().startswith(beginning.lower()):
                raise DataError(f"{path} holds {what}", key="data")


def _reader(path: Path) -> Callable[[Path, Reading], pd.DataFrame]:
    if text.is_text(path):
        return text.read_text
    name = path.name.lower()
    if name.endswith(PARQUET):
        return lambda path, stated: pd.read_parquet(path)
    for endings, reader in _READERS.items():
        if name.endswith(endings):
            return reader
    raise DataError(
        f"{path}: its ending is none that covedge reads: {', '.join(_KNOWN)}; save it as one of "
        "these",
        key="data",
    )
