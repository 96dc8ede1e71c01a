"""nlme's lme() as an engine: how it is asked, what it answers, and what is said without it."""

import json
import os
import re
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from covedge.engines import nlme, r_process
from covedge.engines.answer import NoAnswer, NotExpressible
from covedge.engines.judge import judge
from covedge.inference.apvar import FLAT_VALLEY, apvar_at
from support.models import TESTS, data_set, reference, set_up

KNOWN = json.loads((TESTS / "reference" / "apvar.json").read_text(encoding="utf-8"))
REFUSED = "Non-positive definite approximate variance-covariance"


@pytest.fixture
def r(require_r_packages):
    require_r_packages("nlme")


def given(problem, model=-1, **limit):
    return nlme.answer(problem.frame, problem.models[model], problem.likelihood.reml, **limit)


def asked(problem, model=-1):
    return nlme.ask(problem.frame, problem.models[model], problem.likelihood.reml)


def orthodont(formula="distance ~ age + (age | Subject)", method="REML"):
    return set_up(data_set("Orthodont"), formula, method)


def sds(answer, component):
    return answer.sigma * np.sqrt(np.diag(answer.components[component]))


# With R.


@pytest.mark.parametrize("name", ["orthodont", "orthodont_ml", "orthodont_diagonal"])
def test_on_orthodont_it_answers_what_nlme_answers_to_the_formula(r, name):
    """tests/reference/apvar.R calls lme() with formulas; here it gets columns."""
    known = KNOWN["intervals"][name]
    answer = given(orthodont(known["formula"], known["method"]))
    rows = known["as_it_comes"]["levels"]["Subject"]
    printed = [rows["sd((Intercept))"][1], rows["sd(age)"][1]]
    found = [sds(answer, k) for k in range(len(answer.components))]
    np.testing.assert_allclose(np.concatenate(found), printed, rtol=1e-9)
    if len(answer.components) == 1:
        S = answer.components[0]
        correlation = S[0, 1] / np.sqrt(S[0, 0] * S[1, 1])
        assert correlation == pytest.approx(rows["cor((Intercept),age)"][1], rel=1e-8)
    assert answer.sigma == pytest.approx(known["as_it_comes"]["sigma"][1], rel=1e-10)
    fixed = known["fixed"]["rows"]
    np.testing.assert_allclose(answer.beta, [row[1] for row in fixed.values()], rtol=1e-10)
    assert (answer.apvar, answer.messages, answer.settings) == ("positive definite", (), "")


def test_on_dyestuff2_it_stops_where_nlme_stops_and_refuses_intervals(r):
    known = KNOWN["stopped"]["dyestuff2"]
    problem = set_up(data_set("Dyestuff2"), "Yield ~ 1 + (1 | Batch)")
    answer = given(problem)
    assert answer.apvar == known["apVar"] == REFUSED
    assert answer.sigma == pytest.approx(known["sigma"], rel=1e-10)
    # A variance of 1e-8: how far a flat valley was walked depends on the last digits.
    G = answer.sigma**2 * answer.components[0]
    np.testing.assert_allclose(G, known["covariance"], rtol=1e-2)
    there = apvar_at(
        problem.likelihood,
        problem.models[-1],
        problem.frame.terms,
        answer.components,
        answer.sigma,
    )
    assert there.state == FLAT_VALLEY


def test_two_nested_levels_each_get_their_own(r):
    known = KNOWN["intervals"]["oats"]["as_it_comes"]["levels"]
    answer = given(set_up(data_set("Oats"), "yield ~ nitro + (1 | Block/Variety)"))
    printed = [known["Block"]["sd((Intercept))"][1], known["Variety"]["sd((Intercept))"][1]]
    np.testing.assert_allclose([sds(answer, 0)[0], sds(answer, 1)[0]], printed, rtol=1e-8)


def test_compound_symmetry_is_a_blocked_matrix(r):
    """`(1 | Worker) + (1 | Worker:Machine)`: lme4 of the same model."""
    known = reference("machines_cs_reml")
    problem = set_up(data_set("Machines"), "score ~ Machine + (Machine | Worker)")
    model = next(i for i, m in enumerate(problem.models) if "compound" in m.name)
    answer = given(problem, model)
    printed = [known["terms"][g]["sd"][0] for g in ("Worker", "Worker:Machine")]
    np.testing.assert_allclose([sds(answer, 0)[0], sds(answer, 1)[0]], printed, rtol=1e-5)
    assert answer.criterion == pytest.approx(known["criterion"], abs=1e-6)


