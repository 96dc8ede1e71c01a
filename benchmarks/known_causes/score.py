"""How often the true cause is named, named first, and what is named instead."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.linalg import null_space

from covedge.causes.cause import Cause
from covedge.proportion import Proportion
from known_causes.case import CAUSES, HEALTHY, OPTIMISER, Case

NOTHING = "no cause"
# An estimated direction within this angle of the true one is the same, in degrees.
NEAR = 10.0
_KINDS = ("wrong", "right")


@dataclass(frozen=True, eq=False)
class Found:
    """What the library says of a Case.

    causes : in order. null : (q, k) contrasts of the planted term's effects, in the user's basis,
    that have collapsed, or None. whitened, H : (q, q) in that basis, Z'Z over all rows, and the
    information at the fit.
    failed : the error, word for word, or "".
    """

    causes: tuple[Cause, ...]
    null: np.ndarray | None = None
    whitened: np.ndarray | None = None
    H: np.ndarray | None = None
    seconds: float = 0.0
    failed: str = ""


@dataclass(frozen=True)
class Outcome:
    """A Case held against what was found, as it is stored.

    named : causes as the reader meets them, each once. degrees, degrees_at_fit : between the null
    spaces, in the metric of whitened columns of Z and in that of the information at the fit.
    wrong, right : (blamed, engines) of the engines that failed, and of those that did not.
    """

    cause: str
    number: int
    half: str
    design: str
    named: tuple[str, ...]
    degrees: float | None = None
    degrees_at_fit: float | None = None
    wrong: tuple[int, int] = (0, 0)
    right: tuple[int, int] = (0, 0)
    seconds: float = 0.0
    failed: str = ""

    @property
    def truth(self) -> str:
        """What ought to be named: of healthy data, nothing."""
        return NOTHING if self.cause == HEALTHY else self.cause

    @property
    def first(self) -> str:
        """What the reader meets first."""
        return self.named[0] if self.named else NOTHING

    @property
    def hit(self) -> bool:
        """Whether the truth is among what is named."""
        return self.truth in self.named or self.truth == self.first


def outcome(case: Case, found: Found) -> Outcome:
    """What is kept of a data set and its diagnosis."""
    degrees = (None, None)
    if case.null is not None and found.null is not None:
        degrees = tuple(angle(found.null, case.null, M) for M in (found.whitened, found.H))
    blamed = {c.evidence["engine"] for c in found.causes if c.cause == OPTIMISER}
    counts = {
        wrong: (
            sum(e.name in blamed for e in case.answers if e.wrong == wrong),
            sum(e.wrong == wrong for e in case.answers),
        )
        for wrong in (True, False)
    }
    return Outcome(
        case.cause,
        case.seed,
        case.half,
        case.design,
        tuple(dict.fromkeys(cause.cause for cause in found.causes)),
        *degrees,
        counts[True],
        counts[False],
        found.seconds,
        found.failed,
    )


@dataclass(frozen=True)
class Row:
    """Data sets of one true cause. first : by name, how many have it named first.

    also : by name, how many have it named at all.
    """

    cause: str
    n: int
    named: Proportion
    named_first: Proportion
    first: dict[str, int]
    also: dict[str, int]
    failed: int


def table(outcomes: Sequence[Outcome]) -> tuple[Row, ...]:
    """A row for each true cause that there is, in the order of CAUSES."""
    of = {cause: [one for one in outcomes if one.cause == cause] for cause in CAUSES}
    return tuple(_row(cause, them) for cause, them in of.items() if them)


def _row(cause, them):
    n = len(them)
    return Row(
        cause,
        n,
        Proportion(sum(one.hit for one in them), n),
        Proportion(sum(one.first == one.truth for one in them), n),
        dict(Counter(one.first for one in them)),
        dict(Counter(name for one in them for name in one.named)),
        sum(bool(one.failed) for one in them),
    )


@dataclass(frozen=True)
class Angles:
    """Between estimated and true null space, of data sets of one cause, in degrees, sorted.

    at_fit : in the metric of the information at the fit. There noise and groups have the same
    variance, so that n groups leave an error of about 57 / sqrt(n) however little noise there is.
    """

    cause: str
    degrees: tuple[float, ...]
    at_fit: tuple[float, ...]

    @property
    def near(self) -> Proportion:
        """How many are within NEAR."""
        return Proportion(sum(d <= NEAR for d in self.degrees), len(self.degrees))


def angles(outcomes: Iterable[Outcome]) -> tuple[Angles, ...]:
    """By cause; of the data sets where both null spaces are known."""
    found: dict[str, list[tuple[float, float]]] = {}
    for one in outcomes:
        if one.degrees is not None:
            found.setdefault(one.cause, []).append((one.degrees, one.degrees_at_fit))
    return tuple(
        Angles(cause, *(tuple(sorted(each)) for each in zip(*found[cause], strict=True)))
        for cause in CAUSES
        if cause in found
    )


def engines(outcomes: Sequence[Outcome]) -> tuple[Proportion, Proportion] | None:
    """How many engines are blamed, of those that failed and of those that did not."""
    counts = [np.sum([getattr(one, kind) for one in outcomes], axis=0) for kind in _KINDS]
    if not all(n for _, n in counts):
        return None
    return tuple(Proportion(int(blamed), int(n)) for blamed, n in counts)


def angle(one: np.ndarray, other: np.ndarray, M: np.ndarray) -> float:
    """Degrees by which the smaller of two spaces of contrasts leans out of the larger.

    one, other : (q, k) and (q, l) contrasts c of effects b. In the metric of M^-1, with M as Z'Z
    or the information: units and coding do not count in it. With M = R'R a contrast is R^-T c.
    The largest principal angle.
    """
    # R upper triangular: solving with R' keeps more digits than an inverse.
    R = np.linalg.cholesky((M + M.T) / 2).T
    A, B = (np.linalg.qr(np.linalg.solve(R.T, C))[0] for C in (one, other))
    if A.shape[1] > B.shape[1]:
        A, B = B, A
    if B.shape[1] == len(M):
        return 0.0
    # The sine has all digits where the angle is small.
    sine = np.linalg.norm(null_space(B.T).T @ A, ord=2)
    return float(np.degrees(np.arcsin(min(sine, 1.0))))
