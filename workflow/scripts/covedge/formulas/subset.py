"""The `subset` of an analysis: which rows to keep, as a condition on the columns.

    spd_des == 's15' and not (cycle > 100 or mPair in ['p1', 'p2'])

Comparisons, `in`, `and`/`or`/`not` (also `&`, `|`, `!`), parentheses, columns (in backticks where
they are not plain names), numbers and quoted labels. The condition is read by Python's parser and
walked over here, node by node: what is not listed is refused, so that it cannot run code.
Conditions on missing values are unknown, and rows for which it is unknown are not kept, as in R.
"""

from __future__ import annotations

import ast
import operator
import re
import warnings
from collections.abc import Callable, Collection

import numpy as np
import pandas as pd

from covedge.errors import DataError, did_you_mean

_WORDS = re.compile(
    r"""(?P<string>'[^']*'|"[^"]*")
      | `(?P<quoted>[^`]+)`
      | (?P<number>(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)
      | (?P<name>[^\W\d][\w.]*)
      | (?P<op>&&|\|\||==|!=|<=|>=|[&|!<>()\[\],-])
      | (?P<space>\s+)
    """,
    re.VERBOSE,
)
_OPERATORS = {"&": " and ", "&&": " and ", "|": " or ", "||": " or ", "!": " not "}
_KEYWORDS = {"and", "or", "not", "in", "True", "False"}
_CONSTANTS = {"TRUE": "True", "FALSE": "False", "true": "True", "false": "False"}
_COMPARISONS: dict[type, Callable] = {
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
}


def _error(message: str) -> DataError:
    return DataError(message, key="subset")


def select(table: pd.DataFrame, text: str, labels: Collection[str] = ()) -> np.ndarray:
    """As `matches`, but raises DataError too when no row is kept: it names the values there are."""
    kept = matches(table, text, labels)
    if not kept.any():
        values = "; ".join(_values(table[name], name) for name in columns(text))
        raise _error(f"`{text}` keeps none of the {len(table)} rows; {values}")
    return kept


def matches(table: pd.DataFrame, text: str, labels: Collection[str] = ()) -> np.ndarray:
    """Which rows of the table the subset keeps, (n,) of bool.

    labels : columns of numbers that are treated as labels and may be compared with text.

    Raises DataError for a syntax error, an unknown column, a comparison of text with a number.
    """
    tree, names = _parse(text)
    unknown = [name for name in names.values() if name not in table.columns]
    if unknown:
        hint = did_you_mean(unknown[0], table.columns)
        raise _error(f"`{text}` uses the column `{unknown[0]}`, which is not in the data{hint}")
    kept = _Walk(text, table, names, labels).condition(tree)
    return kept.fillna(False).to_numpy(dtype=bool)


def columns(text: str) -> tuple[str, ...]:
    """The columns that a subset uses. DataError for a syntax error."""
    return tuple(dict.fromkeys(_parse(text)[1].values()))


def _values(column: pd.Series, name: str) -> str:
    if pd.api.types.is_numeric_dtype(column) and not pd.api.types.is_bool_dtype(column):
        return f"`{name}` runs from {column.min():g} to {column.max():g}"
    found = sorted({str(value) for value in column.dropna()})
    more = ", ..." if len(found) > 12 else ""
    return f"`{name}` has " + ", ".join(f"'{value}'" for value in found[:12]) + more


def _parse(text: str) -> tuple[ast.expr, dict[str, str]]:
    """Python's tree of the condition, where columns are _0, _1, ..., and what these stand for."""
    words, places, names = [], [], {}
    position = 0
    while position < len(text):
        match = _WORDS.match(text, position)
        if match is None:
            character = text[position]
            reason = {
                "=": "`=` has no meaning: compare with `==`",
                **dict.fromkeys("'\"`", f"{character} is opened and never closed"),
            }.get(character, f"`{character}` has no meaning in a subset")
            raise _error(f"{reason} (character {position + 1} of `{text}`)")
        word = match.group()
        if match.lastgroup == "op":
            word = _OPERATORS.get(word, word)
        elif match.lastgroup == "space":
            word = " "
        elif match.lastgroup in ("name", "quoted") and word not in _KEYWORDS:
            word = _CONSTANTS.get(word) or _placeholder(match.group(match.lastgroup), names)
        words.append(word)
        places += [position] * len(word)
        position = match.end()
    try:
        with warnings.catch_warnings():  # "1and" and the like
            warnings.simplefilter("ignore")
            tree = ast.parse("".join(words).strip(), mode="eval").body
    except (SyntaxError, MemoryError, RecursionError) as error:
        raise _syntax_error(error, text, "".join(words), places) from None
    return tree, names


def _placeholder(column: str, names: dict[str, str]) -> str:
    for placeholder, name in names.items():
        if name == column:
            return placeholder
    names[f"_{len(names)}"] = column
    return f"_{len(names) - 1}"


def _syntax_error(error: Exception, text: str, python: str, places: list[int]) -> DataError:
    if not text.strip():
        return _error("it is empty: leave the key out to keep all rows")
    offset = getattr(error, "offset", None)
    if not offset:  # Python's way to say that the text ends too early
        return _error(f"`{text}` is not a condition: something is missing at its end")
    stripped = len(python) - len(python.lstrip())
    start = places[min(offset - 1 + stripped, len(places) - 1)]
    return _error(
        f"`{text}` is not a condition: the trouble is near character {start + 1}, "
        f'at "{text[start : start + 30]}"'
    )


