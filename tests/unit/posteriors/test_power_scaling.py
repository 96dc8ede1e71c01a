"""Power scaling against power-scaled posteriors that are known exactly."""

from dataclasses import dataclass

import numpy as np
import pytest
from scipy import stats
from scipy.special import logsumexp

from covedge.posteriors.marginal_likelihood import log_likelihood
from covedge.posteriors.power_scaling import (
    BOTH_DATA,
    BOTH_PRIOR,
    NEITHER,
    POWERS,
    PRIOR_ALONE,
    THRESHOLD,
    Sensitivity,
    in_words,
    power_scaling,
)
from support.models import data_set, set_up

# ArviZ's finite difference is of weighted draws: with 40,000 a few percent, and where nothing
# moves, what chance does (`test_chance`).
RELATIVE = 0.05
SHAPE = (4, 10_000)
CHANCE_OF_THESE = 0.004


def moved(x, base, lower, upper):
    """Distance per doubling of the power, from distribution functions on a grid x."""

    def divergence(P, Q):
        middle = np.where(P > 0, P / np.where(P > 0, (P + Q) / 2, 1.0), 1.0)
        integrand = P * np.log2(middle) + (Q - P) / (2 * np.log(2))
        return np.trapezoid(integrand, x)

    def distance(P, Q):
        def one(P, Q):
            total = divergence(P, Q) + divergence(Q, P)
            return np.sqrt(max(total, 0.0) / np.trapezoid(P + Q, x))

        return max(one(P, Q), one(1 - P, 1 - Q))

    low, high = distance(base, lower), distance(base, upper)
    return (-low / np.log2(POWERS[0]) + high / np.log2(POWERS[1])) / 2


@pytest.mark.parametrize(
    ("prior_mean", "prior_sd", "diagnosis"),
    [(0.0, 10.0, None), (5.0, 0.2, BOTH_PRIOR), (5.0, 1.5, BOTH_DATA), (0.5, 0.02, PRIOR_ALONE)],
)
def test_conjugate_normal(prior_mean, prior_sd, diagnosis):
    """y_i ~ N(theta, 1), theta ~ N(prior_mean, prior_sd^2): each power gives a normal again."""
    rng = np.random.default_rng(3)
    y = rng.normal(0.4, 1.0, size=10)

    def scaled(a, b):
        """The posterior with the prior to the power a and the likelihood to b."""
        precision = a / prior_sd**2 + b * len(y)
        mean = (a * prior_mean / prior_sd**2 + b * y.sum()) / precision
        return stats.norm(mean, 1 / np.sqrt(precision))

    n = SHAPE[0] * SHAPE[1]
    theta = rng.permutation(scaled(1, 1).ppf((np.arange(n) + 0.5) / n)).reshape(SHAPE)
    log_prior = stats.norm(prior_mean, prior_sd).logpdf(theta)
    log_lik = stats.norm(theta[..., None], 1.0).logpdf(y).sum(axis=-1)
    (found,) = power_scaling(["theta"], theta[..., None], log_prior, log_lik)
    x = np.linspace(theta.min(), theta.max(), 20001)
    base = scaled(1, 1).cdf(x)
    by_prior = moved(x, base, *(scaled(a, 1).cdf(x) for a in POWERS))
    by_data = moved(x, base, *(scaled(1, b).cdf(x) for b in POWERS))
    assert found.prior == pytest.approx(by_prior, rel=RELATIVE, abs=1e-4)
    assert found.likelihood == pytest.approx(by_data, rel=RELATIVE, abs=1e-4)
    assert found.diagnosis == diagnosis


def test_flat_prior_moves_nothing():
    values = np.random.default_rng(1).normal(size=(*SHAPE, 1))
    (found,) = power_scaling(["x"], values, np.zeros(SHAPE), -0.5 * values[..., 0] ** 2)
    assert found.prior == 0.0
    assert found.likelihood > 0.05


@dataclass(frozen=True)
class OneWay:
    """Balanced one-way layout: tau ~ half-normal(scale), sigma ~ Exponential(mean sd), and
    beta ~ N(mean y, (2.5 sd)^2), on a grid of tau and sigma; beta is integrated out by hand.
    """

    means: np.ndarray
    size: int
    within: float
    sd: float
    scale: float

    @classmethod
    def of(cls, table, scale):
        groups = table.groupby("Batch").Yield
        y = table.Yield.to_numpy(float)
        within = float(((y - groups.transform("mean")) ** 2).sum())
        size = len(y) // groups.ngroups
        return cls(groups.mean().to_numpy(), size, within, y.std(), scale * y.std())

    @property
    def grid(self):
        tau = self.scale * (np.arange(500) + 0.5) / 500 * 4.0
        sigma = self.sd * (0.3 + 1.9 * (np.arange(200) + 0.5) / 200)
        return np.meshgrid(tau, sigma, indexing="ij")

    def log_prior(self, tau, sigma):
        return stats.halfnorm(scale=self.scale).logpdf(tau) + stats.expon(scale=self.sd).logpdf(
            sigma
        )

    def log_prior_beta(self, beta):
        return stats.norm(self.means.mean(), 2.5 * self.sd).logpdf(beta)

    def precision(self, tau, sigma, a=1.0, b=1.0):
        """Of beta given the rest, with the prior to the power a and the likelihood to b."""
        between = sigma**2 + self.size * tau**2
        return b * self.size * len(self.means) / between + a / (2.5 * self.sd) ** 2

    def probability(self, a=1.0, b=1.0):
        """(500, 200) of the grid's cells."""
        tau, sigma = self.grid
        between, k = sigma**2 + self.size * tau**2, len(self.means)
        squares = self.size * ((self.means - self.means.mean()) ** 2).sum() / between
        free = k * (self.size - 1)
        log_lik = -0.5 * (k * np.log(between) + free * np.log(sigma**2) + squares)
        log_lik -= 0.5 * self.within / sigma**2
        log_density = a * self.log_prior(tau, sigma) + b * log_lik
        log_density -= 0.5 * np.log(self.precision(tau, sigma, a, b))
        return np.exp(log_density - logsumexp(log_density))

    def draws(self, rng, n):
        """(tau, sigma, beta), each (n,), even within each cell of the grid."""
        tau, sigma = self.grid
        cells = rng.choice(tau.size, size=n, p=self.probability().ravel())
        tau = tau.ravel()[cells] + (rng.random(n) - 0.5) * (tau[1, 0] - tau[0, 0])
        sigma = sigma.ravel()[cells] + (rng.random(n) - 0.5) * (sigma[0, 1] - sigma[0, 0])
        beta = self.means.mean() + rng.normal(size=n) / np.sqrt(self.precision(tau, sigma))
        return tau, sigma, beta


