"""Scores of the benchmark of known causes, on outcomes made by hand."""

import importlib
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from covedge.causes.cause import NEGATIVE, NO_VARIATION, ONE_GROUP, OPTIMISER, Cause

ROOT = Path(__file__).parents[2]
PACKAGE = "known_causes"
MODULES = ("generator", "page", "score")


@pytest.fixture(scope="module")
def bench():
    """The modules of the package, which stands beside the scripts of benchmarks/."""
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(ROOT / "benchmarks"))
        yield {name: importlib.import_module(f"{PACKAGE}.{name}") for name in MODULES}
    for name in [n for n in sys.modules if n == "machine" or n.split(".")[0] == PACKAGE]:
        sys.modules.pop(name)


def _outcome(bench, cause, number, *named, **more):
    return bench["score"].Outcome(cause, number, "reported", "a design", named, **more)


def test_confusion_of_a_table_made_by_hand(bench):
    rows = bench["score"].table(
        [
            _outcome(bench, "healthy", 1),
            _outcome(bench, "healthy", 3, ONE_GROUP),
            _outcome(bench, ONE_GROUP, 1, ONE_GROUP),
            _outcome(bench, ONE_GROUP, 3, ONE_GROUP, NO_VARIATION),
            _outcome(bench, ONE_GROUP, 5, NEGATIVE, ONE_GROUP),
            _outcome(bench, ONE_GROUP, 7),
        ]
    )
    healthy, odd = rows
    assert (healthy.named.count, healthy.named.n) == (1, 2)
    assert healthy.first == {"no cause": 1, ONE_GROUP: 1}
    assert (odd.named.count, odd.named_first.count, odd.n) == (3, 2, 4)
    assert odd.first == {ONE_GROUP: 2, NEGATIVE: 1, "no cause": 1}
    assert odd.also == {ONE_GROUP: 3, NO_VARIATION: 1, NEGATIVE: 1}


def test_an_angle_does_not_know_units_or_coding(bench):
    """Contrasts and metric turned together: the same; 30 degrees in the plane: 30."""
    angle, rng = bench["score"].angle, np.random.default_rng(2)
    one = np.array([[1.0], [0.0]])
    turned = np.array([[np.cos(np.pi / 6)], [np.sin(np.pi / 6)]])
    np.testing.assert_allclose(angle(one, turned, np.eye(2)), 30.0, rtol=1e-12)
    A, B = rng.standard_normal((4, 2)), rng.standard_normal((4, 1))
    M = rng.standard_normal((9, 4))
    M, T = M.T @ M, rng.standard_normal((4, 4)) * [1.0, 1e3, 1e-3, 1.0]
    # b = T b' makes c'b = (T'c)'b', and Z'Z is T'(Z'Z)T.
    np.testing.assert_allclose(angle(T.T @ A, T.T @ B, T.T @ M @ T), angle(A, B, M), rtol=1e-6)
    assert angle(A, A[:, :1], M) < 1e-5


def test_an_angle_is_the_arc_cosine_of_the_correlation_of_two_contrasts(bench):
    """With M^-1 the covariance of effects, contrasts are variables: arc cosine of correlation."""
    rng = np.random.default_rng(4)
    V = rng.standard_normal((8, 3))
    V = V.T @ V
    c, d = rng.standard_normal((2, 3))
    r = abs(c @ V @ d) / np.sqrt((c @ V @ c) * (d @ V @ d))
    found = bench["score"].angle(c[:, None], d[:, None], np.linalg.inv(V))
    np.testing.assert_allclose(found, np.degrees(np.arccos(r)), rtol=1e-9)


def test_engines_that_are_blamed_are_counted_apart(bench):
    score = bench["score"]
    made = bench["generator"].case(OPTIMISER, 1)
    wrong, honest = made.answers

    def blame(*engines):
        causes = [Cause(OPTIMISER, "m", None, {"engine": e.name}) for e in engines]
        return score.outcome(made, score.Found(tuple(causes)))

    both, none = score.engines([blame(wrong), blame(wrong, honest), blame()])
    assert (both.count, both.n, none.count, none.n) == (2, 3, 1, 3)


def test_the_page_tells_what_is_stored(bench):
    page = bench["page"]
    outcomes = [
        _outcome(bench, ONE_GROUP, 1, ONE_GROUP, seconds=2.0),
        _outcome(bench, ONE_GROUP, 3, NEGATIVE, seconds=4.0, degrees=3.0, degrees_at_fit=9.0),
    ]
    told = page.stored(outcomes, 60.0, 2)
    told["outcomes"] = [vars(one) | {"named": list(one.named)} for one in outcomes]
    assert [vars(one) for one in page.read(told)] == [vars(one) for one in outcomes]
    text = page.page(told)
    assert (
        "| one group | 2 | 1/2, 50 % (9 to 91) | 1/2, 50 % (9 to 91) | negative covariance 1 |"
        in text
    )
    assert "| one group | 3 | a design | negative covariance |" in text


def test_an_error_in_a_diagnosis_is_a_finding(bench):
    """It stops nothing, and counts as a miss."""
    score = bench["score"]
    made = replace(bench["generator"].case(ONE_GROUP, 1), null=None)
    failed = score.outcome(made, score.Found((), failed="ValueError: of a test"))
    (row,) = score.table([failed])
    assert (row.failed, row.named.count, row.n) == (1, 0, 1)
