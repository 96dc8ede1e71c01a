"""Results in words: what a fit, a term and a direction are to somebody who is no statistician."""

from covedge.errors import FormulaError
from covedge.formula import parse
from covedge.markup import count, listing

# A direction is zero below this reliability (design, section 4).
COLLAPSED = 1e-6
# Loadings below this part of the largest are left out of the words, not of the figures.
MENTIONED = 0.4


def collapsed(direction: dict) -> bool:
    """Whether a direction of the spectrum has zero variance."""
    return (direction.get("reliability") or 0.0) < COLLAPSED


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
    return f"{term['rank']} of {len(term['effects'])}"


def term_text(fit: dict, term: dict) -> str:
    """The term as the formula has it, e.g. `(mPair | ratID)`; the group's name if there are more."""
    try:
        written = [t.text for t in parse(fit["formula"]).terms if t.group_name == term["group"]]
    except FormulaError:
        written = []
    return written[0] if len(written) == 1 else term["group"]


def direction_words(direction: dict) -> str:
    """A direction in words: `BFVL against GATA and RFVL`, `(Intercept)`, or `a and b together`."""
    loadings = {name: value for name, value in direction["direction"].items() if value}
    if not loadings:
        return "no effect"
    largest = max(abs(value) for value in loadings.values())
    named = sorted(loadings.items(), key=lambda item: -abs(item[1]))
    named = [(name, value) for name, value in named if abs(value) >= MENTIONED * largest]
    if named[0][1] < 0:
        named = [(name, -value) for name, value in named]
    up = [name for name, value in named if value > 0]
    down = [name for name, value in named if value < 0]
    if down:
        return f"{listing(up)} against {listing(down)}"
    return f"{listing(up)} together" if len(up) > 1 else up[0]


def null_count(term: dict) -> int:
    """How many directions of the term have zero variance."""
    return len(term["effects"]) - term["rank"]


def directions(number: int) -> str:
    return count(number, "direction")
