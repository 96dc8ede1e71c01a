"""LKJ through unit vectors: its law for other eta, and its density."""

import numpy as np
import pytest
from scipy import stats

from covedge.grams.reduced_gram import of_model
from covedge.posteriors.families import layout
from covedge.posteriors.prior import prior
from support.models import data_set, set_up

DRAWS = 20_000


def laid_out(eta):
    problem = set_up(data_set("Machines"), "score ~ Machine + (Machine | Worker)")
    frame, gram, model = problem.frame, problem.likelihood.gram, problem.models[-1]
    told = {"lkj": {"Worker": {"eta": eta, "scale": {f"Machine[{x}]": 2.0 for x in "ABC"}}}}
    believed = prior(gram, frame.fixed, frame.terms, model.structures, "lkj", told)
    return believed, layout(of_model(gram, model.structures), believed)


def unit_vectors(values):
    z = values["z"].reshape(len(values["z"]), 3, -1)
    return z / np.linalg.norm(z, axis=2, keepdims=True)


@pytest.mark.parametrize("eta", [0.5, 1.0, 3.0])
def test_correlations_are_lkj(eta):
    """A correlation of LKJ(eta) in q dimensions is 2 Beta(a, a) - 1 with a = eta - 1 + q / 2."""
    believed, own = laid_out(eta)
    assert believed.components[0].scales.tolist() == [2.0, 2.0, 2.0]
    U = unit_vectors(own.simulate(np.random.default_rng(0), DRAWS))
    R = U @ U.transpose(0, 2, 1)
    a = eta + 0.5
    for i, j in ((1, 0), (2, 0), (2, 1)):
        assert stats.kstest(R[:, i, j], stats.beta(a, a, loc=-1, scale=2).cdf).pvalue > 0.01


def test_density_is_half_normal_times_a_power_of_the_determinant():
    _, own = laid_out(3.0)
    values = own.simulate(np.random.default_rng(1), 40)
    U = unit_vectors(values)
    expected = 2.0 * np.log(np.linalg.det(U @ U.transpose(0, 2, 1)))
    expected += stats.halfnorm.logpdf(np.abs(values["s"])).sum(axis=1)
    found = own.log_prior(values)
    np.testing.assert_allclose(found - found[0], expected - expected[0], atol=1e-9)
