"""lme4's formula notation: `y ~ fixed + (effects | group) + ...`.

The grouping side is read here (`/`, `:`, `||`); the fixed part and the effects are kept for
formulaic.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from covedge.errors import FormulaError
from covedge.formulas.covariances import unwrap
from covedge.formulas.spelling import check_right_side, columns, in_r, quote, translate
from covedge.formulas.tokens import Token, depths, split, tokenize

# Nobody writes more by hand; parsers take their time, or run out of stack, beyond.
LONGEST, DEEPEST = 10_000, 40


@dataclass(frozen=True)
class RandomTerm:
    """One `(effects | group)`, with a single grouping factor.

    effects : right-hand side for formulaic as written, e.g. "mPair", "1", "0 + Days"; an
        intercept is implicit as in lme4.
    group : columns whose interaction is the grouping factor, outermost first.
    correlated : False for `||`.
    rank : the largest rank of their covariance, as in glmmTMB's `rr(effects | group, rank)`; None
        where any will do.
    """

    effects: str
    group: tuple[str, ...]
    correlated: bool = True
    rank: int | None = None

    @property
    def group_name(self) -> str:
        """`ratID:spd_des:cycle`"""
        return ":".join(self.group)

    @property
    def text(self) -> str:
        """`(mPair | ratID:spd_des:cycle)`, which parses to this term again."""
        bar = "|" if self.correlated else "||"
        inside = f"{in_r(self.effects)} {bar} {':'.join(quote(name) for name in self.group)}"
        return f"({inside})" if self.rank is None else f"rr({inside}, {self.rank})"


@dataclass(frozen=True)
class Formula:
    """A parsed formula.

    text : as written.
    response : the column of the response; of `log(y) ~ x` it is called "log(y)", and is made when
        the data are prepared.
    transformed : the response for formulaic where it is not a column of the data, else None.
    fixed : right-hand side for formulaic, intercept explicit: "1 + mPair * spd_des".
    terms : random terms in the order written, `a/b` expanded outermost first.
    variables : the columns used, response first.
    variables_in_effects : those of the fixed part and of the effects.
    """

    text: str
    response: str
    fixed: str
    terms: tuple[RandomTerm, ...]
    variables: tuple[str, ...]
    variables_in_effects: tuple[str, ...]
    transformed: str | None = None

    @property
    def response_text(self) -> str:
        """The response as R has it: `log(y)`, or a column, in backticks where needed."""
        return quote(self.response) if self.transformed is None else self.response

    @property
    def head(self) -> str:
        """`log(y) ~ 1 + I(x^2)`: the response and the fixed part as R writes them."""
        return f"{self.response_text} ~ {in_r(self.fixed)}"


def parse(text: str) -> Formula:
    """The Formula that `text` stands for.

    Raises FormulaError, with the place, for everything that is not lme4 notation as described in
    config/README.md. Whether the columns exist is for covedge.frames.data to say.
    """
    # White space is one blank, but not within backticks and quotes.
    text = re.sub(r"""(`[^`]*`|"[^"]*"|'[^']*')|\s+""", lambda found: found[1] or " ", text).strip()
    if len(text) > LONGEST:
        raise FormulaError(f"it has {len(text)} characters, and {LONGEST} are the most")
    tokens = tokenize(text)
    _check_parentheses(tokens, text)
    response, transformed, right = _split_response(tokens, text)
    fixed, intercept, terms, fixed_tokens = [], True, [], []
    in_fixed, in_effects = [], []
    for sign, piece in _additive_pieces(right, text):
        if any(token.text in ("|", "||") for token in piece):
            expanded, effects = _random_terms(sign, piece, text)
            terms += expanded
            in_effects += columns(effects)
        elif [token.text for token in piece] in (["0"], ["1"]):
            intercept = (piece[0].text == "1") == (sign == "+")
        else:
            _check_bar(piece, text)
            fixed.append(f"{sign} {translate(piece, text)}")
            fixed_tokens += piece
            in_fixed += columns(piece)
    fixed_text = " ".join(["1" if intercept else "0", *fixed])
    check_right_side(fixed_text, fixed_tokens or right, text)
    _check_repeats(terms, text)
    in_groups = [name for term in terms for name in term.group]
    variables = tuple(dict.fromkeys([response, *in_fixed, *in_effects, *in_groups]))
    effects_of = tuple(dict.fromkeys([*in_fixed, *in_effects]))
    return Formula(text, response, fixed_text, tuple(terms), variables, effects_of, transformed)


def _check_parentheses(tokens: Sequence[Token], text: str) -> None:
    opened = []
    for token in tokens:
        if token.text == "(":
            opened.append(token)
            if len(opened) > DEEPEST:
                message = f"more than {DEEPEST} parentheses are open at once"
                raise FormulaError(message, text, token.start)
        elif token.text == ")":
            if not opened:
                raise FormulaError("`)` closes nothing", text, token.start)
            opened.pop()
    if opened:
        raise FormulaError("`(` is never closed", text, opened[-1].start)


def _split_response(tokens: Sequence[Token], text: str) -> tuple[str, str | None, Sequence[Token]]:
    tildes = [i for i, token in enumerate(tokens) if token.text == "~"]
    if not tildes:
        raise FormulaError("there is no `~`: write `response ~ fixed + (effects | group)`", text, 0)
    if len(tildes) > 1:
        raise FormulaError("there is more than one `~`", text, tokens[tildes[1]].start)
    left, right = tokens[: tildes[0]], tokens[tildes[0] + 1 :]
    if not left:
        raise FormulaError("there is no response before `~`", text, 0)
    if not right:
        raise FormulaError("there is nothing after `~`", text, len(text))
    if len(left) == 1 and left[0].kind == "name":
        return left[0].name, None, right
    called = len(left) > 1 and left[0].kind == "name" and left[1].text == "("
    if not called or depths(left).index(0, 2) != len(left) - 1 or not columns(left):
        message = "the response must be one column, or a function of it: log(y), I(y - z)"
        raise FormulaError(message, text, left[0].start)
    transformed = translate(left, text)
    check_right_side(transformed, left, text)
    return text[left[0].start : left[-1].end], transformed, right


def _additive_pieces(tokens: Sequence[Token], text: str) -> list[tuple[str, list[Token]]]:
    """(sign, tokens) of everything added or subtracted at the top."""
    pieces: list[tuple[str, list[Token]]] = [("+", [])]
    last = tokens[0]
    for token, depth in zip(tokens, depths(tokens), strict=True):
        if depth or token.text not in ("+", "-"):
            pieces[-1][1].append(token)
            continue
        if not pieces[-1][1] and len(pieces) > 1:
            raise FormulaError("a term is missing before the sign", text, token.start)
        pieces.append((token.text, []))
        last = token
    if not pieces[-1][1]:
        raise FormulaError("a term is missing after the sign", text, last.start)
    return pieces if pieces[0][1] else pieces[1:]


def _check_bar(piece: Sequence[Token], text: str) -> None:
    """Two words side by side in parentheses were meant as a random term."""
    if piece[0].text == "(" and piece[-1].text == ")":
        for left, right in pairwise(piece):
            if left.kind in ("name", "number") and right.kind in ("name", "number"):
                message = "a random term needs a bar: `(effects | group)`"
                raise FormulaError(message, text, right.start)


def _random_terms(
    sign: str, piece: Sequence[Token], text: str
) -> tuple[list[RandomTerm], list[Token]]:
    """The terms that one `(effects | group)` stands for, and the tokens of its effects."""
    start = piece[0].start
    covariance, rank, piece = unwrap(piece, text)
    depth = depths(piece)
    bars = [i for i, token in enumerate(piece) if token.text in ("|", "||")]
    if depth[bars[0]] == 0:
        message = "a random term goes in parentheses: `(effects | group)`"
        raise FormulaError(message, text, piece[bars[0]].start)
    closes = depth.index(0, 1) if 0 in depth[1:] else len(piece) - 1
    if piece[0].text != "(" or closes != len(piece) - 1 or depth[bars[0]] != 1:
        message = "a random term stands by itself, joined with `+`"
        raise FormulaError(message, text, piece[bars[0]].start)
    if sign == "-":
        raise FormulaError("a random term cannot be subtracted: leave it out", text, start)
    if len(bars) > 1:
        raise FormulaError("a random term has one bar", text, piece[bars[1]].start)
    effects, group = piece[1 : bars[0]], piece[bars[0] + 1 : -1]
    bar = piece[bars[0]]
    if not effects:
        message = "there are no effects before the bar: write `1` for an intercept"
        raise FormulaError(message, text, bar.start)
    if not group:
        raise FormulaError("there is no grouping factor after the bar", text, bar.end)
    written = translate(effects, text)
    check_right_side(written, effects, text)
    if written.replace(" ", "") in ("0", "-1", "0+0"):
        raise FormulaError("there are no effects before the bar", text, effects[0].start)
    correlated = bar.text == "|" and covariance != "diag"
    if rank is not None and not correlated:
        raise FormulaError("rr() is for correlated effects: write `|` in it", text, bar.start)
    terms = [RandomTerm(written, each, correlated, rank) for each in _nesting(group, text)]
    return terms, effects


def _nesting(tokens: Sequence[Token], text: str) -> list[tuple[str, ...]]:
    """Grouping factors of `a/b`: a, a:b; outermost first."""
    levels: list[tuple[str, ...]] = []
    for part in split(tokens, ("/",)):
        deeper = _interaction(part, tokens, text)
        if levels:
            deeper = [tuple(dict.fromkeys(levels[-1] + group)) for group in deeper]
        levels += [group for group in deeper if group not in levels]
    return levels


def _interaction(
    tokens: Sequence[Token], around: Sequence[Token], text: str
) -> list[tuple[str, ...]]:
    """Grouping factors of `a:b`, where a and b may be `(c/d)`."""
    groups: list[tuple[str, ...]] = [()]
    for part in split(tokens, (":",)):
        if not part:
            message = "a grouping factor is missing beside `/` or `:`"
            raise FormulaError(message, text, around[0].start)
        if part[0].text == "(" and part[-1].text == ")":
            inner = _nesting(part[1:-1], text)
        elif len(part) == 1 and part[0].kind == "name":
            inner = [(part[0].name,)]
        else:
            raise _group_error(part, text)
        groups = [tuple(dict.fromkeys(left + right)) for left in groups for right in inner]
    return groups


def _group_error(part: Sequence[Token], text: str) -> FormulaError:
    signs = {token.text: token for token in part}
    if "*" in signs:
        message = "`*` is not for grouping factors: write `(x | a) + (x | b) + (x | a:b)`"
        return FormulaError(message, text, signs["*"].start)
    if "+" in signs:
        message = "`+` is not for grouping factors: write `(x | a) + (x | b)`"
        return FormulaError(message, text, signs["+"].start)
    message = "a grouping factor is a column, or columns joined by `/` (nested) or `:`"
    return FormulaError(message, text, part[0].start)


def _check_repeats(terms: Sequence[RandomTerm], text: str) -> None:
    seen = set()
    for term in terms:
        key = (term.effects.replace(" ", ""), frozenset(term.group))
        if key in seen:
            raise FormulaError(f"the random term `{term.text}` is there twice: leave one out", text)
        seen.add(key)
