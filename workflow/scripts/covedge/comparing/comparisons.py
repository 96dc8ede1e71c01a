"""Tests between the rungs of a ladder: which step of complexity do the data need?

Each rung inside the goal is tested against the goal, and against the next richer rungs around it.
Criteria by REML are comparable here: all rungs have the same fixed effects. Of the p-values of a
pair the most trustworthy is used: exact, then parametric bootstrap, then the chi-bar-square, then
the naive chi-square with a warning (or, where there can be no doubt, as an upper bound).

`plan` does everything that needs no simulated responses and says which pairs do; `compare` adds
their tests and the adjusted p of each rung (see `multiplicity`).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from covedge.comparing.bootstrap_test import BootstrapTest, bootstrap_test
from covedge.comparing.chi_bar import ChiBar, chi_bar, tail
from covedge.comparing.exact_test import NOTHING, ExactTest, exact_test
from covedge.comparing.few_groups import BEYOND_DOUBT, bound
from covedge.comparing.multiplicity import adjusted, needed
from covedge.comparing.no_test import NoTest
from covedge.fits.certificate import REFUSED
from covedge.fits.fit import Fit
from covedge.models.containment import strictly_inside
from covedge.models.ladder import Model

LEVEL = 0.05
EXACT, BOOTSTRAP, CHI_BAR, NAIVE = "exact", "bootstrap", "chi_bar", "naive"


@dataclass(frozen=True)
class Pair:
    """Two fits, one model inside the other, and what needs no simulated responses.

    lrt : criterion of the smaller less that of the larger, not below 0. df : parameters added.
    naive : p of chi2_df. bound : p with an allowance for few groups (see `few_groups`).
    unsimulated : why no responses need be simulated, or None.
    """

    smaller: Fit
    larger: Fit
    lrt: float
    df: int
    naive: float
    bound: float
    chi_bar: ChiBar | NoTest
    exact: ExactTest | NoTest
    unsimulated: str | None

    @property
    def beyond_doubt(self) -> bool:
        """Whether even the bound on p is as small as one can want."""
        return self.bound < BEYOND_DOUBT

    @property
    def names(self) -> tuple[str, str]:
        return self.smaller.model.name, self.larger.model.name


@dataclass(frozen=True)
class Plan:
    """The pairs of a ladder. goal : None where nothing can be compared.

    left_out : models that are in no test against the goal, and why.
    """

    goal: Fit | None
    pairs: tuple[Pair, ...]
    left_out: dict[str, str]

    @property
    def to_simulate(self) -> dict[str, tuple[str, ...]]:
        """By the model to simulate from: the larger models to fit, besides itself."""
        wanted: dict[str, tuple[str, ...]] = {}
        for pair in self.pairs:
            if pair.unsimulated is None:
                small, large = pair.names
                wanted[small] = (*wanted.get(small, ()), large)
        return wanted


@dataclass(frozen=True)
class Comparison:
    """A pair with all its tests. use : which of them is to be believed; p : its p-value."""

    pair: Pair
    bootstrap: BootstrapTest | NoTest
    use: str
    p: float


@dataclass(frozen=True)
class Rung:
    """A rung against the goal. p, adjusted_p : None where it is not tested, for that reason."""

    model: str
    p: float | None
    adjusted_p: float | None
    rejected: bool
    reason: str | None


@dataclass(frozen=True)
class Comparisons:
    goal: str | None
    level: float
    comparisons: tuple[Comparison, ...]
    rungs: tuple[Rung, ...]


def plan(models: Sequence[Model], fits: Mapping[str, Fit], seed: int) -> Plan:
    """Which pairs there are, and their tests without simulated responses.

    models : the ladder, the one asked for last. fits : by model's name; those
    that failed may be missing.
    """
    left_out = {m.name: reason for m in models if (reason := _unusable(fits.get(m.name)))}
    usable = [fits[m.name] for m in models if m.name not in left_out]
    if not usable:
        return Plan(None, (), left_out)
    goal = usable[-1]
    around = {
        small.model.name: [f for f in usable if strictly_inside(small.model, f.model)]
        for small in usable
    }
    for fit in usable:
        if fit is not goal and goal not in around[fit.model.name]:
            left_out[fit.model.name] = f"it is not a special case of {goal.model.name}"
    pairs = [
        _pair(small, large, seed)
        for small in usable
        for large in around[small.model.name]
        if large is goal or _next(large, around[small.model.name])
    ]
    return Plan(goal, tuple(pairs), left_out)


def compare(
    planned: Plan, draws: Mapping[tuple[str, str], Any] | None = None, level: float = LEVEL
) -> Comparisons:
    """All tests of the pairs of a plan.

    draws : by (smaller, larger) name, the criteria (D_small, D_large), each (replicates,), of
        responses simulated from the smaller model's fit; or a text, why there are none.
    """
    found = tuple(_comparison(pair, (draws or {}).get(pair.names)) for pair in planned.pairs)
    goal = planned.goal and planned.goal.model.name
    return Comparisons(goal, level, found, _rungs(planned, found, level))


def _unusable(fit):
    """Why a fit can be in no comparison, or None."""
    if fit is None:
        return "it has no fit"
    if not fit.identifiable:
        return "its variances cannot be told apart"
    if fit.certificate.status == REFUSED:
        return "its fit is refused: " + "; ".join(fit.certificate.reasons)
    return None


def _next(large, around):
    """Whether no other rung lies between."""
    return not any(strictly_inside(other.model, large.model) for other in around)


def _pair(small, large, seed):
    lrt = max(small.point.criterion - large.point.criterion, 0.0)
    df = large.n_parameters - small.n_parameters
    exact = exact_test(small, large, seed)
    n_levels = large.factors.likelihood.gram.n_groups[::-1]
    highest = bound(lrt, df, small.model, large.model, n_levels)
    why = _unsimulated(lrt, highest, exact)
    return Pair(small, large, lrt, df, tail(lrt, df), highest, chi_bar(small, large), exact, why)


def _unsimulated(lrt, highest, exact):
    if isinstance(exact, ExactTest):
        return "not simulated: the exact test is known"
    if lrt < NOTHING:
        return "not simulated: the richer model fits no better at all, so that p = 1 by any test"
    if highest < BEYOND_DOUBT:
        return (
            "not simulated: even the naive chi-square, with an allowance for the number of "
            f"groups that makes it err on the safe side, gives p < {BEYOND_DOUBT:g}"
        )
    return None


def _comparison(pair, draws):
    bootstrap = _bootstrap(pair, draws)
    if isinstance(pair.exact, ExactTest):
        return Comparison(pair, bootstrap, EXACT, pair.exact.p)
    if isinstance(bootstrap, BootstrapTest):
        return Comparison(pair, bootstrap, BOOTSTRAP, bootstrap.p)
    if isinstance(pair.chi_bar, ChiBar) and not pair.beyond_doubt:
        return Comparison(pair, bootstrap, CHI_BAR, pair.chi_bar.p(pair.lrt))
    return Comparison(pair, bootstrap, NAIVE, pair.bound if pair.beyond_doubt else pair.naive)


def _bootstrap(pair, draws):
    if draws is None or isinstance(draws, str):
        return NoTest(draws or pair.unsimulated or "no responses were simulated")
    tested = bootstrap_test(pair.lrt, *draws)
    if not tested.replicates:
        return NoTest("none of the simulated responses could be fitted by both models")
    return tested


def _rungs(planned, comparisons, level):
    """Every rung against the goal, simplest first, then those left out."""
    goal = planned.goal and planned.goal.model.name
    tested = _inside_first([c for c in comparisons if c.pair.names[1] == goal])
    required = needed([c.pair.smaller.model for c in tested])
    raised = adjusted([c.p for c in tested], required)
    rungs = [
        Rung(c.pair.names[0], c.p, p, p <= level, None) for c, p in zip(tested, raised, strict=True)
    ]
    untested = [Rung(m, None, None, False, reason) for m, reason in planned.left_out.items()]
    return (*rungs, *untested)


def _inside_first(tested):
    """Simplest first, so that every rung comes after those inside it."""
    models = [c.pair.smaller.model for c in tested]
    within = [sum(strictly_inside(other, model) for other in models) for model in models]
    keys = [(c.pair.smaller.n_parameters, n) for c, n in zip(tested, within, strict=True)]
    return [tested[i] for i in sorted(range(len(tested)), key=keys.__getitem__)]
