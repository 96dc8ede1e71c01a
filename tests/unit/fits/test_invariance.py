"""Units, centring, coding, order and names change no rank, no verdict, and D by a known constant.

The data and the changes are drawn by hypothesis, always the same ones. With X -> X A, whatever is
in A, the restricted criterion changes by log|A|^2 and the likelihood not at all; with y -> c y both
change by nu log c^2, nu = n - p by REML, n by ML.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

from covedge.fits.certificate import REFUSED
from covedge.fits.factors import Factors
from covedge.fits.identifiability import identifiability
from support.models import set_up

# Random effects whose set of models is the same in any coding and wherever x has its zero.
EFFECTS = ("x", "f", "f + x", "x + z", "f:x + f", "1")
GROUPS = ("one", "nested", "crossed")
CODINGS = ("f", "0 + f", "C(f, contr.sum)", "C(f, contr.helmert)")
FEW = settings(max_examples=12, derandomize=True, deadline=None, database=None)


@dataclass(frozen=True)
class Case:
    """A table, the effects of the outer grouping factor a, and what there is beside it."""

    table: pd.DataFrame
    effects: str
    others: str
    method: str

    def formula(self, fixed="x + z + f", effects=None):
        return f"y ~ {fixed} + ({effects or self.effects} | a) {self.others}"

    def fit(self, table=None, **changed):
        problem = set_up(
            self.table if table is None else table, self.formula(**changed), self.method
        )
        return problem, problem.fit()

    @property
    def reml(self):
        return self.method == "REML"


@st.composite
def cases(draw, effects=EFFECTS, groups=GROUPS):
    seed = draw(st.integers(0, 10**6))
    rng = np.random.default_rng(seed)
    n_a = int(rng.integers(6, 11))
    a = np.repeat(np.arange(n_a), rng.integers(8, 14, n_a))
    n = len(a)
    table = pd.DataFrame({"a": [f"a{code:02d}" for code in a]})
    table["b"] = [f"b{code}" for code in rng.integers(0, 3, n)]
    table["d"] = [f"d{code}" for code in rng.integers(0, 5, n)]
    table["f"] = np.array(["u", "v", "w"])[rng.integers(0, 3, n)]
    table["x"], table["z"] = rng.normal(1.0, 1.0, n), rng.uniform(0.0, 2.0, n)
    columns = np.column_stack([np.ones(n), table.x, table.z, table.f == "v", table.f == "w"])
    # Of rank below that of the effects as often as not.
    L = rng.normal(size=(5, int(rng.integers(0, 5)))) * rng.choice([0.3, 1.0, 2.0])
    b = rng.normal(size=(n_a, L.shape[1])) @ L.T
    y = table.x + rng.normal(size=n) + (columns * b[a]).sum(axis=1)
    for name in ("b", "d"):
        y = y + rng.normal(size=6)[pd.factorize(table[name])[0]] * rng.choice([0.0, 0.5])
    table["y"] = y
    others = {"one": "", "nested": "+ (1 | a:b)", "crossed": "+ (1 | d)"}
    return Case(
        table,
        draw(st.sampled_from(effects)),
        others[draw(st.sampled_from(groups))],
        draw(st.sampled_from(("ML", "REML"))),
    )


def units():
    return st.floats(-6, 6).map(lambda exponent: float(10.0**exponent))


def verdict(found):
    """What must not change at all, and reliabilities, by grouping factor."""
    terms = {frozenset(t.term.group): t for t in found.terms}
    return (
        found.certificate.status,
        found.degenerate,
        found.identifiability.rank,
        {g: (t.rank, t.full_rank, t.identifiable) for g, t in terms.items()},
        {g: [d.direction.state for d in t.spectrum] for g, t in terms.items()},
    ), {g: [d.direction.reliability for d in t.spectrum] for g, t in terms.items()}


def assert_same(one, two, constant=0.0):
    """The same verdict and reliabilities, and D higher by the constant.

    All designs here are large enough for D to have a lowest value: without one, where the search
    stops is a matter of rounding.
    """
    assert one.certificate.status != REFUSED, one.certificate.reasons
    (mine, reliabilities), (theirs, theirs_reliabilities) = verdict(one), verdict(two)
    assert mine == theirs
    for group, values in reliabilities.items():
        np.testing.assert_allclose(values, theirs_reliabilities[group], atol=1e-6)
    change = two.point.criterion - one.point.criterion
    # Sums of some thousand lose their last digits.
    assert abs(change - constant) < 1e-6 + 1e-10 * abs(constant)


def log_volume(problem):
    """log|X'X|, of which REML's criterion has a part that depends on the basis of X."""
    return np.linalg.slogdet(problem.frame.X.T @ problem.frame.X)[1]


@FEW
@given(cases(), units(), units(), units())
def test_units_of_response_and_covariates(case, of_y, of_x, of_z):
    table = case.table
    changed = table.assign(y=of_y * table.y, x=of_x * table.x, z=of_z * table.z)
    (problem, one), (_, two) = case.fit(), case.fit(changed)
    n, p = problem.frame.X.shape
    constant = (n - p * case.reml) * np.log(of_y**2)
    assert_same(one, two, constant + case.reml * np.log(of_x**2 * of_z**2))


@FEW
@given(cases(), st.floats(-100, 100), st.floats(-100, 100), st.floats(-1e4, 1e4))
def test_centring_of_covariates_and_response(case, x, z, y):
    """A triangular change of X: its determinant is 1."""
    table = case.table
    moved = table.assign(x=table.x + x, z=table.z + z, y=table.y + y)
    (_, one), (_, two) = case.fit(), case.fit(moved)
    assert_same(one, two)


@FEW
@given(cases(effects=("f",)), st.sampled_from(CODINGS), st.sampled_from(CODINGS[:1] + CODINGS[2:]))
def test_coding_of_factors(case, coded, fixed):
    """In the random effects any basis spans the same matrices; in X the volume changes D."""
    (plain, one), (recoded, two) = case.fit(), case.fit(fixed=f"x + z + {fixed}", effects=coded)
    assert_same(one, two, case.reml * (log_volume(recoded) - log_volume(plain)))
    cells = [problem.frame.terms for problem in (plain, recoded)]
    G = []
    for terms, found in zip(cells, (one, two), strict=True):
        place = next(k for k, t in enumerate(terms) if t.group == ("a",))
        rows = terms[place].cells.rows
        G.append(rows @ found.terms[place].G @ rows.T)
    np.testing.assert_allclose(*G, atol=1e-4 * max(1.0, np.abs(G[0]).max()))


@FEW
@given(cases(), st.randoms(use_true_random=False))
def test_order_of_rows(case, random):
    order = list(range(len(case.table)))
    random.shuffle(order)
    (_, one), (_, two) = case.fit(), case.fit(case.table.iloc[order])
    assert_same(one, two)


@FEW
@given(cases(), st.permutations("pqrstuvwxyz"), st.permutations("uvw"))
def test_names_and_order_of_levels(case, groups, cells):
    """Other names come in another order. Treatment contrasts of other cells: determinant +-1."""
    table = case.table
    renamed = table.assign(
        a=table.a.map(lambda name: groups[int(name[1:])]),
        b=table.b.map({"b0": "2", "b1": "0", "b2": "1"}),
        d=table.d.map(lambda name: groups[int(name[1:]) + 3]),
        f=table.f.map(dict(zip("uvw", cells, strict=True))),
    )
    (_, one), (_, two) = case.fit(), case.fit(renamed)
    assert_same(one, two)


@FEW
@given(cases(effects=("x",)), units())
def test_units_leave_uncorrelated_slopes_alone(case, unit):
    """Diagonal structures: the unit of a slope changes nothing, its zero makes another model."""
    text = case.formula().replace("(x | a)", "(x || a)")
    tables = case.table, case.table.assign(x=unit * case.table.x)
    one, two = (set_up(table, text, case.method).fit() for table in tables)
    assert_same(one, two, case.reml * np.log(unit**2))
    moved = set_up(case.table.assign(x=case.table.x + 3.0), text, case.method).fit()
    full = case.fit(fixed="x + z + f")[1]
    assert full.point.criterion <= min(one.point.criterion, moved.point.criterion) + 1e-6


@FEW
@given(cases(), units(), st.sampled_from((1.0, 7.0)))
def test_weights_in_other_units(case, unit, power):
    """Weights c w: sigma^2 is c times, D the same."""
    w = 1.0 + case.table.z**power / 10
    fits = [
        set_up(case.table.assign(w=c * w), case.formula(), case.method, weights="w").fit()
        for c in (1.0, unit)
    ]
    assert_same(*fits)
    assert np.isclose(fits[1].point.sigma2, unit * fits[0].point.sigma2, rtol=1e-5)


@FEW
@given(cases(), units(), st.floats(-10, 10))
def test_counts_of_identifiable_parameters(case, unit, shift):
    table = case.table.assign(x=unit * (case.table.x + shift))
    counts = []
    for each in (case.table, table):
        problem = set_up(each, case.formula(), case.method)
        found = identifiability(Factors(problem.likelihood, problem.structures))
        counts.append((found.n_parameters, found.rank))
    assert counts[0] == counts[1]
