"""Wald intervals of the fixed effects, against nlme's `intervals(fit, which = "fixed")`."""

import json
from pathlib import Path

import numpy as np
import pytest

from covedge.inference.wald_fixed import degrees, wald_fixed
from support.models import data_set, set_up

PATH = Path(__file__).parents[2] / "reference" / "apvar.json"
KNOWN = json.loads(PATH.read_text(encoding="utf-8"))["intervals"]
CASES = ("orthodont", "orthodont_ml", "sleepstudy", "oats", "machines_nested", "machines_full")


@pytest.mark.parametrize("name", CASES)
def test_ends_and_degrees_are_those_of_nlme(name):
    known = KNOWN[name]
    here = set_up(data_set(known["data"]), known["formula"], known["method"])
    df = degrees(here.frame, here.models[-1])
    assert dict(zip(here.frame.fixed, df, strict=True)) == known["fixed"]["df"]
    ends = wald_fixed(here.fit(), df=df)
    rows = np.array([known["fixed"]["rows"][column] for column in here.frame.fixed])
    size = np.ptp(rows, axis=1, keepdims=True)
    # nlme stops its own search some 1e-6 of a standard error short.
    assert (np.abs(ends - rows[:, ::2]) < 1e-5 * size).all()


def test_an_effect_between_groups_has_the_groups_degrees():
    """nlme 3.1-162: lme(distance ~ age * Sex, Orthodont, ~ age | Subject)$fixDF$X."""
    here = set_up(data_set("Orthodont"), "distance ~ age * Sex + (age | Subject)")
    df = dict(zip(here.frame.fixed, degrees(here.frame, here.models[-1]), strict=True))
    assert [df[name] for name in here.frame.fixed if name.startswith("Sex")] == [25.0]
    assert df["(Intercept)"] == df["age"] == 79.0


def test_crossed_factors_have_none_and_a_normal_interval():
    here = set_up(data_set("Penicillin"), "diameter ~ 1 + (1 | plate) + (1 | sample)")
    assert degrees(here.frame, here.models[-1]) is None
    # lme4 1.1-31: 22.972222 with standard error .8085734; 1.959964 of them either way.
    assert wald_fixed(here.fit())[0] == pytest.approx((21.387447, 24.556997), abs=2e-5)
