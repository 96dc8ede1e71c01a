"""Answers of other engines under the certificate: right ones pass, planted wrong ones do not."""

import json

import numpy as np
import pandas as pd
import pytest

from covedge.engines.judge import judge
from covedge.fits.certificate import CERTIFIED, REFUSED
from support.models import TESTS, data_set, reference, set_up

RATS = json.loads((TESTS / "reference" / "rats.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def sleepstudy():
    return set_up(data_set("sleepstudy"), "Reaction ~ Days + (Days | Subject)")


def relative(theta):
    """Sigma from lme4's theta, q = 2."""
    L = np.array([[theta[0], 0.0], [theta[1], theta[2]]])
    return L @ L.T


def test_lme4s_own_answer_is_accepted(sleepstudy):
    known = reference("sleepstudy_reml")
    found = judge(sleepstudy.likelihood, sleepstudy.models[-1], [relative(known["theta"])])
    assert found.criterion == pytest.approx(known["criterion"], abs=1e-6)
    assert found.examination.certificate.status == CERTIFIED
    assert not found.singular


@pytest.mark.parametrize("factor", [0.9, 1.1])
def test_an_answer_that_stopped_short_is_refused(sleepstudy, factor):
    known = reference("sleepstudy_reml")
    theta = np.array(known["theta"]) * factor
    found = judge(sleepstudy.likelihood, sleepstudy.models[-1], [relative(theta)])
    assert found.examination.certificate.status == REFUSED
    assert found.criterion > known["criterion"] + 0.01
    # What one more Newton step promises is what is missing, to the second order.
    missing = found.criterion - known["criterion"]
    assert found.examination.certificate.stationarity == pytest.approx(missing, rel=0.5)


def test_a_false_zero_is_refused_and_called_singular(sleepstudy):
    tau = reference("sleepstudy_reml")["theta"][0]
    found = judge(sleepstudy.likelihood, sleepstudy.models[-1], [np.diag([tau**2, 0.0])])
    assert found.singular
    assert found.examination.certificate.status == REFUSED
    assert found.examination.certificate.dual_feasibility < -0.01


def test_a_negative_eigenvalue_is_told(sleepstudy):
    indefinite = np.array([[1.0, 0.2], [0.2, 0.01]])
    found = judge(sleepstudy.likelihood, sleepstudy.models[-1], [indefinite])
    assert found.negative == pytest.approx(np.linalg.eigvalsh(indefinite)[0])


def test_components_of_compound_symmetry_are_taken_apart():
    known = reference("machines_cs_reml")
    problem = set_up(data_set("Machines"), "score ~ Machine + (Machine | Worker)")
    model = next(m for m in problem.models if "compound" in m.name)
    worker, within = (known["terms"][g]["covariance"] for g in ("Worker", "Worker:Machine"))
    components = [np.atleast_2d(v) / known["sigma"] ** 2 for v in (worker, within)]
    found = judge(problem.likelihood, model, components)
    assert found.criterion == pytest.approx(known["criterion"], abs=1e-5)


@pytest.fixture(scope="module")
def rats():
    table = pd.read_csv(TESTS.parent / "data" / "rats.csv")
    return set_up(table[table["spd_des"] == "s15"], "cc_marg ~ mPair + (mPair | ratID)")


@pytest.mark.parametrize(
    ("optimiser", "right"), [("bobyqa", True), ("default", False), ("Nelder_Mead", False)]
)
def test_on_the_rats_lme4s_optimisers_are_told_apart(rats, optimiser, right):
    known = RATS["rats_s15"]["lmer"][optimiser]
    Sigma = np.array(known["terms"]["ratID"]["covariance"]) / known["sigma"] ** 2
    found = judge(rats.likelihood, rats.models[-1], [Sigma])
    assert found.criterion == pytest.approx(known["criterion"], abs=1e-5)
    # Nelder-Mead's too, which lme4 calls not singular: its smallest eigenvalue is 2e-12 of the
    # largest, but no theta is below lme4's tolerance.
    assert found.singular
    best = rats.fit().point.criterion
    if right:
        assert found.criterion == pytest.approx(best, abs=1e-5)
    else:
        assert found.criterion > best + 0.1
        assert found.examination.certificate.status == REFUSED
