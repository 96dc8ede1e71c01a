"""Fits in the user's units and names, against lme4; and what no fit may depend on."""

import numpy as np
import pandas as pd
import pytest

from covedge.fits.fit import fit
from covedge.fits.spectrum import COLLAPSED
from covedge.jsonio import plain
from covedge.records import fit_record
from support.models import data_set, reference, set_up

# theta of several random terms on one factor is not lme4's: they are one Sigma here.
ONE_TERM = (
    "sleepstudy_reml",
    "sleepstudy_ml",
    "dyestuff_ml",
    "dyestuff_reml",
    "dyestuff2_ml",
    "dyestuff2_reml",
    "machines_reml",
    "orthodont_reml",
    "orthodont_ml",
)
INTERCEPTS = ("pastes_ml", "pastes_reml", "oats_reml")


def fitted(name):
    known = reference(name)
    problem = set_up(data_set(known["data"]), known["formula"], known["method"])
    return known, problem, problem.fit()


def compare(known, problem, found):
    """Criterion to 1e-6, estimates and errors to the digits that lme4's optimum has."""
    assert found.point.criterion == pytest.approx(known["criterion"], abs=1e-6)
    assert found.n_parameters == known["n_parameters"]
    assert np.sqrt(found.point.sigma2) == pytest.approx(known["sigma"], rel=1e-5)
    record = plain(fit_record(found, "test", problem.frame.fixed))
    assert record["loglik"] == pytest.approx(known["loglik"], abs=1e-6)
    estimates = {row["name"]: row["estimate"] for row in record["fixed"]}
    errors = {row["name"]: row["std_error"] for row in record["fixed"]}
    assert estimates == pytest.approx(known["fixed"], rel=1e-5)
    assert errors == pytest.approx(known["std_error"], rel=1e-4)
    return record


@pytest.mark.parametrize("name", ONE_TERM)
def test_one_term_as_lme4(name):
    known, problem, found = fitted(name)
    record = compare(known, problem, found)
    assert found.terms[0].theta == pytest.approx(known["theta"], abs=1e-4)
    (term,) = record["terms"]
    theirs = known["terms"][term["group"]]
    assert term["effects"] == theirs["effects"]
    size = np.abs(theirs["covariance"]).max()
    np.testing.assert_allclose(term["covariance"], theirs["covariance"], atol=1e-4 * size)
    np.testing.assert_allclose(term["sd"], theirs["sd"], rtol=1e-4)
    assert found.certificate.certified
    assert found.degenerate == known["singular"]


@pytest.mark.parametrize("name", INTERCEPTS)
def test_nested_intercepts_as_lme4(name):
    """lme4 lists the deepest factor first, we the outermost."""
    known, problem, found = fitted(name)
    compare(known, problem, found)
    theta = [term.theta[0] for term in reversed(found.terms)]
    assert theta == pytest.approx(known["theta"], abs=1e-4)
    assert found.certificate.certified
    assert found.degenerate == known["singular"]


def test_uncorrelated_slopes_as_lme4():
    known, problem, found = fitted("sleepstudy_uncorrelated_ml")
    compare(known, problem, found)
    assert np.sqrt(np.diag(found.terms[0].Sigma)) == pytest.approx(known["theta"], abs=1e-4)
    assert abs(found.terms[0].Sigma[0, 1]) < 1e-12


def test_compound_symmetry_as_lme4():
    """Two intercept terms in lme4, one structure here."""
    known = reference("machines_cs_reml")
    problem = set_up(data_set("Machines"), "score ~ Machine + (Machine | Worker)")
    at = next(i for i, model in enumerate(problem.models) if "compound" in model.name)
    found = problem.fit(at)
    compare(known, problem, found)
    cells = problem.frame.terms[0].cells.rows
    G = cells @ found.terms[0].G @ cells.T
    both, within = known["terms"]["Worker"], known["terms"]["Worker:Machine"]
    assert G[0, 1] == pytest.approx(both["covariance"][0][0], rel=1e-4)
    assert G[0, 0] - G[0, 1] == pytest.approx(within["covariance"][0][0], rel=1e-4)


@pytest.mark.parametrize(
    ("data", "formula", "theta"),
    [
        ("sleepstudy", "Reaction ~ Days + (Days | Subject)", [0.9292, 0.0182, 0.2226]),
        ("Dyestuff", "Yield ~ 1 + (1 | Batch)", [0.752581]),
        ("Dyestuff2", "Yield ~ 1 + (1 | Batch)", [0.0]),
    ],
)
def test_published_theta(data, formula, theta):
    """ML, from lme4's documentation and MixedModels.jl's tests."""
    found = set_up(data_set(data), formula, "ML").fit()
    assert found.terms[0].theta == pytest.approx(theta, abs=1e-4)


