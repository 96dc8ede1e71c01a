"""How a data file is to be read, as far as the config states it: its key `read`."""

from __future__ import annotations

import codecs
from collections.abc import Mapping
from dataclasses import dataclass

from covedge.errors import DataError

AUTO = "auto"


@dataclass(frozen=True)
class Reading:
    """What is stated; None where it is to be found from the file.

    table : sheet of a workbook, or name of a data frame among several.
    separator, decimal, encoding : of text files.
    """

    table: str | None = None
    separator: str | None = None
    decimal: str | None = None
    encoding: str | None = None


FOUND = Reading()


def reading(stated: Mapping) -> Reading:
    """The Reading that the config's `read` states. DataError for what contradicts itself."""
    found = Reading(**{key: None if value == AUTO else value for key, value in stated.items()})
    if found.separator is not None and found.separator == found.decimal:
        message = f"separator and decimal are both `{found.decimal}`: no number could be told"
        raise DataError(message, key="read")
    if found.encoding is not None:
        check_encoding(found.encoding)
    return found


def check_encoding(name: str) -> None:
    """DataError for what Python does not know as an encoding of text."""
    try:
        known = codecs.lookup(name)._is_text_encoding  # rot13 and zlib are codecs too
    except (LookupError, ValueError):
        known = False
    if not known:
        raise DataError(
            f"there is no encoding `{name}`: windows-1252, latin-1, utf-8 and utf-16 are common",
            key="read.encoding",
        )
