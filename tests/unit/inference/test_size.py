"""Sizes in the response do not depend on units; what is absent is below what matters."""

import numpy as np
import pytest

from covedge.fits.parameters import random_parameters
from covedge.inference.size import ABSENT, PRESENT, UNDECIDED, reach, size_record, smallest_sd
from support.models import data_set, set_up


@pytest.mark.parametrize("unit", [1.0, 1000.0])
def test_the_size_of_a_slope_is_its_column_s_root_mean_square(unit):
    table = data_set("sleepstudy").assign(Days=lambda t: t["Days"] * unit)
    problem = set_up(table, "Reaction ~ Days + (Days | Subject)")
    fit = problem.fit()
    one = random_parameters(problem.frame.terms, fit.model)
    intercept, slope = (reach(fit.factors, fit.model, p) for p in one[:2])
    assert intercept == pytest.approx(1.0, rel=1e-9)
    assert slope == pytest.approx(unit * np.sqrt(np.mean(np.arange(10.0) ** 2)), rel=1e-9)


def test_a_shared_variance_has_the_size_of_one_cell():
    problem = set_up(data_set("Machines"), "score ~ Machine + (Machine | Worker)")
    compound = next(m for m in problem.models if m.name == "m2-compound")
    fit = problem.fit(problem.models.index(compound))
    found = random_parameters(problem.frame.terms, compound)
    assert [reach(fit.factors, compound, p) for p in found] == pytest.approx([1.0, 1.0])


@pytest.mark.parametrize(
    ("interval", "verdict"),
    [
        ({"lower": 0.0, "upper": 0.4}, ABSENT),
        ({"lower": 0.0, "upper": 0.6}, UNDECIDED),
        ({"lower": 0.5, "upper": 0.6}, PRESENT),
        ({"lower": 0.5, "upper": None}, PRESENT),
        ({"lower": 0.0, "upper": None}, UNDECIDED),
        (None, UNDECIDED),
    ],
)
def test_absent_means_that_the_upper_end_is_below_what_matters(interval, verdict):
    assert size_record(2.0, 0.1, interval, 1.0)["verdict"] == verdict


def test_the_smallest_sd_is_a_tenth_of_the_residual_one_unless_given():
    assert smallest_sd(None, {"sigma": 3.0}) == pytest.approx(0.3)
    assert smallest_sd(0.7, {"sigma": 3.0}) == 0.7
