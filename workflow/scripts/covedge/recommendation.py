"""Which model to report: a rule, its reasons, its cost, and what the schools would say.

The rule. Candidates are the rungs that are certified, identifiable and not degenerate, and of which
the test against the model that is looked at does not say that they fit worse (p > LEVEL; the
parametric bootstrap, or the exact test where there is one). A rung that keeps all grouping factors
goes before one that drops some: whether rows of a group are alike is a matter of the design. Of
those that are left the one with the fewest parameters is taken, and of equals the one with the
lower criterion. So the data must speak for each step of complexity, and where they cannot tell two
models apart the simpler one is reported. Where nothing has collapsed the model asked for may be
reported as well, and that is said.
"""

from dataclasses import dataclass

from covedge.jsonio import read_json
from covedge.status import FAILED

# The rule's level, and that of Matuschek et al. (2017), who give power more weight.
LEVEL, BALANCED = 0.05, 0.20
# Where one fits no better than another, to the digits of a criterion.
NOTHING = 1e-6


@dataclass(frozen=True)
class Candidate:
    """A sound rung. p : of its test against the model that is looked at, 1 where both are one;
    None where there is no test. missing : grouping factors that it drops.
    """

    fit: dict
    p: float | None
    missing: tuple[str, ...]

    @property
    def simplicity(self):
        return len(self.missing), self.fit["n_parameters"], self.fit["criterion"]


@dataclass(frozen=True)
class Recommendation:
    """chosen : the record of a fit, or None where no rung is sound. candidates : all sound rungs.

    balanced : what BALANCED would give. by_aic : the tests failed, and the smallest AIC decided.
    """

    chosen: dict | None
    candidates: tuple[Candidate, ...]
    balanced: dict | None
    by_aic: bool


def recommend(fits: list[dict], looked_at: dict, tests: dict | None) -> Recommendation:
    """fits : records of all rungs, simplest first. looked_at : one of them. tests : tests.json,
    None where it is lacking.
    """
    found = [_candidate(fit, looked_at, tests) for fit in fits if sound(fit)]
    tested = [c for c in found if c.p is not None]
    if tests is None or not tested:
        chosen = min(found, key=lambda c: (c.fit["aic"], c.simplicity), default=None)
        return Recommendation(chosen and chosen.fit, tuple(found), None, bool(found))
    return Recommendation(
        _simplest(tested, LEVEL), tuple(found), _simplest(tested, BALANCED), by_aic=False
    )


def sound(fit: dict) -> bool:
    """Whether a rung can be reported as it is."""
    return fit["certificate"]["certified"] and fit["identifiable"] and not fit["degenerate"]


def _simplest(tested, level):
    """The simplest that does not fit worse; the best there is where all do."""
    fitting = [c for c in tested if c.p > level]
    if fitting:
        return min(fitting, key=lambda c: c.simplicity).fit
    return min(tested, key=lambda c: (-c.p, c.fit["aic"])).fit


def _candidate(fit, looked_at, tests):
    present = {term["group"] for term in fit["terms"]}
    missing = tuple(t["group"] for t in looked_at["terms"] if t["group"] not in present)
    if fit["model"] == looked_at["model"]:
        return Candidate(fit, 1.0, missing)
    return Candidate(fit, p_of(tests, fit["model"], looked_at["model"]), missing)


def p_of(tests: dict | None, smaller: str, larger: str) -> float | None:
    """p of the test of one model against another; None where there is no such test."""
    pairs = (tests or {}).get("pairs", [])
    found = (pair["p"] for pair in pairs if (pair["smaller"], pair["larger"]) == (smaller, larger))
    return next(found, None)


def read_tests(path) -> dict | None:
    """tests.json, or None where the comparisons failed."""
    found = read_json(path)
    return None if found.get("status") == FAILED else found


@dataclass(frozen=True)
class Cost:
    """What the model asked for would have said otherwise of the fixed effects.

    name, moved : of the coefficient that moves most, by how many of its standard errors. smaller,
    larger : the smallest and largest ratio of its standard errors to the chosen model's.
    """

    name: str
    moved: float
    smaller: float
    larger: float


def cost(chosen: dict, other: dict) -> Cost | None:
    """`other` beside the chosen model; None without fixed effects."""
    pairs = [
        (here["name"], (there["estimate"] - here["estimate"]) / here["std_error"], here, there)
        for here, there in zip(chosen["fixed"], other["fixed"], strict=True)
        if here["std_error"] > 0
    ]
    if not pairs:
        return None
    name, moved, *_ = max(pairs, key=lambda pair: abs(pair[1]))
    ratios = [there["std_error"] / here["std_error"] for _, _, here, there in pairs]
    return Cost(name, moved, min(ratios), max(ratios))