@pytest.mark.parametrize("method", ["REML", "ML"])
def test_prior_weights_are_variances_in_nlme(r, method):
    """Both reckon the same likelihood, with all its constants, at nlme's answer."""
    table = data_set("sleepstudy")
    table["w"] = np.linspace(0.2, 3.0, len(table))
    formula = "Reaction ~ Days + (Days | Subject)"
    problem = set_up(table, formula, method, weights="w")
    answer = given(problem)
    found = judge(problem.likelihood, problem.models[-1], answer.components)
    assert found.criterion == pytest.approx(answer.criterion, rel=1e-11)
    assert found.criterion == pytest.approx(problem.fit().point.criterion, abs=1e-5)


def test_names_of_the_user_never_reach_r(r):
    """Quotes, backslashes, unicode and code in labels and names change nothing."""
    table = data_set("Orthodont")[["distance", "age", "Subject"]]
    hostile = {s: f"{s}'\"\\`; stop(1) #\tµ“猫”\N{BOM}" for s in table["Subject"].unique()}
    renamed = table.assign(Subject=table["Subject"].map(hostile))
    renamed = renamed.rename(columns={"distance": "Zähne", "Subject": "if"})
    answer = given(set_up(renamed, "Zähne ~ age + (age | `if`)"))
    plain = given(orthodont())
    np.testing.assert_allclose(answer.components[0], plain.components[0], rtol=1e-9)


def test_where_both_optimisers_fail_nlmes_own_words_are_the_reason(r):
    table = data_set("Orthodont").query("age <= 10")
    problem = set_up(table, "distance ~ age + (age + I(age**2) | Subject)")
    words = "fewer observations than random effects in all level 1 groups"
    with pytest.raises(NoAnswer, match=words) as told:
        given(problem)
    assert str(told.value).count(words) == 2
    assert "with its default optimiser stopped" in str(told.value)
    assert 'with opt = "optim" stopped' in str(told.value)


def test_the_version_is_told(r):
    assert re.fullmatch(r"\d+\.\d+-\d+ \(R \d+\.\d+\.\d+\)", nlme.version())


KILLED = """
import sys
sys.path[:0] = {path!r}
import pandas as pd
from covedge.engines import nlme, r_process
from support.models import set_up
r_process.GRACE = 1.0
rats = pd.read_csv({rats!r}).query("spd_des == 's15'")
problem = set_up(rats, "cc_marg ~ mPair + (mPair | ratID)")
print("asking", flush=True)
nlme.answer(problem.frame, problem.models[-1], True, limit=4.0)
"""


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="processes are looked up in /proc")
def test_r_ends_by_itself_where_nobody_is_left_to_stop_it(r, tmp_path):
    """The rats' full model takes nlme half a minute; R may take 5 seconds here."""
    rats = str(TESTS.parent / "data" / "rats.csv")
    code = KILLED.format(path=sys.path, rats=rats)
    places = {"TMPDIR": str(tmp_path)}
    asking = subprocess.Popen(
        [sys.executable, "-c", code], stdout=subprocess.PIPE, env=os.environ | places
    )
    assert asking.stdout.readline() == b"asking\n"
    assert _within(20, lambda: _users_of(tmp_path))
    asking.kill()
    asking.wait()
    assert _users_of(tmp_path)
    assert _within(20, lambda: not _users_of(tmp_path))


def _within(seconds, condition):
    end = time.monotonic() + seconds
    while not condition() and time.monotonic() < end:
        time.sleep(0.2)
    return condition()


def _users_of(folder):
    """Processes that were started with a path below `folder`."""
    return [
        path.parent.name
        for path in Path("/proc").glob("[0-9]*/cmdline")
        if str(folder).encode() in _content(path) and _alive(path.parent.name)
    ]


def _content(path):
    try:
        return path.read_bytes()
    except OSError:
        return b""


# Without R.


def test_each_structure_in_nlmes_classes():
    machines = set_up(data_set("Machines"), "score ~ Machine + (Machine | Worker)")
    words = {model.name: nlme.ask(machines.frame, model, True) for model in machines.models[1:]}
    assert {name: question.random for name, question in words.items()} == {
        "m1-intercept": "list(G1 = pdLogChol(~ 0 + Z1))",
        "m2-compound": "list(G1 = pdBlocked(list("
        "pdLogChol(~ 0 + Z1), pdIdent(~ 0 + Z2 + Z3 + Z4))))",
        "m3-diagonal": "list(G1 = pdDiag(~ 0 + Z1 + Z2 + Z3))",
        "m4-full": "list(G1 = pdLogChol(~ 0 + Z1 + Z2 + Z3))",
    }
    assert words["m4-full"].fixed == "y ~ 0 + X1 + X2 + X3"
    nested = asked(set_up(data_set("Oats"), "yield ~ nitro + (1 | Block/Variety)"))
    assert nested.random == "list(G1 = pdLogChol(~ 0 + Z1), G2 = pdLogChol(~ 0 + Z2))"
    assert nested.columns == ("y", "X1", "X2", "Z1", "Z2", "G1", "G2")


