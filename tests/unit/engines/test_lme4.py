"""lme4's lmer() as an engine: how it is asked, what it answers, and what is said without it."""

import subprocess

import numpy as np
import pandas as pd
import pytest

from covedge.engines import lme4, r_process
from covedge.engines.answer import NoAnswer, NotExpressible
from covedge.engines.judge import judge
from covedge.fits.certificate import CERTIFIED, REFUSED
from support.models import TESTS, data_set, reference, referenced, set_up

SINGULAR = "Message: boundary (singular) fit: see help('isSingular')"


@pytest.fixture
def r(require_r_packages):
    return require_r_packages("lme4")


def given(problem, model=-1, **how):
    return lme4.answer(problem.frame, problem.models[model], problem.likelihood.reml, **how)


def asked(problem, model=-1):
    return lme4.ask(problem.frame, problem.models[model], problem.likelihood.reml)


def machines():
    return set_up(data_set("Machines"), "score ~ Machine + (Machine | Worker)")


def rats():
    table = pd.read_csv(TESTS.parent / "data" / "rats.csv")
    return set_up(table[table["spd_des"] == "s15"], "cc_marg ~ mPair + (mPair | ratID)")


# With R.


@pytest.mark.parametrize(
    "name",
    [
        "sleepstudy_reml",
        "sleepstudy_ml",
        "sleepstudy_two_terms_ml",
        "sleepstudy_weights_reml",
        "machines_reml",
        "dyestuff2_reml",
        "penicillin_ml",
        "pixel_reml",
    ],
)
def test_it_answers_what_lme4_answers_to_the_formula(r, name):
    """tests/reference/reference.R calls lmer() with formulas, `default` as it comes."""
    known, problem = reference(name), referenced(name)
    answer = given(problem)
    assert answer.criterion == pytest.approx(known["criteria"]["default"], abs=1e-6)
    assert answer.sigma == pytest.approx(known["sigma"], rel=1e-3)
    np.testing.assert_allclose(answer.beta, list(known["fixed"].values()), rtol=1e-3, atol=1e-6)
    np.testing.assert_allclose(answer.std_error, list(known["std_error"].values()), rtol=1e-2)
    found = judge(problem.likelihood, problem.models[-1], answer.components)
    # Ours and its own reckoning of the criterion at its answer, constants included.
    assert found.criterion == pytest.approx(answer.criterion, rel=1e-11)
    assert answer.calls_singular == known["singular"]


def test_theta_is_lme4s_own(r):
    np.testing.assert_allclose(
        given(set_up(data_set("sleepstudy"), "Reaction ~ Days + (Days | Subject)")).theta,
        reference("sleepstudy_reml")["theta"],
        atol=1e-4,
    )


def test_compound_symmetry_is_an_intercept_of_the_cells(r):
    """`(1 | Worker) + (1 | Worker:Machine)`"""
    known, problem = reference("machines_cs_reml"), machines()
    answer = given(problem, 2)
    assert answer.criterion == pytest.approx(known["criterion"], abs=1e-6)
    sds = [answer.sigma * S[0, 0] ** 0.5 for S in answer.components]
    printed = [known["terms"][g]["sd"][0] for g in ("Worker", "Worker:Machine")]
    np.testing.assert_allclose(sds, printed, rtol=1e-3)


BY_ALLFIT = """
suppressPackageStartupMessages(library(lme4))
# allFit() ends in an error where dfoptim or optimx is not installed, unless it has no row of theirs
# to leave out.
for (i in 1:2) {
  table <- lme4:::meth.tab.0
  table <- table[!table[, "optimizer"] %in% c("nmkbw", "optimx"), ]
  utils::assignInNamespace("meth.tab.0", table, "lme4")
}
sleepstudy$Subject <- factor(sleepstudy$Subject)
fit <- lmer(Reaction ~ Days + (Days | Subject), sleepstudy)
all <- suppressMessages(allFit(fit, verbose = FALSE))
for (name in names(all)) cat(name, sprintf("%.10f", REMLcrit(all[[name]])), "\\n")
"""


def test_its_optimisers_are_those_of_allfit(r):
    done = subprocess.run([r, "-e", BY_ALLFIT], capture_output=True, text=True, timeout=120)
    known = dict(line.split() for line in done.stdout.splitlines())
    problem = set_up(data_set("sleepstudy"), "Reaction ~ Days + (Days | Subject)")
    others = {
        name: other
        for name, other in given(problem, every_optimiser=True).others
        if name not in ("nmkbw", "optimx.L-BFGS-B")
    }
    assert list(others) == list(known) != []
    for name, other in others.items():
        assert other.criterion == pytest.approx(float(known[name]), abs=1e-6), name


def test_on_sleepstudy_every_optimiser_is_at_the_certified_optimum(r):
    problem = set_up(data_set("sleepstudy"), "Reaction ~ Days + (Days | Subject)")
    best = problem.fit().point.criterion
    answer = given(problem, every_optimiser=True)
    for one in (answer, *(other for _, other in answer.others)):
        found = judge(problem.likelihood, problem.models[-1], one.components)
        assert found.criterion == pytest.approx(best, abs=1e-6)
        assert (one.messages, one.calls_singular, one.converged) == ((), False, True)
    bobyqa = dict(answer.others)["bobyqa"]
    found = judge(problem.likelihood, problem.models[-1], bobyqa.components)
    assert found.examination.certificate.status == CERTIFIED


