"""Smoothing against ArviZ's and R's, and against a tail whose shape is known."""

import json
from pathlib import Path

import numpy as np
import pytest

from covedge.errors import DesignError
from covedge.posteriors.leave_one_out import LeftOut, left_out, ranked, relative_efficiency
from covedge.posteriors.pareto_smoothing import smoothed


def heavy(n, draws, seed=0):
    """(4, draws / 4, n) log densities of ever heavier tails of the weights."""
    rng = np.random.default_rng(seed)
    scale = np.linspace(0.05, 1.5, n)
    return -1.0 - scale * rng.exponential(size=(4, draws // 4, n))


@pytest.mark.parametrize("draws", [100, 240, 1000, 4000])
def test_densities_and_k_equal_arviz_s(draws):
    from arviz_stats.base import array_stats

    log_density = heavy(60, draws)
    found = left_out(log_density)
    efficiency = relative_efficiency(log_density)
    elpd, k, p = array_stats.loo(
        np.moveaxis(log_density, 2, 0), chain_axis=-2, draw_axis=-1, r_eff=efficiency
    )
    np.testing.assert_allclose(found.elpd, elpd, rtol=1e-10)
    np.testing.assert_allclose(found.k, k, rtol=1e-8, atol=1e-10)
    assert found.p == pytest.approx(p.sum(), rel=1e-9)
    assert found.k_threshold == pytest.approx(min(1 - 1 / np.log10(draws), 0.7))


@pytest.mark.filterwarnings("ignore:Estimated shape parameter")
def test_sums_and_flags_equal_those_of_arviz_loo():
    import arviz_stats
    from arviz_base import from_dict

    log_density = heavy(40, 1000, seed=1)
    found = left_out(log_density)
    rng = np.random.default_rng(0)
    tree = from_dict(
        {"posterior": {"x": rng.normal(size=(4, 250))}, "log_likelihood": {"y": log_density}}
    )
    told = arviz_stats.loo(tree, pointwise=True, reff=relative_efficiency(log_density))
    assert found.total == pytest.approx(told.elpd, rel=1e-10)
    assert found.se == pytest.approx(told.se, rel=1e-8)
    assert found.p == pytest.approx(told.p, rel=1e-8)
    assert found.k_threshold == pytest.approx(told.good_k)
    assert found.k_above == int((told.pareto_k > told.good_k).sum())
    assert found.draws == told.n_samples


def test_k_is_the_shape_of_the_weights_tail():
    """exp(k E) of a standard exponential E has a Pareto tail of shape k.

    379 tail draws give one k to about 0.08 and 100 of them to 0.01; the estimate and its weak prior
    are biased towards 0.5 by some hundredths more.
    """
    rng = np.random.default_rng(5)
    shape = np.repeat([0.2, 0.5, 0.8], 100)
    log_density = -shape * rng.exponential(size=(4, 4000, 300))
    mean = left_out(log_density).k.reshape(3, 100).mean(axis=1)
    np.testing.assert_allclose(mean, [0.2, 0.5, 0.8], atol=0.05)


def test_densities_that_do_not_vary_are_their_own_mean():
    log_density = np.broadcast_to(np.array([-1.0, -3.0]), (4, 50, 2))
    found = left_out(log_density)
    np.testing.assert_allclose(found.elpd, [-1.0, -3.0], rtol=1e-14)
    assert found.k_above == 0
    assert found.p == pytest.approx(0.0, abs=1e-12)


def test_draws_too_few_for_a_tail_are_refused():
    with pytest.raises(DesignError, match="16 draws of the posterior are too few"):
        left_out(heavy(3, 16))


@pytest.fixture(scope="module")
def from_r():
    path = Path(__file__).parents[2] / "reference" / "loo.json"
    return json.loads(path.read_text(encoding="utf-8"))


def of_the_script(known):
    """{model: (S, n)} log densities by the formula of loo.R."""
    s, i = np.arange(1, known["draws"] + 1), np.arange(1, 41)
    u = (s[:, None] * np.sqrt(2) + i * np.sqrt(3)) % 1
    return {
        name: scale * i / 40 * np.log(u) - 1 + shift * np.sin(i)
        for name, scale, shift in (("one", 0.9, -0.6), ("two", 0.5, 0.0), ("three", 0.7, 0.7))
    }


def test_densities_k_and_comparison_equal_those_of_r(from_r):
    """With R's length of the tail, which rounds up where ArviZ rounds down."""
    found = {}
    for name, log_density in of_the_script(from_r).items():
        elpd, k, lppd = np.empty((3, 40))
        smoothed(np.ascontiguousarray(log_density.T), from_r["tail"], elpd, k, lppd)
        known = from_r["models"][name]
        np.testing.assert_allclose(elpd, known["elpd"], rtol=1e-9)
        np.testing.assert_allclose(k, known["k"], rtol=1e-7, atol=1e-9)
        found[name] = LeftOut(elpd, k, float((lppd - elpd).sum()), 0.7, from_r["draws"])
        assert found[name].total == pytest.approx(known["total"], rel=1e-9)
        assert found[name].se == pytest.approx(known["se"], rel=1e-9)
        assert found[name].p == pytest.approx(known["p"], rel=1e-7)
    beside = ranked(found)
    told = from_r["comparison"]
    assert [one.model for one in beside] == told["model"]
    np.testing.assert_allclose([one.difference for one in beside], told["difference"], rtol=1e-8)
    np.testing.assert_allclose([one.difference_se for one in beside], told["se"], rtol=1e-8)
    # R's optimiser stops at some four digits.
    weights = {one.model: one.weight for one in beside}
    for name, weight in from_r["stacking"].items():
        assert weights[name] == pytest.approx(weight, abs=1e-3)
