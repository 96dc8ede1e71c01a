"""Text files of rows: separator, decimal sign and encoding, found or stated, and checked."""

from __future__ import annotations

import codecs
import csv
import gzip
import io
import re
import zlib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from covedge.errors import DataError
from covedge.frames.reading import Reading

ENDINGS = (".csv", ".tsv", ".txt", ".tab", ".dat")
_SEPARATORS = {".tsv": "\t", ".tab": "\t"}
# What a file may be separated by where the config does not say; other signs are stated.
_CANDIDATES = (",", ";", "\t", "|")
_SAMPLE = 1_000_000  # characters
_BYTE_ORDER_MARKS = {
    codecs.BOM_UTF8: "utf-8-sig",
    codecs.BOM_UTF32_LE: "utf-32",  # before UTF-16, whose mark it begins with
    codecs.BOM_UTF32_BE: "utf-32",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}
# How cells are read. pandas would take the word None for a missing value too; it is a label at
# least as often ("treatment: None"), and R keeps it.
MISSING = ["", "NA", "N/A", "n/a", "#N/A", "<NA>", "NaN", "nan", "NULL", "null"]
_WITH_COMMA = re.compile(r"\s*[-+]?\d*,\d+([eE][-+]?\d+)?\s*")
_WITH_POINT = re.compile(r"\s*[-+]?\d*\.\d+([eE][-+]?\d+)?\s*")
# 1,234 may be a thousand and more; 0,5 and 12,34 may not.
_THOUSANDS = re.compile(r"\s*[-+]?[1-9]\d{0,2}(,\d{3})+\s*")


@dataclass(frozen=True)
class Dialect:
    """How a text file is written: what pandas needs to know to read it."""

    separator: str
    decimal: str
    encoding: str

    @property
    def options(self) -> dict:
        """For `pandas.read_csv`."""
        # index_col=False: else a first line that is too short makes the first column row names
        return {
            "sep": self.separator,
            "decimal": self.decimal,
            "encoding": self.encoding,
            "index_col": False,
            "keep_default_na": False,
            "na_values": MISSING,
        }


def is_text(path: Path) -> bool:
    """Whether the file is one of rows of text, by its name."""
    return path.name.lower().removesuffix(".gz").endswith(ENDINGS)


def read_text(path: Path, stated: Reading) -> pd.DataFrame:
    """The table in a text file. DataError as `dialect` raises them."""
    return pd.read_csv(path, low_memory=False, **dialect(path, stated).options)


def dialect(path: Path, stated: Reading) -> Dialect:
    """How the file is written; what is stated holds, the rest is found.

    The file is read through once, so that no line that is too short or too long, no undecodable
    byte and no quote that never closes is passed over. Raises DataError, with the line.
    """
    encoding = stated.encoding or _encoding(path)
    try:
        with _opened(path, encoding) as file:
            sample = file.read(_SAMPLE)
        whole = len(sample) < _SAMPLE
        separator = stated.separator or _separator(sample, whole, path)
        records = _records(sample, separator, whole)
        decimal = stated.decimal or ("," if _has_decimal_commas(records, separator) else ".")
        _check_header(records, path)
        with _opened(path, encoding) as file:
            _check_lines(file, separator, path)
    except UnicodeDecodeError as error:
        raise DataError(_undecodable(path, encoding, error), key="data") from None
    except UnicodeError as error:  # UTF-16 without its mark
        raise DataError(f"{path} is not {encoding} text: {error}", key="data") from None
    except (EOFError, zlib.error, gzip.BadGzipFile):
        message = f"{path} is not a whole gzip file: it was cut short, or is of another format"
        raise DataError(message, key="data") from None
    except csv.Error as error:
        raise DataError(f"{path} cannot be read: {error}", key="data") from None
    return Dialect(separator, decimal, encoding)


def _opened(path, encoding):
    opened = gzip.open if path.name.lower().endswith(".gz") else open
    return opened(path, "rt", encoding=encoding, newline="")


