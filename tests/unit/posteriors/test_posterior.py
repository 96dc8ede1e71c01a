"""The sampled posterior of a one-way layout against quadrature with dense matrices."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from covedge.models.ladder import Ladder
from covedge.posteriors.posterior_rank import reliabilities
from covedge.posteriors.posterior_record import convergence_record, parameter_records
from covedge.posteriors.refit import Settings, pose, refit
from support.models import data_set, set_up

SETTINGS = Settings(chains=4, draws=1000, tune=1000, cores=2, seed=1)


def run(table, formula, settings=SETTINGS):
    problem = set_up(table, formula)
    frame = problem.frame
    ladder = Ladder(frame.terms, frame.fixed, frame.dropped, problem.models)
    return refit(pose(problem.likelihood.gram, ladder, ladder.asked), settings)


@dataclass(frozen=True)
class Quadrature:
    """Posterior on a grid: tau (k,), sigma (k,), their probabilities (k,), and beta's moments."""

    tau: np.ndarray
    sigma: np.ndarray
    weight: np.ndarray
    beta_mean: np.ndarray
    beta_variance: np.ndarray

    def cdf(self, values, at):
        """Distribution function of tau or sigma, even within each cell of the grid."""
        centres, cell = np.unique(values, return_inverse=True)
        edges = np.append(centres, 2 * centres[-1] - centres[-2]) - (centres[1] - centres[0]) / 2
        return np.interp(at, edges, np.append(0.0, np.cumsum(np.bincount(cell, self.weight))))


def quadrature(table, size=120):
    """y ~ N(beta 1, sigma^2 I + tau^2 ZZ') under the default prior, written out.

    tau ~ half-normal(s), sigma ~ Exponential(mean sd y), beta ~ N(mean y, (2.5 sd y)^2), with s
    over n and sd over n - 1: what the intercept leaves is y's own standard deviation.
    """
    y = table.Yield.to_numpy(float)
    sd, mean, scale = y.std(ddof=1), y.mean(), y.std()
    same = (table.Batch.to_numpy()[:, None] == table.Batch.to_numpy()).astype(float)
    tau, sigma = np.meshgrid(
        sd * (np.arange(size) + 0.5) / size * 4.5, sd * (0.3 + 2.2 * (np.arange(size) + 0.5) / size)
    )
    tau, sigma = tau.ravel(), sigma.ravel()
    one = np.ones(len(y))
    V = sigma[:, None, None] ** 2 * np.eye(len(y)) + tau[:, None, None] ** 2 * same
    inverse = np.linalg.inv(V)
    weak = 1 / (2.5 * sd) ** 2
    precise = one @ inverse @ one + weak
    means = (one @ inverse @ y + weak * mean) / precise
    # log N(y; mean 1, V + 11'/weak), with beta integrated out, by the rules for rank one.
    residual = y - mean
    half = one @ inverse @ residual
    square = residual @ inverse @ residual - half**2 / precise
    log_density = -0.5 * (np.linalg.slogdet(V)[1] + np.log(precise / weak) + square)
    log_density += stats.halfnorm(scale=scale).logpdf(tau) + stats.expon(scale=sd).logpdf(sigma)
    weight = np.exp(log_density - log_density.max())
    return Quadrature(tau, sigma, weight / weight.sum(), means, 1 / precise)


@pytest.fixture(scope="module", params=["Dyestuff", "Dyestuff2"])
def both(request):
    table = data_set(request.param)
    return run(table, "Yield ~ 1 + (1 | Batch)"), quadrature(table)


def compare(draws, ess, exact, values):
    """The draws' mean, SD and distribution against the grid's, in Monte Carlo standard errors."""
    mean = (exact.weight * values).sum()
    sd = np.sqrt((exact.weight * (values - mean) ** 2).sum())
    assert abs(draws.mean() - mean) < 4 * sd / np.sqrt(ess)
    # The fourth moment is not far from a normal's: SE of an SD is sd / sqrt(2 n), times two.
    assert abs(draws.std() - sd) < 8 * sd / np.sqrt(2 * ess)
    at = np.quantile(draws, [0.05, 0.25, 0.5, 0.75, 0.95])
    probability = exact.cdf(values, at)
    error = np.sqrt(probability * (1 - probability) / ess)
    assert (np.abs(probability - [0.05, 0.25, 0.5, 0.75, 0.95]) < 4 * error + 0.002).all()


