"""Truths: how large the weakest direction is, and that another design has the same one."""

import numpy as np
import pandas as pd
import pytest

from covedge.atlas.question import question
from covedge.atlas.resized import resized
from covedge.fits.likelihood import Likelihood
from covedge.fits.own_gram import moved
from covedge.grams.gram import build
from support.models import data_set, set_up


def about(rows, formula, smallest=0.1):
    problem = set_up(rows, formula)
    fit = problem.fit()
    asked = question(
        problem.frame, fit.model, lambda factors: moved(factors, fit), smallest, True, 1
    )
    return problem, asked


def test_a_balanced_intercept_has_the_reliability_of_its_variance():
    _, asked = about(data_set("Dyestuff"), "Yield ~ 1 + (1 | Batch)")
    for sd in (0.05, 0.5, 2.0):
        truth = asked.truths.at(sd)
        lam = 5 * sd**2
        # By REML one of six directions goes to the mean.
        assert truth.reliability == pytest.approx(5 / 6 * lam / (1 + lam), rel=1e-9)
        assert truth.covariances[0][0, 0] == pytest.approx(sd**2, rel=1e-9)


def test_the_weakest_direction_can_be_made_smaller_than_it_is():
    _, asked = about(data_set("sleepstudy"), "Reaction ~ Days + (Days | Subject)")
    own = asked.truths.estimate
    smaller = asked.truths.at(own / 10)
    same = asked.truths.at(own)
    assert own > 0.1
    assert smaller.reliability < same.reliability / 5
    # The other direction is what it was.
    S, T = smaller.covariances[0], same.covariances[0]
    assert np.linalg.matrix_rank(T - S, tol=1e-8 * np.trace(T)) == 1


def test_the_same_truth_on_another_design_has_the_same_covariance_in_the_users_units():
    rows = pd.read_csv("data/rats.csv")
    _, asked = about(rows[rows["spd_des"] == "s15"], "cc_marg ~ mPair + (mPair | ratID)")
    truth = asked.truths.at(0.1)
    larger = Likelihood(build(resized(asked.frame, asked.how, 23, 0.7)), True)
    factors, x = truth.on(larger)
    there = factors.likelihood.to_user(factors.Sigmas(x))[0]
    assert np.allclose(there, truth.covariances[0], rtol=1e-9, atol=1e-12)
    assert np.linalg.eigvalsh(there)[0] > 0
