"""The Op against dense normal densities, finite differences and PyTensor's own check."""

import numpy as np
import pytensor
import pytensor.tensor as pt
import pytest
from scipy.stats import multivariate_normal

from covedge.posteriors.marginal_op import buffers, conditional, marginal
from support.dense import unbalanced
from support.models import set_up

# Columns of each level's factor, deepest first: fewer than effects, as many, and more.
WIDTHS = [(), (3,), (1, 4), (2, 2, 1)]


class Case:
    """Random factors, prior and sigma2 for a Gram, and the dense model in scaled coordinates."""

    def __init__(self, n_terms, seed=0):
        rng = np.random.default_rng(seed)
        self.dense = unbalanced(seed, n_terms)
        problem = set_up(self.dense.table, self.dense.formula, "ML")
        self.gram = problem.likelihood.gram
        p = self.gram.n_fixed
        root = rng.normal(size=(p, p))
        self.mean, self.precision = rng.normal(size=p), root @ root.T
        self.widths = WIDTHS[n_terms]
        self.F = [
            rng.normal(size=(q, w)) for q, w in zip(self.gram.n_effects, self.widths, strict=True)
        ]
        self.factors = np.concatenate([np.zeros(0), *(F.ravel() for F in self.F)])
        self.sigma2 = 0.7
        self.data = buffers(self.gram, self.widths, self.mean, self.precision)

    def scaled(self):
        """Dense X (n, p), y (n,) and V (n, n) in the Gram's coordinates."""
        scaling, dense = self.gram.scaling, self.dense
        X = dense.X @ np.linalg.inv(scaling.fixed)
        y = (dense.y - dense.X @ scaling.beta) / scaling.response
        V = np.eye(len(y))
        triples = zip(dense.Z[::-1], dense.codes[::-1], scaling.random, self.F, strict=True)
        for Z, codes, W, F in triples:
            half = Z @ W @ F
            V += (half @ half.T) * (codes[:, None] == codes)
        return X, y, self.sigma2 * V

    def log_density(self, factors, sigma2):
        return -0.5 * conditional(*self.data, factors, sigma2)[0]


@pytest.mark.parametrize("n_terms", [0, 1, 2, 3])
def test_density_equals_a_dense_normal_with_beta_integrated_out(n_terms):
    case = Case(n_terms)
    X, y, V = case.scaled()
    covariance = V + X @ np.linalg.inv(case.precision) @ X.T
    expected = multivariate_normal(X @ case.mean, covariance).logpdf(y)
    found = case.log_density(case.factors, case.sigma2)
    constant = 0.5 * np.linalg.slogdet(case.precision)[1]
    assert found + constant == pytest.approx(expected, abs=1e-8)


@pytest.mark.parametrize("n_terms", [0, 2, 3])
def test_beta_given_the_rest_is_the_conjugate_normal(n_terms):
    case = Case(n_terms, seed=1)
    X, y, V = case.scaled()
    covariance = np.linalg.inv(X.T @ np.linalg.solve(V, X) + case.precision)
    mean = covariance @ (X.T @ np.linalg.solve(V, y) + case.precision @ case.mean)
    shift, A_inverse = conditional(*case.data, case.factors, case.sigma2)[3:]
    np.testing.assert_allclose(case.mean + shift, mean, rtol=1e-9)
    np.testing.assert_allclose(case.sigma2 * A_inverse, covariance, rtol=1e-9)


@pytest.mark.parametrize("singular", [False, True])
@pytest.mark.parametrize("n_terms", [1, 2, 3])
def test_gradient_equals_finite_differences(n_terms, singular):
    case = Case(n_terms, seed=2)
    factors = case.factors.copy()
    if singular:
        # The first effect of the deepest level does not vary at all.
        factors[: case.widths[0]] = 0.0
    gradient, slope = (-0.5 * g for g in conditional(*case.data, factors, case.sigma2)[1:3])
    step = 1e-5
    expected = [
        (
            case.log_density(factors + step * unit, case.sigma2)
            - case.log_density(factors - step * unit, case.sigma2)
        )
        / (2 * step)
        for unit in np.eye(len(factors))
    ]
    size = np.abs(expected).max()
    np.testing.assert_allclose(gradient, expected, rtol=1e-6, atol=1e-7 * size)
    ahead, back = (case.log_density(factors, case.sigma2 + d) for d in (step, -step))
    assert slope == pytest.approx((ahead - back) / (2 * step), rel=1e-6)


@pytest.mark.parametrize("mode", [None, "NUMBA"], ids=["perform", "numba"])
def test_passes_pytensors_own_check(mode):
    case = Case(2, seed=3)
    mode = pytensor.compile.mode.Mode(linker="py") if mode is None else mode
    pytensor.gradient.verify_grad(
        lambda factors, sigma2: marginal(*case.data, factors, sigma2)[0],
        [case.factors, np.array(case.sigma2)],
        rng=np.random.default_rng(0),
        mode=mode,
    )


def test_one_compiled_graph_serves_other_data():
    """Data are inputs, not constants: the same function takes another Gram and another model."""
    ints, floats = pt.lvector(), pt.dvector()
    factors, sigma2 = pt.dvector(), pt.dscalar()
    density = marginal(ints, floats, factors, sigma2)[0]
    function = pytensor.function([ints, floats, factors, sigma2], density, mode="NUMBA")
    for case in (Case(1), Case(3), Case(2, seed=5)):
        found = function(*case.data, case.factors, case.sigma2)
        assert found == pytest.approx(case.log_density(case.factors, case.sigma2), rel=1e-12)


def test_derivatives_have_no_gradient_of_their_own():
    case = Case(1)
    factors = pt.dvector()
    slope = marginal(*case.data, factors, case.sigma2)[2]
    with pytest.raises(NotImplementedError, match="no gradient"):
        pytensor.grad(slope, factors)