def found(done, name):
    return next(q.values for q in done.quantities if q.name == name)


def test_standard_deviations_equal_quadrature(both):
    """Dyestuff2 is the singular one: its best tau is zero."""
    done, exact = both
    ess = min(np.nanmin(done.judged.ess_bulk), np.nanmin(done.judged.ess_tail))
    compare(found(done, "sd|Batch").ravel(), ess, exact, exact.tau)
    compare(found(done, "sigma").ravel(), ess, exact, exact.sigma)


def test_fixed_effect_equals_quadrature(both):
    done, exact = both
    beta = found(done, "beta").ravel()
    ess = done.judged.ess_bulk[1]
    mean = (exact.weight * exact.beta_mean).sum()
    spread = exact.beta_variance + (exact.beta_mean - mean) ** 2
    sd = np.sqrt((exact.weight * spread).sum())
    assert abs(beta.mean() - mean) < 4 * sd / np.sqrt(ess)
    assert beta.std() == pytest.approx(sd, rel=8 / np.sqrt(2 * ess))


def test_chains_can_be_trusted_without_divergences(both):
    done, _ = both
    assert done.judged.reached
    assert done.length == 1
    assert done.chains.divergences == 0
    assert (done.judged.bfmi > 0.3).all()


def test_reliability_of_a_balanced_layout_has_a_closed_form(both):
    """rho = n tau^2 / (n tau^2 + sigma^2) for n rows a batch; under REML less the mean's share."""
    done, _ = both
    (one,) = reliabilities(done.draws, done.posed.gram, reml=False)
    tau, sigma = found(done, "sd|Batch").ravel(), found(done, "sigma").ravel()
    chosen = np.unique(np.linspace(0, len(tau) - 1, 1000).astype(int))
    expected = (5 * tau**2 / (5 * tau**2 + sigma**2))[chosen]
    np.testing.assert_allclose(one.values[:, 0], expected, rtol=1e-9)
    assert one.above[0] == pytest.approx((expected > 0.01).mean())
    assert one.rank.sum() == pytest.approx(1.0)


def test_summary_names_things_as_r_does(both):
    done, _ = both
    fit = {
        "sigma": 1.0,
        "fixed": [{"name": "(Intercept)", "estimate": 2.0}],
        "terms": [
            {
                "group": "Batch",
                "effects": ["(Intercept)"],
                "sd": [3.0],
                "correlation": [[1.0]],
                "covariance": [[9.0]],
            }
        ],
    }
    records = parameter_records(done.listed, done.numbers, done.judged, fit)
    told = {r["name"]: r for r in records}
    assert {name: r["best"] for name, r in told.items()} == {
        "sigma": 1.0,
        "(Intercept)": 2.0,
        "sd_(Intercept)|Batch": 3.0,
        "cov_(Intercept).(Intercept)|Batch": 9.0,
    }
    sd = told["sd_(Intercept)|Batch"]
    draws = found(done, "sd|Batch")
    assert sd["mean"] == pytest.approx(draws.mean())
    assert sd["q95"] == pytest.approx(np.quantile(draws, 0.95))
    record = convergence_record(done.listed, done.judged)
    assert record["converged"] is True
    assert record["max_rhat"] == max(r["rhat"] for r in records)
    assert record["min_ess_tail"] == min(r["ess_tail"] for r in records)


