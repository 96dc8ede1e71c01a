"""The three matrices on the page and in the picture, on fits whose numbers are known."""

import json
import re
from functools import cache
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from covedge.figures.eigenvalues import Panel, eigenvalues
from covedge.figures.style import ALIVE, COLLAPSED, FLAT, svg
from covedge.inference.apvar import apvar
from covedge.inference.apvar_record import apvar_record
from covedge.jsonio import write_json
from covedge.pages import three_matrices
from covedge.records import fit_record
from support.models import data_set, set_up

RATS = Path(__file__).parents[2] / "data" / "rats.csv"
FORMULAS = {
    "Dyestuff2": "Yield ~ 1 + (1 | Batch)",
    "Orthodont": "distance ~ age + (age | Subject)",
    "Pastes": "strength ~ 1 + (1 | batch/cask)",
    "rats_s15": "cc_marg ~ mPair + (mPair | ratID)",
}


@cache
def fitted(name):
    table = data_set(name) if name != "rats_s15" else pd.read_csv(RATS).query("spd_des == 's15'")
    problem = set_up(table, FORMULAS[name])
    fit = problem.fit()
    return fit, fit_record(fit, name, problem.frame.fixed), apvar(fit, problem.frame.terms)


def page(name, tmp_path, with_record=True, engines=None):
    """(record, Markdown) by way of the JSON that the steps write."""
    fit, asked, found = fitted(name)
    path = tmp_path / "fit.json"
    write_json(path, {"asked": asked, "apvar": apvar_record(found, fit)})
    read = json.loads(path.read_text(encoding="utf-8"))
    record = {"apvar": read["apvar"]} if with_record else {}
    results = SimpleNamespace(
        asked=read["asked"], intervals={asked["model"]: record}, engines=engines or {}
    )
    return read["apvar"], three_matrices.compose(results)


def marks(panel, colour):
    """How many dots of a colour are drawn."""
    source = svg(eigenvalues([panel]), "eigenvalues")
    return len(
        re.findall(rf'<(?:use|path) [^>]*style="fill: [^>]*stroke: var\(--\w+, {colour}\)', source)
    )


def test_the_rats_zeros_are_told_matrix_by_matrix(tmp_path):
    """tests/reference/rats.json: lme4's three eigenvalues of G above zero, and three at zero."""
    record, words = page("rats_s15", tmp_path)
    assert [v > 0 for v in record["matrices"]["G"][0]["eigenvalues"]] == [True] * 3 + [False] * 3
    # 6 SDs, 15 correlations and sigma; ten rats in three directions make 30 of V's larger.
    assert len(record["eigenvalues"]) == 22
    assert record["matrices"]["V"]["n_above"] == 30
    assert "3 eigenvalues of zero" in words
    assert "4 eigenvalues of the curvature below zero, 0 at zero" in words
    assert "not G, is the matrix that lme()" in words
    assert "σ², 6\N{NARROW NO-BREAK SPACE}076 times" in words
    assert record["push"] == pytest.approx(0.93, abs=0.01)


def test_a_variance_of_zero_has_no_logarithm(tmp_path):
    record, words = page("Dyestuff2", tmp_path)
    assert record["matrices"]["G"][0]["eigenvalues"] == [0.0]
    assert record["matrices"]["V"]["largest"] == record["matrices"]["V"]["smallest"]
    assert not record["positive_definite"]
    assert "1 of the 2 parameters lies on an edge" in words
    assert "the logarithm of zero does not exist" in words


def test_a_healthy_model_is_called_so(tmp_path):
    """nlme 3.1-162 gives intervals for it: tests/reference/apvar.json."""
    record, words = page("Orthodont", tmp_path)
    G = fitted("Orthodont")[0].terms[0].G
    assert sorted(record["matrices"]["G"][0]["eigenvalues"]) == pytest.approx(np.linalg.eigvalsh(G))
    assert record["positive_definite"]
    assert "all eigenvalues of the curvature are above zero" in words
    assert "no eigenvalue is zero, so it is not singular" in words


