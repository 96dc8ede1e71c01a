"""Trials: balanced one-way designs have a closed form, and so have many groups without variance."""

import numpy as np
import pandas as pd
import pytest
from scipy.stats import binom, chi2, f

from covedge.atlas.question import question
from covedge.atlas.rounds import Trial
from covedge.atlas.trial import Place, outcomes
from support.models import set_up

REPLICATES = 1500


def one_way(n_groups, n_rows, method):
    rng = np.random.default_rng(5)
    labels = np.repeat([f"g{i:03}" for i in range(n_groups)], n_rows)
    return set_up(
        pd.DataFrame({"y": rng.normal(size=len(labels)), "g": labels}), "y ~ 1 + (1 | g)", method
    )


def about(problem, smallest=0.3, seed=1):
    model = problem.models[-1]
    return question(
        problem.frame,
        model,
        lambda factors: (factors, factors.start(0.5)),
        smallest,
        problem.likelihood.reml,
        seed,
    )


def closed_form(n_groups, n_rows, sd, method):
    """P(the variance between groups is estimated as zero), from the F distribution."""
    edge = 1.0 if method == "REML" else n_groups / (n_groups - 1)
    return f.cdf(edge / (1 + n_rows * sd**2), n_groups - 1, n_groups * (n_rows - 1))


@pytest.mark.parametrize("method", ["REML", "ML"])
@pytest.mark.parametrize(
    ("n_groups", "density", "sd"),
    [(3, 1.0, 0.3), (3, 2.0, 0.8), (6, 0.4, 0.5), (12, 1.0, 0.2), (40, 0.6, 0.3), (48, 1.0, 0.1)],
)
def test_a_balanced_one_way_design_has_the_closed_form(method, n_groups, density, sd):
    asked = about(one_way(6, 5, method))
    trial = Trial(Place(n_groups, sd, density), REPLICATES)
    found = asked.answer(trial, 0, 0)
    assert found["settled"].all()
    p = closed_form(n_groups, round(5 * density), sd, method)
    low, high = binom.ppf([0.0005, 0.9995], REPLICATES, p)
    assert low <= found["degenerate"].sum() <= high


@pytest.mark.parametrize(
    ("method", "shares"), [("REML", (0.632, 0.594, 0.563)), ("ML", (0.777, 0.713, 0.650))]
)
def test_without_any_variance_large_groups_have_the_known_limits(method, shares):
    problem = one_way(6, 200, method)
    asked = about(problem)
    nothing = asked.truths.at(1e-9)
    for n_groups, share in zip((3, 5, 10), shares, strict=True):
        edge = n_groups - 1 if method == "REML" else n_groups
        assert chi2.cdf(edge, n_groups - 1) == pytest.approx(share, abs=5e-4)
        place = Place(n_groups, 0.0)
        reml = method == "REML"
        found = outcomes(problem.frame, asked.how, place, nothing, reml, REPLICATES, 7)
        low, high = binom.ppf([0.0005, 0.9995], REPLICATES, share)
        assert low <= found["degenerate"].sum() <= high


def test_the_test_of_a_mean_by_its_standard_error_errs_as_the_t_distribution_says():
    # With large true variance the mean of L groups has a t distribution with L - 1 degrees.
    from scipy.stats import t

    asked = about(one_way(6, 5, "REML"))
    found = asked.answer(Trial(Place(5, 4.0), REPLICATES), 0, 1)
    p = 2 * t.sf(1.959963984540054, 4)
    low, high = binom.ppf([0.0005, 0.9995], REPLICATES, p)
    assert low <= found["rejected (Intercept)"].sum() <= high
    width = 2 * 1.959963984540054 * np.sqrt((4.0**2 + 1 / 5) / 5)
    # The mean of the root of a chi-square with 4 degrees over 4.
    assert found["width (Intercept)"].mean() == pytest.approx(0.93999 * width, rel=0.03)