def test_degenerate_and_certified_are_two_things():
    zero = set_up(data_set("Dyestuff2"), "Yield ~ 1 + (1 | Batch)").fit()
    assert (zero.degenerate, zero.certificate.certified) == (True, True)
    assert (zero.terms[0].rank, zero.terms[0].full_rank) == (0, 1)
    assert zero.terms[0].spectrum[0].direction.state == COLLAPSED
    full = set_up(data_set("sleepstudy"), "Reaction ~ Days + (Days | Subject)").fit()
    assert (full.degenerate, full.certificate.certified) == (False, True)
    assert (full.terms[0].rank, full.terms[0].full_rank) == (2, 2)


# What no fit may depend on. Some of the fits are singular, which must not change either.


def layout():
    rng = np.random.default_rng(11)
    rows = [(g, f) for g in "abcdefgh" for f in "uvw" for _ in range(rng.integers(1, 5))]
    table = pd.DataFrame(rows, columns=["g", "f"])
    code = pd.factorize(table.g)[0]
    table["x"] = rng.normal(size=len(table))
    shared = rng.normal(size=8)[code]
    table["y"] = rng.normal(size=len(table)) + 2 * shared + shared * (table.f == "w") * 2
    table["y"] += rng.normal(size=8)[code] * table.x
    return table


def test_the_layout_gives_both_singular_and_regular_fits():
    fits = [set_up(layout(), formula).fit() for formula in FORMULAS]
    assert [found.degenerate for found in fits] == [True, False, False, True]


def signature(found):
    """Rank and state of each term, and reliabilities, smallest first."""
    return (
        found.certificate.status,
        found.degenerate,
        [(t.rank, t.full_rank) for t in found.terms],
        [d.direction.state for t in found.terms for d in t.spectrum],
    ), [d.direction.reliability for t in found.terms for d in t.spectrum]


def assert_same(one, two, criterion=0.0):
    """The same fit but for `criterion`, a known difference of D."""
    (states, reliabilities), (states2, reliabilities2) = signature(one), signature(two)
    assert states == states2
    np.testing.assert_allclose(reliabilities, reliabilities2, atol=1e-6)
    size = abs(one.point.criterion) + abs(criterion)
    assert two.point.criterion - one.point.criterion == pytest.approx(
        criterion, abs=1e-6 + 1e-10 * size
    )


FORMULAS = ("y ~ f + x + (f | g)", "y ~ x + (x | g)", "y ~ f + (f || g)", "y ~ f + (x | g)")


@pytest.mark.parametrize("method", ["ML", "REML"])
@pytest.mark.parametrize("formula", FORMULAS)
@pytest.mark.parametrize("c", [1e-6, 1e-3, 1e6])
def test_units_of_the_response(formula, c, method):
    """D changes by (n or n - p) log c^2."""
    table = layout()
    one = set_up(table, formula, method)
    two = set_up(table.assign(y=c * table.y), formula, method)
    n, p = one.frame.X.shape
    nu = n - p if method == "REML" else n
    assert_same(one.fit(), two.fit(), nu * np.log(c**2))


@pytest.mark.parametrize("method", ["ML", "REML"])
@pytest.mark.parametrize("formula", ["y ~ x + (x | g)", "y ~ x + (x || g)", "y ~ x + f + (f | g)"])
@pytest.mark.parametrize("c", [1e-6, 1e6])
def test_units_of_a_covariate(formula, c, method):
    """D changes by log c^2 through |X'V^-1X| by REML, not at all by ML."""
    table = layout()
    one, two = (set_up(t, formula, method).fit() for t in (table, table.assign(x=c * table.x)))
    assert_same(one, two, np.log(c**2) if method == "REML" else 0.0)


@pytest.mark.parametrize("method", ["ML", "REML"])
@pytest.mark.parametrize("offset", [-1.0, 100.0, 1e4])
def test_centring_a_covariate(offset, method):
    """(x | g) is the same model wherever x has its zero; seconds may be milliseconds past noon."""
    table = layout()
    one, two = (
        set_up(t, "y ~ x + (x | g)", method).fit()
        for t in (table, table.assign(x=table.x + offset))
    )
    assert_same(one, two)


@pytest.mark.parametrize("method", ["ML", "REML"])
@pytest.mark.parametrize("structure", ["full", "compound"])
@pytest.mark.parametrize("coded", ["0 + f", "C(f, contr.sum)", "C(f, contr.helmert)"])
def test_coding_of_the_factor(coded, structure, method):
    """Treatment coding or another: the cells' covariance is the same set of matrices."""
    fits = []
    for effects in ("f", coded):
        problem = set_up(layout(), f"y ~ f + ({effects} | g)", method)
        model = next(m for m in problem.models if structure in m.name)
        found = fit(problem.likelihood, problem.frame.terms, model, seed=1)
        cells = problem.frame.terms[0].cells.rows
        fits.append((found, cells @ found.terms[0].G @ cells.T))
    assert_same(fits[0][0], fits[1][0])
    np.testing.assert_allclose(fits[0][1], fits[1][1], atol=1e-4)
    for mine, theirs in zip(*(f.terms[0].spectrum for f, _ in fits), strict=True):
        if mine.cells is not None:
            sign = np.sign(sum(v * theirs.cells[k] for k, v in mine.cells.items()))
            assert {k: sign * v for k, v in theirs.cells.items()} == pytest.approx(
                mine.cells, abs=1e-3
            )


