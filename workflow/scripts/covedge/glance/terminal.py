"""A look as plain text, for a terminal."""

from __future__ import annotations

import shutil
import textwrap
from typing import TYPE_CHECKING

from covedge.advice import what_to_do
from covedge.causes.cause import TITLES

if TYPE_CHECKING:
    from covedge.glance.look import Look

# Longer lines are hard to read, however wide the terminal is.
WIDEST = 100


def text(look: Look) -> str:
    """The verdict, what to do, why, the ladder, and what was not looked into."""
    width = min(shutil.get_terminal_size().columns, WIDEST)
    first, *rest = look.verdict["points"]
    rest = [point["sentence"] for point in rest if point["about"] != "instead"]
    parts = [
        _wrapped(look.formula, width) + "\n" + _wrapped(asked_of(look), width),
        "\n".join([_wrapped(first["sentence"], width), *(_item(each, width) for each in rest)]),
        _section("What to do", [what_to_do(look.verdict)], width),
        _section("Why", [why(cause) for cause in look.verdict["causes"]], width),
        "The ladder\n" + "\n".join(_rung(record) for record in look.records),
        _section("Not looked into here; the workflow does", look.not_done, width),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def asked_of(look: Look) -> str:
    """Method, rows and data."""
    counts = look.counts
    left_out = counts.read - counts.used
    more = f" ({left_out:,} of {counts.read:,} left out)" if left_out else ""
    return f"{look.method}, {counts.used:,} rows{more} of {look.source}"


def why(cause: dict) -> str:
    """A cause in a line: its title, where, and its sentence."""
    where = f" ({cause['group']})" if cause["group"] else ""
    return f"{TITLES[cause['cause']]}{where}. {cause['sentence']}"


def state(record: dict) -> str:
    """What a fit is, in a word or two."""
    if not record["identifiable"]:
        return "not identifiable"
    if not record["certificate"]["certified"]:
        return "not certified"
    return "singular" if record["degenerate"] else "sound"


def _rung(record):
    return (
        f"  {record['model']:<24} {state(record):<17} "
        f"{record['criterion']:>14.4f}  {record['formula']}"
    )


def _section(title, items, width):
    items = [item for item in items if item]
    return "\n".join([title, *(_item(item, width) for item in items)]) if items else ""


def _wrapped(line, width):
    return textwrap.fill(line, width, break_long_words=False, break_on_hyphens=False)


def _item(line, width):
    return textwrap.fill(
        line,
        width,
        initial_indent="  - ",
        subsequent_indent="    ",
        break_long_words=False,
        break_on_hyphens=False,
    )
