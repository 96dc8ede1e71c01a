"""MIVQUE and the free fit: analyses of variance, dense matrices, and where there is no free fit."""

import numpy as np
import pandas as pd
import pytest
from scipy.optimize import minimize

from covedge.surface import expected_information
from covedge.surface.beyond import beyond
from covedge.surface.expected_information import Surface
from support.dense import evaluate, unbalanced
from support.models import data_set, set_up

METHODS = ("ML", "REML")


def look(problem, model=-1):
    fit = problem.fit(model)
    return fit, beyond(problem.likelihood, problem.frame.terms, fit, problem.models)


def one_way(values, groups):
    """(n per group, a, mean squares between and within) of a balanced table."""
    table = pd.DataFrame({"y": values, "g": groups}).groupby("g").y
    n = int(table.size().iloc[0])
    return n, table.ngroups, n * table.mean().var(), table.var().mean()


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("name", ["Dyestuff2", "Machines"])
def test_balanced_one_way(name, method):
    """MIVQUE is the ANOVA estimate; the free fit is (MSB / MSW - 1) / n, for ML with MSB of a."""
    table = data_set(name).rename(columns={"Yield": "y", "score": "y", "Worker": "Batch"})
    n, a, MSB, MSW = one_way(table.y, table.Batch)
    _, found = look(set_up(table, "y ~ 1 + (1 | Batch)", method))
    assert found.mivque.sigma2 == pytest.approx(MSW, rel=1e-9)
    assert found.mivque.terms[0].G[0, 0] == pytest.approx((MSB - MSW) / n, rel=1e-8)
    ratio = (MSB if method == "REML" else MSB * (a - 1) / a) / MSW
    assert found.free.sigma2 == pytest.approx(MSW, rel=1e-9)
    assert found.free.terms[0].G[0, 0] == pytest.approx(MSW * (ratio - 1) / n, rel=1e-8)
    # By REML the fixed mean takes its part of the information.
    share = (a - 1) / a if method == "REML" else 1.0
    assert found.free.spectrum == [pytest.approx(share * (1 - 1 / ratio), rel=1e-8)]
    assert found.free.negative == (name == "Dyestuff2")


def nested_table(a, b, n, seed):
    """y with members of a group that differ more than strangers, at the inner level."""
    rng = np.random.default_rng(seed)
    g, h = np.repeat(np.arange(a), b * n), np.tile(np.repeat(np.arange(b), n), a)
    y = rng.normal(size=a)[g] + rng.normal(size=len(g))
    means = pd.Series(y).groupby([g, h]).transform("mean").to_numpy()
    return pd.DataFrame({"y": y - 0.7 * means, "g": g, "h": h})


def nested_anova(table, b, n):
    """Estimates of (sigma^2, inner variance, outer variance) from the three mean squares."""
    inner = table.groupby(["g", "h"]).y
    outer = table.groupby("g").y
    MSW = inner.var().mean()
    MSH = n * inner.mean().groupby("g").var().mean()
    MSG = n * b * outer.mean().var()
    return MSW, (MSH - MSW) / n, (MSG - MSH) / (n * b)


