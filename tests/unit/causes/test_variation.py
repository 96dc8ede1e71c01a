"""What is absent and what moves together, on data drawn from truths that are known."""

import numpy as np
import pandas as pd
import pytest

from covedge.causes.constraints import constraints
from covedge.causes.power import Power
from covedge.causes.variation import Tested as Held
from covedge.causes.variation import _kept, _unexplained, variation
from covedge.proportion import Proportion
from support.models import data_set, set_up

L = 40
ENOUGH = Power(0, Proportion(0, 500), 0.3, 0.9, 0.25)
TOO_FEW = Power(0, Proportion(200, 500), 0.3, 0.9)


def lines(G, seed, n=8, shift=0.0):
    """Intercepts and slopes with covariance G, residual SD 1; x from 0 to 1."""
    rng = np.random.default_rng(seed)
    g, k = np.indices((L, n)).reshape(2, -1)
    x = k / (n - 1)
    values, vectors = np.linalg.eigh(np.array(G))
    b = rng.normal(size=(L, 2)) @ (vectors * np.sqrt(np.maximum(values, 0))).T
    y = b[g, 0] + b[g, 1] * x + rng.normal(size=len(g))
    return pd.DataFrame({"y": y, "x": x + shift, "g": [f"g{i:02d}" for i in g]})


def cells(loadings, seed, n=10):
    """Cell effects of groups as `loadings` (cells, factors) times independent factors."""
    rng = np.random.default_rng(seed)
    loadings = np.array(loadings)
    g, f, _ = np.indices((L, len(loadings), n)).reshape(3, -1)
    b = rng.normal(size=(L, loadings.shape[1])) @ loadings.T
    y = b[g, f] + rng.normal(size=len(g))
    return pd.DataFrame({"y": y, "g": [f"g{i:02d}" for i in g], "f": [f"f{i}" for i in f]})


def found(make, formula):
    """The causes of the first data set whose fit is singular."""
    for seed in range(20):
        problem = set_up(make(seed), formula)
        fit = problem.fit(-1)
        if fit.degenerate:
            return variation(problem.likelihood, fit, fit.terms[0], ENOUGH), fit
    raise AssertionError("no singular fit among 20 data sets")


def test_a_slope_that_does_not_vary():
    causes, _ = found(lambda s: lines(np.diag([4.0, 0.0]), s), "y ~ x + (x | g)")
    assert [c.cause for c in causes] == ["no_variation"]
    assert causes[0].sentence.startswith("The slope of x is the same in every g")
    assert causes[0].evidence["test"]["p"] > 0.01


@pytest.mark.parametrize("shift", [0.0, -0.5, 100.0])
def test_lines_that_all_meet_move_together_wherever_x_has_its_zero(shift):
    # Height zero at x = 0.25, for all groups: b0 = -b1 / 4.
    G = 9.0 * np.outer([-0.25, 1.0], [-0.25, 1.0])
    causes, _ = found(lambda s: lines(G, s, n=20, shift=shift), "y ~ x + (x | g)")
    assert [c.cause for c in causes] == ["redundant_effects"]
    (said,) = causes[0].evidence["the_same_in_every_group"]
    where = float(said.split("x = ")[1].split(" ")[0].replace("−", "-"))
    assert where == pytest.approx(0.25 + shift, abs=0.06)
    assert "lockstep" in said


def test_two_cells_that_move_together():
    causes, _ = found(
        lambda s: cells([[2, 0, 0], [0, 2, 0], [0, 2, 0], [0, 0, 2]], s), "y ~ f + (f | g)"
    )
    assert [c.cause for c in causes] == ["redundant_effects"]
    assert causes[0].evidence["the_same_in_every_group"] == [
        "the difference between f1 and f2 of f"
    ]


def test_a_hidden_combination_with_no_variance_near_0_and_no_correlation_near_1():
    causes, fit = found(lambda s: cells([[2, 0], [0, 2], [1.4, 1.4]], s), "y ~ f + (0 + f | g)")
    sd = np.sqrt(np.diag(fit.terms[0].G))
    R = fit.terms[0].G / np.outer(sd, sd)
    assert sd.min() > 1.0
    assert np.abs(R[np.triu_indices(3, 1)]).max() < 0.95
    assert [c.cause for c in causes] == ["redundant_effects"]


def test_a_factor_whose_differences_do_not_vary():
    causes, _ = found(lambda s: cells([[2], [2], [2]], s), "y ~ f + (f | g)")
    assert [c.cause for c in causes] == ["no_variation"]
    assert "the differences between the levels of f are the same" in causes[0].sentence.lower()


def test_nothing_at_all():
    causes, fit = found(lambda s: cells([[0], [0]], s), "y ~ f + (1 | g)")
    assert fit.terms[0].rank == 0
    assert [c.cause for c in causes] == ["no_variation"]


def test_nothing_is_claimed_where_the_design_would_not_have_shown_it():
    problem = set_up(cells([[0], [0]], 3), "y ~ f + (1 | g)")
    fits = (set_up(cells([[0], [0]], s), "y ~ f + (1 | g)").fit(-1) for s in range(20))
    fit = next(f for f in fits if f.degenerate)
    assert variation(problem.likelihood, fit, fit.terms[0], TOO_FEW) == []


def test_constraints_take_away_what_they_say():
    problem = set_up(cells([[2, 0], [0, 2], [1, 1]], 1), "y ~ f + (f | g)")
    term, structure = problem.frame.terms[0], problem.models[-1].structures[0]
    (component,) = structure.components
    for constraint in constraints(component, term):
        left = constraint.applied(component)
        assert np.abs(constraint.contrasts.T @ left.basis).max() < 1e-12
        assert left.basis.shape[1] == 3 - constraint.contrasts.shape[1]


def boys():
    """Oxboys by a curve of the fourth degree, and what says that its design would show 1.2 SDs."""
    problem = set_up(data_set("Oxboys"), "height ~ poly(age, 4) + (poly(age, 4) | Subject)")
    fit = problem.fit(-1)
    return variation(problem.likelihood, fit, fit.terms[0], ENOUGH)


def test_of_constraints_that_say_as_much_the_one_that_explains_all_is_named():
    (cause,) = boys()
    assert cause.cause == "no_variation"
    assert "poly(age, 4)4" in cause.sentence
    assert cause.evidence["test"]["left"] == 0
    assert cause.evidence["test"]["p"] > 0.3


def constraint(words, lost, p, left):
    return Held(words, lost, 1.0, lost, p, left)


def test_a_constraint_that_says_more_goes_before_one_that_fits_better():
    more, less = constraint("both are the same", 2, 0.1, 0), constraint("b is the same", 1, 0.9, 0)
    assert _kept([more, less]) is more
    assert _kept([]) is None


def test_fits_worse_is_said_of_all_effects_or_of_none():
    kept = constraint("b is the same in every {group}", 1, 0.2, 1)
    said = _unexplained([kept, constraint("c", 1, 0.001, 1)], kept, "rat")
    assert said == (
        "That b is the same in every rat may hold (p = 0.2) and does not explain it: "
        "a direction is missing then, too."
    )
    assert "(p at most 0.004)" in _unexplained([constraint("b", 1, 0.004, 1)], None, "rat")
