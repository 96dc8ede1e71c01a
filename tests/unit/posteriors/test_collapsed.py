"""The PyMC model: what its density depends on."""

import numpy as np
import pytest

from covedge.grams.reduced_gram import of_model
from covedge.posteriors.collapsed import collapsed_model
from covedge.posteriors.families import layout
from covedge.posteriors.families.directions import RADIAL
from covedge.posteriors.prior import prior
from support.models import data_set, set_up


@pytest.fixture(scope="module")
def log_density():
    """log p(sigma, s, z | y) of Machines as a function of log sigma, s (3,), z (3, 4)."""
    problem = set_up(data_set("Machines"), "score ~ Machine + (Machine | Worker)")
    frame, gram, model = problem.frame, problem.likelihood.gram, problem.models[-1]
    believed = prior(gram, frame.fixed, frame.terms, model.structures)
    own = of_model(gram, model.structures)
    pymc_model = collapsed_model(own, believed, layout(own, believed))
    names = [v.name for v in pymc_model.value_vars]
    assert names == ["sigma_log__", "s", "z"]
    function = pymc_model.compile_logp(mode="NUMBA")

    def at(log_sigma, s, z):
        return float(function({"sigma_log__": log_sigma, "s": s, "z": np.ravel(z)}))

    return at


@pytest.fixture
def point():
    rng = np.random.default_rng(4)
    return -1.5, rng.normal(size=3), rng.normal(size=(3, 4))


def test_length_of_a_vector_has_a_known_density(log_density, point):
    """z has N(0, I) |z|^16, whatever the data are: only directions are seen by them."""
    log_sigma, s, z = point
    longer = z * np.array([[1.5], [0.5], [2.0]])
    squares, longer_squares = (z**2).sum(), (longer**2).sum()
    expected = -0.5 * (longer_squares - squares) + RADIAL * np.log(1.5 * 0.5 * 2.0)
    found = log_density(log_sigma, s, longer) - log_density(log_sigma, s, z)
    assert found == pytest.approx(expected, rel=1e-9)


def test_turning_all_vectors_together_changes_nothing(log_density, point):
    log_sigma, s, z = point
    turn = np.linalg.qr(np.random.default_rng(1).normal(size=(4, 4)))[0]
    assert log_density(log_sigma, s, z @ turn) == pytest.approx(log_density(*point), rel=1e-10)


def test_a_sign_may_stand_with_the_scale_or_with_the_vector(log_density, point):
    log_sigma, s, z = point
    sign = np.array([1.0, -1.0, -1.0])
    turned = log_density(log_sigma, s * sign, z * sign[:, None])
    assert turned == pytest.approx(log_density(*point), rel=1e-12)


def test_a_variance_of_zero_is_an_ordinary_point(log_density, point):
    """The density is finite there, and continuous through it."""
    log_sigma, s, z = point
    through = [log_density(log_sigma, np.array([d, s[1], s[2]]), z) for d in (-1e-6, 0.0, 1e-6)]
    assert np.isfinite(through).all()
    assert np.ptp(through) < 1e-3
