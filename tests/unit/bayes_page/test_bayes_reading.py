"""Numbers that the Bayesian section works out itself, against closed forms and scipy."""

import numpy as np
import pytest
from scipy.stats import halfnorm, mannwhitneyu, norm

from covedge.figures.chains import BINS, good_and_bad
from covedge.figures.densities import _density
from covedge.pages.bayesian import beside_fit, divergences, quantities, weakest
from covedge.pages.bayesian.compound import components
from covedge.pages.bayesian.found import moves, narrowing, sensitive
from covedge.pages.bayesian.runs import Refits
from covedge.pages.draws import Posterior

RNG = np.random.default_rng(7)


def parameter(kind, group, labels, **fields):
    return {"kind": kind, "group": group, "labels": labels, "name": "|".join(labels)} | fields


def test_the_weakest_direction_of_two_is_the_root_of_one_less_the_correlation():
    """Equal SDs: the eigenvalues of the correlation matrix are 1 - |r| and 1 + |r|."""
    r = RNG.uniform(-0.99, 0.99, size=(2, 50))
    sd = np.ones((2, 50))
    draws = {"a": sd, "b": sd, "correlation|g|cells[f[2], f[1]]": r}
    both = [
        parameter("sd", "g", [f"f[{k}]"], draws=name, coding="cells")
        for k, name in ((1, "a"), (2, "b"))
    ]
    found = weakest.weakest(Posterior(draws), both).ravel()
    assert found == pytest.approx(np.sqrt(1 - np.abs(r.ravel())), abs=1e-12)


def test_a_side_is_mann_and_whitneys_share():
    values, mask = RNG.normal(size=300), RNG.random(300) < 0.2
    u = mannwhitneyu(values[mask], values[~mask]).statistic
    share = u / (mask.sum() * (~mask).sum())
    assert divergences._side(values, mask) == pytest.approx(share, abs=1e-12)


@pytest.mark.parametrize(
    ("chosen", "said"),
    [
        (slice(0, 10), "is smallest: half of them lie among the smallest 1"),
        (slice(990, 1000), "is largest: half of them lie among the largest 1"),
        (slice(0, 1000, 50), "spread over the posterior"),
    ],
)
def test_where_divergent_draws_stand(chosen, said):
    values = np.arange(1000.0)
    mask = np.zeros(1000, dtype=bool)
    mask[chosen] = True
    assert said in divergences._place("x", values, mask, str)


def test_compound_symmetry_is_told_in_the_sds_of_its_two_terms():
    """A cell's variance is the sum of both, and its share of the first is the correlation."""
    first, second = np.abs(RNG.normal(3, 1, 4000)), np.abs(RNG.normal(2, 0.5, 4000))
    draws = {
        "sd": np.sqrt(first**2 + second**2).reshape(4, 1000),
        "cor": (first**2 / (first**2 + second**2)).reshape(4, 1000),
    }
    listed = [
        parameter("sd", "g", ["f[1]"], draws="sd", coding="cells", q50=1.0, sd=1.0),
        parameter("correlation", "g", ["f[2]", "f[1]"], draws="cor", coding="cells"),
    ]
    G = 4.0 * np.ones((2, 2)) + 9.0 * np.eye(2)
    term = {"group": "g", "structure": "compound symmetry", "factor": "f"}
    term["cells"] = {"covariance": G.tolist()}
    results = type("R", (), {"fits": {"m": {"terms": [term]}}})
    found = Refits(results, {"model": "m", "parameters": listed})
    found.posteriors["m", None, None] = Posterior(draws)
    one, other = components(found, "g")
    assert [one["labels"], other["labels"]] == [["(Intercept)"], ["f"]]
    assert [one["best"], other["best"]] == pytest.approx([2.0, 3.0])
    for told, values in ((one, first), (other, second)):
        for name, q in (("q025", 0.025), ("q50", 0.5), ("q95", 0.95)):
            assert told[name] == pytest.approx(np.quantile(values, q), rel=1e-9)
    record = {"parameters": [{"kind": "sd", "group": "g", "effects": ["f"], "estimate": 3.0}]}
    record["parameters"][0]["intervals"] = {"profile": {"lower": 2.0, "upper": 4.0}}
    assert beside_fit.profile_of(other, record)["upper"] == 4.0
    assert beside_fit.profile_of(one, record) == {}


