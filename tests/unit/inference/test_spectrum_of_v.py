"""Eigenvalues of V against those of the n x n matrix written out."""

import numpy as np
import pytest

from covedge.inference.spectrum_of_v import spectrum_of_v
from support.models import data_set, set_up

CASES = {
    "sleepstudy": "Reaction ~ Days + (Days | Subject)",
    "Pastes": "strength ~ 1 + (1 | batch/cask)",
    "Penicillin": "diameter ~ 1 + (1 | plate) + (1 | sample)",
    "Dyestuff2": "Yield ~ 1 + (1 | Batch)",
}


def dense(problem, fit):
    """V of the fit in the user's units, from Z and codes."""
    V = fit.point.sigma2 * np.eye(len(problem.frame.y))
    by_name = {term.term.name: term.G for term in fit.terms}
    for term, Z, codes in zip(
        problem.frame.terms, problem.frame.Z, problem.frame.codes, strict=True
    ):
        V += (Z @ by_name[term.name] @ Z.T) * (codes[:, None] == codes)
    return V


@pytest.mark.parametrize("name", CASES)
def test_all_eigenvalues_are_those_of_the_dense_matrix(name):
    problem = set_up(data_set(name), CASES[name])
    fit = problem.fit()
    found = spectrum_of_v(problem.likelihood, fit.factors.Sigmas(fit.x), fit.point.sigma2)
    V = dense(problem, fit)
    ours = np.concatenate([np.full(found.n - len(found.above), found.sigma2), found.above])
    assert np.sort(ours) == pytest.approx(np.linalg.eigvalsh(V), rel=1e-9)
    assert found.mean == pytest.approx(np.trace(V) / len(V), rel=1e-9)
