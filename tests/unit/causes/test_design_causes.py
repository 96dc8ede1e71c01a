"""Causes on data whose cause is known."""

import numpy as np
import pandas as pd
import pytest

from covedge.causes.information import too_little_information
from covedge.causes.more_effects_than_groups import more_effects_than_groups
from covedge.causes.not_identifiable import not_identifiable
from covedge.causes.power import power as power_of
from covedge.fits.optimum import solve
from covedge.frames.cells import describe
from covedge.frames.data import prepare
from covedge.jsonio import plain
from covedge.records import fit_record
from support.models import data_set, set_up


def record(problem, model=-1):
    return plain(fit_record(problem.fit(model), "test", problem.frame.fixed))


def layout(n_groups, n_cells, repeats, seed, sd=0.0):
    """n_groups x n_cells x repeats rows with a level of the group and, with `sd`, cell effects."""
    rng = np.random.default_rng(seed)
    g, f, _ = np.indices((n_groups, n_cells, repeats)).reshape(3, -1)
    y = rng.normal(size=n_groups)[g] + sd * rng.normal(size=(n_groups, n_cells))[g, f]
    y = y + rng.normal(size=len(g))
    return pd.DataFrame({"y": y, "g": [f"g{i}" for i in g], "f": [f"f{i}" for i in f]})


@pytest.mark.parametrize(
    ("formula", "n_groups", "dependencies"),
    [
        # With f fixed too, X'V^-1 r = 0 makes the groups' scores sum to zero: one dependency.
        ("y ~ f + (f | g)", 5, 1),
        ("y ~ f + (f | g)", 6, None),
        ("y ~ 1 + (f | g)", 4, 0),
        ("y ~ 1 + (f | g)", 5, None),
    ],
)
def test_more_effects_than_groups_exactly_where_the_rank_is_forced(formula, n_groups, dependencies):
    cells = 5
    ranks = []
    for seed in range(6):
        problem = set_up(layout(n_groups, cells, 6, seed, sd=3.0), formula)
        found = more_effects_than_groups(problem.likelihood, problem.structures, "m", ["g"])
        fitted = solve(problem.likelihood, problem.structures)
        ranks.append(fitted.factors.blocks[0].columns)
        bound = n_groups - (dependencies or 0)
        assert [c.evidence["largest_rank"] for c in found] == [bound] * (dependencies is not None)
    if dependencies is not None:
        # Cell effects of three residual SDs: what can vary does, if not in every sample.
        assert max(ranks) == bound


def test_one_value_per_cell_is_not_identifiable():
    table = layout(12, 4, 1, seed=2)
    problem = set_up(table, "y ~ f + (f | g)")
    design = describe(prepare(table, problem.formula), problem.formula)
    (cause,) = not_identifiable(record(problem), design)
    assert (cause.cause, cause.group) == ("not_identifiable", "g")
    # 10 covariances and the residual variance, of which one is confounded.
    assert (cause.evidence["parameters"], cause.evidence["identifiable"]) == (11, 10)
    assert cause.evidence["confounded_with_residual"]
    assert "there are 4 of them in each group, for at most 4 observations" in cause.sentence


def test_with_two_values_per_cell_it_is():
    table = layout(12, 4, 2, seed=2)
    problem = set_up(table, "y ~ f + (f | g)")
    design = describe(prepare(table, problem.formula), problem.formula)
    assert not_identifiable(record(problem), design) == []


@pytest.mark.parametrize(("n_groups", "repeats", "often"), [(5, 2, True), (60, 30, False)])
def test_too_little_information_is_a_matter_of_the_design(n_groups, repeats, often):
    problem = set_up(layout(n_groups, 3, repeats, seed=4), "y ~ f + (f | g)")
    fitted = solve(problem.likelihood, problem.structures)
    power = power_of(fitted.factors, fitted.x, {0}, 0.5, replicates=200, seed=1)[0]
    found = too_little_information(power, "m", "g")
    assert bool(found) is often
    if often:
        low, high = found[0].evidence["interval"]
        assert 0.20 < low < found[0].evidence["p_singular"] < high <= 1


def test_raised_directions_have_the_smallest_sd_that_matters():
    # One term, one effect: G must come out as the square of the smallest SD.
    table = layout(10, 1, 8, seed=1).drop(columns="f")
    table["y"] = np.random.default_rng(0).normal(size=len(table))
    table["y"] -= table.groupby("g")["y"].transform("mean")
    problem = set_up(table, "y ~ 1 + (1 | g)")
    fitted = solve(problem.likelihood, problem.structures)
    assert fitted.factors.blocks[0].columns == 0
    power = power_of(fitted.factors, fitted.x, {0}, 0.3, replicates=40, seed=1)[0]
    # Reliability of a mean of 8 when the groups' SD is 0.3: n tau^2 / (1 + n tau^2), of which
    # the REML projection keeps (L - 1) / L.
    expected = 8 * 0.09 / (1 + 8 * 0.09)
    assert power.weakest == pytest.approx(expected * 9 / 10, rel=0.15)


def test_sleepstudy_has_no_cause():
    problem = set_up(data_set("sleepstudy"), "Reaction ~ Days + (Days | Subject)")
    assert not record(problem)["degenerate"]
    assert more_effects_than_groups(problem.likelihood, problem.structures, "m", ["Subject"]) == []
