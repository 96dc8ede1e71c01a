"""What the config tells a prior, term by term."""

import numpy as np
import pytest

from covedge.errors import ConfigError
from covedge.posteriors.hyperparameters import Decov, Lkj, Wishart, hyperparameters
from covedge.posteriors.prior import prior
from support.models import data_set, set_up

GROUPS = ["plate", "sample"]


def test_own_values_go_before_those_of_all_and_the_rest_is_the_default():
    told = {"lkj": {"all": {"eta": 2.0, "scale": 3.0}, "plate": {"eta": 4.0}}}
    found = hyperparameters("lkj", told, GROUPS)
    assert found == {"plate": Lkj(4.0, 3.0), "sample": Lkj(2.0, 3.0)}
    assert hyperparameters("decov", told, GROUPS) == {"plate": Decov(), "sample": Decov()}
    assert hyperparameters("wishart", None, ["plate"]) == {"plate": Wishart()}


@pytest.mark.parametrize(
    ("told", "says"),
    [
        (
            {"plates": {"eta": 2.0}},
            "lkj.plates: no grouping factor `plates`; did you mean `plate`?",
        ),
        ({"all": {"etha": 2.0}}, "lkj.all: no value `etha`; did you mean `eta`?"),
    ],
)
def test_what_there_is_not_is_refused_with_what_there_is(told, says):
    with pytest.raises(ConfigError) as caught:
        hyperparameters("lkj", {"lkj": told}, GROUPS)
    assert caught.value.problems == (f"bayes.hyperparameters.{says}",)


def sleepstudy(told, family="lkj"):
    problem = set_up(data_set("sleepstudy"), "Reaction ~ Days + (Days | Subject)")
    frame, model = problem.frame, problem.models[-1]
    gram = problem.likelihood.gram
    return prior(gram, frame.fixed, frame.terms, model.structures, family, {family: told})


def test_a_scale_is_in_units_of_the_response_per_sd_of_the_variable():
    (component,) = sleepstudy({"Subject": {"scale": 30.0}}).components
    expected = [30.0, 30.0 / data_set("sleepstudy").Days.std(ddof=0)]
    np.testing.assert_allclose(component.scales, expected, rtol=1e-9)


@pytest.mark.parametrize("family", ["lkj", "wishart"])
def test_scales_by_effect_are_in_the_effects_own_units(family):
    told = {"Subject": {"scale": {"(Intercept)": 30.0, "Days": 5.0}}}
    (component,) = sleepstudy(told, family).components
    assert component.scales.tolist() == [30.0, 5.0]
    with pytest.raises(ConfigError, match="a scale by effect needs one for `Days` as well"):
        sleepstudy({"Subject": {"scale": {"(Intercept)": 30.0}}}, family)
