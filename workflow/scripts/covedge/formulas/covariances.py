"""glmmTMB's names for the covariance of a term: `us(x | g)`, `diag(x | g)`, `rr(x | g, d)`."""

from __future__ import annotations

from collections.abc import Sequence

from covedge.errors import FormulaError
from covedge.formulas.tokens import Token, split

_SAME = ("us", "diag", "rr")
_REFUSED = {
    "cs": "glmmTMB's cs() has a variance for each effect, which is not supported; for one variance "
    "of all, write `(1 | g) + (1 | g:f)`",
    "homdiag": "one variance for all effects is not supported; write diag() for one each",
    "dummy": "dummy() is not supported: write `I(f == 'level')`",
}
_REFUSED |= dict.fromkeys(
    ("ar1", "ou", "exp", "gau", "mat", "toep", "hetar1"),
    "covariances over time or space are not supported",
)


def unwrap(piece: Sequence[Token], text: str) -> tuple[str | None, int | None, Sequence[Token]]:
    """(name of the covariance, rank, `(effects | group)`) of a random term; plain ones have None.

    A comma's number is taken out of `rr(effects | group, d)`; without it d is 2, as in glmmTMB.
    """
    first = piece[0]
    called = first.kind == "name" and len(piece) > 1 and piece[1].text == "("
    if not called or first.text not in (*_SAME, *_REFUSED):
        return None, None, piece
    if first.text in _REFUSED:
        raise FormulaError(_REFUSED[first.text], text, first.start)
    if piece[-1].text != ")":
        return None, None, piece
    inside, *rest = split(piece[2:-1], (",",))
    if first.text != "rr":
        if rest:
            raise FormulaError(f"{first.text}() has one argument", text, first.start)
        return first.text, None, piece[1:]
    return "rr", _rank(rest, first, text), [piece[1], *inside, piece[-1]]


def _rank(rest: list[list[Token]], first: Token, text: str) -> int:
    if not rest:
        return 2
    number = rest[0][-1].text if rest[0] else ""
    named = [token.text for token in rest[0][:-1]] in ([], ["d", "="])
    if len(rest) > 1 or not named or not number.isdigit() or int(number) < 1:
        message = "rr() is written `rr(effects | group, d)` with the rank d, a whole number above 0"
        raise FormulaError(message, text, first.start)
    return int(number)
