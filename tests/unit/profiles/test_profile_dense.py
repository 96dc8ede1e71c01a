"""D at the ends of intervals, by general optimisers over dense matrices: nothing of the engine."""

from functools import cache

import numpy as np
import pandas as pd
import pytest
from scipy.optimize import minimize

from covedge.fits.parameters import CORRELATION, SD, SIGMA
from covedge.profiles.profile import cut, profile
from support.dense import Dense, evaluate
from support.models import data_set, set_up


@cache
def machines():
    table = data_set("Machines")
    codes = pd.Categorical(table.Machine).codes
    X = np.column_stack([np.ones(len(table)), codes == 1, codes == 2]).astype(float)
    workers = pd.Categorical(table.Worker).codes.astype(int)
    y = table.score.to_numpy(float)
    return Dense(table, "", y, X, (X,), (workers,), np.ones(len(table)))


def lowest_at_correlation(problem, i, j, r, reml, seed):
    """D of a 3 x 3 covariance with correlation r of i and j, from a random start."""
    order = [i, j, 3 - i - j]

    def criterion(p):
        a, b = p[3:]
        L = np.array(
            [[1, 0, 0], [r, np.sqrt(1 - r * r), 0], [np.sin(a), np.cos(a) * np.sin(b), 0.0]]
        )
        L[2, 2] = np.cos(a) * np.cos(b)
        L *= np.exp(np.clip(p[:3], -12, 7))[:, None]
        S = np.zeros((3, 3))
        S[np.ix_(order, order)] = L @ L.T
        return evaluate(problem, (S,), reml).criterion

    rng = np.random.default_rng(seed)
    start = np.append(1.2 + rng.normal(size=3), rng.uniform(-1.5, 1.5, 2))
    rough = minimize(criterion, start, method="BFGS").x
    options = {"xatol": 1e-6, "fatol": 1e-8, "maxiter": 3000}
    return minimize(criterion, rough, method="Nelder-Mead", options=options).fun


@pytest.mark.parametrize(("i", "j", "r"), [(1, 2, 0.8252629), (0, 2, -0.8475104)])
def test_ends_of_machines_that_lme4_misses(i, j, r):
    """The values are those of test_profile.py; D of the ML fit is lme4's, 216.41782730961."""
    found = min(lowest_at_correlation(machines(), i, j, r, False, seed) for seed in (1, 2))
    assert found - 216.41782730961 == pytest.approx(cut(0.95), abs=1e-4)


@cache
def small():
    """Eight groups with a slope, unbalanced, and its profiles by REML."""
    rng = np.random.default_rng(11)
    codes = np.repeat(np.arange(8), rng.integers(3, 8, size=8))
    x = rng.normal(size=len(codes))
    effects = rng.normal(size=(8, 2)) * [1.5, 0.8]
    y = 2.0 + x + effects[codes, 0] + effects[codes, 1] * x + rng.normal(size=len(codes))
    table = pd.DataFrame({"y": y, "x": x, "g": [f"g{c}" for c in codes]})
    problem = set_up(table, "y ~ x + (x | g)")
    fit = problem.fit()
    found = profile(fit, problem.frame.terms, problem.frame.fixed)
    X = np.column_stack([np.ones(len(x)), x])
    dense = Dense(table, "", y, X, (X,), (codes,), np.ones(len(x)))
    return dense, fit, {(p.parameter.kind, p.parameter.effects): p for p in found}


def at_sigma(dense, G, sigma):
    """The REML criterion at a covariance G (2, 2) and sigma, both absolute."""
    Z, codes = dense.Z[0], dense.codes[0]
    V = (Z @ G @ Z.T) * (codes[:, None] == codes) + sigma**2 * np.eye(len(codes))
    inverse = np.linalg.inv(V)
    information = dense.X.T @ inverse @ dense.X
    r = dense.y - dense.X @ np.linalg.solve(information, dense.X.T @ inverse @ dense.y)
    constant = (len(r) - 2) * np.log(2 * np.pi)
    logdet = np.linalg.slogdet(V)[1] + np.linalg.slogdet(information)[1]
    return logdet + r @ inverse @ r + constant


def lowest(dense, held, value):
    """The minimum over standard deviations, the correlation's angle and sigma, but one of them."""

    def criterion(free):
        p = np.insert(free, held, 0.0)
        s0, s1, sigma = np.exp(np.clip(p[[0, 1, 3]], -12, 6))
        r = np.sin(p[2])
        s0, s1, r, sigma = (value if held == k else v for k, v in enumerate((s0, s1, r, sigma)))
        G = np.array([[s0**2, r * s0 * s1], [r * s0 * s1, s1**2]])
        return at_sigma(dense, G, sigma)

    options = {"xatol": 1e-7, "fatol": 1e-10, "maxiter": 4000, "maxfev": 4000}
    return min(
        minimize(criterion, start, method="Nelder-Mead", options=options).fun
        for start in ([0.2, 0.1, 0.1], [-0.5, -0.5, -0.8])
    )


KEYS = [
    (SD, ("(Intercept)",)),
    (SD, ("x",)),
    (CORRELATION, ("(Intercept)", "x")),
    (SIGMA, ()),
]


@pytest.mark.parametrize("held", range(4))
def test_ends_by_reml(held):
    dense, fit, found = small()
    mine = found[KEYS[held]]
    for end, edge in ((mine.lower, mine.at_lower_edge), (mine.upper, mine.at_upper_edge)):
        above = lowest(dense, held, end) - fit.point.criterion
        if edge:
            assert (end, above < cut(0.95)) == (1.0, True)
        else:
            assert above == pytest.approx(cut(0.95), abs=1e-5)


def test_the_curve_is_the_profile_between_the_ends():
    dense, fit, found = small()
    mine = found[KEYS[1]]
    for k in (2, len(mine.values) // 2 + 3):
        expected = lowest(dense, 1, mine.values[k]) - fit.point.criterion
        assert mine.differences[k] == pytest.approx(expected, abs=1e-5)
