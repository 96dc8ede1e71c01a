"""Errors meant for the user: one hierarchy, one line each.

A message says what is wrong, where (file, column, row, config key) and what to do. Everything
that is not a `CovedgeError` is a defect of ours and keeps its traceback.
"""

from __future__ import annotations

import copy
import difflib
from collections.abc import Iterable, Sequence

# A message is one line that can be read: a longer formula is not repeated in it.
LONGEST_SHOWN = 200


class CovedgeError(Exception):
    """Base of all errors that the user can mend.

    key : the config key of an analysis that the error is about ("formula", "subset"), or "".
    """

    def __init__(self, message: str, key: str = ""):
        super().__init__(message)
        self.message, self.key = message, key

    @property
    def problems(self) -> tuple[str, ...]:
        """One line for each thing that is wrong."""
        return (self.message,)

    def at(self, where: str) -> CovedgeError:
        """The same error, said to be at `where` (a config key or a file)."""
        located = copy.copy(self)
        located.message = f"{where}: {self.message}"
        located.args = (located.message,)
        return located


class ConfigError(CovedgeError):
    """The config does not follow its schema. Holds every problem that was found."""

    def __init__(self, problems: Sequence[str]):
        super().__init__("\n".join(problems))
        self._problems = tuple(problems)

    @property
    def problems(self) -> tuple[str, ...]:
        return self._problems


class DataError(CovedgeError):
    """The data file, or what is left of it, cannot be used."""


class DesignError(DataError):
    """The data are readable but do not allow the model (one level, constant response, ...)."""


class StorageError(CovedgeError):
    """A result could not be written: the disk is full, read-only or broken.

    Never the result of a step, as the failure of a model can be: with room made, it runs again.
    """


class FormulaError(CovedgeError):
    """The formula is not one that we can read.

    text : the formula as written.
    position : index in `text` of the character where the trouble starts, or None.
    """

    def __init__(
        self, message: str, text: str = "", position: int | None = None, key: str = "formula"
    ):
        self.text, self.position = text, position
        if position is not None and text:
            rest = text[position : position + 40].strip()
            place = f', at "{rest}"' if rest else ", at its end"
            whole = f"`{text}`" if len(text) <= LONGEST_SHOWN else "the formula"
            message = f"{message} (character {position + 1} of {whole}{place})"
        super().__init__(message, key)

    @property
    def pointer(self) -> str:
        """The formula with a caret under the place, on two lines."""
        return f"{self.text}\n{' ' * (self.position or 0)}^"


def nearest(name: str, names: Iterable[str]) -> str | None:
    """The one of `names` that looks most like `name`, or None if none does."""
    names = [str(candidate) for candidate in names]
    folded: dict[str, str] = {}
    for candidate in names:
        folded.setdefault(candidate.casefold(), candidate)
    close = difflib.get_close_matches(str(name).casefold(), folded, n=1, cutoff=0.6)
    return folded[close[0]] if close else None


def did_you_mean(name: str, names: Iterable[str]) -> str:
    """`; did you mean "x"?`, or else the names there are (at most twelve)."""
    names = [str(candidate) for candidate in names]
    close = nearest(name, names)
    if close is not None:
        return f"; did you mean `{close}`?"
    if not names:
        return ""
    more = ", ..." if len(names) > 12 else ""
    return "; there are " + ", ".join(f"`{n}`" for n in names[:12]) + more
