"""Conditional modes against dense algebra and against lme4's ranef(condVar = TRUE)."""

import json
from dataclasses import dataclass

import numpy as np
import pandas as pd
import pytest

from covedge.effects.modes import TermModes, equations, level_order, modes
from covedge.effects.sparse_equations import SparseEquations
from covedge.fits.likelihood import Point
from support import dense
from support.models import TESTS, data_set, set_up

REFERENCE = json.loads((TESTS / "reference" / "modes.json").read_text(encoding="utf-8"))["models"]
TABLES = {"sleepstudy": "sleepstudy", "sleepstudy_ml": "sleepstudy", "pastes": "Pastes"} | {
    "machines": "Machines",
    "penicillin": "Penicillin",
}


def reference_problem(name):
    """The Problem and what R says of it."""
    expected = REFERENCE[name]
    if name in TABLES:
        table = data_set(TABLES[name])
    else:
        table = pd.read_csv(TESTS.parent / "data" / "rats.csv").query("spd_des == 's15'")
        every = 60 if name == "rats_few" else 1
        table = table[table["cycle"] % every == 0].reset_index(drop=True)
    return set_up(table, expected["formula"], expected["method"]), expected


def Sigma_of_theta(theta, q):
    """Lambda Lambda' of lme4's theta, the lower triangle by columns."""
    L = np.zeros((q, q))
    L[np.triu_indices(q)[::-1]] = theta
    return L @ L.T


def Sigmas_of(expected, frame):
    """Scaled per-level Sigmas of lme4's theta, whose terms come in lme4's own order."""
    found, at = {}, 0
    for group in expected["terms"]:
        q = len(expected["terms"][group]["effects"])
        size = q * (q + 1) // 2
        key = frozenset(group.split(":"))
        found[key] = Sigma_of_theta(expected["theta"][at : at + size], q)
        at += size
    return [found[frozenset(term.group)] for term in reversed(frame.terms)]


def at(problem, Sigmas) -> tuple[tuple[TermModes, ...], Point]:
    """Modes at the user's Sigmas, deepest first."""
    scaled = problem.likelihood.from_user(Sigmas)
    point = problem.likelihood.at(scaled)
    frame = problem.frame
    return modes(
        problem.likelihood.gram, scaled, point.sigma2, frame.terms, level_order(frame.codes)
    ), point


@pytest.mark.parametrize("name", REFERENCE)
def test_modes_and_their_variances_are_lme4s(name):
    problem, expected = reference_problem(name)
    found, point = at(problem, Sigmas_of(expected, problem.frame))
    assert np.sqrt(point.sigma2) == pytest.approx(expected["sigma"], rel=1e-6)
    for term in found:
        there = expected["terms"].get(_r_group(expected, problem, term))
        place = [_r_levels(there["levels"], term).index(level) for level in term.levels]
        theirs = np.array(there["modes"])[place]
        variances = np.array(there["variances"])[place].reshape(term.covariance.shape)
        np.testing.assert_allclose(term.modes, theirs, atol=1e-5 * np.abs(theirs).max())
        np.testing.assert_allclose(term.covariance, variances, atol=1e-5 * np.abs(variances).max())
        assert (term.error_sd >= term.sd * (1 - 1e-9)).all()


def _r_group(expected, problem, term):
    k = next(i for i, t in enumerate(problem.frame.terms) if t.levels == term.levels)
    group = frozenset(problem.frame.terms[k].group)
    return next(g for g in expected["terms"] if frozenset(g.split(":")) == group)


def _r_levels(levels, term):
    """lme4 writes the deepest factor first: `a:A` is cask a of batch A."""
    if set(levels) == set(term.levels):
        return levels
    return [":".join(reversed(level.split(":"))) for level in levels]


@dataclass(frozen=True)
class Expected:
    modes: np.ndarray
    covariance: np.ndarray
    error: np.ndarray


