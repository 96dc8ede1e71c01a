"""All causes together: invariance, and what cannot be told apart in principle."""

import numpy as np
import pandas as pd
import pytest

from covedge.causes.absent import Absent
from covedge.causes.diagnosis import Looked, diagnose
from covedge.causes.information import cannot_be_told_apart, too_little_information
from covedge.causes.negative_covariance import negative_covariance, push
from covedge.causes.power import Power
from covedge.causes.variation import variation
from covedge.inference.leave_out import leave_out, leave_out_record
from covedge.jsonio import plain
from covedge.proportion import Proportion
from support.models import set_up

L, N = 30, 8


def lines(kind, seed=100):
    """A table whose fit of (x | g) is singular for a reason that was planted; residual SD 1."""
    for number in range(seed, seed + 30):
        rng = np.random.default_rng(number)
        g, k = np.indices((L, N)).reshape(2, -1)
        x = k / (N - 1)
        slopes = {"absent": 0.0, "redundant": 1.0, "odd": 2.0, "centred": 0.0}[kind]
        b = 2.0 * rng.normal(size=L)
        y = b[g] + slopes * (b[g] if kind == "redundant" else rng.normal(size=L)[g]) * x
        e = rng.normal(size=L * N) * np.where((g == 3) & (kind == "odd"), 20.0, 1.0)
        y = y + e
        if kind == "centred":
            y = y - (np.bincount(g, weights=y) / N)[g]
        table = pd.DataFrame({"y": y, "x": x, "g": [f"g{i:02d}" for i in g]})
        rest = table[table.g != "g03"]
        if kind == "odd" and set_up(rest, "y ~ x + (x | g)").fit(-1).degenerate:
            continue
        if set_up(table, "y ~ x + (x | g)").fit(-1).degenerate:
            return table
    raise AssertionError("no singular fit among 30 data sets")


def named(table, formula="y ~ x + (x | g)", smallest=0.8, seed=1):
    """[(cause, group)] in order."""
    problem = set_up(table, formula)
    fit = problem.fit(-1)
    left_out = plain(leave_out_record(leave_out(problem.frame, fit)))
    looked = Looked(
        problem.likelihood, problem.frame.terms, fit, smallest, seed, 240, problem.frame, left_out
    )
    return [(cause.cause, cause.group) for cause in diagnose(looked).causes]


KINDS = {
    "absent": "no_variation",
    "redundant": "redundant_effects",
    "odd": "one_group",
    "centred": "negative_covariance",
}


@pytest.mark.parametrize("kind", KINDS)
def test_neither_units_nor_zero_nor_order_nor_labels_change_the_causes(kind):
    table = lines(kind)
    known = named(table)
    assert known[0] == (KINDS[kind], "g")
    changes = {
        "units": (table.assign(y=table.y * 1e4, x=table.x * 1e-3), 8e3),
        "zero": (table.assign(x=table.x + 3.0, y=table.y - 100.0), 0.8),
        "order": (table.sample(frac=1, random_state=1), 0.8),
        "labels": (table.assign(g=table.g.map(lambda name: f"z{hash_of(name)}")), 0.8),
    }
    if kind == "odd":
        # Serial correlation is looked for in the order of the rows, which then is another.
        changes.pop("order")
    for change, (other, smallest) in changes.items():
        assert named(other, smallest=smallest)[0] == known[0], change


def hash_of(name):
    return (7919 * int(name[1:])) % 1009


def cells(seed=0):
    """Three cells whose effects are those of two latent variables; the fit is singular."""
    for number in range(seed, seed + 30):
        rng = np.random.default_rng(number)
        g, f, _ = np.indices((L, 3, N)).reshape(3, -1)
        b = 1.5 * rng.normal(size=(L, 2)) @ np.array([[1.0, 0.2, 0.6], [0.0, 1.0, 0.8]])
        y = b[g, f] + rng.normal(size=len(g))
        table = pd.DataFrame({"y": y, "f": [f"c{i}" for i in f], "g": [f"g{i}" for i in g]})
        if set_up(table, "y ~ f + (f | g)").fit(-1).degenerate:
            return table
    raise AssertionError("no singular fit among 30 data sets")


def test_neither_does_the_coding_of_a_factor():
    table = cells()
    known = named(table, "y ~ f + (f | g)")
    assert known == [("redundant_effects", "g")]
    assert named(table, "y ~ f + (0 + f | g)") == known
    # Another reference level.
    other = table.assign(f=table.f.map({"c0": "z", "c1": "b", "c2": "a"}))
    assert named(other, "y ~ f + (f | g)") == known


@pytest.mark.parametrize("count", [12, 40, 70])
def test_absent_and_too_small_to_see_are_not_separated_in_between(count):
    power = Power(0, Proportion(count, 500), 0.5, 0.5)
    problem = set_up(lines("absent"), "y ~ x + (x | g)")
    fit = problem.fit(-1)
    assert variation(problem.likelihood, fit, fit.terms[0], power) == []
    assert too_little_information(power, "m", "g") == []
    (cause,) = cannot_be_told_apart(power, Proportion(300, 500), "m", "g")
    assert "cannot tell whether what collapsed of g is absent or only small" in cause.sentence


def test_competition_and_alternation_in_time_are_not_separated():
    null = np.linspace(0.0, 0.3, 500)
    (cause,) = negative_covariance(push(0.9, null), "m", "g", None, [])
    assert "cannot be told apart" in cause.sentence


def test_a_push_that_chance_gives_is_no_negative_covariance():
    absent = Absent({0: Proportion(300, 500)}, {0: np.linspace(0.0, 0.9, 500)})
    assert negative_covariance(push(0.85, absent.pushes[0]), "m", "g", None, [-0.1]) == []
