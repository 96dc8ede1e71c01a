"""Random problems, and points in them that are no optima, for the certificate to be tried on."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.optimize import minimize

from covedge.fits.factors import Factors
from covedge.fits.optimum import Solution, reduce_ranks, solve
from support.models import Problem, set_up

# Effects per term, outermost term first: one to three levels, one to four effects.
SHAPES = (
    (("x",),),
    (("x", "z"),),
    (("x", "z", "w"),),
    ((), ()),
    (("x",), ()),
    (("x",), ("z",)),
    (("x", "z"), ("x",)),
    ((), (), ()),
    (("x",), (), ()),
    (("x",), ("x",), ()),
)
GROUPS = ("a", "a:b", "a:b:c")


def random_problem(seed: int) -> Problem:
    """Uneven groups, ML or REML, a truth that is regular or singular in each term."""
    rng = np.random.default_rng(seed)
    shape = SHAPES[seed % len(SHAPES)]
    n_a = rng.integers(7, 15)
    rows = [
        (a, b, c)
        for a in range(n_a)
        for b in range(rng.integers(2, 5) if len(shape) > 1 else 1)
        for c in range(rng.integers(2, 4) if len(shape) > 2 else 1)
        for _ in range(rng.integers(3, 8) if len(shape) < 3 else rng.integers(2, 4))
    ]
    table = pd.DataFrame(rows, columns=["a", "b", "c"])
    n = len(table)
    for name in ("x", "z", "w"):
        table[name] = rng.normal(size=n)
    y = 1.0 + table.x + rng.normal(size=n)
    codes = (table.a, 10 * table.a + table.b, 100 * table.a + 10 * table.b + table.c)
    for effects, code in zip(shape, codes, strict=False):
        Z = np.column_stack([np.ones(n), *(table[name] for name in effects)])
        rank = rng.integers(0 if len(shape) > 1 else 1, Z.shape[1] + 1)
        L = rng.normal(size=(Z.shape[1], rank)) * rng.choice([0.3, 1.0])
        b = rng.normal(size=(2000, rank)) @ L.T
        y = y + (Z * b[code]).sum(axis=1)
    table["y"] = y
    terms = [
        f"({' + '.join(effects) or '1'} | {group})"
        for effects, group in zip(shape, GROUPS, strict=False)
    ]
    formula = " + ".join(["y ~ x", *terms])
    return set_up(table, formula, ("ML", "REML")[rng.integers(2)])


@dataclass(frozen=True)
class Planted:
    """A point of a problem: factors, x, and what was done to get there."""

    factors: Factors
    x: np.ndarray
    what: str


def within(factors: Factors, x, gtol=1e-9):
    """The optimum of D over the factors as they are: no direction can open."""
    if not factors.size:
        return x
    found = minimize(
        factors.value_and_gradient,
        x,
        jac=True,
        method="BFGS",
        options={"gtol": gtol, "maxiter": 500},
    )
    return found.x


def cut_off(problem: Problem, iterations: int) -> Planted:
    """L-BFGS from the usual start, after so many iterations."""
    factors = Factors(problem.likelihood, problem.structures)
    found = minimize(
        factors.value_and_gradient,
        factors.start(),
        jac=True,
        method="L-BFGS-B",
        options={"maxiter": iterations},
    )
    return Planted(*reduce_ranks(factors, found.x, 1e-8), f"cut off after {iterations}")


def projected(solution: Solution, block: int, direction: int) -> Planted | None:
    """One direction of the optimum cut away from a block, the rest optimised without it.

    The first is the strongest. None where the block has no such direction.
    """
    factors, parts = solution.factors, solution.factors.split(solution.x)
    U, s, _ = np.linalg.svd(parts[block], full_matrices=False)
    if direction >= len(s):
        return None
    keep = np.delete(np.arange(len(s)), direction)
    parts[block] = U[:, keep] * s[keep]
    columns = [part.shape[1] for part in parts]
    fewer = factors.with_ranks(columns)
    x = within(fewer, fewer.join(parts))
    return Planted(fewer, x, f"block {block} without direction {direction}")


def optimum(problem: Problem) -> Solution:
    return solve(problem.likelihood, problem.structures)


def lowest_nearby(problem: Problem, Sigmas, seed: int, tries=60) -> float:
    """The lowest D after random steps in the cone: no Gamma, no dual, no curvature.

    One new direction in one term, or a congruence of all terms.
    """
    rng = np.random.default_rng(seed)
    likelihood, lowest = problem.likelihood, np.inf
    for attempt in range(tries):
        size = (1e-3, 1e-2, 0.05, 0.2)[attempt % 4]
        if rng.random() < 0.7:
            moved, k = list(Sigmas), rng.integers(len(Sigmas))
            new = size * rng.normal(size=(len(moved[k]), 1))
            moved[k] = moved[k] + new @ new.T
        else:
            steps = [np.eye(len(S)) + size * rng.normal(size=S.shape) for S in Sigmas]
            moved = [step @ S @ step.T for step, S in zip(steps, Sigmas, strict=True)]
        lowest = min(lowest, likelihood.at(moved, information=False).criterion)
    return lowest
