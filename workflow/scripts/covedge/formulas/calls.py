"""What a call in a formula may hold: `log(x)`, `I(x^2 / z)`, `poly(x, 2, raw = TRUE)`.

formulaic evaluates a call as Python. So each is read here first, node by node, and only what is
listed passes: columns, numbers, labels, arithmetic and comparisons, and calls of the functions
below with the arguments that they have in R. The rest could run code (attributes, subscripts),
write into the data (numpy's `out =`), or take for ever (`9^9^9`).
"""

from __future__ import annotations

import ast
import re
import warnings
from collections.abc import Sequence
from dataclasses import dataclass

from covedge.errors import FormulaError, did_you_mean
from covedge.formulas.tokens import CONSTANTS, CONTRASTS, Token

# By their names in R; numpy has all of them under the same name.
OF_NUMPY = ("abs", "cos", "expm1", "floor", "log1p", "round", "sign", "sin", "sqrt", "tan", "tanh")
# More columns than this of one variable is a slip, or would fill the memory.
MOST_COLUMNS = 100
# Python's own walks over what it has parsed are recursive, and end with the stack.
LONGEST_CALL = 200


@dataclass(frozen=True)
class _Arguments:
    """What a function takes: at most so many arguments without a name, and those with one."""

    most: int = 1
    named: tuple[str, ...] = ()


_TAKES = {name: _Arguments() for name in ("I", "exp", "log", "log10", "log2", *OF_NUMPY)} | {
    "round": _Arguments(2),
    "center": _Arguments(),
    "scale": _Arguments(3, ("center", "scale")),
    "poly": _Arguments(2, ("degree", "raw")),
    "bs": _Arguments(2, ("df", "degree", "include_intercept", "lower_bound", "upper_bound")),
    "cr": _Arguments(2, ("df", "lower_bound", "upper_bound", "constraints")),
    "cs": _Arguments(2, ("df", "lower_bound", "upper_bound", "constraints")),
    "C": _Arguments(2),
    "contr.treatment": _Arguments(1, ("base",)),
    "contr.sum": _Arguments(0),
    "contr.helmert": _Arguments(0, ("reverse", "scale")),
    "contr.diff": _Arguments(0, ("backward",)),
    "contr.poly": _Arguments(0),
}
_TAKES |= {f"np.{name}": _TAKES[name] for name in OF_NUMPY}
CALLABLE = tuple(_TAKES)
_SEVERAL_COLUMNS = ("poly", "bs", "cr", "cs")
_PYTHON = {"^": "**", "TRUE": "True", "FALSE": "False", "NULL": "None"}
_ARITHMETIC = (ast.Add, ast.Sub, ast.Mult, ast.Div, ast.Pow)
_COMPARISONS = (ast.Eq, ast.NotEq, ast.Lt, ast.LtE, ast.Gt, ast.GtE)


def check_call(tokens: Sequence[Token], text: str) -> None:
    """FormulaError unless the tokens are one call that is made of what is listed here."""
    if len(tokens) > LONGEST_CALL:
        message = f"what is in the parentheses of `{tokens[0].text}` is too long: make it a column"
        raise FormulaError(message, text, tokens[0].start)
    words, names = [], {}
    for token, after in zip(tokens, (*tokens[1:], None), strict=True):
        word = _PYTHON.get(token.text, token.text)
        keyword = after is not None and after.text == "=" and token.kind == "name"
        if token.kind == "string" and re.search(r"[\"'\\\\]", token.text[1:-1]):
            message = "a label with quotes or backslashes cannot be written in a formula"
            raise FormulaError(f"{message}: rename the level in the data", text, token.start)
        if token.kind == "name" and word not in ("True", "False", "None") and not keyword:
            names[f"_{len(names)}"] = token
            word = f"_{len(names) - 1}"
        words.append(word)
    try:
        with warnings.catch_warnings():  # "1and" and the like
            warnings.simplefilter("ignore")
            tree = ast.parse(" ".join(words), mode="eval").body
    except (SyntaxError, ValueError, MemoryError, RecursionError):
        message = f"what is in the parentheses of `{tokens[0].text}` cannot be read"
        raise FormulaError(message, text, tokens[0].start) from None
    _Check(names, tokens[0], text).value(tree)


