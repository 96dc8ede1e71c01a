"""Effective parameters and conditional AIC, against lme4, cAIC4 and refits."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from covedge.effects.conditional import conditional
from covedge.effects.modes import level_order, modes
from covedge.fits.fit import fit as fit_model
from covedge.fits.likelihood import Likelihood
from covedge.grams.gram import build
from support.models import data_set, set_up
from unit.effects.test_modes import REFERENCE, reference_problem


@pytest.mark.parametrize("name", REFERENCE)
def test_what_a_fit_uses_is_the_trace_of_lme4s_hat_matrix(name):
    problem, expected = reference_problem(name)
    found = conditional(problem.fit())
    assert found.effective_parameters == pytest.approx(expected["hat"], rel=1e-5)
    assert found.deviance == pytest.approx(-2 * expected["conditional_loglik"], abs=1e-3)


@pytest.mark.parametrize("name", [n for n, m in REFERENCE.items() if "df_by_refits" in m])
def test_degrees_of_freedom_are_those_of_refits(name):
    """Sum of d fitted_i / d y_i by refits of lme4 with each response moved."""
    problem, expected = reference_problem(name)
    found = conditional(problem.fit())
    total = found.effective_parameters + found.correction
    assert total == pytest.approx(expected["df_by_refits"], rel=3e-4)


def test_degrees_of_freedom_are_those_of_refits_where_sigma_is_singular():
    """Rank 4 of 6: certified refits, with each response moved up and down."""
    problem, _ = reference_problem("rats_few")
    fit = problem.fit()
    found = conditional(fit)
    assert [term.rank for term in fit.terms] == [4]
    step, total = 0.01 * problem.frame.y.std(), 0.0
    for i, unit in enumerate(np.eye(len(problem.frame.y))):
        up, down = (fitted(problem, problem.frame.y + s * unit)[i] for s in (step, -step))
        total += (up - down) / (2 * step)
    assert found.effective_parameters + found.correction == pytest.approx(total, rel=1e-5)


def fitted(problem, y):
    """X beta + Z b of the fit to another response (n,)."""
    frame = replace(problem.frame, y=y)
    likelihood = Likelihood(build(frame), problem.likelihood.reml)
    found = fit_model(likelihood, frame.terms, problem.models[-1], seed=1)
    Sigmas = found.factors.Sigmas(found.x)
    sigma2 = found.point.sigma2
    predicted = modes(likelihood.gram, Sigmas, sigma2, frame.terms, level_order(frame.codes))
    out = frame.X @ found.point.beta
    for term, Z, codes in zip(predicted, frame.Z, frame.codes, strict=True):
        out = out + (Z * term.modes[codes]).sum(axis=1)
    return out


# cAIC4 mixes up its derivatives where a term has three effects or more: Lambda's entries and those
# of its transpose come in different orders. Refits of lme4 agree with us there (above).
SMALL = [n for n, m in REFERENCE.items() if "cAIC4" in m and n != "machines"]


@pytest.mark.parametrize("name", SMALL)
def test_caic_is_cAIC4s_with_its_slip_mended(name):
    """cAIC4 halves one term of its C; see tests/reference/modes.R."""
    problem, expected = reference_problem(name)
    found = conditional(problem.fit())
    theirs = expected["cAIC4"]
    assert found.effective_parameters + found.correction + 1 == pytest.approx(
        theirs["mended_df"], abs=1e-4
    )
    slip = 2 * (theirs["df"] - theirs["mended_df"])
    assert found.caic == pytest.approx(theirs["caic"] - slip, abs=2e-3)


def test_at_the_boundary_a_zero_variance_is_dropped():
    """Dyestuff2: the fit is that of the mean alone, with one mean and one residual variance."""
    table = data_set("Dyestuff2")
    found = conditional(set_up(table, "Yield ~ 1 + (1 | Batch)", "ML").fit())
    y = table["Yield"].to_numpy()
    deviance = len(y) * (np.log(2 * np.pi * y.var()) + 1)
    assert found.per_term == pytest.approx((0.0,), abs=1e-9)
    assert found.caic == pytest.approx(deviance + 2 * (1 + 1), abs=1e-8)


@pytest.mark.parametrize("scale", [1e-4, 1e5])
def test_units_do_not_matter(scale):
    table = data_set("sleepstudy")
    formula = "Reaction ~ Days + (Days | Subject)"
    one = conditional(set_up(table, formula).fit())
    moved = table.assign(Reaction=table["Reaction"] * scale, Days=table["Days"] / scale)
    other = conditional(set_up(moved, formula).fit())
    assert other.correction == pytest.approx(one.correction, rel=1e-4)
    assert other.caic == pytest.approx(one.caic + 2 * 180 * np.log(scale), rel=1e-7)


def test_no_conditional_aic_where_the_variances_are_not_determined():
    """One row a group: the groups' variance and the residual one are one."""
    rng = np.random.default_rng(1)
    table = pd.DataFrame({"g": [f"g{i}" for i in range(20)], "y": rng.normal(size=20)})
    found = conditional(set_up(table, "y ~ 1 + (1 | g)").fit())
    assert found.caic is None
    assert "do not determine" in found.reason
