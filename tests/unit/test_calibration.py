"""Simulation-based calibration: what is stored is of this code, and a part of it is run again."""

import importlib
import json
import sys
from pathlib import Path

import numpy as np
import pytest
from scipy.stats import kstest, multivariate_normal

ROOT = Path(__file__).parents[2]
MODULES = (
    "calibrated",
    "calibration",
    "calibration_page",
    "calibration_run",
    "code_digest",
    "posterior_robustness",
)
# In the test: so many replicates, by chains an eighth as long as those of the stored ones.
AGAIN, SHORT = 60, {"chains": 1, "draws": 500, "tune": 500}


@pytest.fixture(scope="module")
def bench():
    """The modules of benchmarks/, which import each other by their plain names."""
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(ROOT / "benchmarks"))
        yield {name: importlib.import_module(name) for name in MODULES}
    for name in (*MODULES, "calibration_figure", "machine", "uniformity", "with_data"):
        sys.modules.pop(name, None)


@pytest.fixture(scope="module")
def stored(bench):
    return json.loads(bench["calibration_page"].STORED.read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def robust(bench):
    return json.loads(bench["calibration_page"].ROBUSTNESS.read_text(encoding="utf-8"))


class _Here:
    """An executor in this process."""

    def map(self, function, numbers, chunksize):
        return map(function, numbers)


def test_what_is_stored_is_of_this_code(bench, stored):
    assert stored["digest"] == bench["calibration"].current_digest(), (
        "the sampler has changed since tests/reference/calibration.json was made: "
        "run `make calibration` and commit what it writes"
    )


def test_the_runs_from_other_seeds_are_of_this_code(bench, robust):
    assert robust["digest"] == bench["posterior_robustness"].current_digest(), (
        "the sampler has changed since tests/reference/robustness.json was made: "
        "run `make calibration` and commit what it writes"
    )


def test_every_run_from_another_seed_or_of_other_rows_can_be_trusted(robust):
    """The issue's thresholds, written out: ten seeds and five subsets under the default prior."""
    names = {(run["prior"], run["data"]) for run in robust["runs"]}
    assert len(names) == len(robust["runs"]) == 10 + 5
    assert {prior for prior, _ in names} == {"lkj"}
    for run in robust["runs"]:
        assert run["max_rhat"] < 1.01, run
        assert min(run["min_ess_bulk"], run["min_ess_tail"]) > 400, run
        # All that is free: 6 fixed effects, sigma, and of both codings SDs and correlations, and G.
        assert run["numbers"] == 6 + 1 + 2 * (6 + 15) + 21
        assert run["reached"]
    assert robust["length"] == {"chains": 4, "draws": 1000, "tune": 500}


def test_the_document_has_the_stored_numbers(bench, stored, robust):
    page = bench["calibration_page"]
    assert page.PAGE.read_text(encoding="utf-8") == page.page(stored, robust), (
        "run `python benchmarks/calibration.py --page`"
    )


def test_the_stored_ranks_are_uniform(bench, stored):
    """At least 1,000 data sets under the default prior; all p-values together, by Bonferroni."""
    assert list(stored["priors"]) == ["lkj"]
    assert min(of["replicates"] for of in stored["priors"].values()) >= 1000
    tests = bench["calibration_page"].p_values(stored)
    assert len(tests) == 7
    assert min(test.smallest for test in tests.values()) * 2 * len(tests) > 0.05


def test_every_planted_error_was_found(bench, stored):
    found = bench["calibration_page"].planted(stored)
    assert len(found) == 5
    for error, tests, _ in found:
        assert min(test.smallest for test in tests.values()) * 14 < 0.01, error
    # A sampler that ignores the data is found by the log-likelihood, and by nothing else.
    ignorant = next(tests for error, tests, _ in found if "whatever the data" in error)
    assert ignorant.pop("log-likelihood").smallest < 1e-3
    assert min(test.smallest for test in ignorant.values()) > 1e-3


def test_a_part_sampled_again(bench, stored):
    """The first data sets under the first prior: one test, so that it is sampled once."""
    run, length = bench["calibration_run"], bench["calibrated"].Length(**SHORT)
    again = run.calibrate("lkj", length, range(AGAIN), _Here())
    first, second = (run.as_numbers(r) for r in (stored["priors"]["lkj"]["ranks"], again["ranks"]))
    for name, ranks in second.items():
        _agrees(first[name][:AGAIN], ranks, name)
    smallest = _smallest_p(bench)
    # 14 p-values: chance alone fails this once in a thousand times.
    assert smallest(second) > 1e-4
    for error, lines in again["planted"].items():
        # Five per cent of sigma need more data sets.
        if "5 %" not in error:
            assert smallest(run.as_numbers(lines)) < 1e-3, error


def _agrees(one, other, name):
    """Ranks of the same truths in two runs.

    A share of 99 draws has a standard error, by arcsine 1 / (2 sqrt(99)) for any share, so z of the
    difference has mean square 1 (more, as draws of a short chain hang together). It is about 40
    where the posteriors are not the same at all.
    """
    shares = (np.arcsin(np.sqrt((r + 0.5) / 100.0)) for r in (one, other))
    z = np.sqrt(2 * 99) * np.subtract(*shares)
    assert 0.3 < np.mean(z**2) < 2.5, name
    assert abs(z.mean()) < 4 / np.sqrt(len(z)), name


def _smallest_p(bench):
    uniformity = bench["calibration_page"].uniformity
    return lambda ranks: min(uniformity(r, 99, bins=10).smallest for r in ranks.values())


def test_the_log_likelihood_by_scipy(bench):
    module = bench["calibrated"]
    rng = np.random.default_rng(1)
    truths = [module.drawn(module.Calibrated("lkj").prior, rng) for _ in range(3)]
    x, g = module._columns()
    y = module.response(truths[0], rng)
    found = module.log_likelihood(y, module.stacked(truths))
    Z = np.column_stack([np.ones_like(x), x])
    for truth, value in zip(truths, found, strict=True):
        V = (Z @ truth.G @ Z.T) * (g[:, None] == g) + truth.sigma**2 * np.eye(len(x))
        assert value == pytest.approx(multivariate_normal(Z @ truth.beta, V).logpdf(y), rel=1e-8)


@pytest.mark.parametrize("family", ["lkj", "decov", "wishart"])
def test_truths_are_of_the_prior_that_the_sampler_has(bench, family):
    """SDs, correlation and sigma by NumPy and SciPy, and through the sampler's coordinates."""
    module = bench["calibrated"]
    posed = module.Calibrated(family).posed
    rng = np.random.default_rng(6)
    direct = module.stacked([module.drawn(posed.prior, rng) for _ in range(3000)])
    values = posed.layout.simulate(rng, 3000)
    values["sigma"] = rng.exponential(size=(3000, 1))
    draws = posed.draws(values, (1, 3000), 1)
    W = posed.gram.scaling.random[0]
    G = draws.sigma[:, None, None] ** 2 * (W @ draws.Sigmas[0] @ W.T)
    coded = module.Truth(G, draws.sigma, draws.beta)
    for k, name in enumerate(module.PARAMETERS[:4]):
        assert kstest(direct.parameters[:, k], coded.parameters[:, k]).pvalue > 1e-3, name


def test_comments_do_not_change_the_digest_and_code_does(bench):
    hash_of = bench["code_digest"].hash_of
    code = '"""Of it."""\n\n\ndef f(x):\n    """Text."""\n    return x + "a"  # why\n'
    same = "def f(x):\n    # because\n\n    return x + 'a'\n".replace("'", '"')
    assert hash_of(code) == hash_of(same)
    assert hash_of(code) != hash_of(code.replace("x +", "x -"))
    assert hash_of(code) != hash_of(code.replace('"a"', '"b"'))
