"""Curvature against closed forms, and what it may not depend on."""

import numpy as np
import pandas as pd
import pytest

from covedge.fits.curvature import curvature
from covedge.fits.factors import Factors
from covedge.fits.optimum import solve
from support.models import data_set, set_up

GROUPS, SIZE = 7, 5


def one_way():
    rng = np.random.default_rng(4)
    g = np.repeat(np.arange(GROUPS), SIZE)
    return pd.DataFrame({"g": g, "y": rng.normal(size=GROUPS)[g] + rng.normal(size=len(g))})


def at(factors, x, accurate):
    return curvature(factors, x, factors.likelihood.at(factors.Sigmas(x)), accurate)


@pytest.mark.parametrize(("accurate", "digits"), [(False, 1e-5), (True, 1e-9)])
@pytest.mark.parametrize("tau", [0.0, 0.3, 1.0, 5.0])
def test_balanced_one_way_by_REML(accurate, digits, tau):
    """D = (a - 1) log v + (n - 1) log(W + B / v) + constant, v = 1 + m t^2, and D'' by hand."""
    table = one_way()
    problem = set_up(table, "y ~ 1 + (1 | g)")
    factors = Factors(problem.likelihood, problem.structures)
    W = problem.likelihood.gram.scaling.random[0][0, 0]
    means = table.groupby("g").y.transform("mean")
    within, between = ((table.y - means) ** 2).sum(), ((means - table.y.mean()) ** 2).sum()
    n, v, dv, ddv = len(table), 1 + SIZE * tau**2, 2 * SIZE * tau, 2 * SIZE
    rss, drss = within + between / v, -between / v**2
    first = (GROUPS - 1) / v + (n - 1) * drss / rss
    second = -(GROUPS - 1) / v**2
    second += (n - 1) * (2 * between / v**3 / rss - (drss / rss) ** 2)
    expected = first * ddv + second * dv**2
    found = at(factors, np.array([tau / W]), accurate)
    # x = T z, and tau = W x.
    hessian = found.hessian[0, 0] / (found.T[0, 0] * W) ** 2
    assert hessian == pytest.approx(expected, rel=digits, abs=digits * ddv)
    # T is the inverse root of H = d log|V| / d Sigma, less what the mean takes.
    H = W**2 * (GROUPS - 1) * SIZE / v
    assert found.T[0, 0] == pytest.approx(H**-0.5, rel=1e-9)


def test_small_and_large_random_effects_curve_alike():
    """Far above the noise only log tau matters: the curvature in z has a limit.

    With u = log v, by REML, D'' = (n - 1) r (1 - r) in u where D' = 0, r = (a - 1) / (n - 1).
    There u = 2 log tau, and H = (a - 1) / tau^2 in tau.
    """
    table = one_way()
    r = (GROUPS - 1) / (len(table) - 1)
    for size in (1e2, 1e3, 1e4):
        far = table.assign(y=table.y + size * np.cos(table.g))
        problem = set_up(far, "y ~ 1 + (1 | g)")
        found = solve(problem.likelihood, problem.structures)
        hessian = at(found.factors, found.x, accurate=True).hessian
        assert hessian[0, 0] == pytest.approx(4 * (1 - r), rel=2e-3)


@pytest.mark.parametrize("scale", [1e-6, 1e6])
def test_eigenvalues_do_not_depend_on_units_or_coding(scale):
    table = data_set("sleepstudy")
    one = set_up(table, "Reaction ~ Days + (Days | Subject)")
    moved = table.assign(Days=scale * (table.Days - 4.0), Reaction=table.Reaction / scale)
    two = set_up(moved, "Reaction ~ Days + (Days | Subject)")
    values = []
    for problem in (one, two):
        found = solve(problem.likelihood, problem.structures)
        values.append(np.linalg.eigvalsh(at(found.factors, found.x, accurate=True).hessian))
    np.testing.assert_allclose(values[0], values[1], atol=1e-5 * values[0][-1])
