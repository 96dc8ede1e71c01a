"""The bound on p for few groups: simulated covariance matrices, and F tests."""

import numpy as np
import pytest
from scipy.stats import chi2, f

from covedge.comparing.few_groups import allowance, bound
from support.models import data_set, set_up


@pytest.mark.parametrize(("q", "groups"), [(6, 10), (6, 8), (3, 6), (2, 5), (2, 18)])
@pytest.mark.parametrize("null", ["spherical", "diagonal"])
def test_the_allowance_for_few_groups_errs_on_the_safe_side(q, groups, null):
    # With many rows per group the ratio is that of L - 1 normal vectors (REML).
    rng = np.random.default_rng(q * groups)
    nu = groups - 1
    Z = rng.normal(size=(40_000, nu, q))
    S = np.einsum("rik,ril->rkl", Z, Z)
    variances = np.einsum("rkk->rk", S)
    if null == "spherical":
        df, log = q * (q + 1) // 2 - 1, q * np.log(variances.mean(axis=1))
    else:
        df, log = q * (q - 1) // 2, np.log(variances).sum(axis=1)
    ratios = nu * (log - np.linalg.slogdet(S)[1])
    cut = chi2.isf(0.001, df)
    assert ((1 - q / groups) * ratios > cut).mean() < 0.001 + 4 * np.sqrt(0.001 / 40_000)
    assert (ratios > cut).mean() > 0.001, "chi2 as it is rejects too often"


def test_the_allowance_is_that_of_the_terms_that_change():
    models = set_up(data_set("Machines"), "score ~ Machine + (Machine | Worker)").models
    assert allowance(models[2], models[4], [6]) == pytest.approx(1 - 3 / 6)
    assert allowance(models[0], models[1], [6]) == pytest.approx(1 - 1 / 6)
    assert allowance(models[2], models[4], [3]) == 0.0
    _, batch, both = set_up(data_set("Pastes"), "strength ~ 1 + (1 | batch/cask)").models
    assert allowance(batch, both, [10, 30]) == pytest.approx(1 - 1 / 30)


@pytest.mark.parametrize(("groups", "size"), [(3, 3), (3, 4), (5, 3), (6, 5), (10, 2), (40, 2)])
def test_the_bound_holds_for_one_variance_in_the_smallest_samples(groups, size):
    # The restricted ratio of a balanced layout is a function of F, whose tail is exact.
    models = set_up(data_set("Dyestuff"), "Yield ~ 1 + (1 | Batch)").models
    b, d = groups - 1, groups * (size - 1)

    def ratio(F):
        return (b + d) * np.log((F * b + d) / (b + d)) - b * np.log(F)

    for F in (5.0, 30.0, 400.0):
        p = f.sf(F, b, d)
        assert bound(ratio(F), 1, models[0], models[1], [groups]) > p
