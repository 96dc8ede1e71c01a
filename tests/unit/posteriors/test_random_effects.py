"""Draws of the random effects against the conditional normal by dense matrices."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from covedge.effects.modes import level_order
from covedge.grams.scaling import Scaling
from covedge.posteriors.posterior import fixed_effects
from covedge.posteriors.random_effects import random_effects, scaled_effects
from support.cases import CASES, case

DRAWS = 800
# Largest of some hundred standard normals: exceeded once in 20,000 such tests.
LARGEST = 5.5


def conditional(given, beta):
    """Mean and covariance of b given beta and y, user's units, terms outermost first."""
    p = len(beta)
    mean, covariance = given.posterior
    to_beta = np.linalg.solve(covariance[:p, :p], covariance[:p, p:]).T
    return (
        mean[p:] + to_beta @ (beta - mean[:p]),
        covariance[p:, p:] - to_beta @ covariance[:p, p:],
    )


def drawn(given, beta):
    """(m, N) all effects of each draw, as `conditional` has them. beta : (p,) or (m, p)."""
    draws = given.draws(repeat=DRAWS)
    frame, scaling = given.problem.frame, given.gram.scaling
    each = np.broadcast_to(beta, (DRAWS, np.shape(beta)[-1]))
    found = scaled_effects(draws, given.gram, each, np.arange(DRAWS), seed=3)
    order = level_order(frame.codes)
    kept = [k for k, s in enumerate(given.structures[::-1]) if s.components]
    parts = [
        scaling.response * (values[:, np.argsort(order[k])] @ W.T)
        for k, values, W in zip(kept, found, scaling.random, strict=True)
    ]
    return np.hstack([part.reshape(DRAWS, -1) for part in reversed(parts)])


@pytest.mark.parametrize("name", CASES[1:])
def test_mean_and_covariance_are_the_dense_conditional_s(name):
    given = case(name)
    # Not the best beta: what is subtracted from y must show.
    beta = given.posterior[0][: len(given.fixed.mean)] + 0.3
    mean, covariance = conditional(given, beta)
    found = drawn(given, beta)
    sd = np.sqrt(np.maximum(np.diag(covariance), 0.0))
    unit = np.maximum(sd, 1e-9 * given.sigma)
    assert (np.abs(found.mean(axis=0) - mean) < LARGEST * unit / np.sqrt(DRAWS)).all()
    # SE of a covariance of normals: sqrt((c_ij^2 + c_ii c_jj) / n).
    error = np.sqrt((covariance**2 + np.outer(unit, unit) ** 2) / DRAWS)
    assert (np.abs(np.cov(found.T) - covariance) < LARGEST * error).all()


def test_with_beta_from_its_own_conditional_the_draws_are_joint():
    """Mean of all of (beta, b), and the covariances of beta with b, by dense matrices."""
    given = case("three terms, weighted")
    mean, covariance = given.posterior
    draws = given.draws(repeat=DRAWS)
    prior = SimpleNamespace(fixed=given.fixed)
    layout = SimpleNamespace(widths=np.array(given.gram.n_effects))
    beta = fixed_effects(draws, given.gram, prior, layout, seed=7)
    found = np.hstack([beta, drawn(given, beta)])
    sd = np.sqrt(np.diag(covariance))
    assert (np.abs(found.mean(axis=0) - mean) < LARGEST * sd / np.sqrt(DRAWS)).all()
    error = np.sqrt((covariance**2 + np.outer(sd, sd) ** 2) / DRAWS)
    assert (np.abs(np.cov(found.T) - covariance) < LARGEST * error).all()
    # They do depend on each other, by far more than that.
    p = beta.shape[1]
    assert (np.abs(covariance[:p, p:]) > 3 * LARGEST * error[:p, p:]).any()


def test_effects_with_no_variance_are_zero():
    given = case("three terms, singular")
    found = drawn(given, given.fixed.mean)
    size = given.Z[-1].shape[1]
    assert np.abs(found[:, -size:]).max() == 0.0
    # Rank one: all effects of a group are multiples of one vector.
    outer = found[:, : given.Z[0].shape[1]].reshape(-1, 2)
    assert np.linalg.svd(outer, compute_uv=False)[1] < 1e-9 * np.abs(outer).sum()


def test_summary_is_of_levels_and_effects_by_name():
    given = case("two terms, a rung")
    frame = given.problem.frame
    beta = np.broadcast_to(given.posterior[0][:2], (DRAWS, 2))
    found = random_effects(
        given.draws(repeat=DRAWS),
        given.gram,
        beta,
        frame.terms,
        given.structures,
        level_order(frame.codes),
        seed=3,
    )
    (term,) = found
    assert (term.group, term.effects, term.levels) == ("a", ("(Intercept)",), frame.terms[0].levels)
    mean, covariance = conditional(given, beta[0])
    # Every second effect is x's, which this model does not have.
    mean, sd = mean[::2], np.sqrt(np.diag(covariance))[::2]
    told, n = term.summary(), len(term.values)
    assert n == DRAWS
    np.testing.assert_array_less(np.abs(told["mean"][:, 0] - mean), LARGEST * sd / np.sqrt(n))
    np.testing.assert_allclose(told["sd"][:, 0], sd, rtol=LARGEST / np.sqrt(2 * n))
    for name, z in (("q05", -1.6449), ("q95", 1.6449)):
        # SE of a normal's 5 % quantile: 2.11 sd / sqrt n.
        error = LARGEST * 2.11 * sd / np.sqrt(n)
        np.testing.assert_array_less(np.abs(told[name][:, 0] - mean - z * sd), error)


def test_units_of_the_response_carry_over_exactly():
    """A Gram that says its response is in thousandths gives the same numbers times a thousand."""
    given = case("one term")
    draws, beta = given.draws(repeat=5), np.broadcast_to(given.fixed.mean, (5, 2))
    found = scaled_effects(draws, given.gram, beta, np.arange(5), seed=1)
    s: Scaling = given.gram.scaling
    scaling = replace(s, response=1000 * s.response, beta=1000 * s.beta)
    other = scaled_effects(
        replace(draws, sigma=1000 * draws.sigma),
        replace(given.gram, scaling=scaling),
        1000 * beta,
        np.arange(5),
        seed=1,
    )
    for one, two in zip(found, other, strict=True):
        np.testing.assert_allclose(one, two, rtol=1e-9, atol=1e-12)


def test_effects_that_the_sampler_has_drawn_are_taken_as_they_are():
    given = case("one term")
    frame, (W,) = given.problem.frame, given.gram.scaling.random
    order = level_order(frame.codes)
    scaled = np.random.default_rng(2).normal(size=(7, 5, 2))
    draws = replace(given.draws(repeat=7), effects=(scaled,))
    beta = np.zeros((7, 2))
    (term,) = random_effects(draws, given.gram, beta, frame.terms, given.structures, order, seed=1)
    for level, label in enumerate(order[0]):
        at = term.levels.index(frame.terms[0].levels[label])
        expected = given.gram.scaling.response * scaled[:, level] @ W.T
        np.testing.assert_allclose(term.values[:, at], expected, rtol=1e-12)
