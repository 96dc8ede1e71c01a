"""Rough and broken data: each case gives the right answer, or says what, where and what to do.

A right answer is the REML criterion, held against dense matrices of n rows and a scalar search that
share nothing with the engine.
"""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.optimize import minimize_scalar

from covedge.errors import CovedgeError
from fit import fit
from prepare import prepare
from support.rough import MANY, REFUSED, RIGHT, Case, N, parquet, table, text


def reml(rows: pd.DataFrame) -> float:
    """The smallest REML criterion of y ~ x + (1 | g), with V written out."""
    y = rows["y"].to_numpy(float)
    X = np.column_stack([np.ones(len(y)), rows["x"].to_numpy(float)])
    same = np.equal.outer(rows["g"].to_numpy(), rows["g"].to_numpy())
    n, p = X.shape

    def at(ratio):
        V = np.eye(n) + ratio * same
        W = np.linalg.inv(V)
        A = X.T @ W @ X
        r = y - X @ np.linalg.solve(A, X.T @ W @ y)
        logs = np.linalg.slogdet(V)[1] + np.linalg.slogdet(A)[1]
        return logs + (n - p) * (1.0 + np.log(2 * np.pi * (r @ W @ r) / (n - p)))

    return min(minimize_scalar(lambda t: at(t**2), (0.1, 1.0), tol=1e-12).fun, at(0.0))


def analysis(path: Path, **keys) -> dict:
    return {
        "name": "mine",
        "read": {},
        "subset": None,
        "formula": "y ~ x + (1 | g)",
        "method": "REML",
        "missing": "drop",
        "categorical": [],
        "weights": None,
        "ladder": "auto",
        "seed": 1,
        **keys,
    }


def asked(folder: Path, case: Case) -> dict:
    """The record of the asked-for model after the steps prepare and fit."""
    path = case.write(folder)
    described = analysis(path, **case.keys)
    prepare(path, described, folder / "data.parquet", folder / "design.json")
    fit(folder / "data.parquet", described, folder / "gram", folder / "ladder", folder / "fits")
    model = json.loads((folder / "ladder").read_text())["models"][-1]["name"]
    return json.loads((folder / "fits" / f"{model}.json").read_text())


def criterion(folder: Path, case: Case) -> float:
    found = asked(folder, case)
    assert found["certificate"]["certified"]
    return found["criterion"]


@pytest.mark.parametrize("case", RIGHT.values(), ids=RIGHT)
def test_rough_data_give_the_right_answer(tmp_path, case):
    assert criterion(tmp_path, case) == pytest.approx(reml(case.expected), abs=2e-6)


@pytest.mark.parametrize("case", REFUSED.values(), ids=REFUSED)
def test_broken_data_are_told_in_one_line(tmp_path, case):
    with pytest.raises(CovedgeError) as caught:
        asked(tmp_path, case)
    told = str(caught.value)
    assert case.expected in told
    assert "analyses.mine" in told
    assert "\n" not in told
    assert len(told) < 600


def test_there_are_enough_cases():
    assert len(RIGHT) + len(REFUSED) >= 90


def test_a_hundred_thousand_levels(tmp_path):
    """A balanced one-way design, whose REML criterion is in closed form."""
    L, m = MANY.g.nunique(), 2
    n = L * m
    means = MANY.groupby("g")["y"].mean()
    within = ((MANY.y - means[MANY.g].to_numpy()) ** 2).sum() / (L * (m - 1))
    between = m * ((means - MANY.y.mean()) ** 2).sum() / (L - 1)
    assert between > within
    exact = L * (m - 1) * np.log(within) + (L - 1) * np.log(between) + np.log(n)
    exact += (n - 1) * (1 + np.log(2 * np.pi))
    case = Case(parquet(MANY), "", {"formula": "y ~ 1 + (1 | g)"})
    assert criterion(tmp_path, case) == pytest.approx(exact, rel=1e-11)


def test_one_observation_a_group_is_flat(tmp_path):
    """lmer: "number of levels of each grouping factor must be < number of observations"."""
    found = asked(tmp_path, Case(text(table(g=[f"g{i}" for i in range(N)])), ""))
    assert found["certificate"]["status"] == "flat"
    assert not found["certificate"]["certified"]
