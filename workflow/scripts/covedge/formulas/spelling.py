"""Right-hand sides in formulaic's spelling, and back in R's.

formulaic speaks the same language as R but for the spelling of a few functions and names. It
evaluates calls as Python, and nothing in a config may run code, so what can be called, and with
what, is a closed list (`calls`).
"""

from __future__ import annotations

import keyword
import re
from collections.abc import Sequence

from covedge.errors import FormulaError, did_you_mean
from covedge.formulas.calls import CALLABLE, OF_NUMPY, check_call
from covedge.formulas.extent import check_extent
from covedge.formulas.tokens import CONSTANTS, Token, closing, tokenize

_SPELLING = {name: f"np.{name}" for name in OF_NUMPY} | {
    "TRUE": "True",
    "FALSE": "False",
    "NULL": "None",
}
# In R, `a %in% b` is the term `a:b`.
_OPERATORS = {"^": "**", "%in%": ":"}
_IN_R = {"**": "^", "True": "TRUE", "False": "FALSE", "None": "NULL"}
_CODED = "covedge_column_"
_TAKEN = frozenset((*(name.partition(".")[0] for name in CALLABLE), *CONSTANTS))
# Words that are no names in R.
_RESERVED_IN_R = re.compile(
    "if|else|repeat|while|function|for|next|break|in|TRUE|FALSE|NULL|Inf|NaN|NA"
    "|NA_(integer|real|character|complex)_"
)
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
    """The column as it is written in a formula, which R can read: in backticks where needed."""
    plain = re.fullmatch(r"[^\W\d_][\w.]*", name) and not _RESERVED_IN_R.fullmatch(name)
    return name if plain and name not in CONSTANTS else f"`{name}`"


def in_r(right: str) -> str:
    """A right-hand side, or the name of an effect, in formulaic's spelling as R writes it.

    `I(x ** 2) + np.sin(z)` is `I(x^2) + sin(z)`. What is not made of the
    words of a formula is returned as it is.
    """
    try:
        tokens = tokenize(right)
    except FormulaError:
        return right
    words, end = [], 0
    for token, after in zip(tokens, (*tokens[1:], None), strict=True):
        gap, word = right[end : token.start], token.text
        if token.text.startswith("`"):
            word = quote(token.name)
        elif token.kind == "name" and after is not None and after.text == "(":
            word = token.text.removeprefix("np.")
        elif token.text in _IN_R:
            word = _IN_R[token.text]
        elif token.kind == "name" and token.text not in CONSTANTS:
            word = quote(decoded(token.name))
        if word == "^" or (words and words[-1] == "^"):
            gap = ""
        words += [gap, word]
        words = [each for each in words if each]
        end = token.end
    return "".join(words)


def in_formulaic(name: str) -> str:
    """What a column is called where formulaic reads it: `x_1` as it is, `gait cycle` in code.

    What formulaic evaluates is Python, where a name is an identifier, is no word of Python, and
    stands for another one (`µ` for `μ`) where it is not ASCII; and formulaic looks for functions
    among the columns first.
    """
    plain = name.isidentifier() and name.isascii() and not keyword.iskeyword(name)
    if plain and name not in _TAKEN and not name.startswith(_CODED):
        return name
    return _CODED + name.encode("utf-8", "surrogatepass").hex()


def for_formulaic(frame):
    """The data frame with its columns named as formulaic has them."""
    return frame.rename(columns=in_formulaic)


def decoded(effect: str) -> str:
    """The name of an effect with its columns as the data have them."""

    def name(found):
        return bytes.fromhex(found[1]).decode("utf-8", "surrogatepass")

    return re.sub(rf"\b{_CODED}((?:[0-9a-f]{{2}})*)\b", name, effect)


def translate(tokens: Sequence[Token], text: str) -> str:
    """The piece as written, in formulaic's spelling. FormulaError for what we do not evaluate."""
    words = []
    checked = 0
    for i, token in enumerate(tokens):
        called = i + 1 < len(tokens) and tokens[i + 1].text == "("
        if called and (
            token.text == ")" or token.text[0] == "`" or token.kind in ("number", "string")
        ):
            message = "an operator is missing before the parenthesis"
            raise FormulaError(message, text, tokens[i + 1].start)
        if token.text in _OPERATORS:
            word = _OPERATORS[token.text]
        elif token.kind != "name" or (i + 1 < len(tokens) and tokens[i + 1].text == "="):
            word = token.text
        elif token.text.startswith("`"):
            word = in_formulaic(token.name)
        elif called:
            word = _function(token, text)
            if i >= checked:  # those within are checked with it
                checked = closing(tokens, i + 1)
                check_call(tokens[i : checked + 1], text)
        elif token.text in CONSTANTS:
            word = _SPELLING.get(token.text, token.text)
        else:
            word = in_formulaic(token.name)
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
    if token.text not in CALLABLE:
        message = f"there is no function `{token.text}`{did_you_mean(token.text, CALLABLE)}"
        raise FormulaError(message, text, token.start)
    return _SPELLING.get(token.text, token.text)


def columns(tokens: Sequence[Token]) -> list[str]:
    """Columns among the tokens: names that are not called, not keywords, not constants."""
    following = [token.text for token in tokens[1:]] + [""]
    return [
        token.name
        for token, after in zip(tokens, following, strict=True)
        if token.kind == "name" and after not in ("(", "=") and token.text not in CONSTANTS
    ]


def check_right_side(right: str, tokens: Sequence[Token], text: str) -> None:
    """FormulaError where formulaic cannot read the right-hand side."""
    from formulaic import Formula as Reader  # imported here: it takes most of a second
    from formulaic.errors import FormulaicError

    check_extent(tokens, text)
    try:
        Reader(right)
    except FormulaicError as error:
        # formulaic marks the place in its own copy of the text with these brackets and colours
        first, *rest = re.sub(r"\x1b\[[0-9;]*m", "", str(error)).split("\n")
        marked = re.search("⧛(.*?)⧚", "".join(rest))
        start = tokens[0].start
        if marked and text.find(decoded(marked[1]), start) >= 0:
            start = text.find(decoded(marked[1]), start)
        reason = decoded(first).rstrip(".").replace("insuffient", "insufficient")
        raise FormulaError(reason[0].lower() + reason[1:], text, start) from None