def test_on_the_rats_its_default_stops_short_and_calls_itself_converged(r):
    problem = rats()
    answer = given(problem)
    assert answer.messages == (SINGULAR,)
    assert (answer.calls_singular, answer.converged) == (True, True)
    found = judge(problem.likelihood, problem.models[-1], answer.components)
    assert found.examination.certificate.status == REFUSED
    # tests/reference/rats.json: -7808.63 and bobyqa -7809.03; where it ends depends on last digits.
    assert 0.1 < found.criterion - problem.fit().point.criterion < 2.0


@pytest.mark.slow
def test_of_its_optimisers_bobyqa_finds_the_optimum_of_the_rats(r):
    problem = rats()
    answer = given(problem, limit=600.0, every_optimiser=True)
    best = problem.fit().point.criterion
    assert dict(answer.others)["bobyqa"].criterion == pytest.approx(best, abs=1e-5)
    simplex = dict(answer.others)["Nelder_Mead"]
    assert simplex.criterion > best + 1
    assert any("failed to converge" in words for words in simplex.messages)
    assert not simplex.converged


def test_its_refusal_is_quoted_with_the_users_names(r):
    """number of observations (=18) <= number of random effects (=18) for term (Machine | Worker)"""
    table = data_set("Machines").drop_duplicates(["Worker", "Machine"])
    problem = set_up(table, "score ~ Machine + (Machine | Worker)")
    words = r"stopped with an error: number of observations \(=18\) <= number of random effects "
    with pytest.raises(NoAnswer, match=words + r"\(=18\) for term \(Machine \| Worker\); the"):
        given(problem)


def test_what_was_answered_before_the_limit_counts(fake_r):
    """R that has answered by its default optimiser, and is stopped within the next."""
    problem = set_up(data_set("Dyestuff"), "Yield ~ 1 + (1 | Batch)")
    fake_r(f"for folder; do :; done; cd \"$folder\"\nprintf '{ANSWERED}' > answer.txt; sleep 60")
    answer = given(problem, limit=0.5, every_optimiser=True)
    assert answer.sigma == 49.5
    assert dict(answer.others) == {
        "bobyqa": "R was stopped after 0.5 seconds, the limit for a model"
    }


ANSWERED = "".join(
    line.replace(" ", "\\t") + "\\n"
    for line in (
        "fit nloptwrap",
        "said Message (0_+_Z1_|_G1)",
        "term Z1 0.72",
        "theta 0.85",
        "sigma 49.5",
        "beta 1527.5",
        "std_error 19.4",
        "criterion 319.7",
        "singular no",
        "converged yes",
        "seconds 0.1",
        "fit bobyqa",
    )
)


# Without R.


def test_each_structure_in_lme4s_words():
    problem = machines()
    fixed = "y ~ 0 + X1 + X2 + X3 + "
    assert {m.name: asked(problem, i).formula for i, m in enumerate(problem.models) if i} == {
        "m1-intercept": fixed + "(0 + Z1 | G1)",
        "m2-compound": fixed + "(0 + Z1 | G1) + (1 | H1)",
        "m3-diagonal": fixed + "(0 + Z1 | G1) + (0 + Z2 | G1) + (0 + Z3 | G1)",
        "m4-full": fixed + "(0 + Z1 + Z2 + Z3 | G1)",
    }
    crossed = asked(set_up(data_set("Penicillin"), "diameter ~ 1 + (1 | plate) + (1 | sample)"))
    assert crossed.formula == "y ~ 0 + X1 + (0 + Z1 | G1) + (0 + Z2 | G2)"
    question = asked(problem, 2)
    cells = question.rows[:, question.columns.index("H1")]
    pairs = data_set("Machines").groupby(["Worker", "Machine"]).ngroup()
    assert len(np.unique(np.column_stack([cells, pairs]), axis=0)) == len(np.unique(cells)) == 18


@pytest.mark.parametrize(
    ("data", "formula", "reason"),
    [
        ("Pastes", "strength ~ 1", "the model has none"),
        ("Pastes", "strength ~ 1 + rr(cask | batch, 1)", "limited rank"),
    ],
)
def test_what_it_cannot_say_is_refused_with_the_reason(data, formula, reason):
    with pytest.raises(NotExpressible, match=reason):
        asked(set_up(data_set(data), formula))


def test_its_words_are_told_with_the_users_names():
    problem = set_up(data_set("sleepstudy"), "Reaction ~ Days + (Days || Subject)")
    lines = [
        ("fit", ["nloptwrap"]),
        ("error", ["no (0 + Z1 | G1) and (0 + Z2 | G1) of G1 with X2"]),
    ]
    words = r"no \(1 \| Subject\) and \(0 \+ Days \| Subject\) of Subject with Days"
    with pytest.raises(NoAnswer, match=words):
        lme4.read(lines, asked(problem))


def test_without_r_there_is_no_version_and_what_to_install(no_r):
    assert lme4.version() is None
    with pytest.raises(NoAnswer, match="r-cran-lme4"):
        given(set_up(data_set("Dyestuff"), "Yield ~ 1 + (1 | Batch)"))


def test_a_package_that_is_not_there_has_no_version(fake_r):
    fake_r("echo \"Error in library(lme4): there is no package called 'lme4'\" >&2; exit 1")
    assert r_process.version("lme4") is None