def test_a_profile_of_another_number_is_not_put_beside_a_posterior():
    """nlme's and lme4's compound symmetry call another quantity `(Intercept)`."""
    profile = {"lower": 0.1, "upper": 0.3, "at_lower_edge": False}
    told = {"kind": "sd", "group": "g", "effects": ["(Intercept)"], "estimate": 0.2}
    record = {"parameters": [told | {"intervals": {"profile": profile}}]}
    own = parameter("sd", "g", ["(Intercept)"], best=0.2000001, q95=0.4)
    assert beside_fit.profile_of(own, record) == profile
    assert beside_fit.profile_of(own | {"best": 0.21}, record) == {}
    assert beside_fit.profile_of(own | {"group": "h"}, record) == {}
    zero = {"parameters": [told | {"estimate": 0.0, "intervals": {"profile": profile}}]}
    assert beside_fit.profile_of(own | {"best": 1e-19}, zero) == profile


def test_other_priors_are_as_far_apart_as_their_medians_in_sds():
    def run(median, sd):
        own = {"q05": median - 1, "q50": median, "q95": median + 1, "sd": sd}
        return {"parameters": [parameter("sd", "g", ["x"], **own)]}

    found = Refits(None, run(1.0, 0.2), priors=[run(1.3, 0.4), run(0.9, 0.1)])
    ((_, distance, medians),) = moves(found)
    assert medians == [1.0, 1.3, 0.9]
    assert distance == pytest.approx((1.3 - 0.9) / 0.4)


def test_power_scaling_is_sorted_by_who_moves_the_posterior():
    entries = [(0.01, 0.3), (0.06, 0.3), (0.06, 0.02), (0.01, 0.01)]
    run = {"sensitivity": [{"prior": p, "likelihood": q} for p, q in entries]}
    both, alone = sensitive(run)
    assert [(e["prior"], e["likelihood"]) for e in both] == [(0.06, 0.3)]
    assert [(e["prior"], e["likelihood"]) for e in alone] == [(0.06, 0.02)]


def test_narrowing_is_the_ratio_of_the_90_percent_widths():
    one = {"q05": 1.0, "q95": 2.0, "prior": {"q05": 0.0, "q95": 4.0}}
    assert [part for _, part in narrowing([one, one | {"prior": None}])] == [0.25]


def test_equal_sds_are_told_once_and_constants_never():
    same = {"q05": 1.0, "q50": 2.0, "q95": 3.0, "sd": 0.5, "coding": "cells"}
    cells = [parameter("sd", "g", [f"f[p{k}]"], **same) for k in (1, 2, 3)]
    half = parameter("correlation", "g", ["a", "b"], q50=0.5, sd=1e-17)
    run = {"parameters": [*cells, half]}
    assert [quantities.name(p, False) for p in quantities.spread(run)] == ["f[p1 … p3]"]
    assert quantities.of_kind(run, "correlation") == []


@pytest.mark.parametrize(
    ("probability", "said"), [(0.001, "< 1 %"), (0.5, "50 %"), (0.999, "> 99 %"), (None, "–")]
)
def test_no_probability_is_said_to_be_nought_or_one(probability, said):
    assert quantities.percent(probability).replace("\N{NO-BREAK SPACE}", " ") == said


@pytest.mark.parametrize(
    ("law", "limits"),
    [(halfnorm(), (0.0, 5.0)), (norm(2.0, 0.3), (0.0, 5.0)), (halfnorm(scale=4), (0.0, 5.0))],
    ids=["reaches zero", "stands clear", "beyond the axis"],
)
def test_densities_are_those_of_the_law_drawn_from(law, limits):
    """Within 6 % of the highest, of 20,000 draws; what lies beyond the axis is not squeezed in."""
    x, density = _density(law.rvs(20_000, random_state=3), limits)
    assert np.abs(density - law.pdf(x)).max() < 0.06 * law.pdf(x).max()


def test_rank_plots_show_how_many_times_too_often_a_chain_is_lowest():
    """A chain below all others has every draw in the lowest quarter: four times its share."""
    draws = np.arange(4.0)[:, None] + RNG.uniform(0, 0.5, size=(4, 50 * BINS))
    figure = good_and_bad(["a"], [draws], [None], "x")
    heights = [patch.get_data().values.tolist() for patch in figure.axes[1].patches]
    assert heights[0] == [4.0] * (BINS // 4) + [0.0] * (BINS * 3 // 4)
    assert np.sum(heights, axis=0) == pytest.approx(np.full(BINS, 4.0))
