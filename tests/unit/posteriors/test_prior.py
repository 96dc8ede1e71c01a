"""The prior: what it implies, by simulation, and the moments that it is made of, from the rows."""

import numpy as np
import pytest
from scipy import stats

from covedge.grams.reduced_gram import of_model
from covedge.posteriors.families import layout
from covedge.posteriors.families.placing import covariances
from covedge.posteriors.prior import prior
from support.models import data_set, set_up

DRAWS = 20_000


def prior_of(problem, model=-1, family="lkj", told=None):
    frame = problem.frame
    model = problem.models[model]
    gram = problem.likelihood.gram
    return prior(gram, frame.fixed, frame.terms, model.structures, family, told)


def simulate(problem, model=-1, seed=0, family="lkj", told=None, sigma=1.0):
    """(DRAWS, q, q) G of the one term, from the prior alone, in the user's effects and units.

    sigma : the residual SD that it is given.
    """
    believed = prior_of(problem, model, family, told)
    gram = of_model(problem.likelihood.gram, problem.models[model].structures)
    laid_out = layout(gram, believed)
    values = laid_out.simulate(np.random.default_rng(seed), DRAWS)
    sigmas = np.full((DRAWS, 1), sigma / gram.scaling.response)
    factors = laid_out.relative(values, sigmas)
    (Sigma,) = covariances(factors, gram.n_effects, laid_out.widths)
    W = gram.scaling.random[0]
    return believed, sigma**2 * (W @ Sigma @ W.T)


def split(G):
    """(SDs (n, q), correlations of the pairs i > j (n, pairs))."""
    sd = np.sqrt(np.diagonal(G, axis1=1, axis2=2))
    R = G / (sd[:, :, None] * sd[:, None, :])
    i, j = np.tril_indices(G.shape[1], -1)
    return sd, R[:, i, j]


def uniform(values, distribution):
    return stats.kstest(values, distribution.cdf).pvalue


def test_slopes_are_lkj_times_half_normal():
    """q = 2: the correlation is uniform on (-1, 1), the SDs are half-normal and independent."""
    problem = set_up(data_set("sleepstudy"), "Reaction ~ Days + (Days | Subject)")
    believed, G = simulate(problem)
    sd, correlation = split(G)
    table = data_set("sleepstudy")
    X = np.column_stack([np.ones(len(table)), table.Days])
    residual = table.Reaction - X @ np.linalg.lstsq(X, table.Reaction)[0]
    scale = residual.std(ddof=0)
    scales = (scale, scale / table.Days.std(ddof=0))
    np.testing.assert_allclose(believed.components[0].scales, scales, rtol=1e-9)
    assert uniform(correlation[:, 0], stats.uniform(-1, 2)) > 0.01
    for k in range(2):
        assert uniform(sd[:, k], stats.halfnorm(scale=scales[k])) > 0.01
    # Independence: rank correlations of 20,000 pairs have a standard error of 0.007.
    for a, b in ((sd[:, 0], sd[:, 1]), (sd[:, 0], correlation[:, 0])):
        assert abs(stats.spearmanr(a, b).statistic) < 0.025


def test_cells_of_a_factor_are_lkj_times_half_normal():
    """q = 3: each correlation is 2 Beta(3/2, 3/2) - 1, and |R| has the known LKJ(1) mean."""
    problem = set_up(data_set("Machines"), "score ~ Machine + (Machine | Worker)")
    believed, G = simulate(problem)
    rows = problem.frame.terms[0].cells.rows
    sd, correlation = split(rows @ G @ rows.T)
    scale = believed.residual_sd
    for k in range(3):
        assert uniform(sd[:, k], stats.halfnorm(scale=scale)) > 0.01
        assert uniform(correlation[:, k], stats.beta(1.5, 1.5, loc=-1, scale=2)) > 0.01
    r21, r31, r32 = correlation.T
    determinant = 1 + 2 * r21 * r31 * r32 - r21**2 - r31**2 - r32**2
    # |R| = (1 - r21^2)(1 - r31^2)(1 - r32.1^2) of independent partial correlations
    # (Lewandowski, Kurowicka and Joe 2009), Beta(3/2, 3/2) twice and Beta(1, 1) once.
    expected = (1 - 1 / 4) * (1 - 1 / 4) * (1 - 1 / 3)
    error = determinant.std() / np.sqrt(DRAWS)
    assert determinant.mean() == pytest.approx(expected, abs=4 * error)


