"""statsmodels' MixedLM as an engine: what it can say, and what it answers."""

import numpy as np
import pandas as pd
import pytest

from covedge.engines import statsmodels
from covedge.engines.judge import judge
from covedge.fits.certificate import REFUSED
from support.models import TESTS, data_set, reference, set_up


def asked(problem, model=-1):
    given = statsmodels.answer(problem.frame, problem.models[model], problem.likelihood.reml)
    return given, judge(problem.likelihood, problem.models[model], given.components)


@pytest.mark.parametrize("method", ["REML", "ML"])
def test_on_sleepstudy_it_agrees_with_lme4(method):
    known = reference(f"sleepstudy_{method.lower()}")
    problem = set_up(data_set("sleepstudy"), "Reaction ~ Days + (Days | Subject)", method)
    given, found = asked(problem)
    assert found.criterion == pytest.approx(known["criterion"], abs=1e-3)
    assert given.sigma == pytest.approx(known["sigma"], rel=1e-3)
    np.testing.assert_allclose(given.beta, list(known["fixed"].values()), rtol=1e-5)
    np.testing.assert_allclose(given.std_error, list(known["std_error"].values()), rtol=1e-2)
    assert given.converged


def test_our_criterion_at_its_answer_is_its_own():
    # The same data, parameters and likelihood, with constants: by ML there is nothing to add.
    problem = set_up(data_set("sleepstudy"), "Reaction ~ Days + (Days | Subject)", "ML")
    given, found = asked(problem)
    assert found.criterion == pytest.approx(given.criterion, rel=1e-8)


@pytest.mark.parametrize("word", ["intercept", "compound", "diagonal", "full"])
def test_every_rung_of_one_grouping_factor_can_be_said(word):
    problem = set_up(data_set("Machines"), "score ~ Machine + (Machine | Worker)")
    index = next(i for i, m in enumerate(problem.models) if m.name.endswith(word))
    _, found = asked(problem, index)
    assert found.criterion == pytest.approx(problem.fit(index).point.criterion, abs=0.05)


def test_on_the_rats_it_stops_short_and_is_refused():
    table = pd.read_csv(TESTS.parent / "data" / "rats.csv")
    problem = set_up(table[table["spd_des"] == "s15"], "cc_marg ~ mPair + (mPair | ratID)")
    given, found = asked(problem)
    assert found.examination.certificate.status == REFUSED
    assert found.criterion > problem.fit().point.criterion + 0.1
    assert given.messages


@pytest.mark.parametrize(
    ("formula", "reason"),
    [
        ("strength ~ 1", "no random effects"),
        ("strength ~ 1 + (1 | batch/cask)", "one grouping factor"),
        ("strength ~ 1 + rr(cask | batch, 1)", "limited rank"),
    ],
)
def test_what_it_cannot_say_is_refused_with_the_reason(formula, reason):
    problem = set_up(data_set("Pastes"), formula)
    with pytest.raises(statsmodels.NotExpressible, match=reason):
        statsmodels.answer(problem.frame, problem.models[-1], True)
