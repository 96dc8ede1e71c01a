"""Degrees of freedom of fixed effects: lmerTest's and pbkrtest's, and what is said at the edge."""

import json
from functools import cache

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from covedge.inference.fixed_effects import fixed_effects, interval, with_bootstrap
from covedge.inference.kenward_roger import kenward_roger
from covedge.inference.satterthwaite import satterthwaite
from covedge.jsonio import plain
from support.dense import unbalanced
from support.models import TESTS, data_set, set_up

KNOWN = json.loads((TESTS / "reference" / "degrees.json").read_text(encoding="utf-8"))["models"]


def table_of(name):
    """The rows that degrees.R used."""
    if name == "rats_s15":
        table = pd.read_csv(TESTS.parent / "data" / "rats.csv")
        return table[table["spd_des"] == "s15"]
    table = data_set(name.split("_")[0])
    if name.startswith("Penicillin"):
        plates = sorted(set(table["plate"]))
        table["dose"] = [(plates.index(plate) + 1) % 3 - 1 for plate in table["plate"]]
    if name.endswith("_unbalanced"):
        table = table[np.arange(1, len(table) + 1) ** 2 % 7 != 1]
    return table


@cache
def problem(key):
    known = KNOWN[key]
    return set_up(table_of(known["name"]), known["formula"], known["method"])


@cache
def fit_of(key):
    return problem(key).fit()


@cache
def records(key):
    return fixed_effects(fit_of(key), problem(key).frame.fixed)


@pytest.mark.parametrize("key", KNOWN)
def test_satterthwaite_is_that_of_lmertest_also_where_the_fit_is_singular(key):
    known = KNOWN[key]["satterthwaite"]
    for record, df, p in zip(records(key), known["df"].values(), known["p"].values(), strict=True):
        told = record["satterthwaite"]
        assert told["df"] == pytest.approx(df, rel=1e-4), record["name"]
        assert told["p"] == pytest.approx(p, rel=1e-3), record["name"]


@pytest.mark.parametrize("key", [k for k, v in KNOWN.items() if v["kenward_roger"]])
def test_kenward_roger_is_that_of_pbkrtest(key):
    known = KNOWN[key]["kenward_roger"]
    for record, df, error in zip(
        records(key), known["df"].values(), known["std_error"].values(), strict=True
    ):
        told = record["kenward_roger"]
        assert told["df"] == pytest.approx(df, rel=1e-6), record["name"]
        assert told["std_error"] == pytest.approx(error, rel=1e-6), record["name"]


@pytest.mark.parametrize("n_terms", [1, 2, 3])
def test_kenward_roger_is_the_textbook_formula_on_dense_matrices(n_terms):
    """Unbalanced data, three nested levels, by n x n matrices as Kenward and Roger write them."""
    data = unbalanced(5, n_terms)
    fitted = set_up(data.table, data.formula).fit()
    found = kenward_roger(fitted)
    adjusted, df = dense_kenward_roger(data, [t.G for t in fitted.terms], fitted.point.sigma2)
    np.testing.assert_allclose(found.adjusted, adjusted, rtol=1e-6)
    assert (np.diag(adjusted) / np.diag(fitted.point.cov_beta)).max() > 1.005
    np.testing.assert_allclose([found.df(e) for e in np.eye(2)], df, rtol=1e-6)


def dense_kenward_roger(data, G, sigma2):
    same = [codes[:, None] == codes for codes in data.codes]
    changes, V = [np.eye(len(data.y))], sigma2 * np.eye(len(data.y))
    for Z, within, own in zip(data.Z, same, G, strict=True):
        V = V + (Z @ own @ Z.T) * within
        for i in range(len(own)):
            for j in range(i + 1):
                E = np.zeros_like(own)
                E[i, j] = E[j, i] = 1.0
                changes.append((Z @ E @ Z.T) * within)
    inverse, X = np.linalg.inv(V), data.X
    Phi = np.linalg.inv(X.T @ inverse @ X)
    M = inverse - inverse @ X @ Phi @ X.T @ inverse
    moved = [Va @ inverse @ X for Va in changes]
    P = [X.T @ inverse @ m for m in moved]
    W = 2.0 * np.linalg.inv([[np.trace(M @ Va @ M @ Vb) for Vb in changes] for Va in changes])
    U = sum(W[a, b] * m.T @ M @ n for a, m in enumerate(moved) for b, n in enumerate(moved))
    slopes = np.array([np.diag(Phi @ p @ Phi) for p in P])
    df = [2.0 * Phi[j, j] ** 2 / (slopes[:, j] @ W @ slopes[:, j]) for j in range(len(Phi))]
    return Phi + 2.0 * Phi @ U @ Phi, df


@pytest.mark.parametrize(("method", "lost"), [("REML", 2), ("ML", 0)])
def test_without_random_effects_they_are_those_of_least_squares(method, lost):
    table = data_set("sleepstudy")
    asked = set_up(table, "Reaction ~ Days + (Days | Subject)", method)
    fitted = asked.fit(model=0)
    told = fixed_effects(fitted, asked.frame.fixed)[1]
    assert told["satterthwaite"]["df"] == pytest.approx(len(table) - lost)
    if method == "REML":
        line = stats.linregress(table["Days"], table["Reaction"])
        assert told["kenward_roger"]["df"] == pytest.approx(178)
        assert told["kenward_roger"]["std_error"] == pytest.approx(line.stderr)
        assert told["kenward_roger"]["p"] == pytest.approx(line.pvalue)