def test_the_reference_level_does_not_matter():
    """The same workers and machines with the labels turned round: the same prior on the cells."""
    table = data_set("Machines")
    turned = table.assign(Machine=table.Machine.map({"A": "C", "B": "B", "C": "A"}))
    formula = "score ~ Machine + (Machine | Worker)"
    first, second = (set_up(t, formula) for t in (table, turned))
    assert second.frame.terms[0].effects == first.frame.terms[0].effects
    one, other = prior_of(first).components[0], prior_of(second).components[0]
    np.testing.assert_allclose(one.scales, other.scales)
    for problem, component in ((first, one), (second, other)):
        rows = problem.frame.terms[0].cells.rows
        np.testing.assert_allclose(rows @ component.basis, np.eye(3), atol=1e-12)


def test_units_change_the_scales_and_nothing_else():
    table = data_set("sleepstudy")
    formula = "Reaction ~ Days + (Days | Subject)"
    other = table.assign(Reaction=table.Reaction / 1000, Days=table.Days * 24)
    one, same = (prior_of(set_up(t, formula)) for t in (table, other))
    factor = np.array([1000, 1000 * 24])
    np.testing.assert_allclose(same.components[0].scales * factor, one.components[0].scales)
    np.testing.assert_allclose(same.fixed.scales * factor, one.fixed.scales)
    assert same.sigma_scale * 1000 == pytest.approx(one.sigma_scale)


def test_fixed_effects_are_weak_around_the_mean_of_the_response():
    table = data_set("sleepstudy")
    believed = prior_of(set_up(table, "Reaction ~ Days + (1 | Subject)"))
    sd_y, sd_x = table.Reaction.std(), table.Days.std()  # over n - 1, as R's sd()
    assert believed.sigma_scale == pytest.approx(sd_y)
    covariance = np.linalg.inv(believed.fixed.precision)
    assert np.sqrt(covariance[1, 1]) == pytest.approx(2.5 * sd_y / sd_x)
    at_mean = np.array([1.0, table.Days.mean()])
    assert at_mean @ believed.fixed.mean == pytest.approx(table.Reaction.mean())
    assert np.sqrt(at_mean @ covariance @ at_mean) == pytest.approx(2.5 * sd_y)
    # Slope and the mean's level are believed independently of each other.
    assert covariance[1] @ at_mean == pytest.approx(0.0, abs=1e-6 * covariance[1, 1])


def test_without_an_intercept_the_scales_are_root_mean_squares():
    table = data_set("Machines")
    believed = prior_of(set_up(table, "score ~ 0 + Machine + (1 | Worker)"))
    rms = np.sqrt((table.score**2).mean())
    share = (table.Machine == "A").mean()
    assert believed.fixed.scales[0] == pytest.approx(2.5 * rms / np.sqrt(share))
    np.testing.assert_allclose(believed.fixed.mean, 0.0)


def test_scaled_prior_is_the_same_density():
    """log N(beta) in the user's units equals that of the scaled beta, up to the Jacobian."""
    problem = set_up(data_set("sleepstudy"), "Reaction ~ Days + (1 | Subject)")
    gram, fixed = problem.likelihood.gram, prior_of(problem).fixed
    mean, precision = fixed.scaled(gram)
    beta = np.array([210.0, -3.0])
    scaled = gram.scaling.fixed @ (beta - gram.scaling.beta) / gram.scaling.response
    distance = (beta - fixed.mean) @ fixed.precision @ (beta - fixed.mean)
    assert (scaled - mean) @ precision @ (scaled - mean) == pytest.approx(distance, rel=1e-9)


def test_structures_get_the_scales_of_their_directions():
    problem = set_up(data_set("Machines"), "score ~ Machine + (Machine | Worker)")
    names = [m.name for m in problem.models]
    by_name = {name: prior_of(problem, i) for i, name in enumerate(names)}
    s = by_name[names[0]].residual_sd
    assert by_name[names[0]].components == ()
    compound = by_name[next(n for n in names if "compound" in n)].components
    assert [(c.full, c.scales.tolist()) for c in compound] == [(True, [s]), (False, [s])]
    diagonal = by_name[next(n for n in names if "diagonal" in n)].components
    assert [c.names for c in diagonal] == [("(Intercept)",), ("MachineB",), ("MachineC",)]
    # An indicator's effect is a difference of cells: one unit, not one SD of a 0/1 variable.
    assert [c.scales.tolist() for c in diagonal] == [[s], [s], [s]]


def test_reduced_rank_is_refused():
    problem = set_up(data_set("sleepstudy"), "Reaction ~ Days + (Days | Subject)")
    from covedge.models.structure import FULL, Component, Structure

    rank_one = Structure("rank 1", (Component(np.eye(2), FULL, 1),))
    frame = problem.frame
    with pytest.raises(ValueError, match="reduced rank"):
        prior(problem.likelihood.gram, frame.fixed, frame.terms, [rank_one])
