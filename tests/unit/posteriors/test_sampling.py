"""How chains are run: seeds, going on, interruption, and what counts as converged."""

import logging

import numpy as np
import pytest

from covedge.models.ladder import Ladder
from covedge.posteriors import sampling
from covedge.posteriors.convergence import convergence
from covedge.posteriors.refit import LENGTHS, Settings, pose, refit
from support.models import data_set, set_up


@pytest.fixture(scope="module")
def problem():
    return set_up(data_set("Dyestuff2"), "Yield ~ 1 + (1 | Batch)")


def ladder_of(problem):
    frame = problem.frame
    return Ladder(frame.terms, frame.fixed, frame.dropped, problem.models)


def test_chains_run_anew_and_longer_until_they_can_be_trusted(problem, caplog):
    """Two chains of 100 draws cannot have 400 effective ones; the lengths double to the limit."""
    caplog.set_level(logging.INFO, "bayes")
    ladder = ladder_of(problem)
    gram = problem.likelihood.gram
    done = refit(pose(gram, ladder, ladder.asked), Settings(2, 100, 200, 1, seed=1))
    assert done.length > 1
    assert done.numbers.shape[:2] == (2, 100 * done.length)
    if not done.judged.reached:
        assert done.length == LENGTHS[-1]
        assert "this is the limit" in caplog.text
    assert "running anew" in caplog.text


def test_no_random_effects_is_conjugate_regression(problem):
    """sigma of y ~ N(beta, sigma^2): mean from one-dimensional quadrature, written out."""
    ladder = ladder_of(problem)
    done = refit(
        pose(problem.likelihood.gram, ladder, ladder.models[0]), Settings(2, 1000, 500, 2, 1)
    )
    y = data_set("Dyestuff2").Yield.to_numpy()
    n, s_y, sd = len(y), y.std(), y.std(ddof=1)
    s = np.linspace(0.3 * sd, 3 * sd, 4000)
    # y'y about its mean, and the mean itself ~ N(mean y, s^2/n + (2.5 sd)^2) at its centre.
    log_density = -(n - 1) * np.log(s) - n * s_y**2 / (2 * s**2)
    log_density += -0.5 * np.log(s**2 / n + (2.5 * sd) ** 2) - s / sd
    weight = np.exp(log_density - log_density.max())
    weight /= weight.sum()
    mean = weight @ s
    error = np.sqrt(weight @ (s - mean) ** 2 / done.judged.ess_bulk[0])
    assert abs(done.draws.sigma.mean() - mean) < 4 * error
    assert done.posed.levels == ()


def test_a_seed_gives_the_same_draws_and_another_gives_others(problem):
    ladder = ladder_of(problem)
    gram = problem.likelihood.gram
    runs = [
        refit(pose(gram, ladder, ladder.models[0]), Settings(2, 300, 300, cores, seed))
        for cores, seed in ((1, 1), (2, 1), (2, 2))
    ]
    np.testing.assert_array_equal(runs[0].numbers, runs[1].numbers)
    assert (runs[0].numbers[:, :300] != runs[2].numbers[:, :300]).any()


def test_seeds_depend_on_the_model_and_not_on_the_order_of_jobs():
    seeds = {sampling.seed_of(1, model, 1) for model in ("m1-intercept", "m2-full")}
    seeds |= {sampling.seed_of(2, "m1-intercept", 1), sampling.seed_of(1, "m1-intercept", 2)}
    assert len(seeds) == 4
    assert all(0 <= seed < 2**63 for seed in seeds)
    # A value kept by hand: a change of it would change every posterior.
    assert sampling.seed_of(1, "m2-full", 1) == 7455138022426788351


def test_an_interruption_ends_sampling_and_goes_on_upwards(problem, monkeypatch):
    """nutpie alone would hand over a short trace as if it were whole."""

    def interrupted(running):
        raise KeyboardInterrupt

    monkeypatch.setattr(sampling, "_finished", interrupted)
    ladder = ladder_of(problem)
    with pytest.raises(KeyboardInterrupt):
        refit(
            pose(problem.likelihood.gram, ladder, ladder.models[0]), Settings(2, 10**6, 100, 1, 1)
        )


def test_good_chains_are_judged_good_and_bad_ones_bad():
    """Independent draws, a chain apart, chains that wander, and one that never moves."""
    rng = np.random.default_rng(0)
    good = rng.normal(size=(4, 1000))
    apart = good + np.array([0, 0, 0, 1.0])[:, None]
    wandering = np.cumsum(good, axis=1)
    constant = np.ones_like(good)
    energy = rng.normal(size=(4, 1000))

    def judge(*quantities):
        return convergence(np.stack(quantities, axis=-1), energy)

    assert judge(good).reached
    assert not judge(good, apart).reached
    assert not judge(good, wandering).reached
    assert judge(good, constant).reached
    assert np.isnan(judge(good, constant).rhat[1])
    # White noise as energy: the squared steps are twice the variance.
    np.testing.assert_allclose(judge(good).bfmi, 2.0, atol=0.2)


def test_a_thousand_draws_of_an_autoregression_have_a_known_effective_size():
    """ESS of the mean of AR(1) is n (1 - rho) / (1 + rho)."""
    rng = np.random.default_rng(1)
    rho, n = 0.6, 5000
    chain = np.zeros((4, n))
    noise = rng.normal(size=(4, n))
    for t in range(1, n):
        chain[:, t] = rho * chain[:, t - 1] + noise[:, t]
    found = convergence(chain[:, :, None], noise).ess_bulk[0]
    assert found == pytest.approx(4 * n * (1 - rho) / (1 + rho), rel=0.1)
