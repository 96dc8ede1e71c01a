"""What the section finds: directions, the prior's part, predictions, counted from the draws."""

import json
import re
from dataclasses import replace

import numpy as np
import pytest
import xarray

from covedge.pages.bayesian import (
    beside_fit,
    details,
    directions,
    lead,
    predictions,
    prior_and_data,
)
from covedge.pages.bayesian.quantities import percent
from covedge.pages.bayesian.runs import sort
from support.bayes_section import GROUP, changed, words
from support.posterior_records import MAIN
from support.results import Labels


def test_the_lead_counts_the_reliable_directions(section, main):
    values = main["reliability"][f"reliability|{GROUP}"].values
    before = main["reliability"][f"prior reliability|{GROUP}"].values
    shares = np.bincount((values > 0.01).sum(axis=1), minlength=7) / len(values)
    most = shares.argmax()
    prior = ((before > 0.01).sum(axis=1) == most).mean()
    which = "All 6" if most == 6 else f"{most} of the 6"
    assert words(section).startswith(
        words(
            f"**{which} directions of {GROUP} are more than 1 % reliable** (probability "
            f"{percent(shares[most])}; before the data: {percent(prior)}). The best fit has 2: it "
            f"puts the other {most - 2} at exactly zero"
        )
    )


def test_the_lead_names_what_another_prior_moves(section, folder):
    """Medians of the three priors' draws, more than half of the widest SD apart."""
    draws = [
        xarray.open_datatree(folder / f"posterior/{MAIN}.{prior}.collapsed.nc")["posterior"]
        for prior in ("lkj", "decov", "wishart")
    ]
    values = [d[f"sd|{GROUP}|cells"].values.reshape(-1, 6) for d in draws]
    medians = np.median(values, axis=1)
    widest = np.max([v.std(axis=0, ddof=1) for v in values], axis=0)
    assert (np.ptp(medians, axis=0) > 0.5 * widest).all(), "as the fixture is made"
    assert "**The prior has a say in every standard deviation**: other priors move" in section
    assert "and so does making this one stronger or weaker" in section
    most = int(np.argmax(np.ptp(medians, axis=0) / widest))
    span = f"from {medians[:, most].min():.4f} to {medians[:, most].max():.4f}"
    assert f"mPair[{Labels().pairs[most]}] (medians {span})" in words(section)


def test_where_divergences_are_is_counted_from_the_draws(section, centred):
    """The median divergent draw of the named SD, as a share of all draws."""
    said = re.search(
        r"They are where mPair\[(\w+)\] is smallest: half of them lie among the smallest (\d+) %",
        words(section),
    )
    sd = centred["posterior"][f"sd|{GROUP}|cells"].values.reshape(-1, 6)
    sd = sd[:, Labels().pairs.index(said[1])]
    mask = centred["sample_stats"]["diverging"].values.ravel()
    assert float(said[2]) == pytest.approx(100 * (sd < np.median(sd[mask])).mean(), abs=0.5)


def test_the_prior_and_the_data_by_power_scaling(section):
    first = f"mPair[{Labels().pairs[0]}]"
    assert f"For SD {first} the prior moves the posterior and the data hardly do" in words(section)
    assert "the prior moves it and the data hardly do" in section


def test_narrow_posteriors_are_told_from_wide_ones(results):
    """The prior's 90 % are 0.2783 wide; a posterior of 0.1 is more than a third of it."""

    def widen(run):
        parameters = [dict(p) for p in run["parameters"]]
        wide = next(p for p in parameters if p["coding"] == "cells" and p["kind"] == "sd")
        wide["q95"] = wide["q05"] + 0.1
        return run | {"parameters": parameters}

    section = words(prior_and_data.compose(changed(results, widen)))
    first = f"mPair[{Labels().pairs[0]}]"
    assert f"wider than a third of its prior for {first}: there the data say little" in section
    assert "about the other 6 they have said much" in section


