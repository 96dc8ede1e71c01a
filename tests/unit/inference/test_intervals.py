"""The record of a model's intervals: all methods in their places, and reasons where one is void."""

import numpy as np
import pandas as pd
import pytest

from covedge.bootstraps.bootstrap import Bootstrap
from covedge.bootstraps.bootstrap_record import criteria
from covedge.bootstraps.draws_table import Table
from covedge.inference.intervals import intervals_record
from covedge.jsonio import plain
from support.models import data_set, set_up

N = 2000


def draws_of(problem, fit, n, richer=()):
    bootstrap = Bootstrap(problem.likelihood, fit, richer)
    table = Table(bootstrap, fit, problem.frame.terms, problem.frame.fixed)
    for number, seeds in enumerate(np.random.SeedSequence(1).spawn(n)):
        table.add(number, bootstrap.replicate(seeds))
    return table.frame()


@pytest.fixture(scope="module")
def sleepstudy():
    problem = set_up(data_set("sleepstudy"), "Reaction ~ Days + (Days | Subject)")
    fit = problem.fit()
    draws = draws_of(problem, fit, N)
    record = intervals_record(
        fit, problem.frame.terms, problem.frame.fixed, problem.frame, 2.5, draws=draws
    )
    return problem, fit, draws, plain(record)


def of(record, kind, effects):
    found = record["parameters"]
    return next(p for p in found if p["kind"] == kind and p["effects"] == effects)


def test_percentiles_are_near_lme4s_bootmer(sleepstudy):
    """lme4 1.1-31: confint(lmer(Reaction ~ Days + (Days | Subject), sleepstudy), method = "boot",
    nsim = 3000), set.seed(1): sd_Days 3.394 to 8.235, Days 7.447 to 13.520.
    """
    record = sleepstudy[3]
    days = of(record, "sd", ["Days"])
    found = days["intervals"]["bootstrap"]
    assert found["lower"] == pytest.approx(3.394, abs=0.35)
    assert found["upper"] == pytest.approx(8.235, abs=0.45)
    fixed = of(record, "fixed", ["Days"])["intervals"]["bootstrap"]
    assert (fixed["lower"], fixed["upper"]) == pytest.approx((7.447, 13.520), abs=0.5)
    assert days["size"]["verdict"] == "present"


def test_estimates_are_those_of_the_fit(sleepstudy):
    record = sleepstudy[3]
    assert of(record, "sd", ["Days"])["estimate"] == pytest.approx(5.922138, rel=1e-5)
    assert of(record, "sigma", [])["estimate"] == pytest.approx(25.591796, rel=1e-5)
    assert of(record, "fixed", ["Days"])["estimate"] == pytest.approx(10.467286, rel=1e-6)


def test_the_mean_of_refitted_coefficients_is_the_fit_s(sleepstudy):
    """GLS is unbiased; the spread is the standard error (lme4: 1.546)."""
    _, fit, draws, _ = sleepstudy
    betas = draws["fixed Days"]
    assert betas.mean() == pytest.approx(fit.point.beta[1], abs=4 * 1.546 / np.sqrt(len(betas)))
    assert betas.std() == pytest.approx(1.546, rel=0.15)


def test_every_rank_is_counted(sleepstudy):
    counts = sleepstudy[3]["bootstrap"]
    assert sum(counts["ranks"]["Subject"].values()) == counts["replicates"] == N
    # Rank 2 in all but some 4 to 5 % (REML).
    assert counts["ranks"]["Subject"]["2"] / N == pytest.approx(0.955, abs=0.03)


def test_without_draws_the_reason_is_told():
    problem = set_up(data_set("Dyestuff2"), "Yield ~ 1 + (1 | Batch)")
    fit = problem.fit()
    found = intervals_record(
        fit, problem.frame.terms, problem.frame.fixed, problem.frame, 0.4, no_draws="too long"
    )
    sd = of(plain(found), "sd", ["(Intercept)"])
    assert sd["intervals"]["bootstrap"] == {"lower": None, "upper": None, "reason": "too long"}
    assert sd["intervals"]["wald"]["lower"] is None
    assert sd["intervals"]["wald"]["reason"]
    assert sd["size"]["verdict"] == "undecided"


def test_a_covariance_of_limited_rank_has_profiles_and_no_apvar():
    problem = set_up(data_set("Machines"), "score ~ Machine + rr(Machine | Worker, 1)")
    fit = problem.fit()
    found = intervals_record(fit, problem.frame.terms, problem.frame.fixed, problem.frame, 0.1)
    sd = of(plain(found), "sd", ["MachineB"])["intervals"]["wald"]
    assert (sd["lower"], sd["upper"]) == (None, None)
    assert "rank" in sd["reason"]


def test_likelihood_ratios_of_draws_are_not_negative():
    problem = set_up(data_set("sleepstudy"), "Reaction ~ Days + (Days | Subject)", "ML")
    small = problem.fit(1)
    draws = draws_of(problem, small, 60, [problem.models[-1]])
    one, other = criteria(draws, small.model.name, problem.models[-1].name)
    assert len(one) == 60
    assert (one - other).min() > -1e-5
    assert criteria(draws, small.model.name, "m9") is None
    assert isinstance(draws, pd.DataFrame)