def test_cells_and_effects_are_one_matrix():
    """SDs of the cells, from G in the effects' basis and from the other posterior variable."""
    done = run(
        data_set("Machines"), "score ~ Machine + (Machine | Worker)", Settings(4, 1000, 1000, 2, 3)
    )
    rows = np.array([[1, 0, 0], [1, 1, 0], [1, 0, 1]])
    G = found(done, "G|Worker")
    cells = np.sqrt(np.einsum("ia,cdab,ib->cdi", rows, G, rows))
    np.testing.assert_allclose(found(done, "sd|Worker|cells"), cells, rtol=1e-9)
    R = found(done, "correlation|Worker|cells")
    assert (np.abs(R) <= 1 + 1e-12).all()
    assert done.judged.reached
    assert done.chains.divergences == 0
    # Fixed effects of a balanced design: the cell means, whatever the covariances are.
    beta = found(done, "beta").reshape(-1, 3)
    table = data_set("Machines")
    means = table.groupby("Machine").score.mean().to_numpy()
    expected = [means[0], means[1] - means[0], means[2] - means[0]]
    error = beta.std(axis=0) / np.sqrt(done.judged.ess_bulk[1:4])
    # The weak prior pulls by (sd / prior sd)^2, below 1 % of a slope.
    np.testing.assert_array_less(np.abs(beta.mean(axis=0) - expected), 4 * error + 0.15)


def test_slopes_equal_importance_sampling():
    """q = 2, from 40,000 draws of the prior as one would write it down, weighed by dense matrices.

    The correlation is uniform and the SDs are half-normal with the scales of `prior`'s tests.
    """
    rng = np.random.default_rng(8)
    group = np.repeat(np.arange(5), 4)
    x = np.tile([0.0, 1.0, 2.0, 3.0], 5) + rng.normal(size=20) / 4
    y = (
        1.0
        + 0.5 * x
        + (rng.normal(size=5) + 0.4 * rng.normal(size=5) * x.reshape(5, 4).T).T.ravel()
    )
    y = y + rng.normal(size=20)
    table = pd.DataFrame({"y": y, "x": x, "g": [f"g{i}" for i in group]})
    done = run(table, "y ~ x + (x | g)")
    exact = importance(table, group, n=40_000, rng=rng)
    for name, place in (("sd|g", 0), ("sd|g", 1), ("correlation|g", (1, 0)), ("sigma", ())):
        draws = found(done, name)[(slice(None), slice(None), *np.atleast_1d(place).astype(int))]
        values, weight = exact[name, place], exact["weight"]
        mean = weight @ values
        sd = np.sqrt(weight @ (values - mean) ** 2)
        error = sd * np.sqrt(1 / np.nanmin(done.judged.ess_bulk) + (weight**2).sum())
        assert abs(draws.mean() - mean) < 4 * error
        assert draws.std() == pytest.approx(sd, rel=6 * error / sd)


def importance(table, group, n, rng):
    """Draws from the prior and their normalised weights p(y | draw), by dense algebra."""
    y, x = table.y.to_numpy(), table.x.to_numpy()
    X = np.column_stack([np.ones(len(y)), x])
    scale = (y - X @ np.linalg.lstsq(X, y)[0]).std()
    sd = np.abs(rng.normal(size=(n, 2))) * scale / np.array([1.0, x.std()])
    r = rng.uniform(-1, 1, size=n)
    sigma = rng.exponential(y.std(ddof=1), size=n)
    same = group[:, None] == group
    G00, G11, G01 = sd[:, 0] ** 2, sd[:, 1] ** 2, r * sd[:, 0] * sd[:, 1]
    V = (
        G00[:, None, None]
        + G11[:, None, None] * np.outer(x, x)
        + G01[:, None, None] * np.add.outer(x, x)
    ) * same + sigma[:, None, None] ** 2 * np.eye(len(y))
    # Prior of beta: slope ~ N(0, 2.5 sd y / sd x), mean level ~ N(mean y, 2.5 sd y).
    V += (2.5 * y.std(ddof=1)) ** 2 * (1 + np.outer(x - x.mean(), x - x.mean()) / x.var(ddof=1))
    residual = y - y.mean()
    L = np.linalg.cholesky(V)
    white = np.linalg.solve(L, np.broadcast_to(residual[:, None], (n, len(y), 1)))[..., 0]
    logdet = 2 * np.log(np.diagonal(L, axis1=1, axis2=2)).sum(axis=1)
    log_weight = -0.5 * (logdet + (white**2).sum(axis=1))
    weight = np.exp(log_weight - log_weight.max())
    return {
        "weight": weight / weight.sum(),
        ("sd|g", 0): sd[:, 0],
        ("sd|g", 1): sd[:, 1],
        ("correlation|g", (1, 0)): r,
        ("sigma", ()): sigma,
    }
