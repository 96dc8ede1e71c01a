"""What the section says of chains: good and bad ones, divergences, the table of runs."""

import re
from dataclasses import replace

import numpy as np

from covedge.pages import mixed_up
from covedge.pages.bayesian import (
    divergences,
    lead,
    noise,
)
from covedge.pages.bayesian.runs import sort
from support.bayes_section import GROUP, changed, figures, words
from support.posterior_records import MAIN
from support.posteriors import RUNS
from support.results import Labels

HEADINGS = (
    *("noise", "divergences", "prior", "priors", "directions", "beside", "loo", "diagnosis"),
    "details",
)


def test_the_parts_come_in_their_order(section):
    assert re.findall(r"### .*\{#bayes-(\w+)\}", section) == list(HEADINGS)


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
    said = re.search(
        r"Its 1600 draws in the centred form are worth (\d+) independent ones", section
    )
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


def test_examples_are_no_results(results):
    assert [run["role"] for run in results.examples] == ["example"]
    assert len(results.posterior) == len(RUNS) - 1
    told = mixed_up.compose(results)
    assert "Here there were 0." in told, "the example's divergences are not this analysis'"


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


def test_what_was_not_sampled_or_failed_is_told(results):
    skipped = [{"model": "m1-intercept", "reason": "it would take <hours>"}]
    steps = {"posterior": {"status": "ok", "skipped": skipped}}
    failed = {"status": "failed", "model": MAIN, "reason": "no sampler", "prior": "decov"}
    found = sort(replace(results, steps=steps, posterior=[*results.posterior, failed]))
    told = words(lead.compose(found))
    assert "1 run failed; see [the errors](#errors)." in told
    assert "Not sampled: intercepts, since it would take &lt;hours&gt;." in told
