"""Several starts: how many, what they find, and when they are followed to the end."""

import numpy as np
import pandas as pd
import pytest

from covedge.fits import starts
from covedge.fits.starts import best, distinct, searches
from support.models import data_set, reference, set_up


@pytest.mark.parametrize("name", ["sleepstudy_ml", "machines_reml", "orthodont_reml", "oats_reml"])
def test_all_starts_end_at_lme4s_optimum_and_one_is_followed_to_the_end(name):
    known = reference(name)
    problem = set_up(data_set(known["data"]), known["formula"], known["method"])
    solutions, ends = searches(problem.likelihood, problem.structures, seed=1)
    assert len(ends) == 5
    np.testing.assert_allclose(ends, known["criterion"], atol=1e-5)
    assert len(solutions) == 1


def test_another_optimum_is_followed_to_its_end():
    """One-way data with few large groups, by ML; the optima are those of a fine grid."""
    rng = np.random.default_rng(8)
    sizes = rng.choice([1, 2, 30, 40], size=5)
    g = np.repeat(np.arange(5), sizes)
    noise = rng.normal(size=len(g))
    y = noise + (rng.normal(size=5) * np.where(sizes < 5, 2.5, 0.1))[g]
    problem = set_up(pd.DataFrame({"g": g, "y": y}), "y ~ 1 + (1 | g)", "ML")
    solutions, ends = searches(problem.likelihood, problem.structures, seed=1)
    grid = np.geomspace(1e-3, 30, 2000)
    D = np.array([problem.likelihood.at([np.array([[t * t]])]).criterion for t in grid])
    inside = np.flatnonzero((D[1:-1] < D[:-2]) & (D[1:-1] < D[2:])) + 1
    minima = sorted([*D[inside], *([D[0]] if D[0] < D[1] else [])])
    assert distinct(ends) == len(minima) == 2
    assert best(solutions).criterion == pytest.approx(minima[0], abs=1e-4)
    assert max(ends) == pytest.approx(minima[-1], abs=1e-4)


def test_a_model_without_random_effects_has_nothing_to_search():
    problem = set_up(data_set("sleepstudy"), "Reaction ~ Days + (Days | Subject)")
    solutions, ends = searches(problem.likelihood, problem.models[0].structures[::-1], seed=1)
    assert len(solutions) == len(ends) == 1


def test_a_large_model_has_fewer_starts(monkeypatch):
    known = reference("sleepstudy_ml")
    problem = set_up(data_set(known["data"]), known["formula"], known["method"])
    monkeypatch.setattr(starts, "LARGE", 10)
    _, ends = searches(problem.likelihood, problem.structures, seed=1)
    np.testing.assert_allclose(ends, [known["criterion"]] * 2, atol=1e-5)
