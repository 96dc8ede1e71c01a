"""Right-hand sides in formulaic's spelling.

formulaic speaks the same language as R but for the spelling of a few functions and names. It
evaluates calls as Python, and nothing in a config may run code, so what can be called is a closed
list.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from covedge.errors import FormulaError, did_you_mean
from covedge.formulas.tokens import Token

_FUNCTIONS = ("C", "I", "bs", "center", "cr", "cs", "exp", "log", "log10", "log2", "poly", "scale")
_CONTRASTS = ("contr.treatment", "contr.sum", "contr.helmert", "contr.diff", "contr.poly")
# By their names in R; numpy has all of them under the same name.
_OF_NUMPY = ("abs", "cos", "expm1", "floor", "log1p", "round", "sign", "sin", "sqrt", "tan", "tanh")
_SPELLING = {name: f"np.{name}" for name in _OF_NUMPY} | {"TRUE": "True", "FALSE": "False"}
# In R, `a %in% b` is the term `a:b`.
_OPERATORS = {"^": "**", "%in%": ":"}
_CONSTANTS = ("True", "False", "None", "TRUE", "FALSE", *_CONTRASTS)
_CALLABLE = (*_FUNCTIONS, *_CONTRASTS, *_OF_NUMPY, *(f"np.{name}" for name in _OF_NUMPY))
_REFUSED = {
    "factor": "list the column under `categorical:` instead of calling factor()",
    "as.factor": "list the column under `categorical:` instead of calling as.factor()",
    "as.numeric": "a column of numbers is numeric; leave as.numeric() out, or mend the data",
    "ordered": "ordered factors are not supported: write C(x, contr.poly)",
    "relevel": 'write C(x, contr.treatment("level")) instead of relevel()',
    "offset": "offsets are not supported: subtract the column from the response",
    "ns": "write cr(x, df = d + 1) for ns(x, df = d): with an intercept the same natural splines",
    "s": "smooth terms are not supported",
    "interaction": "write `a:b` instead of interaction(a, b)",
}


def quote(name: str) -> str:
    """The column as it is written in a formula: in backticks where needed."""
    return name if re.fullmatch(r"[^\W\d]\w*", name) else f"`{name}`"


def translate(tokens: Sequence[Token], text: str) -> str:
    """The piece as written, in formulaic's spelling. FormulaError for what we do not evaluate."""
    words = []
    for i, token in enumerate(tokens):
        called = i + 1 < len(tokens) and tokens[i + 1].text == "("
        if token.text in _OPERATORS:
            word = _OPERATORS[token.text]
        elif token.kind != "name" or token.text.startswith("`"):
            word = token.text
        elif called:
            word = _function(token, text)
        elif token.text in _CONSTANTS:
            word = _SPELLING.get(token.text, token.text)
        else:
            word = quote(token.name)
        if (token.text.startswith("%") and token.text not in _OPERATORS) or token.text in (
            ".",
            "~",
        ):
            raise FormulaError(f"`{token.text}` is not supported", text, token.start)
        gap = " " if i and tokens[i - 1].end < token.start else ""
        words.append(gap + word)
    return "".join(words)


def _function(token: Token, text: str) -> str:
    if token.text in _REFUSED:
        raise FormulaError(_REFUSED[token.text], text, token.start)
    if token.text not in _CALLABLE:
        message = f"there is no function `{token.text}`{did_you_mean(token.text, _CALLABLE)}"
        raise FormulaError(message, text, token.start)
    return _SPELLING.get(token.text, token.text)


def columns(tokens: Sequence[Token]) -> list[str]:
    """Columns among the tokens: names that are not called, not keywords, not constants."""
    following = [token.text for token in tokens[1:]] + [""]
    return [
        token.name
        for token, after in zip(tokens, following, strict=True)
        if token.kind == "name" and after not in ("(", "=") and token.text not in _CONSTANTS
    ]


def check_right_side(right: str, tokens: Sequence[Token], text: str) -> None:
    """FormulaError where formulaic cannot read the right-hand side."""
    from formulaic import Formula as Reader  # imported here: it takes most of a second
    from formulaic.errors import FormulaicError

    try:
        Reader(right)
    except FormulaicError as error:
        # formulaic marks the place in its own copy of the text with these brackets and colours
        first, *rest = re.sub(r"\x1b\[[0-9;]*m", "", str(error)).split("\n")
        marked = re.search("⧛(.*?)⧚", "".join(rest))
        start = tokens[0].start
        if marked and text.find(marked.group(1), start) >= 0:
            start = text.find(marked.group(1), start)
        reason = first.rstrip(".").replace("insuffient", "insufficient")
        raise FormulaError(reason[0].lower() + reason[1:], text, start) from None
