"""Profile likelihood intervals against lme4's, closed forms, and symmetries."""

import json
from dataclasses import replace
from functools import cache

import numpy as np
import pytest
from scipy.optimize import brentq, minimize_scalar

from covedge.fits.parameters import CORRELATION, FIXED, SD, SIGMA
from covedge.profiles import profile as module
from covedge.profiles.profile import by_maximum_likelihood, cut, profile
from support.models import TESTS, data_set, set_up

REFERENCES = json.loads((TESTS / "reference" / "profiles.json").read_text(encoding="utf-8"))
MODELS = REFERENCES["models"]


def profiles(problem, fit):
    found = profile(fit, problem.frame.terms, problem.frame.fixed)
    return {(p.parameter.kind, p.parameter.group, p.parameter.effects): p for p in found}


@cache
def by_ml(name):
    """Profiles by ML of a model of profiles.R, fitted by REML first as lme4's users do."""
    known = MODELS[name]
    problem = set_up(data_set(known["data"]), known["formula"])
    fit = by_maximum_likelihood(problem.fit(), problem.frame.terms, 1)
    assert fit.point.criterion == pytest.approx(known["deviance"], abs=1e-6)
    return profiles(problem, fit)


def named(name, found):
    """The profile that lme4 calls `name`."""
    if name == "sigma":
        return found[SIGMA, None, ()]
    if "|" not in name:
        return found[FIXED, None, (name,)]
    kind, rest = name.split("_", 1)
    effects, group = rest.split("|")
    group = ":".join(reversed(group.split(":")))
    if kind == "sd":
        return found[SD, group, (effects,)]
    return found[CORRELATION, group, tuple(reversed(effects.split(".")))]


@pytest.mark.parametrize("name", ["sleepstudy", "penicillin", "pastes", "dyestuff", "dyestuff2"])
def test_intervals_are_lme4s(name):
    """confint(method = "profile", oldNames = FALSE), to a thousandth of the value."""
    known, found = MODELS[name], by_ml(name)
    for one, lower, upper in zip(known["names"], known["lower"], known["upper"], strict=True):
        mine = named(one, found)
        assert (mine.lower, mine.upper) == pytest.approx((lower, upper), rel=1e-3), one


def test_machines_where_lme4_goes_astray():
    """lme4 1.1-31 says that its profile of a correlation is not monotone (profiles_machines.R).

    Where it ends, the correlations are of no covariance matrix (-1 and .933), or D is below the
    cut. At the ends here its own deviance, among proper matrices, is on the cut.
    """
    found = by_ml("machines")
    path = TESTS / "reference" / "profiles_machines.json"
    for known in json.loads(path.read_text(encoding="utf-8"))["correlations"]:
        mine = named(known["name"], found)
        for end, held in zip((mine.lower, mine.upper), known["ours"], strict=True):
            assert end == pytest.approx(held["value"], abs=1e-6)
            assert held["off"] == pytest.approx(0.0, abs=1e-5)
        assert mine.reason is None
        for held in known["lme4"]:
            assert held["smallest_eigenvalue"] < 0.0 or held["off"] < -0.03
    known = MODELS["machines"]
    for one, lower, upper in zip(known["names"], known["lower"], known["upper"], strict=True):
        if not one.startswith("cor"):
            mine = named(one, found)
            assert (mine.lower, mine.upper) == pytest.approx((lower, upper), rel=1e-3), one


class OneWay:
    """D of a balanced one-way layout in closed form, a groups of n."""

    def __init__(self, table, y, group, reml):
        values = table.pivot_table(index=group, values=y, aggfunc=list)[y]
        rows = np.array(values.tolist(), dtype=float)
        self.a, self.n = rows.shape
        means = rows.mean(axis=1)
        self.within = ((rows - means[:, None]) ** 2).sum()
        self.between = self.n * ((means - means.mean()) ** 2).sum()
        self.degrees = self.a - reml

    def criterion(self, tau, sigma):
        total = sigma**2 + self.n * tau**2
        return (
            self.a * (self.n - 1) * np.log(sigma**2)
            + self.degrees * np.log(total)
            + self.within / sigma**2
            + self.between / total
        )

    def profile_of_tau(self, tau):
        def at(log_sigma):
            return self.criterion(tau, np.exp(log_sigma))

        return minimize_scalar(at, bounds=(-4, 8), method="bounded", options={"xatol": 1e-12}).fun

    def profile_of_sigma(self, sigma):
        def at(tau):
            return self.criterion(tau, sigma)

        best = minimize_scalar(at, bounds=(0, 500), method="bounded", options={"xatol": 1e-12}).fun
        return min(best, at(0.0))


@pytest.mark.parametrize("name", ["Dyestuff", "Dyestuff2"])
@pytest.mark.parametrize("method", ["REML", "ML"])
def test_ends_of_a_balanced_one_way_layout(name, method):
    table = data_set(name)
    problem = set_up(table, "Yield ~ 1 + (1 | Batch)", method)
    found = profiles(problem, problem.fit())
    layout = OneWay(table, "Yield", "Batch", method == "REML")
    tau, sigma = found[SD, "Batch", ("(Intercept)",)], found[SIGMA, None, ()]
    lowest = layout.criterion(tau.estimate, sigma.estimate)

    def crossing(profile, inside, outside):
        return brentq(lambda v: profile(v) - lowest - cut(0.95), inside, outside)

    upper = crossing(layout.profile_of_tau, tau.estimate, 400.0)
    assert tau.upper == pytest.approx(upper, rel=1e-5)
    assert sigma.lower == pytest.approx(
        crossing(layout.profile_of_sigma, sigma.estimate, sigma.estimate / 3), rel=1e-5
    )
    assert sigma.upper == pytest.approx(
        crossing(layout.profile_of_sigma, sigma.estimate, sigma.estimate * 3), rel=1e-5
    )
    at_zero = layout.profile_of_tau(0.0) - lowest
    assert tau.at_lower_edge == (at_zero < cut(0.95))
    if name == "Dyestuff2":
        assert (tau.lower, tau.values[0], tau.at_lower_edge) == (0.0, 0.0, True)
    else:
        lower = crossing(layout.profile_of_tau, tau.estimate, 0.0)
        assert tau.lower == pytest.approx(lower, rel=1e-5)
    curve = [layout.profile_of_tau(v) - lowest for v in tau.values]
    assert tau.differences == pytest.approx(curve, abs=1e-6)


