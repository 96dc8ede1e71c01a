"""The quadratic form against the rows."""

import numpy as np
import pytest

from covedge.grams.gram import scaled_rows
from covedge.posteriors.equations import quadratic_form
from support.dense import unbalanced
from support.models import data_set, set_up


def problems():
    for n_terms in (0, 1, 3):
        dense = unbalanced(n_terms, n_terms)
        yield pytest.param(set_up(dense.table, dense.formula), id=f"{n_terms} nested")
    crossed = set_up(data_set("Penicillin"), "diameter ~ 1 + (1 | plate) + (1 | sample)")
    yield pytest.param(crossed, id="crossed")


@pytest.mark.parametrize("problem", list(problems()))
def test_equals_the_sum_of_squares_of_the_rows(problem):
    """|y - X beta - Z b|^2 for random b and beta, row by row."""
    gram, rows = problem.likelihood.gram, scaled_rows(problem.frame)
    rng = np.random.default_rng(1)
    b = [rng.normal(size=shape) for shape in zip(gram.n_groups, gram.n_effects, strict=True)]
    beta = rng.normal(size=gram.n_fixed)
    left = rows.y - rows.columns[:, sum(rows.widths) :] @ beta
    at = 0
    for effects, codes, width in zip(b, rows.codes, rows.widths, strict=True):
        left = left - (rows.columns[:, at : at + width] * effects[codes]).sum(axis=1)
        at += width
    v = np.concatenate([*(effects.ravel() for effects in b), beta, [-1.0]])
    places, others, data = quadratic_form(gram)
    assert (data * v[places] * v[others]).sum() == pytest.approx(left @ left, rel=1e-9)