def test_predictions_tell_ties_and_bad_k(section):
    """Rows: differences of 0, -12 and -24 with SE 0, 4 and 8. Groups: -1.5 and -3 with the same."""
    told = words(section)
    assert "Best is **correlated slopes**, by more than two standard errors." in told
    assert "No rung predicts clearly better than another" in told
    assert "k is too large for some rows** (1 in compound symmetry)" in told
    assert f"k is too large for some levels of {GROUP}** (1 in correlated slopes)" in told


def test_predictions_that_were_not_made_say_why(results):
    def change(run):
        return run | {
            "loo": {"why_not": "6 106 rows are <too> many"},
            "leave_group_out": [{"group": GROUP, "why_not": "one group"}],
        }

    section = predictions.compose(changed(results, change, comparison={}))
    assert "6 106 rows are &lt;too&gt; many" in section
    assert "was not done: `<bdi>one group</bdi>`" in section


def test_modes_of_groups_are_counted_against_their_intervals(results, main):
    told = main["random_effects"]
    mean, low, high = (told[f"{k}|{GROUP}"].values for k in ("mean", "q05", "q95"))
    best = mean + np.linspace(0, 0.05, mean.size).reshape(mean.shape)
    inside = int(((low <= best) & (best <= high)).sum())
    fit = json.loads(json.dumps(results.fits[MAIN]))
    levels = told[f"level|{GROUP}"].values.tolist()
    fit["terms"][0]["modes"] = {"levels": levels, "estimate": best.tolist()}
    found = sort(replace(results, fits=results.fits | {MAIN: fit}))
    section = beside_fit.compose(found)
    assert 0 < inside < best.size
    assert f"{inside} of {best.size} conditional modes lie in the posterior" in section
    assert "distance from a posterior mean is 0.0500" in section


def test_an_open_number_of_directions_is_not_told_as_a_finding(results):
    def change(run):
        each = run["reliabilities"][0] | {"rank": [0, 0.44, 0, 0, 0, 0.03, 0.53]}
        return run | {"reliabilities": [each]}

    told = words(lead.compose(changed(results, change)))
    assert f"How many of the 6 directions of {GROUP} are more than 1 % reliable is open" in told
    assert "6 (53 %) or 1 (44 %); before the data, 6 had" in told


def test_functions_in_the_prior_s_words_are_set_as_code(results):
    line = "this is `stan_lmer`’s posterior of `<b>`"
    told = details.compose(changed(results, lambda r: r | {"prior_words": [line, "odd ` one"]}))
    assert "<code>stan_lmer</code>" in told
    assert "<code>&lt;b&gt;</code>" in told
    assert "odd &#96; one" in told
    assert "</bdi>`{=html} `<code>stan_lmer" in told, "with the space between"


def test_more_directions_than_the_best_fit_has_are_the_prior_s_doing(results, folder):
    """The best fit has 2. Shares under the other priors, from their draws."""
    told = words(directions.compose(sort(results)))
    assert "The best fit has 2: the data ask for no more." in told
    shares = []
    for prior in ("decov", "wishart"):
        tree = xarray.open_datatree(folder / f"posterior/{MAIN}.{prior}.collapsed.nc")
        values = tree["reliability"][f"reliability|{GROUP}"].values
        shares.append(((values > 0.01).sum(axis=1) == 6).mean())
    said = " and ".join(
        f"{percent(share)} under {prior}"
        for share, prior in zip(shares, ("decov", "wishart"), strict=True)
    )
    assert f"The probability of 6 is {words(said)}." in told


def test_whose_the_number_of_directions_is_where_the_best_fit_has_as_many(results):
    fit = json.loads(json.dumps(results.fits[MAIN]))
    fit["terms"][0]["rank"] = 6

    def told(after, before):
        def change(run):
            rank, prior = [0.0] * 5 + [1 - after, after], [0.0] * 5 + [1 - before, before]
            each = run["reliabilities"][0] | {"rank": rank, "prior_rank": prior}
            return run | {"reliabilities": [each]}

        return directions.compose(changed(results, change, fits=results.fits | {MAIN: fit}))

    assert "this answer is the prior’s" in told(0.9, 0.85)
    assert "The data have raised it" in told(0.9, 0.5)
    assert "The data speak against it" in told(0.6, 0.9)