def test_balanced_nested():
    """Both are the ANOVA estimates where all mean squares are positive, negative ones included."""
    table = nested_table(6, 4, 3, seed=2)
    expected = nested_anova(table, 4, 3)
    assert expected[1] < -0.1
    fit, found = look(set_up(table, "y ~ 1 + (1 | g/h)", "REML"))
    assert fit.degenerate
    for way in (found.mivque, found.free):
        variances = (way.sigma2, way.terms[1].G[0, 0], way.terms[0].G[0, 0])
        np.testing.assert_allclose(variances, expected, rtol=1e-7)
    assert found.free.improvement > 1.0
    assert found.mivque.positive_definite


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize(("seed", "n_terms"), [(0, 1), (3, 2), (4, 2)])
def test_mivque_unbalanced_by_dense_matrices(seed, n_terms, method):
    """tr(M V_a M V_b) theta_b = y'M V_a M y with matrices of n rows, at V of the certified fit."""
    dense = unbalanced(seed, n_terms)
    problem = set_up(dense.table, dense.formula, method)
    fit, found = look(problem)
    V, parts = np.eye(len(dense.y)), [np.eye(len(dense.y))]
    for term, Z, codes in zip(fit.terms, dense.Z, dense.codes, strict=True):
        same = codes[:, None] == codes
        V += (Z @ term.Sigma @ Z.T) * same
        for i, j in zip(*np.tril_indices(Z.shape[1]), strict=True):
            part = np.outer(Z[:, i], Z[:, j]) * same
            parts.append((part + part.T) / 2)
    inverse = np.linalg.inv(V)
    M = inverse - inverse @ dense.X @ np.linalg.solve(
        dense.X.T @ inverse @ dense.X, dense.X.T @ inverse
    )
    B = [[np.sum((M @ a) * (M @ b).T) for b in parts] for a in parts]
    theta = np.linalg.solve(B, [dense.y @ M @ a @ M @ dense.y for a in parts])
    assert found.mivque.sigma2 == pytest.approx(theta[0], rel=1e-6)
    at = 1
    for term in found.mivque.terms:
        q = len(term.G)
        G = np.zeros((q, q))
        G[np.tril_indices(q)] = theta[at : at + q * (q + 1) // 2] / 2
        at += q * (q + 1) // 2
        np.testing.assert_allclose(term.G, G + G.T, rtol=1e-5, atol=1e-6 * np.abs(theta).max())


@pytest.mark.parametrize("method", METHODS)
def test_free_fit_unbalanced_is_stationary_by_dense_matrices(method):
    """Where it is found: slopes zero, D as said and lower than the certified fit's."""
    negative = 0
    for seed in range(8):
        dense = unbalanced(seed, 2)
        table = dense.table.assign(y=np.random.default_rng(seed).normal(size=len(dense.y)))
        problem = set_up(table, "y ~ x + (1 | a) + (1 | a:b)", method)
        fit, found = look(problem)
        if found.free.status != "found":
            continue
        ones = np.ones((len(dense.y), 1))
        model = type(dense)(
            table, "", table.y.to_numpy(), dense.X, (ones, ones), dense.codes, dense.w
        )
        Sigmas = [term.G / found.free.sigma2 for term in found.free.terms]
        point = evaluate(model, Sigmas, method == "REML")
        assert point.criterion == pytest.approx(found.free.criterion, abs=1e-8)
        assert fit.point.criterion - point.criterion == pytest.approx(
            found.free.improvement, abs=1e-7
        )
        for Gamma, H in zip(point.Gamma, point.H, strict=True):
            assert abs(Gamma[0, 0]) < 1e-5 * H[0, 0]
        negative += found.free.negative > 0
    assert negative >= 3


def test_an_interior_fit_is_the_free_fit():
    fit, found = look(set_up(data_set("sleepstudy"), "Reaction ~ Days + (Days | Subject)", "REML"))
    assert found.free.improvement == pytest.approx(0.0, abs=1e-9)
    np.testing.assert_allclose(found.free.terms[0].G, fit.terms[0].G, rtol=1e-5)
    np.testing.assert_allclose(found.mivque.terms[0].G, fit.terms[0].G, rtol=1e-4)
    expected = [d.direction.reliability for d in fit.terms[0].spectrum]
    np.testing.assert_allclose(found.free.spectrum, expected, rtol=1e-5)


def one_large_group(seed=1):
    """No group effect; the first group has most rows, and X has all that Z has."""
    rng = np.random.default_rng(seed)
    g = np.repeat(np.arange(6), [60, 8, 8, 8, 8, 8])
    return pd.DataFrame({"g": g, "x": rng.normal(size=len(g)), "y": rng.normal(size=len(g))})


def test_there_is_no_free_fit_where_beta_fits_the_largest_group():
    """V of that group goes to singular, beta fits it exactly, and D falls like q log e (ML)."""
    problem = set_up(one_large_group(), "y ~ x + (x | g)", "ML")
    _, found = look(problem)
    assert (found.free.status, found.free.criterion) == ("none", None)
    assert "edge" in found.free.reason
    gram = problem.likelihood.gram
    largest = gram.deepest[:, :, :2][np.argmax(gram.deepest[:, 0, 0])]
    surface = Surface(gram, reml=False)
    values = [surface.at([-(1 - e) * np.linalg.inv(largest)]).criterion for e in (1e-4, 1e-6, 1e-8)]
    np.testing.assert_allclose(np.diff(values), 2 * np.log(1e-2), rtol=1e-3)


def test_responses_centred_within_groups_have_no_free_fit_and_a_negative_mivque():
    """Mean squares between groups are 0: MIVQUE is -MSW / n, where V is singular."""
    table = data_set("Dyestuff2")
    table["Yield"] -= table.groupby("Batch").Yield.transform("mean")
    _, found = look(set_up(table, "Yield ~ 1 + (1 | Batch)", "REML"))
    assert found.free.status == "none"
    assert found.mivque.terms[0].G[0, 0] == pytest.approx(-found.mivque.sigma2 / 5, rel=1e-9)


def test_nothing_is_estimated_that_is_not_identifiable():
    rng = np.random.default_rng(1)
    rows = [(r, c, f"p{m}") for r in range(4) for c in range(5) for m in range(3)]
    table = pd.DataFrame(rows, columns=["rat", "cycle", "pair"])
    table["y"] = rng.normal(size=len(table))
    _, found = look(set_up(table, "y ~ pair + (pair | rat:cycle)"))
    assert found.free.status == found.mivque.status == "not computed"
    assert "told from each other" in found.reason


@pytest.mark.parametrize("method", METHODS)
def test_units_and_offsets_change_nothing(method):
    """Reliabilities, ratios and scores do not depend on the units of y and x (diagonals apart)."""
    rng = np.random.default_rng(5)
    g = np.repeat(np.arange(9), 6)
    table = pd.DataFrame({"g": g, "x": np.tile(np.arange(6.0), 9), "y": rng.normal(size=54)})
    # Slopes of the groups differ less than chance would have it.
    for k in range(9):
        fitted = np.polyfit(table.x[g == k], table.y[g == k], 1)
        table.loc[g == k, "y"] -= 0.9 * fitted[0] * table.x[g == k]
    table["y"] += rng.normal(size=9)[g]
    scaled = table.assign(y=1e4 * table.y + 5, x=1e-3 * table.x + 2)
    found = [look(set_up(t, "y ~ x + (x | g)", method))[1] for t in (table, scaled)]
    assert found[0].free.status == found[1].free.status
    np.testing.assert_allclose(found[1].mivque.spectrum, found[0].mivque.spectrum, rtol=1e-5)
    np.testing.assert_allclose(found[1].free.spectrum, found[0].free.spectrum, rtol=1e-5)
    assert found[0].mivque.spectrum[0] < 0


def crossed_table(n_subjects=12, n_items=10, seed=1):
    rng = np.random.default_rng(seed)
    s, i = np.repeat(np.arange(n_subjects), n_items), np.tile(np.arange(n_items), n_subjects)
    table = pd.DataFrame(
        {"s": s, "i": i, "x": rng.normal(size=len(s)), "y": rng.normal(size=len(s))}
    )
    return table.sample(frac=0.9, random_state=seed)


def test_crossed_factors_by_dense_matrices():
    """No effects: MIVQUE solved with n rows, the free fit against Nelder and Mead on dense V."""
    table = crossed_table()
    fit, found = look(set_up(table, "y ~ x + (1 | s) + (1 | i)", "REML"))
    X, y = np.column_stack([np.ones(len(table)), table.x]), table.y.to_numpy()
    names = [term.term.name for term in found.free.terms]
    parts = [
        np.eye(len(y)),
        *(np.equal.outer(c, c).astype(float) for c in table[names].to_numpy().T),
    ]

    def solved(theta):
        V = np.tensordot(theta, parts, 1)
        inverse = np.linalg.inv(V)
        A = X.T @ inverse @ X
        return V, A, inverse - inverse @ X @ np.linalg.solve(A, X.T @ inverse)

    def criterion(ratios):
        V, A, M = solved([1.0, *ratios])
        values, nu = np.linalg.eigvalsh(V), len(y) - 2
        if values[0] <= 0:
            return np.inf
        noise = y @ M @ y / nu
        return np.log(values).sum() + np.linalg.slogdet(A)[1] + nu * (1 + np.log(2 * np.pi * noise))

    _, _, M = solved([1.0, *(term.Sigma[0, 0] for term in fit.terms)])
    B = [[np.sum((M @ a) * (M @ b).T) for b in parts] for a in parts]
    theta = np.linalg.solve(B, [y @ M @ a @ M @ y for a in parts])
    found_theta = [found.mivque.sigma2, *(term.G[0, 0] for term in found.mivque.terms)]
    np.testing.assert_allclose(found_theta, theta, rtol=1e-7)
    options = {"xatol": 1e-9, "fatol": 1e-12, "maxiter": 4000}
    lowest = minimize(criterion, [0.0, 0.0], method="Nelder-Mead", options=options)
    assert found.free.negative >= 1
    assert found.free.criterion == pytest.approx(lowest.fun, abs=1e-8)
    ratios = [term.G[0, 0] / found.free.sigma2 for term in found.free.terms]
    np.testing.assert_allclose(ratios, lowest.x, atol=1e-6)


def test_crossed_factors_with_too_many_effects_say_so(monkeypatch):
    monkeypatch.setattr(expected_information, "MOST_EFFECTS", 20)
    _, found = look(set_up(crossed_table(), "y ~ x + (1 | s) + (1 | i)", "REML"))
    assert found.free.status == found.mivque.status == "not computed"
    assert "22 random effects; up to 20" in found.reason