class _Walk:
    """Evaluates a tree on a table; `condition` gives pandas' three-valued booleans."""

    def __init__(self, text, table, names, labels):
        self.text, self.table, self.names, self.labels = text, table, names, set(labels)

    def condition(self, node: ast.expr) -> pd.Series:
        """Rows for which the node holds: True, False or missing."""
        if isinstance(node, ast.BoolOp):
            parts = [self.condition(value) for value in node.values]
            result = parts[0]
            for part in parts[1:]:
                result = result & part if isinstance(node.op, ast.And) else result | part
            return result
        if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
            return ~self.condition(node.operand)
        if isinstance(node, ast.Compare):
            return self._comparison(node)
        if isinstance(node, ast.Name) and pd.api.types.is_bool_dtype(self.table[self._name(node)]):
            return self.table[self._name(node)].astype("boolean")
        raise self._refuse(node)

    def _comparison(self, node: ast.Compare) -> pd.Series:
        result = None
        left = node.left
        for op, right in zip(node.ops, node.comparators, strict=True):
            if isinstance(op, ast.In | ast.NotIn):
                part = self._membership(left, right)
                part = ~part if isinstance(op, ast.NotIn) else part
            elif type(op) in _COMPARISONS:
                part = self._compare(left, right, _COMPARISONS[type(op)])
            else:
                raise self._refuse(node)
            result = part if result is None else result & part
            left = right
        return result

    def _membership(self, left: ast.expr, right: ast.expr) -> pd.Series:
        if not isinstance(right, ast.List | ast.Tuple):
            raise _error(f"`{self.text}`: after `in` comes a list, as in `x in ['a', 'b']`")
        result = pd.Series(False, index=self.table.index, dtype="boolean")
        for element in right.elts:
            result = result | self._compare(left, element, operator.eq)
        return result

    def _compare(self, left: ast.expr, right: ast.expr, compare: Callable) -> pd.Series:
        (a, about_a), (b, about_b) = self._operand(left), self._operand(right)
        if not isinstance(a, pd.Series) and not isinstance(b, pd.Series):
            raise _error(f"`{self.text}` compares {about_a} with {about_b}: name a column")
        if _is_text(a) != _is_text(b):
            a, b = self._as_labels(left, a, b), self._as_labels(right, b, a)
        if _is_text(a) != _is_text(b):
            quote = ": put quotes around a label" if _is_text(a) else ""
            raise _error(f"`{self.text}` compares {about_a} with {about_b}{quote}")
        if _is_text(a) and compare not in (operator.eq, operator.ne):
            raise _error(f"`{self.text}` orders text: use `==`, `!=` or `in` with {about_a}")
        result = pd.Series(compare(a, b), index=self.table.index).astype("boolean")
        missing = np.zeros(len(self.table), dtype=bool)
        for value in (a, b):
            if isinstance(value, pd.Series):
                missing |= value.isna().to_numpy()
        return result.mask(missing)

    def _operand(self, node: ast.expr):
        """Value of an operand, a Series or a constant, and what to call it."""
        if isinstance(node, ast.Name):
            name = self._name(node)
            column = self.table[name]
            if isinstance(column.dtype, pd.CategoricalDtype):
                column = column.astype(column.cat.categories.dtype)
            kind = "text" if _is_text(column) else "numbers"
            return column, f"`{name}` ({kind})"
        sign = 1
        if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
            sign, node = -1, node.operand
            if not isinstance(getattr(node, "value", None), int | float):
                raise self._refuse(node)
        if isinstance(node, ast.Constant) and isinstance(node.value, str | int | float):
            value = node.value if isinstance(node.value, str) else sign * node.value
            return value, f"the text '{value}'" if _is_text(value) else f"the number {value}"
        raise self._refuse(node)

    def _as_labels(self, node: ast.expr, value, other):
        """A column of numbers that are labels, as text, where the other side is text."""
        if isinstance(node, ast.Name) and self._name(node) in self.labels and _is_text(other):
            return as_labels(value)
        return value

    def _name(self, node: ast.Name) -> str:
        if node.id not in self.names:
            raise self._refuse(node)
        return self.names[node.id]

    def _refuse(self, node: ast.expr) -> DataError:
        return _error(
            f"`{self.text}` is not made of comparisons such as `x == 'a'`, `x > 1`, "
            "`x in ['a', 'b']`, joined by `and`, `or`, `not`"
        )


def _is_text(value) -> bool:
    if isinstance(value, pd.Series):
        return not (
            pd.api.types.is_numeric_dtype(value.dtype) or pd.api.types.is_bool_dtype(value.dtype)
        )
    return isinstance(value, str)


def as_labels(column: pd.Series) -> pd.Series:
    """The column as text labels, missing as missing; numbers with 15 digits at most, as in R."""
    missing = column.isna()
    if pd.api.types.is_float_dtype(column.dtype):
        text = column.map(lambda value: f"{value:.15g}")
    else:
        text = column.astype(str)
    return text.astype(object).mask(missing, None)