class _Check:
    """Walks over a call. names : placeholder -> the token that it stands for."""

    def __init__(self, names: dict[str, Token], start: Token, text: str):
        self.names, self.start, self.text = names, start, text

    def value(self, node: ast.expr) -> None:
        """FormulaError unless the node is a value that a formula may have."""
        if isinstance(node, ast.Call):
            self.call(node)
        elif isinstance(node, ast.BinOp) and isinstance(node.op, _ARITHMETIC):
            if isinstance(node.op, ast.Pow) and not self.has_column(node.left):
                raise self.refuse("a power of a number alone is not computed: write its value")
            for side in (node.left, node.right):
                self.value(side)
                if _is_text(side):
                    raise self.refuse("a label cannot be computed with")
        elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub | ast.UAdd):
            self.value(node.operand)
        elif isinstance(node, ast.Compare) and all(isinstance(op, _COMPARISONS) for op in node.ops):
            if len(node.ops) > 1:
                raise self.refuse("comparisons are of two things: `(a < x) * (x < b)`")
            self.value(node.left)
            self.value(node.comparators[0])
        elif not (self.is_column(node) or _is_constant(node)):
            raise self.refuse("only columns, numbers, labels, arithmetic and comparisons")

    def call(self, node: ast.Call) -> None:
        token = self.names.get(getattr(node.func, "id", ""))
        takes = _TAKES.get(token.text) if token is not None else None
        if token is None or takes is None:
            name = "a value" if token is None else f"`{token.name}`"
            raise self.refuse(f"{name} is not a function that can be called here")
        contrast = token.text in CONTRASTS
        if len(node.args) > takes.most or not (contrast or node.args):
            raise self.refuse(_how_many(token.text, takes.most), token)
        self.value_or_contrast(node, token)
        if not contrast and not self.has_column(node.args[0]):
            raise self.refuse(f"`{token.text}` is of a column: none is named in it", token)
        for each in node.keywords:
            if each.arg not in takes.named:
                hint = did_you_mean(str(each.arg), takes.named)
                raise self.refuse(f"`{token.text}` has no argument `{each.arg}`{hint}", token)
        settings = [*node.args[1:], *(each.value for each in node.keywords)]
        if token.text != "C":
            for setting in settings if not contrast else [*node.args, *settings]:
                if not _is_constant(setting):
                    raise self.refuse(f"`{token.text}`: {_SETTINGS}", token)
        if token.text in _SEVERAL_COLUMNS:
            self.check_size(node, token)

    def value_or_contrast(self, node: ast.Call, token: Token) -> None:
        """The arguments without a name; `C(f, contr.sum)` names its contrast, or calls it."""
        for place, each in enumerate(node.args):
            named = self.names.get(getattr(each, "id", ""))
            of_contrast = named is not None and named.text in CONTRASTS
            called = self.names.get(getattr(getattr(each, "func", None), "id", ""))
            if token.text == "C" and place == 1:
                if not (of_contrast or (called is not None and called.text in CONTRASTS)):
                    listed = ", ".join(CONTRASTS)
                    raise self.refuse(f"after the comma of `C` comes one of {listed}", token)
                if of_contrast:
                    continue
            self.value(each)

    def check_size(self, node: ast.Call, token: Token) -> None:
        counts = [*node.args[1:2], *(k.value for k in node.keywords if k.arg in ("df", "degree"))]
        for each in counts:
            size = getattr(each, "value", None)
            whole = isinstance(size, int) and not isinstance(size, bool)
            if not whole or not 1 <= size <= MOST_COLUMNS:
                message = f"degree and df of `{token.text}` are whole numbers from 1 to"
                raise self.refuse(f"{message} {MOST_COLUMNS}", token)

    def is_column(self, node: ast.expr) -> bool:
        token = self.names.get(getattr(node, "id", ""))
        return token is not None and token.text not in CONSTANTS

    def has_column(self, node: ast.expr) -> bool:
        called = {id(each.func) for each in ast.walk(node) if isinstance(each, ast.Call)}
        return any(self.is_column(each) for each in ast.walk(node) if id(each) not in called)

    def refuse(self, message: str, token: Token | None = None) -> FormulaError:
        if message.startswith("only "):
            message = f"{message} can stand in the parentheses of `{self.start.text}`"
        return FormulaError(message, self.text, (token or self.start).start)


_SETTINGS = "what follows the first comma must be numbers, TRUE or FALSE"


def _how_many(name: str, most: int) -> str:
    if not most:
        return f"`{name}` has no such argument"
    if name == "log":
        return "`log` is of one column: for another base write log2(x), log10(x) or I(log(x) / 1.1)"
    return f"`{name}` has {most} argument{'s' if most > 1 else ''} without a name at most"


def _is_text(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, str)


def _is_constant(node: ast.expr) -> bool:
    """A number, a label, or TRUE, FALSE, NULL; numbers may have a sign."""
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        node = node.operand
    if not isinstance(node, ast.Constant):
        return False
    return node.value is None or isinstance(node.value, bool | int | float | str)
