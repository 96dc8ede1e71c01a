"""Results in words: what a fit, a term and a direction are to somebody who is no statistician."""

from covedge.errors import FormulaError
from covedge.formulas.formula import parse
from covedge.markup import listing

# A direction is zero below this reliability (design, section 4), where the fit does not say.
COLLAPSED = 1e-6
# Loadings below this part of the largest are left out of the words, not of the figures.
MENTIONED = 0.4
# An eigenvalue of apVar's inverse up to here is none (`apvar.FLAT`, which has the reason).
FLAT = 1e-5


def mark(term: dict, direction: dict) -> str:
    """`alive`, `collapsed`, or `flat` where the data do not decide."""
    if flat(term):
        return "flat"
    state = direction.get("state")
    if state is None:
        zero = (direction.get("reliability") or 0.0) < COLLAPSED
        return "collapsed" if zero else "alive"
    return state if state in ("alive", "collapsed") else "flat"


def collapsed(direction: dict) -> bool:
    """Whether a direction of the spectrum has zero variance."""
    return mark({}, direction) == "collapsed"


def clean(value: float | None) -> float:
    """A reliability or a dual without rounding noise: zero below the tolerance."""
    return 0.0 if value is None or abs(value) < COLLAPSED else value


def signs(eigenvalues: list[float]) -> tuple[int, int]:
    """How many eigenvalues of apVar's inverse are below zero, and at zero."""
    below = sum(value < -FLAT for value in eigenvalues)
    return below, sum(abs(value) <= FLAT for value in eigenvalues)


def flat(term: dict) -> bool:
    """Whether the data cannot tell this term from the rest of the model."""
    return term.get("identifiable") is False


def terms(fit: dict) -> list[dict]:
    """The random terms that this rung has."""
    return [t for t in fit.get("terms", []) if t.get("structure") != "absent" and t.get("effects")]


def state(fit: dict) -> str:
    """`healthy`, `degenerate`, `not identifiable`, `undecided`, `not certified` or `failed`."""
    if not fit or fit.get("status") == "failed":
        return "failed"
    if fit.get("identifiable") is False or any(flat(term) for term in terms(fit)):
        return "not identifiable"
    if any(term.get("degenerate") for term in terms(fit)):
        return "degenerate"
    if not fit.get("certificate", {}).get("certified", True):
        return "not certified"
    return "healthy"


BADGES = {
    "healthy": ("good", "healthy"),
    "degenerate": ("bad", "singular"),
    "not identifiable": ("flat", "not identifiable"),
    "not certified": ("quiet", "not certified"),
    "undecided": ("quiet", "undecided"),
    "failed": ("quiet", "failed"),
}


def rank(term: dict) -> str:
    """`2 of 6`."""
    return f"{term['rank']} of {full_rank(term)}"


def full_rank(term: dict) -> int:
    """The largest rank that the term's structure allows."""
    return term.get("full_rank") or len(term["effects"])


def term_text(fit: dict, term: dict) -> str:
    """The term as the formula has it, `(mPair | ratID)`; its group where there are more of it."""
    try:
        written = [t.text for t in parse(fit["formula"]).terms if t.group_name == term["group"]]
    except FormulaError:
        written = []
    return written[0] if len(written) == 1 else term["group"]


def sorted_spectrum(term: dict) -> list[dict]:
    """The directions, most reliable first."""
    return sorted(term["spectrum"], key=lambda d: -(d.get("reliability") or 0.0))


def loadings(term: dict) -> tuple[list[str], list[list[float]]]:
    """What the directions of a term load on: names (q,), and a row (q,) for each direction.

    A term whose effects are an intercept and a factor's contrasts is told in the
    factor's cells, so that the words do not depend on the reference level.
    """
    told = [d for d in sorted_spectrum(term) if d.get("direction")]
    basis = "cells" if told and all(d.get("cells") for d in told) else "direction"
    names = list(dict.fromkeys(name for d in told for name in d[basis]))
    return names, [[d[basis].get(name, 0.0) for name in names] for d in told]


def direction_words(names: list[str], row: list[float]) -> str:
    """A direction in words: `BFVL against GATA and RFVL`, `(Intercept)`, `all together`."""
    largest = max((abs(value) for value in row), default=0.0)
    if not largest:
        return "no effect"
    pairs = [
        (name, value)
        for name, value in zip(names, row, strict=True)
        if abs(value) >= MENTIONED * largest
    ]
    sign = 1 if max(pairs, key=lambda pair: abs(pair[1]))[1] > 0 else -1
    up = [name for name, value in pairs if sign * value > 0]
    down = [name for name, value in pairs if sign * value < 0]
    if down:
        return f"{listing(up)} against {listing(down)}"
    if len(up) == len(names) > 2:
        return "all together (the common level)"
    return f"{listing(up)} together" if len(up) > 1 else up[0]


def null_count(term: dict) -> int:
    """How many directions of the term have zero variance."""
    return full_rank(term) - term["rank"]
