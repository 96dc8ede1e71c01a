"""The words of a formula, each with its place in the text."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from covedge.errors import FormulaError

# Names that stand for themselves and not for columns, where they are not in backticks.
CONTRASTS = ("contr.treatment", "contr.sum", "contr.helmert", "contr.diff", "contr.poly")
CONSTANTS = ("True", "False", "None", "TRUE", "FALSE", "NULL", *CONTRASTS)
# R's names may hold dots (`gait.cycle`); anything else goes in backticks.
_PATTERN = re.compile(
    r"""(?P<space>\s+)
      | (?P<name>[^\W\d][\w.]*)
      | (?P<quoted>`[^`\n]+`)
      | (?P<number>(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)
      | (?P<string>"[^"]*"|'[^']*')
      | (?P<op>\|\||\*\*|%[^%\s]*%|==|!=|<=|>=|[-+*/:^~|(),=<>.])
    """,
    re.VERBOSE,
)


@dataclass(frozen=True)
class Token:
    """One word: `kind` is name, number, string or op; `start`, `end` are places in the text."""

    kind: str
    text: str
    start: int
    end: int

    @property
    def name(self) -> str:
        """The column that a name stands for: without backticks."""
        return self.text.strip("`")


def tokenize(text: str) -> tuple[Token, ...]:
    """The tokens of `text` without white space. FormulaError at a character that fits nowhere."""
    tokens = []
    position = 0
    while position < len(text):
        match = _PATTERN.match(text, position)
        if match is None:
            character = text[position]
            if character in "`\"'":
                raise FormulaError(f"{character} is opened and never closed", text, position)
            raise FormulaError(f"`{character}` has no meaning in a formula", text, position)
        position = match.end()
        if match.lastgroup != "space":
            kind = "name" if match.lastgroup == "quoted" else match.lastgroup
            tokens.append(Token(kind, match.group(), match.start(), match.end()))
    return tuple(tokens)


def depths(tokens: Sequence[Token]) -> list[int]:
    """How many parentheses are open at each token; a parenthesis counts as outside itself."""
    found, depth = [], 0
    for token in tokens:
        depth -= token.text == ")"
        found.append(depth)
        depth += token.text == "("
    return found


def closing(tokens: Sequence[Token], opened: int) -> int:
    """Index of the parenthesis that closes the one at `opened`; the last where none does."""
    depth = 0
    for i in range(opened, len(tokens)):
        depth += (tokens[i].text == "(") - (tokens[i].text == ")")
        if depth == 0:
            return i
    return len(tokens) - 1


def split(tokens: Sequence[Token], separators: Sequence[str]) -> list[list[Token]]:
    """The pieces between separators outside parentheses."""
    pieces: list[list[Token]] = [[]]
    for token, depth in zip(tokens, depths(tokens), strict=True):
        if depth == 0 and token.text in separators:
            pieces.append([])
        else:
            pieces[-1].append(token)
    return pieces
