"""Posterior modes under blme's prior, against lme4's deviance with R's optimisers, and blme."""

import json

import numpy as np
import pandas as pd
import pytest
from scipy.optimize import brentq

from covedge.fits.factors import Factors
from covedge.posteriors.log_cholesky import LogCholesky
from covedge.posteriors.mode import NoMode, _Penalised, mode_record, posterior_mode
from support.models import TESTS, data_set, set_up

MODELS = json.loads((TESTS / "reference" / "posterior_modes.json").read_text(encoding="utf-8"))[
    "models"
]
# R's optimisers end within 1e-9 of the minimum; an SD that moves D by so little by 1e-4 of itself.
CRITERION, SD = 1e-6, 2e-4
NAMES = {"cask:batch": "batch:cask"}
FILES = {
    "sleepstudy": "sleepstudy",
    "dyestuff2": "Dyestuff2",
    "pastes": "Pastes",
    "penicillin": "Penicillin",
    "machines": "Machines",
}


def rats_s15():
    table = pd.read_csv(TESTS.parent / "data" / "rats.csv")
    return table[table["spd_des"] == "s15"]


def problem_of(name, formula=None):
    known = MODELS[name]
    data = FILES.get(name.split("_")[0])
    table = rats_s15() if data is None else data_set(data)
    return set_up(table, formula or known["formula"], known["method"])


def mode_of(problem, model=-1):
    return posterior_mode(problem.likelihood, problem.frame.terms, problem.models[model])


@pytest.mark.parametrize("name", MODELS)
def test_mode_equals_lme4_and_blme(name):
    """blmer() as it comes stops up to 86 above its own mode; it is held to with nlminbwrap."""
    known = MODELS[name]
    mode = mode_of(problem_of(name))
    record = mode_record(mode, problem_of(name).frame.fixed)
    assert mode.modes == 1
    for other in (known, known["blme"]):
        assert mode.criterion == pytest.approx(other["criterion"], abs=CRITERION)
        assert mode.criterion < known["blme_as_it_comes"] + CRITERION
        assert mode.sigma == pytest.approx(other["sigma"], rel=SD)
        np.testing.assert_allclose(
            [f["estimate"] for f in record["fixed"]], other["fixed"], rtol=1e-6, atol=2e-6
        )
        wanted = {}
        for term in other["terms"].values():
            wanted.setdefault(NAMES.get(term["group"], term["group"]), []).extend(term["sd"])
        found = {term["group"]: term["sd"] for term in record["terms"]}
        assert wanted.keys() == found.keys()
        for group, sd in wanted.items():
            np.testing.assert_allclose(found[group], sd, rtol=SD)
    assert mode.penalty == pytest.approx(known["penalty"], abs=1e-3)


def test_correlations_equal_lme4s():
    known = MODELS["rats_s15"]["terms"]["ratID"]
    (term,) = mode_of(problem_of("rats_s15")).terms
    scale = np.sqrt(np.outer(np.diag(term.G), np.diag(term.G)))
    np.testing.assert_allclose(term.G / scale, known["covariance"] / scale, atol=1e-3)


def test_compound_symmetry_is_two_terms_of_lme4():
    """The rung of `(Machine | Worker)` is `(1 | Worker) + (1 | Worker:Machine)`."""
    problem = problem_of("machines_cs", "score ~ Machine + (Machine | Worker)")
    names = [model.name for model in problem.models]
    mode = mode_of(problem, names.index("m2-compound"))
    assert mode.criterion == pytest.approx(MODELS["machines_cs"]["criterion"], abs=CRITERION)
    assert mode.penalty == pytest.approx(MODELS["machines_cs"]["penalty"], abs=1e-3)


