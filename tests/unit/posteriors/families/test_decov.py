"""decov against rstanarm's own Stan code, step by step, and against its prior draws."""

import numpy as np
import pytest
from scipy import stats

from covedge.grams.reduced_gram import of_model
from covedge.posteriors.families import layout
from covedge.posteriors.families.placing import covariances
from covedge.posteriors.prior import prior
from support.models import data_set, set_up

DRAWS = 20_000


def simulated(table, formula, told=None, sigma=2.0, seed=0):
    """(DRAWS, q, q) G of the one term, in the user's effects and units, given sigma."""
    problem = set_up(table, formula)
    frame, gram, model = problem.frame, problem.likelihood.gram, problem.models[-1]
    believed = prior(gram, frame.fixed, frame.terms, model.structures, "decov", told)
    own = of_model(gram, model.structures)
    laid_out = layout(own, believed)
    values = laid_out.simulate(np.random.default_rng(seed), DRAWS)
    factors = laid_out.relative(values, np.full((DRAWS, 1), sigma / own.scaling.response))
    (Sigma,) = covariances(factors, own.n_effects, laid_out.widths)
    W = own.scaling.random[0]
    return sigma**2 * (W @ Sigma @ W.T)


def as_coded(q, regularization, concentration, shape, scale, sigma, rng):
    """One G by make_theta_L and decov_lp of rstanarm 2.21.3, in the order of the Stan code."""
    tau = rng.gamma(shape)
    if q == 1:
        return np.array([[(tau * scale * sigma) ** 2]])
    trace = (tau * scale * sigma) ** 2 * q
    pi = rng.gamma(concentration, size=q)
    pi = pi / pi.sum()
    nu = regularization + 0.5 * (q - 2)
    shapes = [(nu, nu)]
    for j in range(2, q):
        nu -= 0.5
        shapes.append((0.5 * j, nu))
    rho = [rng.beta(*pair) for pair in shapes]
    T = np.zeros((q, q))
    sd = np.sqrt(pi[0] * trace)
    T[0, 0] = sd
    sd = np.sqrt(pi[1] * trace)
    T21 = 2.0 * rho[0] - 1.0
    T[1, 1], T[1, 0] = sd * np.sqrt(1.0 - T21**2), sd * T21
    for r in range(2, q):
        row = rng.normal(size=r)
        factor = np.sqrt(rho[r - 1] / (row @ row)) * sd
        sd = np.sqrt(pi[r] * trace)
        T[r, :r] = row * factor
        T[r, r] = np.sqrt(1.0 - rho[r - 1]) * sd
    return T @ T.T


CASES = {
    "one effect": (data_set("Dyestuff"), "Yield ~ 1 + (1 | Batch)", 1),
    "two effects": (data_set("sleepstudy"), "Reaction ~ Days + (Days | Subject)", 2),
    "three effects": (data_set("Machines"), "score ~ Machine + (Machine | Worker)", 3),
}


@pytest.mark.parametrize("told", [(1.0, 1.0, 1.0, 1.0), (2.0, 1.5, 2.0, 0.5), (0.5, 3.0, 1.0, 1.0)])
@pytest.mark.parametrize("case", CASES)
def test_g_has_the_law_of_the_stan_code(case, told):
    """Kolmogorov and Smirnov's test of each element of G, and of its determinant."""
    table, formula, q = CASES[case]
    names = ("regularization", "concentration", "shape", "scale")
    G = simulated(table, formula, {"decov": {"all": dict(zip(names, told, strict=True))}})
    rng = np.random.default_rng(1)
    other = np.array([as_coded(q, *told, sigma=2.0, rng=rng) for _ in range(4000)])
    elements = [(i, j) for i in range(q) for j in range(i + 1)]
    pairs = [(G[:, i, j], other[:, i, j]) for i, j in elements]
    pairs.append((np.linalg.slogdet(G)[1], np.linalg.slogdet(other)[1]))
    p_values = [stats.ks_2samp(*pair).pvalue for pair in pairs]
    assert min(p_values) > 0.001 / len(p_values)


def test_the_previous_rows_sd_scales_the_third():
    """As coded. As documented correlations were free of the SDs; so the third's with the others
    vanish where the second SD is far below the third.
    """
    G = simulated(*CASES["three effects"][:2])
    sd = np.sqrt(np.diagonal(G, axis1=1, axis2=2))
    squared = (G[:, 2, 0] / (sd[:, 0] * sd[:, 2])) ** 2
    ratio = sd[:, 1] / sd[:, 2]
    small = ratio < np.quantile(ratio, 0.05)
    # Documented, the mean square of a correlation of LKJ(1) in three dimensions is 1/4 always.
    assert squared[small].mean() < 0.05
    assert squared.mean() > 0.1


def test_density_of_the_numbers_is_that_of_gamma_dirichlet_and_lkj():
    """log_prior against scipy's densities, up to one constant for all draws."""
    problem = set_up(data_set("Machines"), "score ~ Machine + (Machine | Worker)")
    frame, gram, model = problem.frame, problem.likelihood.gram, problem.models[-1]
    told = {"regularization": 2.5, "concentration": 1.5, "shape": 2.0, "scale": 0.5}
    believed = prior(
        gram, frame.fixed, frame.terms, model.structures, "decov", {"decov": {"all": told}}
    )
    laid_out = layout(of_model(gram, model.structures), believed)
    values = laid_out.simulate(np.random.default_rng(2), 50)
    found = laid_out.log_prior(values)
    pi = values["zeta"] / values["zeta"].sum(axis=1, keepdims=True)
    z = values["z"].reshape(50, 2, -1)
    u = z / np.linalg.norm(z, axis=2, keepdims=True)
    determinant = (1.0 - u[:, 0, 0] ** 2) * (1.0 - (u[:, 1, :2] ** 2).sum(axis=1))
    expected = stats.gamma(2.0).logpdf(values["tau"][:, 0]) + 1.5 * np.log(determinant)
    expected += np.array([stats.dirichlet([1.5] * 3).logpdf(row) for row in pi])
    np.testing.assert_allclose(found - found[0], expected - expected[0], atol=1e-9)
