"""The sampler's draws against posteriors that are known without any chain.

With beta integrated out, an intercept, a slope and their covariance leave four dimensions: there
importance sampling from the prior is exact, given enough draws. Nothing here uses the kernel.
"""

import importlib
import sys
from pathlib import Path

import numpy as np
import pytest

ROOT = Path(__file__).parents[3]
N = 400_000
# Data sets whose posteriors are a large part of the prior, so that N draws of it are enough.
NUMBERS = (2, 8, 9, 11)
# Standard errors of a mean of draws that are not all independent.
WITHIN = 4.0
# Standard error of the standard deviation of one uniform number: root of (1/80 - 1/144) over 2 sd.
SPREAD = 0.129


@pytest.fixture(scope="module")
def calibrated():
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(ROOT / "benchmarks"))
        yield importlib.import_module("calibrated")
    for name in ("calibrated", "with_data"):
        sys.modules.pop(name, None)


class Exact:
    """Draws of the prior, and the marginal density of a response at each of them."""

    def __init__(self, calibrated, prior):
        rng = np.random.default_rng(3)
        (component,) = prior.components
        self.sd = np.abs(rng.normal(0.0, component.scales, (N, 2)))
        self.r = 2.0 * rng.beta(component.hyper.eta, component.hyper.eta, N) - 1.0
        self.sigma = rng.exponential(prior.sigma_scale, N)
        self.x, self.g = calibrated._columns()
        # The intercept is normal where x has its mean.
        turned = np.array([[1.0, -self.x.mean()], [0.0, 1.0]])
        self.centre = np.array([prior.fixed.mean @ [1.0, self.x.mean()], 0.0]) @ turned.T
        self.spread = turned @ np.diag(prior.fixed.scales**2) @ turned.T

    @property
    def parameters(self):
        return np.column_stack([self.sd, self.r, self.sigma])

    def weights(self, y):
        """(N,) that sum to one."""
        Z = np.column_stack([np.ones_like(self.x), self.x])
        residual = y - Z @ self.centre
        G = self.sd[:, :, None] * self.sd[:, None, :]
        G[:, [0, 1], [1, 0]] *= self.r[:, None]
        information, moment, log_density = self._prior_part()
        for group in np.unique(self.g):
            own = self.g == group
            V = Z[own] @ G @ Z[own].T + self.sigma[:, None, None] ** 2 * np.eye(own.sum())
            solved = np.linalg.solve(V, np.column_stack([Z[own], residual[own]]))
            information = information + Z[own].T @ solved[:, :, :2]
            moment = moment + (Z[own].T @ solved[:, :, 2:])[:, :, 0]
            log_density -= 0.5 * (np.linalg.slogdet(V)[1] + solved[:, :, 2] @ residual[own])
        explained = np.linalg.solve(information, moment[:, :, None])[:, :, 0]
        log_density += 0.5 * (moment * explained).sum(axis=1)
        log_density -= 0.5 * np.linalg.slogdet(information)[1]
        found = np.exp(log_density - log_density.max())
        return found / found.sum()

    def _prior_part(self):
        precision = np.linalg.inv(self.spread)
        return np.broadcast_to(precision, (N, 2, 2)), np.zeros((N, 2)), np.zeros(N)


@pytest.fixture(scope="module")
def model(calibrated):
    return calibrated.Calibrated("lkj")


@pytest.fixture(scope="module")
def exact(calibrated, model):
    return Exact(calibrated, model.prior)


@pytest.mark.parametrize("number", NUMBERS)
def test_draws_are_uniform_under_the_exact_distribution_functions(calibrated, model, exact, number):
    rng = np.random.default_rng([5, number])
    y = calibrated.response(calibrated.drawn(model.prior, rng), rng)
    weights = exact.weights(y)
    effective = 1.0 / (weights**2).sum()
    assert effective > 300
    draws, judged, _ = model.run(y, calibrated.Length(draws=2000), number)
    assert judged.reached
    least = float(min(judged.ess_bulk.min(), judged.ess_tail.min()))
    for name, known, sampled in zip(
        calibrated.PARAMETERS, exact.parameters.T, draws.parameters.T, strict=False
    ):
        order = np.argsort(known)
        at = np.interp(sampled, known[order], np.cumsum(weights[order]))
        # Both the draws and the weighted draws of the prior are finite.
        se = np.sqrt(1.0 / least + 1.0 / effective)
        assert at.mean() == pytest.approx(0.5, abs=WITHIN * se * np.sqrt(1 / 12)), name
        assert at.std() == pytest.approx(np.sqrt(1 / 12), abs=WITHIN * se * SPREAD), name