@pytest.mark.parametrize(
    ("data", "formula", "reason"),
    [
        ("Pastes", "strength ~ 1", "the model has none"),
        ("Penicillin", "diameter ~ 1 + (1 | plate) + (1 | sample)", "sample and plate cross"),
        ("Pastes", "strength ~ 1 + rr(cask | batch, 1)", "limited rank"),
    ],
)
def test_what_it_cannot_say_is_refused_with_the_reason(data, formula, reason):
    with pytest.raises(NotExpressible, match=reason):
        asked(set_up(data_set(data), formula))


def test_one_of_two_crossed_factors_alone_can_be_said():
    problem = set_up(data_set("Penicillin"), "diameter ~ 1 + (1 | plate) + (1 | sample)")
    assert asked(problem, 1).groups == ("G1",)


ANSWERED = r"""error	nlminb	iteration\tlimit\nreached \\n “10”
said	Warning	Überlauf
said	Warning	Überlauf
optimiser	optim
seconds	0.25
G1	4	1	1	9	0.25
sigma	1.5
beta	17	NA
std_error	0.5	Inf
loglik	-221.25
apvar	Non-positive definite approximate variance-covariance
"""


def test_an_answer_is_read_as_lme_R_writes_it(tmp_path):
    problem = set_up(data_set("Machines"), "score ~ Machine + (Machine | Worker)")
    question = asked(problem, 2)
    path = tmp_path / "answer.txt"
    # Compound symmetry: the intercept's variance, and one that three cells share.
    Sigma = "\t".join(str(v) for v in np.diag([4.0, 0.5, 0.5, 0.5]).ravel())
    path.write_text(ANSWERED.replace("4\t1\t1\t9\t0.25", Sigma), encoding="utf-8")
    answer = nlme.read(r_process.parsed(path), question)
    assert [S.tolist() for S in answer.components] == [[[4.0]], [[0.5]]]
    assert answer.messages == (
        "Error: iteration\tlimit\nreached \\n “10”",
        "Warning: Überlauf",
    )
    assert answer.settings == 'opt = "optim"'
    assert (answer.sigma, answer.criterion, answer.seconds) == (1.5, 442.5, 0.25)
    assert answer.beta[0] == 17
    assert np.isnan(answer.beta[1])
    assert np.isinf(answer.std_error[1])
    assert answer.apvar == REFUSED


def test_r_is_stopped_at_the_limit_with_all_that_it_has_started(fake_r, tmp_path):
    fake_r(f"sleep 60 & echo $! > {tmp_path}/pid; wait")
    began = time.monotonic()
    with pytest.raises(NoAnswer, match=r"stopped after 0\.5 seconds"):
        given(orthodont(), limit=0.5)
    assert time.monotonic() - began < 10
    started = int((tmp_path / "pid").read_text())
    # It has been killed; a machine at work may take a moment over it.
    for _ in range(50):
        if not _alive(started):
            break
        time.sleep(0.1)
    assert not _alive(started)


def test_what_had_failed_before_the_limit_is_told(fake_r):
    fake_r(
        'for folder; do :; done; cd "$folder"\n'
        'printf "error\\tnlminb\\tno luck\\n" > answer.txt; sleep 60'
    )
    with pytest.raises(NoAnswer, match="default optimiser stopped with an error: no luck"):
        given(orthodont(), limit=0.5)


def test_r_that_breaks_down_is_quoted(fake_r):
    fake_r("echo 'Error in library(nlme): there is no package' >&2; exit 1")
    with pytest.raises(NoAnswer, match="there is no package"):
        given(orthodont())
    assert nlme.version() is None


def test_r_that_says_nothing_is_no_answer(fake_r):
    fake_r("exit 0")
    with pytest.raises(NoAnswer, match="without an answer"):
        given(orthodont())


def test_without_r_there_is_no_version_and_what_to_install(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    assert nlme.version() is None
    with pytest.raises(NoAnswer, match="r-cran-nlme"):
        given(orthodont())


def _alive(pid):
    """Whether a process runs: one that was killed and not yet reaped does not."""
    return _content(Path(f"/proc/{pid}/stat")).rpartition(b")")[2].split()[:1] not in ([], [b"Z"])
