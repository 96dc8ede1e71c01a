"""The bootstrap against closed forms, and its quick fits against the thorough ones."""

import numpy as np
import pandas as pd
import pytest
from scipy.stats import f as F

from covedge.bootstraps.bootstrap import Bootstrap, is_degenerate, ranks, refits
from covedge.fits.factors import Factors
from covedge.fits.likelihood import Likelihood
from covedge.fits.optimum import sketch, solve
from covedge.fits.spectrum import ALIVE
from covedge.grams.gram import accumulate, scaled_rows
from support.models import data_set, set_up
from support.rows import draw

GROUPS, SIZE = 6, 5


@pytest.fixture(scope="module")
def one_way():
    """A balanced one-way layout; its response only sets the scale."""
    rng = np.random.default_rng(3)
    g = np.repeat(np.arange(GROUPS), SIZE)
    y = rng.normal(size=GROUPS)[g] + rng.normal(size=len(g))
    return pd.DataFrame({"y": y, "g": [f"g{i}" for i in g]})


@pytest.mark.parametrize("method", ["REML", "ML"])
@pytest.mark.parametrize("tau2", [0.0, 0.25])
def test_the_share_of_zero_estimates_is_that_of_the_F_distribution(one_way, method, tau2):
    # REML estimates zero where the mean squares' ratio is below 1, ML where it is below a/(a - 1).
    problem = set_up(one_way, "y ~ 1 + (1 | g)", method)
    factors = Factors(problem.likelihood, problem.structures)
    W = problem.likelihood.gram.scaling.random[0][0, 0]
    truth = np.array([np.sqrt(tau2) / W])
    n = 2000
    zero = sum(is_degenerate(fitted, level=0) for fitted in refits(factors, truth, n, seed=1))
    bound = (1.0 if method == "REML" else GROUPS / (GROUPS - 1)) / (1 + SIZE * tau2)
    expected = F.cdf(bound, GROUPS - 1, GROUPS * (SIZE - 1))
    assert zero / n == pytest.approx(expected, abs=4 * np.sqrt(expected * (1 - expected) / n))


def test_a_quick_fit_finds_the_rank_of_the_thorough_one():
    rng = np.random.default_rng(5)
    rows = [(g, f, r) for g in range(8) for f in range(4) for r in range(rng.integers(2, 9))]
    g, f, _ = np.array(rows).T
    table = pd.DataFrame({"g": [f"g{i}" for i in g], "f": [f"f{i}" for i in f]})
    table["y"] = rng.normal(size=8)[g] + rng.normal(size=len(g))
    problem = set_up(table, "y ~ f + (f | g)")
    scaled = scaled_rows(problem.frame)
    Sigmas = (np.diag([2.0, 0.3, 0.1, 0.0]),)
    for seed in range(25):
        sample = draw(scaled, Sigmas, np.random.default_rng(seed))
        thorough = solve(Likelihood(accumulate(sample), reml=True), problem.structures)
        factors = Factors(Likelihood(accumulate(sample), reml=True), problem.structures)
        quick = sketch(factors.likelihood, problem.structures)
        assert quick.settled
        alive = [sum(d.state == ALIVE for d in s) for s in quick.spectra]
        assert alive == [sum(d.state == ALIVE for d in s) for s in thorough.examination.spectra]


def test_a_replicate_does_not_depend_on_how_many_there_are(one_way):
    problem = set_up(one_way, "y ~ 1 + (1 | g)")
    factors = Factors(problem.likelihood, problem.structures)
    few = [s.x for s in refits(factors, np.array([1.0]), 3, seed=7)]
    many = [s.x for s in refits(factors, np.array([1.0]), 5, seed=7)]
    for a, b in zip(few, many, strict=False):
        np.testing.assert_array_equal(a, b)


def test_a_richer_model_is_never_worse_and_the_true_one_is_as_by_rows():
    """Machines: 40 draws at the compound fit; both models fitted to simulated rows as well."""
    problem = set_up(data_set("Machines"), "score ~ Machine + (Machine | Worker)")
    names = [model.name for model in problem.models]
    fit = problem.fit(names.index("m2-compound"))
    bootstrap = Bootstrap(problem.likelihood, fit, [problem.models[-1]])
    for seeds in np.random.SeedSequence(1).spawn(40):
        found = bootstrap.replicate(seeds)
        assert found.criteria[1] <= found.criteria[0] + 1e-5
        assert all(0 <= rank <= 3 for one in found.fits for rank in ranks(one).values())


def test_sleepstudy_by_ml_is_degenerate_as_often_as_lme4_finds():
    """The design's figure: about 3.3 % of responses drawn from the ML fit have a singular fit."""
    problem = set_up(data_set("sleepstudy"), "Reaction ~ Days + (Days | Subject)", "ML")
    bootstrap = Bootstrap(problem.likelihood, problem.fit())
    n = 2000
    singular = sum(
        is_degenerate(bootstrap.replicate(seeds).fits[0], 0)
        for seeds in np.random.SeedSequence(1).spawn(n)
    )
    assert singular / n == pytest.approx(0.033, abs=4 * np.sqrt(0.033 * 0.967 / n))


@pytest.mark.slow
@pytest.mark.parametrize(("method", "expected"), [("ML", 0.0998), ("REML", 0.0484)])
def test_dyestuff_is_zero_as_often_as_the_F_distribution_says(method, expected):
    problem = set_up(data_set("Dyestuff"), "Yield ~ 1 + (1 | Batch)", method)
    fit = problem.fit()
    tau2 = fit.terms[0].Sigma[0, 0]
    bound = (1.0 if method == "REML" else 6 / 5) / (1 + 5 * tau2)
    assert F.cdf(bound, 5, 24) == pytest.approx(expected, abs=5e-5)
    bootstrap, n = Bootstrap(problem.likelihood, fit), 20_000
    zero = sum(
        is_degenerate(bootstrap.replicate(seeds).fits[0], 0)
        for seeds in np.random.SeedSequence(2).spawn(n)
    )
    assert zero / n == pytest.approx(expected, abs=4 * np.sqrt(expected * (1 - expected) / n))
