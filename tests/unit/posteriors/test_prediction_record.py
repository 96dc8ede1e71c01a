"""What is predicted, as the files have it: read back from a file, labels and all."""

import numpy as np
import pytest
import xarray as xr

from covedge.posteriors.leave_one_out import left_out
from covedge.posteriors.pointwise import pointwise
from covedge.posteriors.prediction_record import (
    fitted_dataset,
    log_likelihood_dataset,
    loo_record,
    pointwise_dataset,
    random_effects_dataset,
)
from covedge.posteriors.random_effects import TermEffects
from support.cases import case


@pytest.fixture(scope="module")
def found():
    one, *others = (case("one term", seed) for seed in range(120))
    return pointwise(one.draws(*others), one.gram, one.fixed, one.rows, seed=1)


def written(dataset, path):
    dataset.to_netcdf(path)
    with xr.open_dataset(path) as again:
        return again.load()


def test_rows_have_what_was_found_of_them(found, tmp_path):
    loo = left_out(found.log_density)
    fitted = written(fitted_dataset(found.fitted), tmp_path / "fitted.nc")
    assert set(fitted.data_vars) == {"mean", "sd", "q05", "q95"}
    np.testing.assert_array_equal(fitted["sd"], found.fitted.sd)
    # A mixture's 5 % quantile is below its mean, and so on.
    assert (fitted["q05"] < fitted["mean"]).all()
    assert (fitted["mean"] < fitted["q95"]).all()
    rows = written(pointwise_dataset(loo), tmp_path / "pointwise.nc")
    assert float(rows["elpd"].sum()) == loo_record(loo)["elpd"]
    assert float(rows["k"].max()) == loo_record(loo)["k_max"]
    assert dict(rows.sizes) == {"row": loo_record(loo)["n"]}


@pytest.mark.filterwarnings("ignore:Estimated shape parameter")
def test_stored_densities_give_arviz_the_same_answer(found, tmp_path):
    import arviz_stats

    from covedge.posteriors.leave_one_out import relative_efficiency

    stored = written(log_likelihood_dataset(found), tmp_path / "log_likelihood.nc")
    posterior = xr.Dataset({"x": (("chain", "draw"), np.zeros(found.chosen.shape))})
    tree = xr.DataTree.from_dict({"posterior": posterior, "log_likelihood": stored})
    told = arviz_stats.loo(tree, reff=relative_efficiency(found.log_density))
    assert left_out(found.log_density).total == pytest.approx(told.elpd, abs=1e-8)
    np.testing.assert_array_equal(stored["draw"], found.chosen[0])


def test_effects_are_by_level_and_name(tmp_path):
    values = np.random.default_rng(1).normal(size=(50, 3, 2))
    terms = (
        TermEffects("a", ("p", "q", "r"), ("(Intercept)", "x"), values),
        TermEffects("a:b", ("p:1", "q:1", "r:1"), ("(Intercept)",), values[:, :, :1] + 5),
    )
    again = written(random_effects_dataset(terms), tmp_path / "effects.nc")
    one = again["mean|a"].sel({"level|a": "q", "effect|a": "x"})
    assert float(one) == pytest.approx(values[:, 1, 1].mean())
    assert list(again["q05|a:b"]["level|a:b"].values) == ["p:1", "q:1", "r:1"]
    np.testing.assert_allclose(again["q95|a:b"], np.quantile(values[:, :, :1] + 5, 0.95, axis=0))
