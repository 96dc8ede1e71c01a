"""The Wishart family against scipy's Wishart."""

import numpy as np
import pytest
from scipy import stats

from covedge.grams.reduced_gram import of_model
from covedge.posteriors.families import layout
from covedge.posteriors.families.placing import covariances
from covedge.posteriors.prior import prior
from support.models import data_set, set_up

DRAWS = 20_000


def laid_out(formula, told=None, model=-1, data="Machines"):
    problem = set_up(data_set(data), formula)
    frame, gram, model = problem.frame, problem.likelihood.gram, problem.models[model]
    believed = prior(gram, frame.fixed, frame.terms, model.structures, "wishart", told)
    own = of_model(gram, model.structures)
    return problem, believed, own, layout(own, believed)


def simulated(found, seed=0):
    """(DRAWS, q, q) G of the one term in the user's effects and units."""
    _, _, gram, own = found
    values = own.simulate(np.random.default_rng(seed), DRAWS)
    factors = own.relative(values, np.ones((DRAWS, 1)))
    (Sigma,) = covariances(factors, gram.n_effects, own.widths)
    W = gram.scaling.random[0]
    return gram.scaling.response**2 * (W @ Sigma @ W.T)


@pytest.mark.parametrize("above", [1, 2, 5])
def test_covariance_of_the_cells_is_wishart(above):
    """q = 3: variances are chi-square, |G| a product of them, the mean is the scale squared."""
    told = {"wishart": {"Worker": {"above": above, "scale": 4.0}}}
    found = laid_out("score ~ Machine + (Machine | Worker)", told)
    rows = found[0].frame.terms[0].cells.rows
    G = rows @ simulated(found) @ rows.T
    df, q = 3 + above, 3
    np.testing.assert_allclose(G.mean(axis=0), 16.0 * np.eye(q), atol=16 * 5 / np.sqrt(DRAWS))
    for k in range(q):
        assert stats.kstest(G[:, k, k] * df / 16.0, stats.chi2(df).cdf).pvalue > 0.01
    other = stats.wishart(df, 16.0 / df * np.eye(q)).rvs(4000, random_state=1)
    pairs = [(G[:, i, j], other[:, i, j]) for i in range(q) for j in range(i)]
    pairs.append((np.linalg.slogdet(G)[1], np.linalg.slogdet(other)[1]))
    assert min(stats.ks_2samp(*pair).pvalue for pair in pairs) > 0.001


def test_one_effect_and_a_shared_sd_are_chi():
    """sd sqrt(df) / scale is chi with 3 degrees of freedom: density zero at zero."""
    found = laid_out("Yield ~ 1 + (1 | Batch)", data="Dyestuff2")
    scale = found[1].components[0].scales[0]
    sd = np.sqrt(simulated(found)[:, 0, 0])
    assert stats.kstest(sd * np.sqrt(3) / scale, stats.chi(3).cdf).pvalue > 0.01
    names = [m.name for m in found[0].models]
    problem = set_up(data_set("Machines"), "score ~ Machine + (Machine | Worker)")
    names = [m.name for m in problem.models]
    at = next(i for i, name in enumerate(names) if "compound" in name)
    shared = laid_out("score ~ Machine + (Machine | Worker)", model=at)
    rows = problem.frame.terms[0].cells.rows
    G = rows @ simulated(shared) @ rows.T
    # (1 | g) + (1 | g:f): what one cell has beyond what it shares with another.
    own = np.sqrt(G[:, 0, 0] - G[:, 0, 1])
    scale = shared[1].components[1].scales[0]
    assert stats.kstest(own * np.sqrt(3) / scale, stats.chi(3).cdf).pvalue > 0.01


def test_density_is_scipys():
    found = laid_out("score ~ Machine + (Machine | Worker)")
    values = found[3].simulate(np.random.default_rng(3), 40)
    Z = values["w"].reshape(40, 3, 5)
    expected = np.array([stats.wishart(5, np.eye(3)).logpdf(z @ z.T) for z in Z])
    log_prior = found[3].log_prior(values)
    np.testing.assert_allclose(log_prior - log_prior[0], expected - expected[0], atol=1e-9)