def _encoding(path: Path) -> str:
    """That of the byte order mark, else UTF-8."""
    opened = gzip.open if path.name.lower().endswith(".gz") else open
    try:
        with opened(path, "rb") as file:
            head = file.read(4)
    except (EOFError, zlib.error, gzip.BadGzipFile):
        head = b""  # said where the whole is read
    return next((e for mark, e in _BYTE_ORDER_MARKS.items() if head.startswith(mark)), "utf-8")


def _undecodable(path: Path, encoding: str, error: UnicodeDecodeError) -> str:
    name = "UTF-8" if encoding.startswith("utf-8") else encoding
    byte = error.object[error.start]
    return (
        f"{path} is not {name} text: it holds the byte 0x{byte:02x}; save it as UTF-8, or state "
        "its encoding, as in `read: {encoding: windows-1252}`"
    )


def _records(sample: str, separator: str, whole: bool) -> list[list[str]]:
    """The rows of the sample that are whole."""
    records = list(csv.reader(io.StringIO(sample, newline=""), delimiter=separator))
    return [each for each in (records if whole else records[:-1]) if each]


def _separator(sample: str, whole: bool, path: Path) -> str:
    """What splits the lines into as many fields as the first has, two at least."""
    ending = Path(path.name.lower().removesuffix(".gz")).suffix
    default = _SEPARATORS.get(ending, ",")
    found = {}
    for separator in sorted(_CANDIDATES, key=lambda each: each != default):
        records = _records(sample, separator, whole)
        width = len(records[0]) if records else 0
        if width > 1:
            same = sum(len(each) == width for each in records)
            found[separator] = (same == len(records), width)
    # The first of equals is the one that the ending promises.
    return max(found, key=found.__getitem__, default=default)


def _has_decimal_commas(records, separator) -> bool:
    """Whether numbers have a comma where others have a point: 0,5 and never 0.5."""
    if separator == ",":
        return False
    cells = [cell for record in records[1:] for cell in record]
    with_comma = [cell for cell in cells if _WITH_COMMA.fullmatch(cell)]
    certain = any(not _THOUSANDS.fullmatch(cell) for cell in with_comma)
    return certain and not any(_WITH_POINT.fullmatch(cell) for cell in cells)


def _check_header(records, path) -> None:
    header = records[0] if records else []
    if not any(name.strip() for name in header):
        raise DataError(f"{path} is empty: its first line must name the columns", key="data")
    twice = [name for name, n in Counter(header).items() if n > 1 and name.strip()]
    if twice:
        raise DataError(f"{path} has two columns named `{twice[0]}`: rename one", key="data")


def _check_lines(file, separator, path) -> None:
    """DataError for a line with fewer or more fields than the first, or with a NUL byte."""
    reader = csv.reader(_without_nul(file, path), delimiter=separator, strict=True)
    try:
        width = len(next(record for record in reader if record))
        for record in reader:
            if len(record) != width and record:
                raise _ragged(path, reader.line_num, len(record), width)
    except csv.Error as error:
        message = f"{path}, line {reader.line_num}: {error}"
        if "end of data" in str(error):
            message = f"{path}: a quotation mark is never closed: was the file cut short?"
        raise DataError(message, key="data") from None


def _ragged(path, line, found, width) -> DataError:
    fields = f"{found} field{'s' if found > 1 else ''}"
    message = f"{path}, line {line}: {fields}, and the first line names {width} columns"
    if found < width:
        return DataError(f"{message}: it is cut short", key="data")
    hint = "a separator in a label (quote it), in a number (state `read: {decimal: ...}`), or row "
    return DataError(f"{message}: {hint}names (write.csv(..., row.names = FALSE))", key="data")


def _without_nul(file, path) -> Iterator[str]:
    for line, text in enumerate(file, start=1):
        if "\0" in text:
            raise DataError(
                f"{path}, line {line}: a NUL byte; the file is damaged, or UTF-16 without its mark "
                "(state `read: {encoding: utf-16-le}`)",
                key="data",
            )
        yield text