@pytest.mark.parametrize("method", ["REML", "ML"])
@pytest.mark.parametrize("name", ["Dyestuff", "Dyestuff2"])
def test_balanced_one_way_layout(name, method):
    """Sums of squares within and between are all there is; the mode is a root."""
    table = data_set(name)
    groups = table.groupby("Batch").Yield
    k, n = groups.ngroups, len(table)
    m = n // k
    within = float(((table.Yield - groups.transform("mean")) ** 2).sum())
    between = float(m * ((groups.mean() - table.Yield.mean()) ** 2).sum())
    nu, free = (n - 1, k - 1) if method == "REML" else (n, k)

    def ratio(variance):
        return 1 + m * variance

    def slope(log_variance):
        """Of D - 1.5 log variance, in log variance."""
        v = np.exp(log_variance)
        by_logdet = free * m / ratio(v)
        by_squares = nu * m * between / ratio(v) ** 2 / (within + between / ratio(v))
        return v * (by_logdet - by_squares) - 1.5

    variance = np.exp(brentq(slope, -8, 6, xtol=1e-13))
    sigma2 = (within + between / ratio(variance)) / nu
    criterion = free * np.log(ratio(variance)) + nu * (1 + np.log(2 * np.pi * sigma2))
    criterion += np.log(n) if method == "REML" else 0.0
    mode = mode_of(set_up(table, "Yield ~ 1 + (1 | Batch)", method))
    assert mode.criterion == pytest.approx(criterion - 1.5 * np.log(variance), abs=1e-8)
    assert mode.terms[0].Sigma[0, 0] == pytest.approx(variance, rel=1e-6)
    assert mode.sigma == pytest.approx(np.sqrt(sigma2), rel=1e-7)


def test_gradient_equals_finite_differences():
    problem = problem_of("pastes", "strength ~ 1 + (1 | batch/cask)")
    three = problem_of("machines_cs", "score ~ Machine + (Machine | Worker)")
    for one in (problem, three):
        penalised = _Penalised(Factors(one.likelihood, one.structures))
        z = np.random.default_rng(6).normal(scale=0.5, size=len(penalised.map.places))
        step = 1e-5
        by_hand = [
            (penalised(z + step * e)[0] - penalised(z - step * e)[0]) / (2 * step)
            for e in np.eye(len(z))
        ]
        np.testing.assert_allclose(penalised(z)[1], by_hand, rtol=1e-6, atol=1e-6)


def test_log_cholesky_reaches_every_positive_definite_matrix():
    rng = np.random.default_rng(7)
    S = [A @ A.T for A in (rng.normal(size=(3, 5)), rng.normal(size=(1, 2)))]
    made = LogCholesky([3, 1])
    roots = [np.linalg.cholesky(s) for s in S]
    z = np.concatenate([L[np.tril_indices(len(L))] for L in roots])
    z[made.diagonal] = np.log(z[made.diagonal])
    x = made.factors(z)
    for L, s in zip((x[:9].reshape(3, 3), x[9:].reshape(1, 1)), S, strict=True):
        np.testing.assert_allclose(L @ L.T, s, rtol=1e-12)


def test_units_and_reference_level_do_not_matter():
    """Milliseconds for seconds, days from the middle, and another muscle pair first."""
    table = data_set("sleepstudy")
    (plain,) = mode_of(set_up(table, "Reaction ~ Days + (Days | Subject)")).terms
    table["Days"] = (table["Days"] - 4.5) * 24.0
    table["Reaction"] = table["Reaction"] / 1000.0
    (moved,) = mode_of(set_up(table, "Reaction ~ Days + (Days | Subject)")).terms
    back = 1000.0 * np.array([[1.0, -4.5 * 24.0], [0.0, 24.0]])
    np.testing.assert_allclose(back @ moved.G @ back.T, plain.G, rtol=1e-5)


def test_no_mode_with_two_groups():
    """REML leaves one degree of freedom: D rises as log Sigma, less than the prior's 1.5."""
    rng = np.random.default_rng(8)
    group = np.repeat(["a", "b", "c"], 6)
    table = pd.DataFrame({"g": group, "y": rng.normal(size=18) + (group == "a") - (group == "c")})
    with pytest.raises(NoMode, match="g has so few levels"):
        mode_of(set_up(table[table.g != "c"], "y ~ 1 + (1 | g)"))
    assert mode_of(set_up(table, "y ~ 1 + (1 | g)")).decrement < 1e-8


def test_no_mode_of_limited_rank():
    problem = set_up(data_set("Machines"), "score ~ Machine + rr(Machine | Worker, 1)")
    with pytest.raises(NoMode, match="limited rank"):
        mode_of(problem)


def test_no_mode_of_what_cannot_be_identified():
    """One value of each machine and worker: the slopes and the residual are one."""
    table = data_set("Machines").groupby(["Worker", "Machine"], as_index=False).score.mean()
    with pytest.raises(NoMode, match="cannot tell"):
        mode_of(set_up(table, "score ~ Machine + (Machine | Worker)"))
