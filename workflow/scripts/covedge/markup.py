"""Safe text for the pages: one helper escapes every label that comes from data.

Cells of the report return Markdown. A label from the data (`<script>`, `a|b`, `$x_1$`, an emoji,
right-to-left text) must show as text there and do nothing. So labels never become Markdown at all:
they are escaped as HTML once and go in as raw inline HTML, which neither Pandoc nor Quarto reads.
"""

import html
import math
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

MINUS = "\N{MINUS SIGN}"
NOTHING = "\N{EN DASH}"
_SUPERSCRIPTS = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
_CONTROL = re.compile(r"[\x00-\x1f\x7f\ud800-\udfff]+")


class Html(str):
    """A string that is HTML already; `escape` leaves it alone."""

    __slots__ = ()


class Markdown(str):
    """What a cell returns: a notebook shows it as `text/markdown`, never as `text/html`."""

    __slots__ = ()

    def _repr_markdown_(self) -> str:
        return str(self)


def plain(label: object) -> str:
    """A label as one line of text: no line breaks, control characters or lone surrogates."""
    return _CONTROL.sub(" ", str(label)).strip()


def escape(label: object) -> Html:
    """HTML for a label. Braces and backticks go too: they mean something to Quarto and Pandoc."""
    if isinstance(label, Html):
        return label
    escaped = html.escape(plain(label), quote=True)
    return Html(escaped.replace("`", "&#96;").replace("{", "&#123;").replace("}", "&#125;"))


def inline(content: Html) -> str:
    """HTML within a line of Markdown."""
    return f"`{content}`{{=html}}"


def block(content: str) -> str:
    """HTML as a paragraph of Markdown of its own."""
    return f"\n\n```{{=html}}\n{content}\n```\n"


def text(label: object) -> str:
    """A label within Markdown prose; `bdi` keeps right-to-left text from turning its neighbours."""
    return inline(Html(f"<bdi>{escape(label)}</bdi>"))


def code(label: object) -> str:
    """A formula, an R call or a column name within Markdown prose."""
    return inline(code_html(label))


def code_html(label: object) -> Html:
    """A formula, an R call or a column name within HTML."""
    return Html(f"<code>{escape(label)}</code>")


def number(value: float | None, digits: int = 3) -> str:
    """A number to `digits` significant digits, with a real minus sign; tiny ones as powers of ten.

    Whole parts are never rounded away: 1234.5 gives 1234 (or 1235), not 1230.
    """
    if value is None or not math.isfinite(value):
        return NOTHING
    if value == 0:
        return "0"
    magnitude = int(f"{value:.{digits - 1}e}".split("e")[1])
    if magnitude < -4 or magnitude > 7:
        mantissa, exponent = f"{value:.{max(digits - 2, 0)}e}".split("e")
        return f"{mantissa} × 10{str(int(exponent)).translate(_SUPERSCRIPTS)}".replace("-", MINUS)
    return fixed(value, max(digits - 1 - magnitude, 0))


def fixed(value: float | None, decimals: int = 2) -> str:
    """A number with a set number of decimals, so that a column of them lines up."""
    if value is None or not math.isfinite(value):
        return NOTHING
    shown = f"{value:.{decimals}f}"
    if float(shown) == 0:
        shown = shown.lstrip("-")
    return shown.replace("-", MINUS)


def count(value: int, one: str, many: str | None = None) -> str:
    """`1 rat`, `10 rats`, `12 345 rows` (with a thin space from 10 000 on)."""
    shown = f"{value:,}".replace(",", "\N{NARROW NO-BREAK SPACE}") if value >= 10_000 else value
    return f"{shown} {one if value == 1 else many or one + 's'}"


def listing(items: Iterable[str]) -> str:
    """`a`, `a and b`, `a, b and c`."""
    items = list(items)
    return ", ".join(items[:-1]) + " and " + items[-1] if len(items) > 1 else "".join(items)


@dataclass(frozen=True)
class Column:
    """A column of a table: its heading, and `num` for right-aligned figures."""

    heading: str
    kind: str = "text"


