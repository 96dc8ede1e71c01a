"""The Bayesian section: what it says of made-up posteriors, counted again from their draws."""

import json
import re
from dataclasses import replace

import numpy as np
import pytest
import xarray

from covedge.pages import bayes, mixed_up
from covedge.pages.bayesian import (
    beside_fit,
    details,
    divergences,
    lead,
    noise,
    predictions,
    prior_and_data,
)
from covedge.pages.bayesian.quantities import percent
from covedge.pages.bayesian.runs import sort
from covedge.pages.results import read_given
from support.posterior_records import MAIN
from support.posteriors import RUNS, write_posteriors
from support.results import Labels, write

GROUP = "ratID"
HEADINGS = (
    *("noise", "divergences", "prior", "priors", "directions", "beside", "loo", "diagnosis"),
    "details",
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Results with posteriors of all roles; not to be changed."""
    path = tmp_path_factory.mktemp("results")
    (path / "given.json").write_text(json.dumps(write(path)), encoding="utf-8")
    write_posteriors(path / "posterior")
    return path


@pytest.fixture(scope="module")
def results(folder):
    return read_given(json.loads((folder / "given.json").read_text(encoding="utf-8")))


@pytest.fixture(scope="module")
def section(results):
    return bayes.compose(results)


@pytest.fixture(scope="module")
def main(folder):
    return xarray.open_datatree(folder / f"posterior/{MAIN}.lkj.collapsed.nc")


@pytest.fixture(scope="module")
def centred(folder):
    return xarray.open_datatree(folder / f"posterior/{MAIN}.lkj.centred.nc")


def words(section):
    """Without figures and the marks around labels, in one line."""
    section = re.sub(r"<svg.*?</svg>", "", section, flags=re.DOTALL)
    section = re.sub(r"`<bdi>(.*?)</bdi>`\{=html\}", r"\1", section)
    return " ".join(section.replace("\N{NO-BREAK SPACE}", " ").split())


def figures(section):
    return dict(re.findall(r'<svg role="img" aria-label="([^"]*)"(.*?)</svg>', section, re.DOTALL))


def changed(results, change, **fields):
    """Sorted runs of which the main one is changed by a function."""
    runs = [change(dict(r)) if r.get("role") == "main" else r for r in results.posterior]
    return sort(replace(results, posterior=runs, **fields))


def test_the_parts_come_in_their_order(section):
    assert re.findall(r"### .*\{#bayes-(\w+)\}", section) == list(HEADINGS)


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
    assert "**The prior has a say in every standard deviation**" in section
    most = int(np.argmax(np.ptp(medians, axis=0) / widest))
    span = f"from {medians[:, most].min():.4f} to {medians[:, most].max():.4f}"
    assert f"mPair[{Labels().pairs[most]}] (medians {span})" in words(section)


def test_chains_are_trusted_or_not_by_their_numbers(results, section):
    main = next(r for r in results.posterior if r["role"] == "main")
    ess = min(main["min_ess_bulk"], main["min_ess_tail"])
    assert f"can be trusted (largest R-hat {main['max_rhat']:.3f}" in section
    assert f"smallest effective sample size {ess:.0f}, no divergences)" in section
    bad = lead.compose(changed(results, lambda r: r | {"converged": False, "divergences": 3}))
    assert "**The chains cannot be trusted**" in bad
    assert "3 divergences)" in bad


def test_a_good_trace_stands_beside_the_bad_one(section, centred, results):
    """The smallest effective sample size of the example's SDs, as its record has them."""
    example = results.examples[0]
    sds = [p for p in example["parameters"] if p["kind"] == "sd" and p["coding"] == "cells"]
    worst = min(min(p["ess_bulk"], p["ess_tail"]) for p in sds)
    said = re.search(r"are worth (\d+) of 1600 independent ones", section)
    assert float(said[1]) <= round(worst), "or it is that of the weakest direction"
    assert f"(its largest R-hat is {example['max_rhat']:.3f}" in section
    divergent = int(centred["sample_stats"]["diverging"].sum())
    assert f"not converged, {divergent} divergences" in section


def test_what_the_bad_run_has_missed_is_told(folder, results, main):
    """An example whose draws all lie above the lowest tenth of the main run's."""
    found = sort(results)
    key = MAIN, "lkj", "centred"
    good = found.posterior(found.main)
    sd = [f"sd|{GROUP}|cells[mPair[{pair}]]" for pair in Labels().pairs]
    raised = {
        name: np.maximum(v, np.quantile(v, 0.1)) + 1e-3 * v if name in sd else v
        for name, v in good.draws.items()
    }
    found.posteriors[key] = replace(good, draws=raised)
    told = re.search(r"It never came below ([\d.]+), where (\d+) % of the", noise.compose(found))
    floor = float(told[1])
    shares = [(good.draws[name] < floor).mean() for name in sd]
    assert min(abs(100 * share - float(told[2])) for share in shares) < 2.5
    assert float(told[2]) > 2


def test_an_example_of_another_posterior_is_not_put_beside(results):
    other = results.examples[0] | {"prior": "decov"}
    section = noise.compose(sort(replace(results, examples=(other,))))
    assert "No run of a form that fails" in section


def test_an_example_that_converged_is_not_called_bad(results):
    example = results.examples[0] | {"converged": True, "divergences": 0}
    found = sort(replace(results, examples=(example,)))
    section = noise.compose(found)
    assert "the centred form converged as well" in section
    assert "Left good, right bad" not in section
    assert "no run had a divergent transition" in divergences.compose(found)


def test_without_an_example_the_section_is_there(results):
    found = sort(replace(results, examples=()))
    assert "No run of a form that fails was kept" in noise.compose(found)
    assert "no run had a divergent transition" in divergences.compose(found)


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


def test_examples_are_no_results(results):
    assert [run["role"] for run in results.examples] == ["example"]
    assert len(results.posterior) == len(RUNS) - 1
    told = mixed_up.compose(results)
    assert "Here there were 0." in told, "the example's divergences are not this analysis'"


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


def test_the_table_of_runs_marks_what_is_beyond_a_threshold(section, results):
    rows = re.findall(r"<tr>.*?</tr>", section)
    rows = [row for row in rows if re.search(r"lkj|decov|wishart", row) and "badge" in row]
    assert len(rows) == len(RUNS)
    marked = [row.count("✗") for row in rows]
    assert marked[:-1] == [0] * (len(RUNS) - 1)
    assert marked[-1] == 5, "R-hat, both ESS, E-BFMI and divergences of the centred form"


def test_forms_that_agree_and_a_form_to_disbelieve(section):
    told = words(section)
    assert "collapsed and non-centred **agree** in 39 numbers compared" in told
    assert "the largest difference is 2.3 (mean of residual (sigma); limit 4.0)" in told
    assert "collapsed and centred **do not agree**" in told
    assert "The centred run has not converged, so it is the one to disbelieve" in told


def test_figures_are_small_and_say_what_they_find(section):
    drawn = figures(section)
    assert len(drawn) == 13
    assert max(map(len, drawn.values())) < 150_000
    assert all(len(alt) > 30 for alt in drawn)


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


def test_what_was_not_sampled_or_failed_is_told(results):
    skipped = [{"model": "m1-intercept", "reason": "it would take <hours>"}]
    steps = {"posterior": {"status": "ok", "skipped": skipped}}
    failed = {"status": "failed", "model": MAIN, "reason": "no sampler", "prior": "decov"}
    found = sort(replace(results, steps=steps, posterior=[*results.posterior, failed]))
    told = words(lead.compose(found))
    assert "1 run failed; see [the errors](#errors)." in told
    assert "Not sampled: intercepts, since it would take &lt;hours&gt;." in told


def test_functions_in_the_prior_s_words_are_set_as_code(results):
    line = "this is `stan_lmer`’s posterior of `<b>`"
    told = details.compose(changed(results, lambda r: r | {"prior_words": [line, "odd ` one"]}))
    assert "<code>stan_lmer</code>" in told
    assert "<code>&lt;b&gt;</code>" in told
    assert "odd &#96; one" in told
    assert "</bdi>`{=html} `<code>stan_lmer" in told, "with the space between"
