"""apVar and its Wald intervals, against nlme; and what nlme says where there are none."""

import json
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from covedge.fits.parameters import CORRELATION, SD, SIGMA
from covedge.inference.apvar import BOWL, EDGE, FLAT_VALLEY, NO_BOWL, apvar, apvar_at
from covedge.inference.apvar_words import sentences
from covedge.inference.natural import back
from covedge.inference.wald import wald
from support.models import data_set, set_up

TESTS = Path(__file__).parents[2]
REFERENCE = json.loads((TESTS / "reference" / "apvar.json").read_text(encoding="utf-8"))
REFUSED = "Non-positive definite approximate variance-covariance"
FULL = (
    "orthodont",
    "orthodont_ml",
    "orthodont_diagonal",
    "sleepstudy",
    "oats",
    "machines_nested",
    "machines_full",
)


@cache
def rats():
    table = pd.read_csv(TESTS.parent / "data" / "rats.csv")
    return set_up(table[table.spd_des == "s15"], "cc_marg ~ mPair + (mPair | ratID)")


def problem(known):
    if known["data"] == "rats":
        return rats()
    return set_up(data_set(known["data"]), known["formula"], known["method"])


def found(name):
    known = REFERENCE["intervals"][name]
    here = problem(known)
    return known, apvar(here.fit(), here.frame.terms)


def printed(known, one, which):
    """nlme's row of intervals() for a parameter: lower, estimate, upper."""
    rows = known[which]
    if one.kind == SIGMA:
        return rows["sigma"]
    word = "sd({})" if one.kind == SD else "cor({},{})"
    # nlme calls a nested level by its last factor alone.
    return rows["levels"][one.group.split(":")[-1]][word.format(*one.effects)]


@pytest.mark.parametrize("name", FULL)
def test_intervals_are_those_of_nlme_with_accurate_differences(name):
    """nlme's own likelihood and intervals(), its Hessian by differences of sixth order."""
    known, here = found(name)
    assert here.positive_definite
    ends = wald(here)
    assert len(ends) == len(here.parameters)
    for one, (lower, upper) in ends.items():
        row = printed(known, one, "accurate")
        assert (lower, upper) == pytest.approx((row[0], row[2]), rel=3e-5), one


@pytest.mark.parametrize("name", FULL)
def test_intervals_as_nlme_prints_them_within_its_rounding(name):
    """nlme's steps of 6e-6 leave noise eps |loglik| / step^2 in its Hessian, and that is allowed.

    A step is a part of the natural parameter, and of .05 at least: the correlation of sleepstudy
    (natural value .13) has the end -.576 in nlme, and -.518 is right.
    """
    known, here = found(name)
    loglik = {"Orthodont": 220, "sleepstudy": 872, "Oats": 297, "Machines": 108}[known["data"]]
    steps = 6.0554544523933e-06 * np.maximum(0.05, [abs(v) for v in here.natural.values])
    noise = 20 * np.finfo(float).eps * loglik / np.outer(steps, steps)
    errors = np.sqrt(np.diag(here.covariance))
    # First order: the change of a standard error by a change E of the Hessian.
    moved = np.diag(np.abs(here.covariance) @ noise @ np.abs(here.covariance)) / (2 * errors)
    for i, one in enumerate(here.parameters):
        row = np.array(printed(known, one, "as_it_comes"))
        natural = 2 * np.arctanh(row) if one.kind == CORRELATION else np.log(row)
        theirs = (natural[2] - natural[0]) / 2 / 1.959963984540054
        assert abs(theirs - errors[i]) < moved[i] + 1e-5 * errors[i], one


def test_the_published_interval_of_orthodont():
    """As nlme prints it: SDs 2.327034 and .226428, correlation -.609 [-.938, .299].

    The last digit of the upper end changes with the order of the rows there (.2986, .2989); .2979
    is right: nlme's own likelihood with accurate differences.
    """
    _, here = found("orthodont")
    ends = wald(here)
    sd_0, sd_age, correlation, _ = here.parameters
    assert here.natural.estimates[:2] == pytest.approx((2.327034, 0.226428), abs=1e-6)
    assert here.natural.estimates[2] == pytest.approx(-0.609, abs=5e-4)
    assert ends[correlation] == pytest.approx((-0.938, 0.299), abs=1.2e-3)
    assert ends[sd_age] == pytest.approx((0.1025, 0.5001), abs=5e-5)
    assert ends[sd_0] == pytest.approx((0.9486, 5.7083), abs=5e-5)


