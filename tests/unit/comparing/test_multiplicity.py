"""The familywise error rate of the ladder's tests, by simulation in a problem with a known law."""

import numpy as np
import pytest
from scipy.stats import chi2

from covedge.comparing.multiplicity import adjusted, needed, requirements
from support.models import data_set, set_up

DIMENSIONS = 4
REPLICATES = 20_000
CHAIN = [frozenset(), frozenset({0}), frozenset({0, 1}), frozenset({0, 1, 2})]
# Rungs 1 and 2 meet in rung 0, as compound symmetry and uncorrelated slopes do.
DIAMOND = [frozenset({3}), frozenset({0, 3}), frozenset({1, 3}), frozenset({0, 1, 3})]
# Three rungs that meet in nothing that is on the ladder.
FORK = [frozenset({0, 1}), frozenset({0, 2}), frozenset({0, 3})]


def required(rungs):
    held = [[a <= b for b in rungs] for a in rungs]
    return requirements(held, lambda i, j, k: rungs[i] & rungs[j] == rungs[k])


def p_values(rungs, truth, rng):
    """(replicates, rungs): a rung leaves its coordinates of a normal mean free, the rest zero."""
    mean = np.array([30.0 if i in truth else 0.0 for i in range(DIMENSIONS)])
    y = mean + rng.normal(size=(REPLICATES, DIMENSIONS))
    shut = [[i for i in range(DIMENSIONS) if i not in rung] for rung in rungs]
    return np.column_stack([chi2.sf((y[:, s] ** 2).sum(axis=1), len(s)) for s in shut])


def errors(p, needs, true):
    """How often a true rung is rejected at 5 %."""
    raised = np.column_stack([p[:, sorted(places)].max(axis=1) for places in needs])
    return (raised[:, true] <= 0.05).any(axis=1).mean()


@pytest.mark.parametrize("rungs", [CHAIN, DIAMOND, FORK], ids=["chain", "diamond", "fork"])
def test_a_true_rung_is_rejected_at_most_as_often_as_said(rungs):
    rng = np.random.default_rng(11)
    bound = 0.05 + 4 * np.sqrt(0.05 * 0.95 / REPLICATES)
    for truth in {*rungs, frozenset({0}), frozenset()}:
        true = [i for i, rung in enumerate(rungs) if truth <= rung]
        if true:
            assert errors(p_values(rungs, truth, rng), required(rungs), true) <= bound


def test_for_the_smallest_true_rung_the_rate_is_exact():
    p = p_values(CHAIN, CHAIN[0], np.random.default_rng(12))
    rate = errors(p, required(CHAIN), list(range(len(CHAIN))))
    assert rate == pytest.approx(0.05, abs=4 * np.sqrt(0.05 * 0.95 / REPLICATES))


def test_without_the_rules_it_would_be_more():
    rng = np.random.default_rng(13)
    alone = [{i} for i in range(len(CHAIN))]
    assert errors(p_values(CHAIN, CHAIN[0], rng), alone, [0, 1, 2, 3]) > 0.08
    # In the fork nothing is inside anything: only the third rule is left.
    alone = [{i} for i in range(len(FORK))]
    assert errors(p_values(FORK, frozenset({0}), rng), alone, [0, 1, 2]) > 0.08


def test_what_each_rung_needs():
    assert required(CHAIN) == tuple(frozenset(range(i + 1)) for i in range(4))
    assert required(DIAMOND) == ({0}, {0, 1}, {0, 2}, {0, 1, 2, 3})
    assert required(FORK) == ({0}, {0, 1}, {0, 1, 2})
    assert adjusted([0.001, 0.2, 0.01, 0.03], required(DIAMOND)) == [0.001, 0.2, 0.01, 0.2]


def test_compound_symmetry_and_uncorrelated_slopes_need_the_intercept_but_not_each_other():
    models = set_up(data_set("Machines"), "score ~ Machine + (Machine | Worker)").models
    assert needed(models[:4]) == ({0}, {0, 1}, {0, 1, 2}, {0, 1, 3})