def test_a_change_of_units_changes_no_degrees_of_freedom():
    table = data_set("sleepstudy")
    table = table[np.arange(len(table)) ** 2 % 7 != 1]
    formula = "Reaction ~ Days + (Days | Subject)"
    one = set_up(table, formula)
    other = set_up(
        table.assign(Reaction=table["Reaction"] / 1000, Days=table["Days"] * 86400), formula
    )
    for method in (satterthwaite, kenward_roger):
        here, there = method(one.fit()), method(other.fit())
        np.testing.assert_allclose(
            [here.df(e) for e in np.eye(2)], [there.df(e) for e in np.eye(2)], rtol=1e-6
        )


def test_nor_does_it_at_a_singular_fit():
    """lmerTest's change there with the units, since its Hessian has a flat direction."""
    table = table_of("rats_s15")
    formula = "cc_marg ~ mPair + (mPair | ratID)"
    other = set_up(table.assign(cc_marg=1e4 * table["cc_marg"] - 3.0), formula).fit()
    here, there = satterthwaite(fit_of("rats_s15_REML")), satterthwaite(other)
    assert other.degenerate
    np.testing.assert_allclose(
        [here.df(e) for e in np.eye(6)[1:]], [there.df(e) for e in np.eye(6)[1:]], rtol=1e-5
    )


@pytest.mark.parametrize(
    ("key", "use"),
    [
        ("sleepstudy_REML", "kenward_roger"),
        ("sleepstudy_ML", "satterthwaite"),
        ("Dyestuff2_REML", "satterthwaite"),
    ],
)
def test_what_is_to_be_reported_follows_from_the_fit(key, use):
    assert {record["use"] for record in records(key)} == {use}


def test_kenward_roger_is_marked_where_the_fit_is_singular_and_refused_by_ml():
    assert "interior" in records("Dyestuff2_REML")[0]["kenward_roger"]["reason"]
    assert records("Dyestuff2_ML")[0]["kenward_roger"].keys() == {"reason"}


def test_what_is_too_large_for_kenward_roger_says_so_and_leaves_satterthwaite(monkeypatch):
    monkeypatch.setattr("covedge.inference.kenward_roger.MOST_WORK", 1.0)
    told = fixed_effects(fit_of("Oats_REML"), problem("Oats_REML").frame.fixed)[0]
    assert told["use"] == "satterthwaite"
    assert "too many random effects" in told["because"]


def test_the_bootstrap_is_used_at_a_singular_fit_only_and_only_with_replicates_enough():
    draws = np.random.default_rng(1).normal(5.0, 2.0, size=(4000, 1))
    draws[0] = np.nan
    singular = with_bootstrap(records("Dyestuff2_REML"), draws)[0]
    assert singular["use"] == "bootstrap"
    assert singular["bootstrap"]["replicates"] == 3999
    # Normal quantiles, within four standard errors of a 2.5 % quantile of 3,999 draws.
    assert interval(singular)["lower"] == pytest.approx(5 - 1.96 * 2, abs=0.35)
    assert singular["bootstrap"]["std_error"] == pytest.approx(2.0, abs=0.1)
    assert with_bootstrap(records("Dyestuff2_REML"), draws[:150])[0]["use"] == "satterthwaite"
    sound = with_bootstrap(records("Pastes_REML"), draws)[0]
    assert sound["use"] == "kenward_roger"
    assert records("Dyestuff2_REML")[0]["bootstrap"] is None


def test_intervals_cover_as_often_as_they_say():
    """Six unbalanced groups: Kenward-Roger's 95 % intervals hold the truth; two SE do not."""
    rng = np.random.default_rng(3)
    sizes = np.array([2, 3, 5, 8, 3, 2])
    g = np.repeat(np.arange(6), sizes)
    held = {"kenward_roger": 0, "two standard errors": 0}
    runs = 400
    for _ in range(runs):
        y = 2.0 * rng.normal(size=6)[g] + rng.normal(size=len(g))
        asked = set_up(pd.DataFrame({"y": y, "g": [f"g{i}" for i in g]}), "y ~ 1 + (1 | g)")
        told = fixed_effects(asked.fit(), asked.frame.fixed)[0]
        reported = interval(told)
        held["kenward_roger"] += reported["lower"] <= 0.0 <= reported["upper"]
        held["two standard errors"] += abs(told["estimate"]) <= 1.96 * told["std_error"]
    # Binomial, 400 runs: 95 % give 380 with a standard error of 4.4.
    assert 360 <= held["kenward_roger"] <= 395
    assert held["two standard errors"] < 355


def test_records_are_json_without_numbers_that_are_none():
    text = json.dumps(plain(records("rats_s15_REML")), allow_nan=False)
    assert json.loads(text)[0]["name"] == "(Intercept)"


def test_an_exact_fit_has_no_degrees_of_freedom():
    rng = np.random.default_rng(1)
    g = np.repeat(np.arange(8), 5)
    x = np.tile(np.arange(5.0), 8)
    y = rng.normal(size=8)[g] + rng.normal(size=8)[g] * x
    asked = set_up(pd.DataFrame({"y": y, "x": x, "g": [f"g{i}" for i in g]}), "y ~ x + (x | g)")
    told = fixed_effects(asked.fit(), asked.frame.fixed)[0]
    assert told["use"] is None
    assert "exactly" in told["because"]
    assert interval(told) is None
