"""Verdicts on published data, as data/README.md tells them."""

import pytest
from scipy.stats import f as f_law

from support.models import PUBLISHED
from support.verdicts import verdict_of

# name: formula, keys of the analysis, causes, recommended random part, sentence of the summary.
CASES = {
    "Dyestuff2": (
        "Yield ~ 1 + (1 | Batch)",
        {},
        ["too_little_information"],
        "Yield ~ 1",
        "estimated as exactly zero",
    ),
    "Dyestuff2, what matters is 6": (
        "Yield ~ 1 + (1 | Batch)",
        {"smallest_sd": 6.0},
        ["no_variation"],
        "Yield ~ 1",
        "small or absent",
    ),
    "Dyestuff": ("Yield ~ 1 + (1 | Batch)", {}, [], "(1 | Batch)", "healthy"),
    "sleepstudy": (
        "Reaction ~ Days + (Days | Subject)",
        {},
        [],
        "(Days || Subject)",
        "Both directions vary between levels of Subject",
    ),
    "Machines": (
        "score ~ Machine + (Machine | Worker)",
        {},
        [],
        "(1 | Worker) + (1 | Worker:Machine)",
        "3 are needed",
    ),
    "Pastes": ("strength ~ 1 + (1 | batch/cask)", {}, [], "(1 | batch/cask)", "healthy"),
    "Penicillin": (
        "diameter ~ 1 + (1 | plate) + (1 | sample)",
        {},
        [],
        "(1 | plate) + (1 | sample)",
        "healthy",
    ),
}


@pytest.fixture(scope="module", params=CASES)
def told(request, tmp_path_factory):
    formula, keys, *expected = CASES[request.param]
    table = PUBLISHED / f"{request.param.split(',')[0]}.csv"
    folder = tmp_path_factory.mktemp("verdict")
    return verdict_of(table, folder, formula, replicates=300, **keys), expected


def test_the_verdict(told):
    verdict, (causes, recommended, sentence) = told
    assert verdict["certified"]
    assert [cause["cause"] for cause in verdict["causes"]] == causes
    assert verdict["degenerate"] is bool(causes)
    assert verdict["recommended"]["formula"].endswith(recommended)
    assert sentence in verdict["summary"]


def test_what_is_said_of_the_design_of_dyestuff2(tmp_path):
    table = PUBLISHED / "Dyestuff2.csv"
    formula, keys = CASES["Dyestuff2, what matters is 6"][:2]
    (cause,) = verdict_of(table, tmp_path, formula, replicates=500, **keys)["causes"]
    # Six batches of five: MSB / MSE falls below 1 with F of 5 and 24 degrees of freedom.
    limit = cause["evidence"]["upper_limit_sd_relative"]
    missed = f_law.cdf(1 / (1 + 5 * limit**2), 5, 24)
    assert 0.02 < missed < 0.09


@pytest.mark.slow
def test_insteval_is_healthy(tmp_path):
    verdict = verdict_of(
        PUBLISHED / "InstEval.csv.gz", tmp_path, "y ~ 1 + service + (1 | s) + (1 | d)"
    )
    assert (verdict["degenerate"], verdict["causes"]) == (False, [])
    assert verdict["recommended"]["formula"].endswith("(1 | s) + (1 | d)")