def test_compound_symmetry_in_the_parameters_of_pdcompsymm():
    """pdCompSymm(~ Machine - 1): log SD of a cell, log((1/(q - 1) + r) / (1 - r)), log sigma."""
    known = REFERENCE["intervals"]["machines_symmetric"]
    here = problem(known)
    model = [m.name for m in here.models].index("m2-compound")
    fit = here.fit(model)
    ours = apvar(fit, here.frame.terms)
    (a, b), q = [v**2 for v in ours.natural.estimates[:2]], 3
    r = a / (a + b)
    # Rows: theirs by ours, log of each SD and of sigma. The slope is zero, so this is all of it.
    J = np.eye(3)
    J[0, :2] = r, 1 - r
    J[1, :2] = 2 * r * (1 - r) * (1 / (1 / (q - 1) + r) + 1 / (1 - r)) * np.array([1, -1])
    errors = np.sqrt(np.diag(J @ ours.covariance @ J.T))
    rows = known["accurate"]["levels"]["Worker"]
    sd, corr = (np.array(rows[name]) for name in ("std. dev", "corr."))
    theirs = (
        np.log(sd),
        np.log((1 / (q - 1) + corr) / (1 - corr)),
        np.log(known["accurate"]["sigma"]),
    )
    for error, row in zip(errors, theirs, strict=True):
        assert error == pytest.approx((row[2] - row[0]) / 2 / 1.959963984540054, rel=3e-5)
    assert sd[1] == pytest.approx(np.sqrt(a + b), rel=1e-6)


@pytest.mark.parametrize("name", ["dyestuff2", "rats_s15"])
def test_where_nlme_stopped_apvar_is_not_positive_definite_either(name):
    known = REFERENCE["stopped"][name]
    assert known["apVar"] == REFUSED
    here = problem(known)
    G = np.array(known["covariance"])
    there = apvar_at(
        here.likelihood,
        here.models[-1],
        here.frame.terms,
        [G / known["sigma"] ** 2],
        known["sigma"],
    )
    assert not there.positive_definite
    assert there.state == {"dyestuff2": FLAT_VALLEY, "rats_s15": NO_BOWL}[name]
    assert all(isinstance(why, str) for why in wald(there).values())


def test_dyestuff2_has_no_logarithm_of_its_zero():
    here = set_up(data_set("Dyestuff2"), "Yield ~ 1 + (1 | Batch)")
    at = apvar(here.fit(), here.frame.terms)
    assert not at.positive_definite
    assert at.state == BOWL
    sd, sigma = at.parameters
    ends = wald(at)
    assert "it is zero" in ends[sd]
    # log sigma of n - 1 = 29 normal residuals has the curvature 2 x 29.
    assert at.eigenvalues == pytest.approx([58.0], rel=1e-10)
    scale = np.exp(1.959963984540054 / np.sqrt(58))
    assert ends[sigma] == pytest.approx((3.7156843 / scale, 3.7156843 * scale), rel=1e-7)


def test_the_full_model_of_the_rats_lies_on_an_edge_with_a_slope():
    here = rats()
    at = apvar(here.fit(), here.frame.terms)
    assert at.state == EDGE
    assert not at.positive_definite
    assert all("edge" in why for why in wald(at).values())
    slopes = dict(zip(at.free, at.gradient, strict=True))
    # The covariance is singular within, no SD is zero: only the correlations feel the edge.
    assert max(abs(v) for one, v in slopes.items() if one.kind != CORRELATION) < 1e-6
    assert max(abs(v) for one, v in slopes.items() if one.kind == CORRELATION) > 0.1


@pytest.mark.parametrize("method", ["REML", "ML"])
@pytest.mark.parametrize(
    ("data", "formula"),
    [
        ("Pastes", "strength ~ 1 + (1 | batch/cask)"),
        ("Penicillin", "diameter ~ 1 + (1 | sample) + (1 | plate)"),
    ],
)
def test_the_curvature_is_that_of_the_criterion(data, formula, method):
    """Central differences of `Likelihood.unprofiled`, which shares none of the second derivatives.

    At a point that is no optimum, so that every term of the chain rule takes part.
    """
    here = set_up(data_set(data), formula, method)
    model, terms = here.models[-1], here.frame.terms

    def value(t):
        sds, sigma2 = np.exp(t[:2]), np.exp(2 * t[2])
        Sigmas = here.likelihood.from_user([np.array([[s**2 / sigma2]]) for s in sds[::-1]])
        Lam, ranks = here.likelihood.pack([np.sqrt(S) for S in Sigmas])
        scaled = sigma2 / here.likelihood.gram.scaling.response**2
        return here.likelihood.unprofiled(Lam, ranks, scaled, np.empty(Lam.size))[0] / 2

    t = np.log([1.5, 2.0, 1.1])
    Sigmas = [np.array([[np.exp(2 * (t[k] - t[2]))]]) for k in (0, 1)]
    at = apvar_at(here.likelihood, model, terms, Sigmas, np.exp(t[2]))
    step, eye = 1e-3, np.eye(3)
    slopes = [(value(t + step * e) - value(t - step * e)) / (2 * step) for e in eye]
    bends = [
        [
            sum(s * r * value(t + step * (s * a + r * b)) for s in (1, -1) for r in (1, -1))
            / (4 * step**2)
            for a in eye
        ]
        for b in eye
    ]
    assert at.gradient == pytest.approx(np.array(slopes), rel=1e-4, abs=1e-4)
    assert at.hessian == pytest.approx(np.array(bends), rel=1e-4, abs=1e-3)