@pytest.mark.parametrize(("scale", "diagnosis"), [(0.1, PRIOR_ALONE), (1.0, BOTH_DATA)])
def test_one_way_layout(scale, diagnosis):
    """Dyestuff2, whose best tau is 0: the prior decides on tau, and the data on sigma."""
    table = data_set("Dyestuff2")
    layout = OneWay.of(table, scale)
    tau, sigma, beta = layout.draws(np.random.default_rng(8), SHAPE[0] * SHAPE[1])
    gram = set_up(table, "Yield ~ 1 + (1 | Batch)").likelihood.gram
    factors = (tau / sigma / gram.scaling.random[0][0, 0])[:, None]
    log_lik = log_likelihood(factors, sigma, beta[:, None], gram, np.array([1]))
    log_prior = layout.log_prior(tau, sigma) + layout.log_prior_beta(beta)
    values = np.stack([tau, sigma], axis=-1).reshape(*SHAPE, 2)
    found = power_scaling(["sd", "sigma"], values, log_prior.reshape(SHAPE), log_lik.reshape(SHAPE))
    centres = layout.grid[0][:, 0], layout.grid[1][0]
    for k, one in enumerate(found):
        step = centres[k][1] - centres[k][0]
        edges = np.append(centres[k] - step / 2, centres[k][-1] + step / 2)
        x = np.linspace(values[..., k].min(), values[..., k].max(), 20001)

        def cdf(a, b):
            mass = layout.probability(a, b).sum(axis=1 - k)  # noqa: B023
            return np.interp(x, edges, np.append(0.0, np.cumsum(mass)))  # noqa: B023

        by_prior = moved(x, cdf(1, 1), *(cdf(a, 1) for a in POWERS))
        by_data = moved(x, cdf(1, 1), *(cdf(1, b) for b in POWERS))
        assert one.prior == pytest.approx(by_prior, rel=RELATIVE, abs=CHANCE_OF_THESE)
        assert one.likelihood == pytest.approx(by_data, rel=RELATIVE, abs=CHANCE_OF_THESE)
    assert found[0].diagnosis == diagnosis
    assert found[1].diagnosis is None


def test_sentences_count_what_the_data_move():
    found = [
        Sensitivity("sigma", 0.01, 0.3),
        Sensitivity("sd_x|g", 0.20, 0.02),
        Sensitivity("sd_z|g", 0.20, 0.12),
        Sensitivity("sd_w|g", 0.30, 0.12),
        Sensitivity("cor_x.z|g", 0.01, 0.02),
    ]
    assert in_words(found) == [
        "1 of 5 numbers is moved by the data and not by the prior.",
        f"sd_x|g: {PRIOR_ALONE}.",
        "sd_z|g, sd_w|g: the prior moves them more than the data.",
        f"cor_x.z|g: {NEITHER}.",
    ]
    assert in_words(found[:1]) == ["The number is moved by the data and not by the prior."]


@pytest.mark.parametrize("shape", [(4, 250), (4, 1000)])
def test_chance(shape):
    """What is independent of both parts stays below their noise as often as it says."""
    rng = np.random.default_rng(4)
    values = rng.gamma(2.0, size=(*shape, 200))
    log_lik = -0.5 * rng.chisquare(12, size=(20, *shape))
    log_prior = -0.05 * rng.chisquare(3, size=shape)
    found = [
        one
        for i, part in enumerate(log_lik)
        for one in power_scaling("x" * 10, values[..., 10 * i : 10 * i + 10], log_prior, part)
    ]
    assert 0.005 < np.mean([one.likelihood > one.likelihood_noise for one in found]) < 0.15
    assert 0.005 < np.mean([one.prior > one.prior_noise for one in found]) < 0.15


def test_few_draws_raise_the_threshold():
    """Of 400 draws and 30 parameters chance alone moves most numbers by more than 0.05."""
    rng = np.random.default_rng(5)
    log_lik = -0.5 * rng.chisquare(30, size=(4, 100))
    found = power_scaling(range(40), rng.normal(size=(4, 100, 40)), log_lik, log_lik)
    assert np.mean([one.likelihood > THRESHOLD for one in found]) > 0.5
    assert np.mean([one.diagnosis == NEITHER for one in found]) > 0.8