def by_dense_algebra(rows, Sigmas, sigma2, weighted) -> list[Expected]:
    """b = Sigma Z'V^-1 r, and its covariances for known and for estimated beta; outermost first."""
    V = np.diag(1.0 / rows.w) if weighted else np.eye(len(rows.y))
    for Z, codes, Sigma in zip(rows.Z, rows.codes, Sigmas, strict=True):
        V = V + (Z @ Sigma @ Z.T) * (codes[:, None] == codes)
    inverse, X = np.linalg.inv(V), rows.X
    P = inverse - inverse @ X @ np.linalg.solve(X.T @ inverse @ X, X.T @ inverse)
    out = []
    for Z, codes, Sigma in zip(rows.Z, rows.codes, Sigmas, strict=True):
        seen = [Z * (codes == g)[:, None] @ Sigma for g in np.unique(codes)]
        out.append(
            Expected(
                np.array([s.T @ P @ rows.y for s in seen]),
                sigma2 * np.array([Sigma - s.T @ inverse @ s for s in seen]),
                sigma2 * np.array([Sigma - s.T @ P @ s for s in seen]),
            )
        )
    return out


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("n_terms", [1, 2, 3])
def test_modes_equal_dense_algebra_at_singular_Sigma(n_terms, weighted):
    rng = np.random.default_rng(n_terms)
    rows = dense.unbalanced(10 + n_terms, n_terms)
    problem = set_up(rows.table, rows.formula, weights="w" if weighted else None)
    Sigmas = [dense.random_Sigma(rng, Z.shape[1], 1) for Z in rows.Z]
    found, point = at(problem, Sigmas[::-1])
    for term, there in zip(
        found, by_dense_algebra(rows, Sigmas, point.sigma2, weighted), strict=True
    ):
        for name in ("modes", "covariance", "error"):
            theirs = getattr(there, name)
            np.testing.assert_allclose(
                getattr(term, name), theirs, rtol=0, atol=1e-9 * np.abs(theirs).max()
            )


def test_crossed_equations_say_the_same_of_nested_factors():
    rng = np.random.default_rng(5)
    rows = dense.unbalanced(4, 3)
    likelihood = set_up(rows.table, rows.formula).likelihood
    Sigmas = [dense.random_Sigma(rng, q, 1) for q in likelihood.gram.n_effects]
    one, other = equations(likelihood.gram, Sigmas), SparseEquations(likelihood.gram, Sigmas)
    assert not isinstance(one, SparseEquations)
    right = one.response()
    for a, b in zip(one.solve(right).effects, other.solve(right).effects, strict=True):
        np.testing.assert_allclose(a, b, rtol=0, atol=1e-10 * np.abs(a).max())
    products = [system.product(one.solve(right)) for system in (one, other)]
    for a, b in zip(products[0].effects, products[1].effects, strict=True):
        np.testing.assert_allclose(a, b, rtol=0, atol=1e-10 * np.abs(a).max())
    unknown = np.linalg.inv(one.information)
    for a, b in zip(one.covariances(unknown), other.covariances(unknown), strict=True):
        np.testing.assert_allclose(a, b, rtol=0, atol=1e-10 * np.abs(a).max())


def test_levels_keep_their_modes_when_labels_interleave():
    """Groups that are nested by their labels alone, sorted otherwise than their parents."""
    rng = np.random.default_rng(6)
    b = np.repeat(np.arange(12), 4)
    table = pd.DataFrame({"a": [f"a{i % 3}" for i in b], "b": [f"b{i:02d}" for i in b]})
    effect = np.linspace(-30, 30, 12)
    table["y"] = effect[b] + rng.normal(size=len(b))
    problem = set_up(table, "y ~ 1 + (1 | a) + (1 | b)")
    found, _ = at(problem, [np.eye(1) * 100.0, np.eye(1) * 0.0])
    np.testing.assert_array_equal(found[1].levels, [f"b{i:02d}" for i in range(12)])
    assert np.corrcoef(found[1].modes[:, 0], effect)[0, 1] > 0.999