def table(
    columns: Sequence[Column | str],
    rows: Iterable[Sequence[object]],
    name: str = "",
    *,
    stacked: bool = False,
    cards: bool = False,
) -> str:
    """A table in its own scroll box. Cells are escaped unless they are `Html`.

    The first cell of a row is its heading. `name` tells screen readers what the table is.
    `stacked` tables, of prose, become one block a row on a narrow screen; so do `cards`, in which
    each cell tells its heading there.
    """
    columns = [Column(c) if isinstance(c, str) else c for c in columns]
    head = "".join(map(_heading, columns))
    body = "".join(f"<tr>{_cells(columns, row, cards)}</tr>" for row in rows)
    kind = ' class="cards"' if cards else ' class="stacked"' if stacked else ""
    label = f' aria-label="{escape(name)}"' if name else ""
    return block(
        f'<div class="scroll" role="group" tabindex="0"{label}><table{kind}>'
        f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>"
    )


def _heading(column: Column) -> str:
    """A column without a heading has no heading cell: an empty one would be read aloud."""
    if not column.heading:
        return f'<td class="{column.kind}"></td>'
    return f'<th scope="col" class="{column.kind}">{escape(column.heading)}</th>'


def _cells(columns: Sequence[Column], row: Sequence[object], labelled: bool) -> str:
    tags = ['th scope="row"'] + ["td"] * (len(columns) - 1)
    return "".join(
        f'<{tag} class="{column.kind}"{_label(column) if labelled else ""}>{escape(cell)}'
        f"</{tag.split()[0]}>"
        for tag, column, cell in zip(tags, columns, row, strict=True)
    )


def _label(column: Column) -> str:
    """The heading, for the style sheet to show beside the cell; a screen reader has it already."""
    return f' data-label="{escape(column.heading)}"'


def badge(kind: str, label: str) -> Html:
    """A short verdict word in a table; `kind` is good, bad, flat or quiet."""
    return Html(f'<span class="badge {kind}">{escape(label)}</span>')


def div(kind: str, content: str, **attributes: str) -> str:
    """A fenced div of Markdown, e.g. a card; attributes must not come from data."""
    extra = "".join(f' {key}="{value}"' for key, value in attributes.items())
    return f"\n\n::::: {{.{kind}{extra}}}\n\n{content.strip()}\n\n:::::\n"


def fold(summary: str, content: str) -> str:
    """Technical detail, folded away: a collapsed callout. `summary` is ours, in Markdown."""
    return _callout("note", summary, content, ' collapse="true"')


def callout(kind: str, title: str, content: str) -> str:
    """A box to be seen; `kind` is one of Quarto's: note, tip, important, caution, warning."""
    return _callout(kind, title, content)


def failure(what: str, reason: object) -> str:
    """A step or a section that failed, and why; `what` is ours."""
    return _callout("warning", what, f"{text(reason or 'no reason was recorded')}.")


def _callout(kind: str, title: str, content: str, collapse: str = "") -> str:
    marks = f'.callout-{kind}{collapse} title="{title}"'
    return f"\n\n:::::: {{{marks}}}\n\n{content.strip()}\n\n::::::\n"


def tabset(tabs: Iterable[tuple[str, str]]) -> str:
    """(title, content) of each tab, both Markdown; one that is alone is shown as it is.

    A heading of the tabs' level must not stand within one of them.
    """
    tabs = [f"### {title}\n\n{content.strip()}\n" for title, content in tabs]
    if len(tabs) < 2:
        return "\n".join(tabs)
    return "\n\n::::::: {.panel-tabset}\n\n" + "\n".join(tabs) + "\n:::::::\n"


def figure(svg: str, caption: str, alt: str, size: str = "wide") -> str:
    """A figure with its caption (HTML or plain words) and the text that states its finding."""
    image = svg.replace("<svg ", f'<svg role="img" aria-label="{escape(alt)}" ', 1)
    return block(
        f'<figure class="{size}"><div class="canvas" tabindex="0" role="group" '
        f'aria-label="Figure, scrolls sideways on a narrow screen">{image}</div>'
        f"<figcaption>{escape(caption)}</figcaption></figure>"
    )
