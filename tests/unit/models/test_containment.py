"""Which model is inside which, against random members of one sought in the other."""

import itertools

import numpy as np
import pandas as pd
import pytest
from scipy.optimize import nnls

from covedge.models import structure
from covedge.models.containment import contains, inside, meet_is, strictly_inside
from covedge.models.structure import FULL, SCALAR, Component, Structure
from support.models import data_set, set_up


@pytest.fixture(scope="module")
def machines():
    return set_up(data_set("Machines"), "score ~ Machine + (Machine | Worker)").frame.terms[0]


@pytest.fixture(scope="module")
def cells():
    """The same effects without an intercept of their own: cell means."""
    return set_up(data_set("Machines"), "score ~ Machine + (0 + Machine | Worker)").frame.terms[0]


def ranked(term, d):
    q = len(term.effects)
    return Structure("rank d", (Component(np.eye(q), FULL, d),))


def kinds(term):
    """Structures of a term with three effects, by what they are called here."""
    q = len(term.effects)
    blocks = (Component(np.eye(q)[:, :1], FULL, 1), Component(np.eye(q)[:, 1:], FULL, q - 1))
    return {
        "absent": structure.ABSENT,
        "intercept": structure.intercept(term),
        "compound": structure.compound_symmetry(term),
        "diagonal": structure.diagonal(term),
        "blocks": Structure("blocks", blocks),
        "rank 1": ranked(term, 1),
        "rank 2": ranked(term, 2),
        "full": structure.full(term),
    }


# What is inside what, by hand: each is inside itself and inside full besides.
TREATMENT = {
    "absent": {"intercept", "compound", "diagonal", "blocks", "rank 1", "rank 2"},
    "intercept": {"compound", "diagonal", "blocks", "rank 1", "rank 2"},
    "diagonal": {"blocks"},
    "rank 1": {"rank 2"},
}
CELLS = {
    "absent": {"intercept", "compound", "diagonal", "blocks", "rank 1", "rank 2"},
    "intercept": {"compound", "rank 1", "rank 2"},
    "diagonal": {"blocks"},
    "rank 1": {"rank 2"},
}


@pytest.mark.parametrize(("coding", "expected"), [("machines", TREATMENT), ("cells", CELLS)])
def test_what_is_inside_what(coding, expected, request):
    named = kinds(request.getfixturevalue(coding))
    for small, large in itertools.product(named, named):
        known = small == large or large == "full" or large in expected.get(small, ())
        assert contains(named[large], named[small]) == known, (small, large)


def member(held, rng):
    """A random Sigma of a structure."""
    q = 3
    Sigma = np.zeros((q, q))
    for c in held.components:
        width = c.basis.shape[1]
        L = rng.normal(size=(width, c.rank)) if c.kind == FULL else rng.normal() * np.eye(width)
        Sigma += c.basis @ L @ L.T @ c.basis.T
    return Sigma


def distance(held, Sigma, rng):
    """How far Sigma is from the closed cone of many random members of a structure."""
    rays = [c.basis @ c.basis.T for c in held.components if c.kind == SCALAR]
    for c in held.components:
        if c.kind == FULL:
            # Random directions, and those of Sigma's own range.
            V = np.linalg.eigh(Sigma)[1] * np.sqrt(np.maximum(np.linalg.eigvalsh(Sigma), 0))
            width = c.basis.shape[1]
            own = np.linalg.lstsq(c.basis, V, rcond=None)[0]
            for a in np.hstack([rng.normal(size=(width, 200)), own]).T:
                rays.append(np.outer(c.basis @ a, c.basis @ a))
    if not rays:
        return np.linalg.norm(Sigma)
    A = np.array([r.ravel() / max(np.linalg.norm(r), 1e-12) for r in rays]).T
    return nnls(A, Sigma.ravel(), maxiter=10_000)[1] / np.linalg.norm(Sigma)


@pytest.mark.parametrize("coding", ["machines", "cells"])
def test_random_members_of_the_smaller_are_members_of_the_larger(coding, request):
    rng = np.random.default_rng(6)
    named = {k: s for k, s in kinds(request.getfixturevalue(coding)).items() if "rank" not in k}
    for small, large in itertools.product(named, named):
        if small == "absent":
            continue
        far = max(distance(named[large], member(named[small], rng), rng) for _ in range(5))
        # What the cone misses where it holds Sigma is the search's own coarseness.
        assert (far < 0.02) == contains(named[large], named[small]), (small, large, far)


def test_a_scalar_component_may_be_a_sum_of_others():
    # In cell coding compound symmetry without the intercept is tau^2 I: inside diagonal.
    identity = Structure("", (Component(np.eye(3), SCALAR, 3),))
    diagonal = Structure("", tuple(Component(np.eye(3)[:, [i]], FULL, 1) for i in range(3)))
    tilted = Structure("", (Component(np.array([[1.0, 0, 0], [1, 1, 0], [0, 0, 1]]), SCALAR, 3),))
    assert contains(diagonal, identity)
    assert not contains(identity, diagonal)
    assert not contains(diagonal, tilted)


def test_models_are_compared_term_by_term():
    problem = set_up(data_set("Pastes"), "strength ~ 1 + (1 | batch/cask)")
    m0, batch, both = problem.models
    assert strictly_inside(m0, batch)
    assert strictly_inside(batch, both)
    assert inside(batch, batch)
    assert not strictly_inside(batch, batch)
    assert not inside(both, batch)


def test_an_intercept_is_inside_uncorrelated_slopes_as_written():
    _, intercept, diagonal, full = set_up(
        data_set("sleepstudy"), "Reaction ~ Days + (Days | Subject)"
    ).models
    assert strictly_inside(intercept, diagonal)
    assert strictly_inside(diagonal, full)


def test_common_parts(machines):
    named = kinds(machines)
    assert meet_is(named["compound"], named["diagonal"], named["intercept"])
    assert not meet_is(named["compound"], named["diagonal"], named["absent"])
    assert meet_is(named["compound"], named["full"], named["compound"])
    # Singular diagonals are of low rank too: more than intercepts.
    assert not meet_is(named["rank 1"], named["diagonal"], named["intercept"])


def test_common_parts_of_factors_without_the_intercept(cells):
    # tau0^2 11' + tau1^2 I is diagonal where tau0 = 0, which is on no rung.
    named = kinds(cells)
    assert not meet_is(named["compound"], named["diagonal"], named["intercept"])
    assert not meet_is(named["compound"], named["diagonal"], named["absent"])


def test_units_of_the_covariate_do_not_matter():
    table = data_set("sleepstudy")
    rows = pd.DataFrame({**table, "Days": table["Days"] * 1e6 + 1e4})
    models = set_up(rows, "Reaction ~ Days + (Days | Subject)").models
    assert [inside(a, b) for a, b in itertools.pairwise(models)] == [True] * 3