def test_two_terms_are_told_apart_by_shape(tmp_path):
    _, words = page("Pastes", tmp_path)
    assert "circles batch and squares batch:cask" in words


@pytest.mark.parametrize("name", ["rats_s15", "Orthodont"])
def test_without_the_record_the_table_stands_and_nothing_is_claimed(tmp_path, name):
    _, words = page(name, tmp_path, with_record=False)
    assert "how uncertain the variances" in words
    assert "eigenvalues-" not in words
    assert ("cannot be relied on" in words) == (name == "rats_s15")


def test_the_picture_has_a_dot_for_each_eigenvalue_above_at_and_below_zero():
    panel = Panel("G", "", (("a", (3.0, 0.2, 0.0)), ("b", (1e-7, -2.0, -1.0))), flat=1e-5)
    assert marks(panel, ALIVE) == 2
    assert marks(panel, COLLAPSED) == 2
    assert marks(panel, FLAT) == 2


def test_nothing_above_zero_can_still_be_drawn():
    assert marks(Panel("G", "", (("a", (0.0,)),)), COLLAPSED) == 1
    assert "no random effects" in svg(
        eigenvalues([Panel("G", "", (), empty="no random effects")]), "e"
    )


def stopped(name, distance, own, positive_definite, **more):
    """nlme's record for the model asked for, as the step `engines` writes it."""
    answer = {"status": "ok", "version": "3.1-162 (R 4.2.2)", "distance": distance}
    answer["apvar"] = {
        "own_words": own,
        "state": "bowl" if positive_definite else "not a bowl",
        "positive_definite": positive_definite,
        "eigenvalues": [2.0, 3.0] if positive_definite else [-2.0, 0.0, 3.0],
        "words": ["The verdict.", "Where the SD of x goes up, it bends downwards."],
    }
    return {"nlme": {fitted(name)[1]["model"]: answer | more}}


REFUSED = "Non-positive definite approximate variance-covariance"


def test_where_nlme_stopped_short_its_apvar_is_set_beside_ours(tmp_path):
    engines = stopped("rats_s15", 1.04005, REFUSED, False, settings='opt = "optim"')
    _, words = page("rats_s15", tmp_path, engines=engines)
    assert "nlme’s own answer, 1.04 above the certified optimum" in words
    assert (
        f"1 eigenvalue of the curvature below zero, 1 at zero; nlme says <code>{REFUSED}" in words
    )
    assert "not of the best fit" in words
    assert "opt = &quot;optim&quot;</code>`{=html}: its defaults ended in an error" in words
    assert "by exact derivatives too. `<bdi>Where the SD of x goes up" in words
    assert "The verdict." not in words


def test_where_nlmes_rounding_decided_it_is_said(tmp_path):
    _, words = page("Orthodont", tmp_path, engines=stopped("Orthodont", 1e-9, REFUSED, True))
    assert "at the certified optimum" in words
    assert "By exact derivatives at the same point it is positive definite" in words
    assert "not of the best fit" not in words


def test_intervals_from_a_point_above_the_optimum_are_warned_of(tmp_path):
    """As nlme 3.1-162 does for `yield ~ nitro + (nitro | Block) + (1 | Block:Variety)` of Oats."""
    engines = stopped("rats_s15", 0.024, "positive definite", True)
    assert (
        "they belong to the point where nlme stopped"
        in page("rats_s15", tmp_path, True, engines)[1]
    )
    engines = stopped("Orthodont", 0.024, "positive definite", True)
    assert "they belong to the point" not in page("Orthodont", tmp_path, True, engines)[1]


def test_nlme_that_failed_is_quoted_and_its_words_are_text(tmp_path):
    engines = stopped("Orthodont", 0.0, "", True)
    model = next(iter(engines["nlme"]))
    engines["nlme"][model] = {"status": "failed", "reason": "lme() said <b>no</b> *way*"}
    _, words = page("Orthodont", tmp_path, engines=engines)
    assert "gave no answer: `<bdi>lme() said &lt;b&gt;no&lt;/b&gt; *way*</bdi>`{=html}." in words