def test_units_change_neither_the_curvature_nor_the_verdict():
    table = data_set("sleepstudy")
    one = set_up(table, "Reaction ~ Days + (Days | Subject)")
    other = set_up(
        table.assign(Reaction=table.Reaction / 1000), "Reaction ~ Days + (Days | Subject)"
    )
    first, second = (apvar(p.fit(), p.frame.terms) for p in (one, other))
    assert first.hessian == pytest.approx(second.hessian, rel=1e-5, abs=1e-5)


def test_natural_values_go_back():
    _, here = found("sleepstudy")
    for one, value, estimate in zip(
        here.parameters, here.natural.values, here.natural.estimates, strict=True
    ):
        assert back(one, value) == pytest.approx(estimate, rel=1e-12)


def test_where_the_rats_first_search_of_nlme_stopped():
    """nlminb, out of evaluations, ends elsewhere: tests/reference/rats.json."""
    text = (TESTS / "reference" / "rats.json").read_text(encoding="utf-8")
    known = json.loads(text)["rats_s15"]["lme"]
    assert known["apVar"] == REFUSED
    here = rats()
    Sigma = np.array(known["covariance"]) / known["sigma"] ** 2
    there = apvar_at(here.likelihood, here.models[-1], here.frame.terms, [Sigma], known["sigma"])
    assert there.state == NO_BOWL


@cache
def lines_through_a_point():
    """Lines of twelve groups that all but meet at x = 2: the correlation is -1."""
    rng = np.random.default_rng(4)
    group, x = np.repeat(np.arange(12), 6), np.tile(np.arange(6.0), 12)
    slope = rng.normal(size=12)
    y = 1 + 2 * x + slope[group] * (x - 2) + rng.normal(size=72)
    return set_up(pd.DataFrame({"y": y, "x": x, "g": [f"g{k}" for k in group]}), "y ~ x + (x | g)")


def test_a_correlation_of_one_has_none_and_the_rest_is_the_curvature_along_the_edge():
    """Differences of the criterion with Sigma = a a', a the two SDs over sigma."""
    here = lines_through_a_point()
    fit = here.fit()
    at = apvar(fit, here.frame.terms)
    sd_0, sd_x, correlation, sigma = at.parameters
    assert at.natural.estimates[2] == -1.0
    assert at.state == BOWL
    assert not at.positive_definite
    assert at.free == (sd_0, sd_x, sigma)
    assert "−1" in wald(at)[correlation]
    scaled = here.likelihood.gram.scaling

    def value(t):
        a = np.array([[np.exp(t[0])], [-np.exp(t[1])]]) / np.exp(t[2])
        Lam, ranks = here.likelihood.pack([np.linalg.solve(scaled.random[0], a)])
        sigma2 = np.exp(2 * t[2]) / scaled.response**2
        return here.likelihood.unprofiled(Lam, ranks, sigma2, np.empty(Lam.size))[0] / 2

    t = np.log(np.array(at.natural.estimates)[[0, 1, 3]])
    step, eye = 1e-3, np.eye(3)
    bends = [
        [
            sum(s * r * value(t + step * (s * a + r * b)) for s in (1, -1) for r in (1, -1))
            / (4 * step**2)
            for a in eye
        ]
        for b in eye
    ]
    assert at.hessian == pytest.approx(np.array(bends), rel=1e-4, abs=1e-3)


def test_words_name_what_goes_together():
    """Dyestuff2 where nlme stopped: only the SD of a batch can change without a change in fit."""
    known = REFERENCE["stopped"]["dyestuff2"]
    here = problem(known)
    Sigma = np.array(known["covariance"]) / known["sigma"] ** 2
    there = apvar_at(here.likelihood, here.models[-1], here.frame.terms, [Sigma], known["sigma"])
    words = " ".join(sentences(there))
    assert REFUSED in words
    assert (
        "Along the valley the SD of the intercept between levels of Batch goes up, and the fit "
        "hardly changes." in words
    )