@pytest.fixture(scope="module")
def sleepstudy():
    problem = set_up(data_set("sleepstudy"), "Reaction ~ Days + (Days | Subject)")
    return profiles(problem, problem.fit())


def test_fixed_effects_are_not_in_the_reml_criterion(sleepstudy):
    one = sleepstudy[FIXED, None, ("Days",)]
    assert (one.lower, one.upper, one.reason) == (None, None, module.NOT_IN_REML)
    assert one.estimate == pytest.approx(10.467286, rel=1e-6)


def test_other_units_order_and_names_change_nothing(sleepstudy):
    table = data_set("sleepstudy").sample(frac=1, random_state=3)
    table["Reaction"] /= 1000
    table["Days"] *= 24
    problem = set_up(table, "Reaction ~ Days + (Days | Subject)")
    found = profiles(problem, problem.fit())
    units = {"(Intercept)": 1e-3, "Days": 1e-3 / 24}
    for key, before in sleepstudy.items():
        kind, _, effects = key
        unit = {CORRELATION: 1.0, SIGMA: 1e-3}.get(kind) or units[effects[0]]
        if before.lower is not None:
            now = found[key]
            expected = before.lower * unit, before.upper * unit
            assert (now.lower, now.upper) == pytest.approx(expected, rel=1e-5)


def test_an_intercept_alone_is_the_same_on_the_ladders_gram_and_on_its_own():
    ladder = set_up(data_set("Machines"), "score ~ Machine + (Machine | Worker)")
    names = [model.name for model in ladder.models]
    alone = set_up(data_set("Machines"), "score ~ Machine + (1 | Worker)")
    one = profiles(ladder, ladder.fit(names.index("m1-intercept")))
    other = profiles(alone, alone.fit())
    for key, expected in other.items():
        if expected.lower is not None:
            ends = expected.lower, expected.upper
            assert (one[key].lower, one[key].upper) == pytest.approx(ends, rel=1e-6)


def test_compound_symmetry_is_profiled_by_its_two_deviations():
    """lme4 1.1-31: confint(lmer(score ~ Machine + (1|Worker) + (1|Worker:Machine), REML = FALSE)).

    sd Worker:Machine 2.3528037 to 5.4315029, sd Worker 1.9514581 to 9.4105840.
    """
    problem = set_up(data_set("Machines"), "score ~ Machine + (Machine | Worker)", "ML")
    names = [model.name for model in problem.models]
    found = profiles(problem, problem.fit(names.index("m2-compound")))
    within = found[SD, "Worker", ("Machine",)]
    assert (within.lower, within.upper) == pytest.approx((2.3528037, 5.4315029), rel=1e-3)
    between = found[SD, "Worker", ("(Intercept)",)]
    assert (between.lower, between.upper) == pytest.approx((1.9514581, 9.4105840), rel=1e-3)


def test_crossed_factors_of_a_fit_that_is_not_identifiable_have_no_intervals():
    table = data_set("Dyestuff").drop_duplicates("Batch")
    table = table.assign(Yield=[1.0, 5.0, 2.0, 8.0, 3.0, 4.0])
    problem = set_up(table, "Yield ~ 1 + (1 | Batch)")
    found = profiles(problem, problem.fit())
    assert {p.reason for p in found.values()} == {module.CONFOUNDED}


def test_a_budget_is_counted_in_work_and_not_by_the_clock(monkeypatch):
    problem = set_up(data_set("sleepstudy"), "Reaction ~ Days + (Days | Subject)")
    fit = problem.fit()
    work = module.effort(problem.likelihood.gram)
    monkeypatch.setattr(module, "MOST_WORK", 800 * work)
    found = list(profiles(problem, fit).values())
    skipped = [p.parameter.kind for p in found if p.reason == module.TOO_LARGE]
    assert CORRELATION in skipped
    assert SD not in skipped, "standard deviations come first"
    assert [p.values for p in profiles(problem, fit).values()] == [p.values for p in found]
    monkeypatch.setattr(module, "MOST_WORK", 10 * work)
    none = profiles(problem, fit).values()
    assert not any(p.values for p in none)


def test_a_fit_that_is_not_the_lowest_is_told():
    """From a point that is not the optimum, the curve comes below it."""
    problem = set_up(data_set("sleepstudy"), "Reaction ~ Days + (Days | Subject)", "ML")
    fit = problem.fit()
    worse = fit.x * 1.2
    value = fit.factors.value_and_gradient(worse)[0]
    off = replace(fit, x=worse, point=fit.factors.likelihood.at(fit.factors.Sigmas(worse)))
    found = profiles(problem, off)
    assert found[SIGMA, None, ()].below == pytest.approx(value - fit.point.criterion, rel=0.3)
    assert all(p.below == 0.0 for p in profiles(problem, fit).values())
