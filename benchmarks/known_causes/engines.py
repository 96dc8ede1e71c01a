"""Engines that stop short of the optimum, beside one that reaches it.

Real optimisers, on the raw parameters of a dense likelihood: stopped after a few iterations, begun
where the gradient vanishes, or led astray by a predictor in unfortunate units. The honest one works
on centred and scaled effects until nothing is gained.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.optimize import OptimizeResult, minimize

from covedge.engines.answer import Answer
from known_causes.case import Engine
from known_causes.dense import Dense, dense
from known_causes.layout import Layout
from known_causes.plans import NONE, ONE, PLANS, G, H, Plan, planned
from known_causes.recipe import ALWAYS, Recipe
from known_causes.truth import Part

# An answer whose D is this far above another point's is wrong; one this near it is right.
WRONG = 0.05


@dataclass(frozen=True, eq=False)
class EngineRecipe:
    """Healthy data, and the optimiser that fails on them."""

    recipe: Recipe
    fails: Callable[[Dense], OptimizeResult]


def stopped(model: Dense, method: str, steps: int) -> OptimizeResult:
    """An optimiser that starts where lme4 does and may make a few steps only."""
    return minimize(
        model.value,
        model.identity(),
        method=method,
        bounds=_bounds(model),
        options={"maxiter": steps},
    )


def from_zero(model: Dense) -> OptimizeResult:
    """Begun with the last effect's own variance at zero, where its gradient is zero too."""
    start = model.identity()
    start[-1] = 0.0
    return minimize(model.value, start, method="L-BFGS-B", bounds=_bounds(model))


def raw(model: Dense, method: str, options: dict | None = None) -> OptimizeResult:
    """Left to itself, on effects as they are written."""
    start, bounds = model.identity(), _bounds(model)
    return minimize(model.value, start, method=method, bounds=bounds, options=options)


def _bounds(model):
    """Diagonals of Lambda at 0 or above."""
    bounds = []
    for Z in model.Z:
        diagonal = np.eye(Z.shape[1])[np.triu_indices(Z.shape[1])] > 0
        bounds += [(0.0, None) if on else (None, None) for on in diagonal]
    return bounds


def answers(plan: Plan, made: EngineRecipe, table: pd.DataFrame) -> tuple[Engine, Engine] | None:
    """The wrong answer and the right one, or None where the optimiser did not fail after all."""
    model = dense(table, plan.truth.parts, plan.method == "REML")
    best = model.best()
    found = made.fails(model)
    if not found.fun > model.standard(best) + WRONG:
        return None
    order = _order(plan.truth.parts, table)
    label = made.recipe.tag
    return (
        Engine(label, True, _answer(model, found.x, False, order, found)),
        Engine("honest", False, _answer(model, best, True, order, None)),
    )


def _answer(model, theta, scaled, order, found):
    D, beta, errors, sigma, Sigmas = model.at(theta, scaled)
    return Answer(
        components=[Sigmas[k] for k in order],
        sigma=sigma,
        beta=beta,
        std_error=errors,
        criterion=D,
        converged=bool(found.success) if found is not None else True,
        messages=(str(found.message),) if found is not None else (),
        seconds=0.0,
    )


def _order(parts, table):
    """Numbers of the parts, that with the fewest groups first, as the library has terms."""
    groups = [table.groupby(list(part.group)).ngroups for part in parts]
    return sorted(range(len(parts)), key=lambda k: groups[k])


_FAR = Layout(12, 15, x=(2e5, 8e5))
_YEARS = Layout(15, 10, x=(1950.0, 2020.0))
_NESTED = Layout(8, 6, children=3, x=(1e5, 9e5))
_SLOPE_FAR = planned("slope-far-12x15", _FAR, "x + (x | g)", Part(G, "x", np.diag([1.0, 0.0])))
_SLOPE_YEARS = planned(
    "slope-years-15x10", _YEARS, "x + (x | g)", Part(G, "x", np.diag([1.0, 0.0])), method="ML"
)
_SLOPE_NESTED = planned(
    "nested-far-8x3x6",
    _NESTED,
    "x + (x | g) + (1 | g:h)",
    Part(G, "x", np.diag([2.0, 0.0])),
    Part(H, "1", ONE),
)
_INNER = planned(
    "nested-inner-12x4x4",
    Layout(12, 4, children=4),
    "1 + (1 | g/h)",
    Part(G, "1", 2.0 * ONE),
    Part(H, "1", NONE),
    planted=1,
)
_CROSSED = planned(
    "crossed-items-14x12",
    Layout(14, 2, items=12),
    "1 + (1 | g) + (1 | item)",
    Part(G, "1", ONE),
    Part(("item",), "1", NONE),
    planted=1,
)


def _made(plan, tag, fails, present=3.5):
    return EngineRecipe(Recipe(plan, ALWAYS, role=None, present=(present,), tag=tag), fails)


def _simplex(model):
    return stopped(model, "Nelder-Mead", 6)


def _short_simplex(model):
    return stopped(model, "Nelder-Mead", 2)


def _gradient(model):
    return stopped(model, "L-BFGS-B", 1)


def _raw_simplex(model):
    return raw(model, "Nelder-Mead")


OPTIMISER_RECIPES = (
    _made(PLANS["intercepts-8x30"], "simplex of very few steps", _short_simplex, 12.0),
    _made(PLANS["slope-12x20"], "simplex of few steps", _simplex),
    _made(PLANS["slope-40x6"], "one gradient step", _gradient),
    _made(PLANS["two-cells-16x10"], "simplex of few steps", _simplex),
    _made(PLANS["slope-12x20"], "one gradient step", _gradient),
    _made(_INNER, "begun at zero", from_zero),
    _made(_CROSSED, "one gradient step", _gradient),
    _made(_CROSSED, "simplex of very few steps", _short_simplex),
    _made(_SLOPE_FAR, "simplex in raw units", _raw_simplex),
    _made(_SLOPE_YEARS, "simplex in raw units", _raw_simplex),
    _made(_SLOPE_NESTED, "simplex in raw units", _raw_simplex),
)
