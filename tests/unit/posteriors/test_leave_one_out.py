"""PSIS-LOO against refits without each row, and comparisons against their definitions."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from scipy.optimize import minimize_scalar

from covedge.posteriors.leave_group_out import GroupsOut, group_densities, leave_groups_out
from covedge.posteriors.leave_one_out import LeftOut, left_out, ranked, stacking_weights
from covedge.posteriors.pointwise import pointwise
from covedge.posteriors.prediction_record import comparison_record, leave_group_out_record
from covedge.posteriors.prior import FixedPrior
from support.given import Given
from support.models import set_up

GRID = 60
DRAWS = 4000


class OneWay:
    """y = beta + b_g + e, with tau and sigma on a grid under half-normal priors of scale 2.

    beta ~ N(0, 3^2). Everything else is written out with dense matrices.
    """

    def __init__(self, moved):
        rng = np.random.default_rng(11)
        self.group = np.repeat(np.arange(5), [4, 5, 6, 5, 4])
        # Bounded errors: no row is odd by chance.
        self.y = 1.0 + rng.normal(size=5)[self.group] + rng.uniform(-1.7, 1.7, size=24)
        self.y[3] += moved
        side = (np.arange(GRID) + 0.5) / GRID
        tau, sigma = np.meshgrid(6 * side, 0.2 + 3.5 * side)
        self.tau, self.sigma = tau.ravel(), sigma.ravel()
        self.prior = stats.halfnorm(scale=2).logpdf(self.tau)
        self.prior = self.prior + stats.halfnorm(scale=2).logpdf(self.sigma)

    def log_density(self, rows):
        """(k,) log p(y[rows]) at each point of the grid."""
        y, group = self.y[rows], self.group[rows]
        same = (group[:, None] == group).astype(float)
        V = self.sigma[:, None, None] ** 2 * np.eye(len(y))
        V = V + self.tau[:, None, None] ** 2 * same + 9.0
        root = np.linalg.cholesky(V)
        z = np.linalg.solve(root, np.broadcast_to(y[:, None], (len(V), len(y), 1)))[:, :, 0]
        logdet = 2 * np.log(np.einsum("kii->ki", root)).sum(axis=1)
        return -0.5 * (len(y) * np.log(2 * np.pi) + logdet + (z**2).sum(axis=1))

    def elpd(self, rows):
        """log p(y[rows] | the others): a ratio of evidences, by quadrature."""
        out = np.isin(np.arange(len(self.y)), rows)
        both = [np.logaddexp.reduce(self.prior + self.log_density(r)) for r in (~out | out, ~out)]
        return both[0] - both[1]


@pytest.fixture(scope="module")
def mild():
    return OneWay(moved=0.0)


def sampled(one_way):
    """(Given, Draws) with independent draws from the posterior on the grid."""
    table = pd.DataFrame({"y": one_way.y, "g": [f"g{k}" for k in one_way.group]})
    problem = set_up(table, "y ~ 1 + (1 | g)")
    log_posterior = one_way.prior + one_way.log_density(np.arange(24))
    weight = np.exp(log_posterior - log_posterior.max())
    places = np.random.default_rng(1).choice(len(weight), size=DRAWS, p=weight / weight.sum())
    fixed = FixedPrior(np.zeros(1), np.full((1, 1), 1 / 9.0), np.full(1, 3.0))
    points = [
        Given(problem, -1, (np.full((1, 1), one_way.tau[i] ** 2),), one_way.sigma[i], fixed)
        for i in places
    ]
    return points[0], points[0].draws(*points[1:])


def rows_left_out(one_way):
    """(Pointwise, LeftOut) of such draws."""
    given, draws = sampled(one_way)
    found = pointwise(draws, given.gram, given.fixed, given.rows, seed=1)
    return found, left_out(found.log_density)


def test_elpd_and_effective_parameters_equal_refits_without_each_row(mild):
    """Within the Monte Carlo error of importance sampling, by the spread over ten parts."""
    found, loo = rows_left_out(mild)
    expected = np.array([mild.elpd([i]) for i in range(24)])
    parts = found.log_density.reshape(10, -1, 24)
    means = -np.log(np.exp(-parts).mean(axis=1))
    error = means.std(axis=0, ddof=1) / np.sqrt(10)
    assert loo.k.max() < loo.k_threshold
    np.testing.assert_array_less(np.abs(loo.elpd - expected), 5 * error + 1e-3)
    # log p(y_i | theta) averaged over the posterior, less that without row i.
    lppd = np.log(np.exp(found.log_density[0]).mean(axis=0))
    total = 5 * np.sqrt((error**2).sum()) + 0.005
    assert loo.p == pytest.approx(lppd.sum() - expected.sum(), abs=total)


def test_a_row_that_decides_much_is_told_by_its_k():
    """Far off, it is predicted too well by draws that have seen it, and importance sampling cannot
    mend that; k says so of that row.
    """
    far = OneWay(moved=4.0)
    _, loo = rows_left_out(far)
    expected = np.array([far.elpd([i]) for i in range(24)])
    assert loo.k[3] > loo.k_threshold
    assert np.argmax(np.abs(loo.elpd - expected)) == np.argmax(loo.k) == 3
    good = loo.k < loo.k_threshold
    np.testing.assert_allclose(loo.elpd[good], expected[good], atol=0.05)


def test_elpd_of_groups_equals_refits_without_each(mild):
    """Within the Monte Carlo error, where k says that it can be trusted: here it always does."""
    given, draws = sampled(mild)
    frame = given.problem.frame
    (one,) = leave_groups_out(draws, given.gram, given.fixed, given.rows, frame.terms, frame.codes)
    assert one.found.k_above == 0
    groups = [int(label.removeprefix("g")) for label in one.levels]
    expected = [mild.elpd(np.flatnonzero(mild.group == g)) for g in groups]
    densities = group_densities(
        draws, given.gram, given.fixed, given.rows, frame.codes[0], 5
    ).reshape(10, -1, 5)
    error = -np.log(np.exp(-densities).mean(axis=1))
    error = error.std(axis=0, ddof=1) / np.sqrt(10)
    np.testing.assert_array_less(np.abs(one.found.elpd - expected), 5 * error + 2e-3)
    # All rows of a group together are not the sum of its rows: they share b.
    alone = [sum(mild.elpd([i]) for i in np.flatnonzero(mild.group == g)) for g in groups]
    assert (np.array(alone) - expected > 5 * error).any()


def of(elpd):
    return LeftOut(np.asarray(elpd), np.zeros(len(elpd)), 1.0, 0.7, 1000)


def test_models_are_ranked_by_the_sum_with_errors_of_paired_differences():
    rng = np.random.default_rng(3)
    hard = rng.normal(size=50)
    better, worse = hard + 0.2 + 0.01 * rng.normal(size=50), hard
    first, second = ranked({"worse": of(worse), "better": of(better)})
    assert (first.model, second.model) == ("better", "worse")
    assert (first.difference, first.difference_se) == (0.0, 0.0)
    assert second.difference == pytest.approx((worse - better).sum())
    expected = np.sqrt(50) * (worse - better).std(ddof=1)
    assert second.difference_se == pytest.approx(expected)
    # The rows differ far more than the models do: unpaired it would be some 10.
    assert second.difference_se < 0.2


def test_stacking_weights_are_the_maximum_on_the_simplex():
    """Of two models by a search in one number. e^-2000 is the density of a whole group."""
    rng = np.random.default_rng(4)
    elpd = rng.normal(size=(30, 2)) * 2 - 2000
    found = stacking_weights(elpd)
    density = np.exp(elpd + 2000)

    def loss(w):
        return -np.log(density @ [w, 1 - w]).sum()

    best = minimize_scalar(loss, bounds=(0, 1), method="bounded", options={"xatol": 1e-10}).x
    np.testing.assert_allclose(found, [best, 1 - best], atol=1e-4)


def test_a_model_that_is_worse_everywhere_has_no_weight():
    elpd = np.random.default_rng(5).normal(size=(20, 1)) - np.array([0.0, 0.5, 1.0])
    np.testing.assert_allclose(stacking_weights(elpd), [1.0, 0.0, 0.0], atol=1e-6)


def test_records_have_what_the_page_reads():
    one, two = of([-1.0, -2.0, -4.0]), of([-1.5, -2.0, -5.0])
    bad = LeftOut(one.elpd, np.array([0.1, 0.9, np.inf]), 2.0, 0.7, 400)
    groups = (GroupsOut("a", ("x", "y", "z"), bad), GroupsOut("a:b", (), None, "it has 2 levels"))
    first, second = leave_group_out_record(groups)
    assert (first["group"], first["n_groups"], first["k_above"]) == ("a", 3, 2)
    assert first["levels"][1] == {"level": "y", "elpd": -2.0, "k": 0.9}
    assert second == {"group": "a:b", "why_not": "it has 2 levels"}
    told = comparison_record("lkj", {"m1": two, "m2": one}, {"m1": groups, "m2": ()})
    assert [m["model"] for m in told["models"]] == ["m2", "m1"]
    assert told["models"][1]["difference"] == pytest.approx(-1.5)
    assert [g["group"] for g in told["groups"]] == ["a"]
    assert [m["model"] for m in told["groups"][0]["models"]] == ["m1"]
