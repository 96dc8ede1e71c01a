"""A model's own Gram against one built from the model's own formula, and against the ladder's."""

import numpy as np
import pytest

from covedge.fits.factors import Factors
from covedge.fits.likelihood import Likelihood
from covedge.grams.reduced_gram import of_model
from support.dense import unbalanced
from support.models import data_set, set_up


@pytest.mark.parametrize(
    "own",
    [
        "y ~ x",
        "y ~ x + (1 | a:b)",
        "y ~ x + (x | a)",
        "y ~ x + (1 | a) + (1 | a:b:c)",
        "y ~ x + (1 | a) + (z | a:b)",
    ],
)
def test_equals_the_gram_of_the_models_own_formula(own):
    """Levels left out at the bottom, in the middle and at the top; effects left out at any."""
    dense = unbalanced(2, 3)
    whole = set_up(dense.table, dense.formula, "REML", listed=[own])
    model = next(m for m in whole.models if m.formula == own)
    reduced = of_model(whole.likelihood.gram, model.structures)
    alone = set_up(dense.table, own, "REML").likelihood
    assert reduced.n_effects == alone.gram.n_effects
    assert reduced.n_groups == alone.gram.n_groups
    rng = np.random.default_rng(0)
    roots = [rng.normal(size=(q, q)) for q in alone.gram.n_effects]
    user = [root @ root.T for root in roots]
    expected = alone.at(alone.from_user(user))
    bases = [
        np.hstack([c.basis for c in s.components]) for s in model.structures[::-1] if s.components
    ]
    scaled = []
    for W, basis, Sigma in zip(reduced.scaling.random, bases, user, strict=True):
        back = np.linalg.lstsq(W, basis)[0]
        scaled.append(back @ Sigma @ back.T)
    found = Likelihood(reduced, reml=True).at(scaled)
    assert found.criterion == pytest.approx(expected.criterion, rel=1e-11)
    np.testing.assert_allclose(found.beta, expected.beta, rtol=1e-8)


def test_compound_symmetry_keeps_its_criterion():
    problem = set_up(data_set("Machines"), "score ~ Machine + (Machine | Worker)", "REML")
    model = next(m for m in problem.models if "compound" in m.name)
    structures = model.structures[::-1]
    factors = Factors(problem.likelihood, structures)
    x = np.array([1.3, 0.4])
    expected = factors.value_and_gradient(x)[0]
    gram = problem.likelihood.gram
    reduced = of_model(gram, model.structures)
    (Sigma,) = factors.Sigmas(x)
    back = np.linalg.lstsq(reduced.scaling.random[0], gram.scaling.random[0])[0]
    found = Likelihood(reduced, reml=True).at([back @ Sigma @ back.T])
    assert found.criterion == pytest.approx(expected, rel=1e-11)