@pytest.mark.parametrize("formula", [*FORMULAS, "y ~ x + (f | g/h)"])
def test_order_of_rows(formula):
    table = layout()
    table["h"] = np.where(np.arange(len(table)) % 3 == 0, "p", "q")
    one, two = (set_up(t, formula).fit() for t in (table, table.sample(frac=1.0, random_state=1)))
    assert_same(one, two)


@pytest.mark.parametrize("formula", FORMULAS)
def test_names_of_levels(formula):
    """Other names come in another order, for groups and for cells; X spans the same."""
    table = layout()
    groups = dict(zip("abcdefgh", "zywbtsra", strict=True))
    renamed = table.assign(g=table.g.map(groups))
    assert_same(set_up(table, formula).fit(), set_up(renamed, formula).fit())
    if "(f |" in formula and "||" not in formula:
        cells = table.assign(f=table.f.map({"u": "r", "v": "q", "w": "p"}))
        for method in ("ML", "REML"):
            # Treatment contrasts of other cells are a matrix of determinant 1 or -1 on X.
            one, two = (set_up(t, formula, method).fit() for t in (table, cells))
            assert_same(one, two)


def test_a_response_and_its_fixed_part():
    """y + X b has the same random effects."""
    table = layout()
    moved = table.assign(y=table.y + 1000.0 - 30.0 * table.x)
    one, two = (set_up(t, "y ~ x + (x | g)").fit() for t in (table, moved))
    assert_same(one, two)
    np.testing.assert_allclose(two.point.beta - one.point.beta, [1000.0, -30.0], rtol=1e-9)


def test_weights_of_a_constant_change_nothing_but_sigma():
    table = layout().assign(w=4.0)
    one = set_up(table, "y ~ x + (x | g)").fit()
    two = set_up(table, "y ~ x + (x | g)", weights="w").fit()
    assert_same(one, two)
    assert two.point.sigma2 == pytest.approx(4 * one.point.sigma2, rel=1e-6)


def test_weights_are_those_of_lme4():
    """Var = sigma^2 / w. From R 4.2.2, lme4 1.1-31:

    d <- read.csv("data/published/Pastes.csv", stringsAsFactors = TRUE); d$w <- rep(1:3, 20)
    deviance(lmer(strength ~ 1 + (1 | batch/cask), d, REML = FALSE, weights = w))
    """
    table = data_set("Pastes")
    table["w"] = np.tile([1.0, 2.0, 3.0], 20)
    found = set_up(table, "strength ~ 1 + (1 | batch/cask)", "ML", weights="w").fit()
    assert found.point.criterion == pytest.approx(250.90389528, abs=1e-6)


def test_the_seed_decides_the_bits_and_not_the_answer():
    problem = set_up(layout(), "y ~ f + (f | g)")
    one, again, other = problem.fit(seed=1), problem.fit(seed=1), problem.fit(seed=2)
    assert one.point.criterion == again.point.criterion
    np.testing.assert_array_equal(one.terms[0].G, again.terms[0].G)
    assert other.point.criterion == pytest.approx(one.point.criterion, abs=1e-7)


def test_two_optima_are_counted_and_the_lower_one_taken():
    """One-way data with few large groups, by ML: local optima at zero and beyond."""
    rng = np.random.default_rng(8)
    sizes = rng.choice([1, 2, 30, 40], size=5)
    g = np.repeat(np.arange(5), sizes)
    noise = rng.normal(size=len(g))
    y = noise + (rng.normal(size=5) * np.where(sizes < 5, 2.5, 0.1))[g]
    problem = set_up(pd.DataFrame({"g": g, "y": y}), "y ~ 1 + (1 | g)", "ML")
    found = problem.fit()
    grid = [problem.likelihood.at([np.array([[t * t]])]).criterion for t in np.linspace(0, 20, 400)]
    assert found.optima >= 2
    assert found.point.criterion <= min(grid) + 1e-9
    assert found.certificate.certified


def test_a_record_counts_parameters_as_aic_needs_them():
    """sleepstudy, ML: AIC 1763.9393, BIC 1783.0971 (lme4's vignette, table of fm1 by ML)."""
    problem = set_up(data_set("sleepstudy"), "Reaction ~ Days + (Days | Subject)", "ML")
    record = plain(fit_record(problem.fit(), "sleep", problem.frame.fixed))
    assert record["aic"] == pytest.approx(1763.9393, abs=1e-4)
    assert record["bic"] == pytest.approx(1783.0971, abs=1e-4)
    (term,) = record["terms"]
    assert term["correlation"][0][1] == pytest.approx(0.0813, abs=1e-4)
    assert (record["n_obs"], term["n_levels"], term["structure"]) == (180, 18, "full")
