"""Leaving out groups, against conditionals of dense normal distributions."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import multivariate_normal

from covedge.posteriors.leave_group_out import group_densities, leave_groups_out
from support.cases import CASES, case


def conditional(given, gone):
    """log p(y[gone] | the other y) of a dense normal."""
    y, (mean, V) = given.problem.frame.y, given.marginal
    kept = ~gone
    gain = np.linalg.solve(V[np.ix_(kept, kept)], V[np.ix_(kept, gone)]).T
    centre = mean[gone] + gain @ (y - mean)[kept]
    return multivariate_normal(
        centre, V[np.ix_(gone, gone)] - gain @ V[np.ix_(kept, gone)], allow_singular=False
    ).logpdf(y[gone])


@pytest.mark.parametrize("name", CASES)
def test_densities_equal_the_conditional_of_a_dense_normal(name):
    """Of every factor of the ladder, also of those that the model lacks."""
    one, other = case(name), case(name, seed=1)
    frame = one.problem.frame
    for term, codes in zip(frame.terms, frame.codes, strict=True):
        found = group_densities(
            one.draws(other), one.gram, one.fixed, one.rows, codes, term.n_levels
        )
        assert found.shape == (1, 2, term.n_levels)
        for draw, given in enumerate((one, other)):
            expected = [conditional(given, codes == level) for level in range(term.n_levels)]
            np.testing.assert_allclose(found[0, draw], expected, rtol=1e-6, atol=1e-6)


def test_a_group_with_a_fixed_effect_of_its_own_is_predicted_by_the_prior():
    """Without it the rest do not determine that effect."""
    given = case("one term")
    frame = given.problem.frame
    X = np.column_stack([frame.X, frame.codes[0] == 2])
    given = with_column(given, X)
    found = group_densities(given.draws(), given.gram, given.fixed, given.rows, frame.codes[0], 5)
    expected = conditional(given, frame.codes[0] == 2)
    assert found[0, 0, 2] == pytest.approx(expected, rel=1e-6)


def with_column(given, X):
    from covedge.fits.likelihood import Likelihood
    from covedge.grams.gram import build
    from covedge.posteriors.prior import FixedPrior

    frame = replace(given.problem.frame, X=X, fixed=(*given.problem.frame.fixed, "own"))
    problem = replace(given.problem, frame=frame, likelihood=Likelihood(build(frame), True))
    p = X.shape[1]
    precision = np.diag(np.full(p, 1.0 / frame.y.var()))
    return replace(given, problem=problem, fixed=FixedPrior(np.zeros(p), precision, np.ones(p)))


def test_factors_of_too_few_or_too_many_levels_say_why():
    given = case("three terms")
    frame = given.problem.frame
    few = replace(frame.terms[0], levels=("one", "two"))
    many = replace(frame.terms[2], levels=tuple(map(str, range(61))))
    found = leave_groups_out(
        given.draws(repeat=100),
        given.gram,
        given.fixed,
        given.rows,
        (few, frame.terms[1], many),
        frame.codes,
    )
    assert [one.reason for one in found] == [
        "it has 2 levels, and a variance needs more",
        "",
        "it has 61 levels, and up to 60 are left out one by one",
    ]
    assert [one.found is None for one in found] == [True, False, True]
    # All draws are the same: then importance sampling has nothing to do.
    expected = [conditional(given, frame.codes[1] == level) for level in range(15)]
    np.testing.assert_allclose(found[1].found.elpd, expected, rtol=1e-6, atol=1e-6)
    assert found[1].found.p == pytest.approx(0.0, abs=1e-9)
    assert found[1].found.k_above == 0
