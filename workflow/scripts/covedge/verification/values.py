"""Where two values of JSON's kind differ, and by how much."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

# What differs from run to run, and says nothing of the results: how long it took; where code lay.
PASSING = frozenset({"seconds", "traceback"})
LONGEST = 40


@dataclass(frozen=True)
class Difference:
    """where : the place in the file, as `terms[1].sd`. words : what is here, and what there.

    size : |here - there| / max(|here|, |there|) of two numbers; None of anything else.
    """

    where: str
    words: str
    size: float | None = None

    def __str__(self) -> str:
        told = f"{self.where}: {self.words}" if self.where else self.words
        return told if self.size is None else f"{told} (relative difference {self.size:.1e})"


def differences(here: Any, there: Any, tolerance: float = 0.0, where: str = "") -> Iterator:
    """Each Difference. Positions in lists count from 1; numbers within `tolerance` are equal."""
    if isinstance(here, dict) and isinstance(there, dict):
        for key in dict.fromkeys([*here, *there]):
            place = f"{where}.{key}".lstrip(".")
            if key not in PASSING:
                if key in here and key in there:
                    yield from differences(here[key], there[key], tolerance, place)
                else:
                    yield Difference(place, f"only {'here' if key in here else 'there'}")
    elif isinstance(here, list) and isinstance(there, list):
        if len(here) != len(there):
            yield Difference(where, f"{len(here)} values here, {len(there)} there")
        else:
            for i, (mine, theirs) in enumerate(zip(here, there, strict=True), start=1):
                if not _passing_line(mine, theirs):
                    yield from differences(mine, theirs, tolerance, f"{where}[{i}]")
    elif _is_number(here) and _is_number(there):
        size = relative(here, there)
        if size > tolerance:
            yield Difference(where, f"{here!r} here, {there!r} there", size)
    elif type(here) is not type(there) or here != there:
        yield Difference(where, f"{_shown(here)} here, {_shown(there)} there")


def _passing_line(here: Any, there: Any) -> bool:
    """Whether these are lines `[name, values]`, as R's answers have them, of what passes."""
    pair = [each for each in (here, there) if isinstance(each, list) and len(each) == 2]
    return len(pair) == 2 and pair[0][0] == pair[1][0] and str(pair[0][0]) in PASSING


def relative(here: float, there: float) -> float:
    """|here - there| / max(|here|, |there|), 0 for two that are equal, NaN among them."""
    if here == there or (math.isnan(here) and math.isnan(there)):
        return 0.0
    size = abs(here - there) / max(abs(here), abs(there))
    return math.inf if math.isnan(size) else size


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _shown(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 3]}..."
