"""Excel workbooks: the sheet that is stated, or the only one with something in it."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pandas as pd

from covedge.errors import DataError, did_you_mean
from covedge.frames.reading import Reading
from covedge.frames.text import MISSING

ENDINGS = (".xlsx", ".xlsm")


def read_workbook(path: Path, stated: Reading) -> pd.DataFrame:
    """The sheet as a table; the first row names the columns. Formulas have their stored values.

    Raises DataError where the sheet must be stated, or has two columns of one name.
    """
    options = {"keep_default_na": False, "na_values": MISSING}
    with pd.ExcelFile(path, engine="openpyxl") as book:
        sheet = _sheet(book, stated, path)
        header = pd.read_excel(book, sheet, header=None, nrows=1, dtype=object)
        names = [str(name) for name in header.iloc[0].dropna()] if len(header) else []
        if not names:
            message = f"{path}, sheet `{sheet}`: the first row must name the columns"
            raise DataError(message, key="data")
        twice = [name for name, n in Counter(names).items() if n > 1]
        if twice:
            message = f"{path}, sheet `{sheet}`: two columns are named `{twice[0]}`: rename one"
            raise DataError(message, key="data")
        return pd.read_excel(book, sheet, **options)


def _sheet(book, stated, path):
    sheets = [str(name) for name in book.sheet_names]
    if stated.table is not None:
        if stated.table not in sheets:
            hint = did_you_mean(stated.table, sheets)
            raise DataError(f"{path} has no sheet `{stated.table}`{hint}", key="read.table")
        return stated.table
    filled = [name for name in sheets if len(pd.read_excel(book, name, header=None, nrows=1))]
    if len(filled) > 1:
        raise DataError(
            f"{path} has several sheets: state one, as in `read: {{table: {filled[0]}}}`; there "
            f"are {', '.join(f'`{name}`' for name in filled)}",
            key="read.table",
        )
    return filled[0] if filled else sheets[0]
