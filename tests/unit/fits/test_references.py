"""Fits of published data sets are those of lme4: criterion, theta, variances, fixed effects.

The numbers are in tests/reference/reference.json, made by reference.R with the models of models.R;
those that lme4's documentation prints stand here once more.
"""

from functools import cache

import numpy as np
import pytest

from covedge.fits.certificate import REFUSED
from support.models import data_set, reference, referenced, references, set_up

# R's optimisers stop where D is flat to its last digits; theta is known to the root of that.
CRITERION, THETA = 1e-6, 1e-4
# Where lme4's best is more than 1e-5 above ours; the certificate holds there.
ABOVE_OURS = ()
SLOW = ("insteval_ml", "insteval_reml")


def parameters():
    return [
        pytest.param(name, marks=pytest.mark.slow) if name in SLOW else name
        for name in references()
    ]


def plain_name(effect):
    """`I(Days^2)` and `I(Days ** 2)` are one."""
    return effect.replace(" ", "").replace("**", "^")


def block(fitted, theirs):
    """Our Sigma of the effects of one of lme4's random terms."""
    group = set(theirs["group"].split(":"))
    (term,) = [t for t in fitted.terms if set(t.term.group) == group]
    ours = [plain_name(effect) for effect in term.term.effects]
    places = [ours.index(plain_name(effect)) for effect in theirs["effects"]]
    return term.Sigma[np.ix_(places, places)]


def theta(Sigma):
    """Lower triangle of Lambda by columns; its diagonal is positive, which settles the signs."""
    return np.linalg.cholesky(Sigma).T[np.triu_indices(len(Sigma))]


def lower(values, q):
    L = np.zeros((q, q))
    L.T[np.triu_indices(q)] = values
    return L


@cache
def fit_of(name):
    """Each model is set up and fitted once."""
    return referenced(name).fit()


@pytest.mark.parametrize("name", parameters())
def test_criterion_theta_and_estimates_are_those_of_lme4(name):
    known, found = reference(name), fit_of(name)
    assert found.certificate.status != REFUSED, found.certificate.reasons
    if name in ABOVE_OURS:
        assert found.certificate.certified
        assert found.point.criterion < known["criterion"] - 1e-5
        return
    assert found.point.criterion == pytest.approx(known["criterion"], abs=CRITERION)
    assert found.point.criterion < min(known["criteria"].values()) + CRITERION
    assert found.n_parameters == known["n_parameters"]
    assert np.sqrt(found.point.sigma2) == pytest.approx(known["sigma"], rel=THETA)
    compare_fixed(found, known)
    if found.identifiable:
        compare_random(found, known)


def compare_fixed(found, known):
    """In the order of the columns: R and formulaic name contrasts differently."""
    errors = np.sqrt(np.diag(found.point.cov_beta))
    theirs, their_errors = (np.array(list(known[k].values())) for k in ("fixed", "std_error"))
    np.testing.assert_allclose(errors, their_errors, rtol=1e-4)
    assert np.abs((found.point.beta - theirs) / their_errors).max() < 1e-4


def compare_random(found, known):
    at = 0
    for theirs in known["terms"].values():
        q = len(theirs["effects"])
        stated = np.array(known["theta"][at : at + q * (q + 1) // 2])
        at += len(stated)
        L = lower(stated, q)
        Sigma, size = block(found, theirs), max(1.0, np.abs(stated).max())
        np.testing.assert_allclose(Sigma, L @ L.T, atol=THETA * size**2)
        G = found.point.sigma2 * Sigma
        np.testing.assert_allclose(
            np.sqrt(np.abs(np.diag(G))), theirs["sd"], atol=THETA * size * known["sigma"]
        )
        if np.diag(L).min() > 0.01 * size:
            np.testing.assert_allclose(theta(Sigma), stated, atol=THETA * size)


PUBLISHED = {
    # lme4's documentation (Bates et al. 2015, J. Stat. Softw. 67(1); lme4's book, chapters 1-4)
    # and the tests of MixedModels.jl.
    "dyestuff_ml": (327.327060, [0.752581]),
    "dyestuff2_ml": (162.873037, [0.0]),
    "sleepstudy_ml": (1751.939344, [0.9292, 0.0182, 0.2226]),
    "sleepstudy_uncorrelated_ml": (1752.003255, [0.945811, 0.226927]),
    "sleepstudy_two_terms_ml": (1752.003255, [0.945811, 0.226927]),
    "pastes_ml": (247.994466, [3.526904, 1.329914]),
    "penicillin_ml": (332.188349, [1.537594, 3.219752]),
    "sleepstudy_reml": (1743.628272, [0.966742, 0.015169, 0.230910]),
    "dyestuff2_reml": (161.828278, [0.0]),
}


@pytest.mark.parametrize("name", PUBLISHED)
def test_published_numbers(name):
    criterion, stated = PUBLISHED[name]
    known = reference(name)
    assert known["criterion"] == pytest.approx(criterion, abs=1e-6)
    assert known["theta"] == pytest.approx(stated, abs=1e-4)
    found = fit_of(name)
    assert found.point.criterion == pytest.approx(criterion, abs=1e-6)
    ours = [t for theirs in known["terms"].values() for t in root(block(found, theirs))]
    assert ours == pytest.approx(stated, abs=1e-4)


def root(Sigma):
    return theta(Sigma) if np.linalg.det(Sigma) > 0 else np.sqrt(np.diag(Sigma))


def test_a_deficient_X_loses_the_columns_that_lme4_drops():
    for name in ("sleepstudy_deficient_reml", "oats_deficient_reml"):
        known, problem = reference(name), referenced(name)
        assert len(problem.frame.dropped) == 1
        kept = [plain_name(column) for column in problem.frame.fixed]
        assert kept == [plain_name(column) for column in known["fixed"]]
        assert any("rank deficient" in message for message in known["messages"])


def test_the_references_are_many_and_some_are_singular():
    known = references().values()
    assert len(known) >= 60
    assert sum(model["singular"] for model in known) >= 15
    assert sum(model["criteria"]["default"] > model["criterion"] + 1e-3 for model in known) >= 4


def test_terms_on_one_factor_are_uncorrelated_however_they_are_written():
    table = data_set("sleepstudy")
    written = ("(Days || Subject)", "(1 | Subject) + (0 + Days | Subject)")
    one, two = (set_up(table, f"Reaction ~ Days + {text}", "ML").fit() for text in written)
    np.testing.assert_allclose(one.terms[0].G, two.terms[0].G, rtol=1e-5, atol=1e-4)
