"""What the fit step writes comes back to the bit."""

import json

import numpy as np
import pytest

from covedge.fits.likelihood import Likelihood
from covedge.grams.store import ladder_from_json, ladder_to_json, load_gram, save_gram
from covedge.jsonio import plain
from covedge.models.ladder import Ladder
from support.dense import random_Sigma, unbalanced
from support.models import data_set, set_up


@pytest.mark.parametrize("n_terms", [0, 1, 2, 3])
def test_a_gram_gives_the_same_bits_after_a_round_trip(n_terms, tmp_path):
    dense = unbalanced(1, n_terms)
    likelihood = set_up(dense.table, dense.formula, weights="w").likelihood
    save_gram(likelihood.gram, tmp_path / "gram.npz")
    again = Likelihood(load_gram(tmp_path / "gram.npz"), reml=True)
    np.testing.assert_array_equal(again.ints, likelihood.ints)
    assert again.floats.tobytes() == likelihood.floats.tobytes()
    Sigmas = [random_Sigma(np.random.default_rng(1), q, q) for q in likelihood.gram.n_effects]
    one, two = likelihood.at(Sigmas), again.at(Sigmas)
    assert one.criterion == two.criterion
    assert one.sigma2 == two.sigma2
    np.testing.assert_array_equal(one.beta, two.beta)
    np.testing.assert_array_equal(one.cov_beta, two.cov_beta)
    for a, b in zip((*one.Gamma, *one.H), (*two.Gamma, *two.H), strict=True):
        np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize(
    ("data", "formula"),
    [
        ("Machines", "score ~ Machine + (Machine | Worker)"),
        ("Oats", "yield ~ nitro + Variety + (nitro | Block/Variety)"),
        ("sleepstudy", "Reaction ~ Days + (1 | Subject) + (0 + Days + I(Days^2) | Subject)"),
        ("sleepstudy", "Reaction ~ Days"),
    ],
)
def test_a_ladder_fits_the_same_after_a_round_trip(data, formula):
    problem = set_up(data_set(data), formula)
    frame = problem.frame
    ladder = Ladder(frame.terms, frame.fixed, frame.dropped, problem.models)
    again = ladder_from_json(json.loads(json.dumps(ladder_to_json(ladder), allow_nan=False)))
    assert plain(again) == plain(ladder)
    assert again.asked.formula == formula
    for mine, theirs in zip(ladder.models, again.models, strict=True):
        for one, two in zip(mine.structures, theirs.structures, strict=True):
            for a, b in zip(one.components, two.components, strict=True):
                np.testing.assert_array_equal(a.basis, b.basis)
                assert (a.kind, a.rank, a.label) == (b.kind, b.rank, b.label)
