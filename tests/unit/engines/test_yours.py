"""A fit that the user has already: files as R writes them, and what is wrong with others."""

import json
import subprocess

import numpy as np
import pytest

from covedge.engines import given_fit, yours
from covedge.engines.judge import judge
from covedge.errors import DataError
from support.models import data_set, reference, referenced, set_up

# write.csv(as.data.frame(VarCorr(lmer(Reaction ~ Days + (Days | Subject), sleepstudy))))
VARCORR = """"","grp","var1","var2","vcov","sdcor"
"1","Subject","(Intercept)",NA,612.100158024769,24.7406579949841
"2","Subject","Days",NA,35.0717144509388,5.92213765889808
"3","Subject","(Intercept)","Days",9.60440895115776,0.0655512382381282
"4","Residual",NA,NA,654.940008259961,25.5917957216753
"""
# write.csv(getME(fit, "theta"))
THETA = """"","x"
"Subject.(Intercept)",0.966741773967412
"Subject.Days.(Intercept)",0.0151690588960361
"Subject.Days",0.230909953207795
"""
NUMBERS = [0.966741773967412, 0.0151690588960361, 0.230909953207795]
BY_JSONLITE = {"theta": NUMBERS, "sigma": [25.5917957216753], "criterion": [1743.62827195995]}


def sleepstudy(formula="Reaction ~ Days + (Days | Subject)"):
    return set_up(data_set("sleepstudy"), formula)


@pytest.fixture
def file(tmp_path):
    def put(text, name="fit.csv"):
        path = tmp_path / name
        path.write_text(text if isinstance(text, str) else json.dumps(text), encoding="utf-8")
        return path

    return put


def judged(path, problem=None, model=-1):
    problem = problem or sleepstudy()
    answer = yours.answer(given_fit.read(path), problem.frame, problem.models[model])
    return answer, judge(problem.likelihood, problem.models[model], answer.components)


ROWS = [
    {"grp": "Subject", "var1": "(Intercept)", "vcov": 612.100158024769},
    {"grp": "Subject", "var1": "Days", "var2": None, "vcov": 35.0717144509388},
    {"grp": "Subject", "var1": "(Intercept)", "var2": "Days", "vcov": 9.60440895115776},
    {"grp": "Residual", "vcov": 654.940008259961},
]


@pytest.mark.parametrize(
    ("text", "name"),
    [
        (VARCORR, "fit.csv"),
        (VARCORR.replace(",", "\t"), "fit.tsv"),
        (THETA, "fit.csv"),
        ("theta\n" + "\n".join(map(str, NUMBERS)), "fit.csv"),
        ('"x"\n' + "\n".join(THETA.splitlines()[1:]), "fit.csv"),
        (BY_JSONLITE, "fit.json"),
        (NUMBERS, "fit.json"),
        (ROWS, "fit.json"),
        ({"varcorr": ROWS, "criterion": 1743.628}, "fit.json"),
    ],
)
def test_lme4s_own_answer_is_certified_in_every_form(file, text, name):
    answer, found = judged(file(text, name))
    known = reference("sleepstudy_reml")
    assert found.criterion == pytest.approx(known["criterion"], abs=1e-7)
    assert answer.sigma in (None, pytest.approx(25.5918, abs=1e-4))
    assert answer.criterion in (None, pytest.approx(1743.628, abs=1e-3))


def test_theta_is_taken_by_name_where_it_has_names(file):
    head, one, two, three = THETA.splitlines()
    _, found = judged(file("\n".join([head, three, one, two])))
    assert found.criterion == pytest.approx(reference("sleepstudy_reml")["criterion"], abs=1e-7)


def test_standard_deviations_and_correlations_do_where_vcov_is_missing(file):
    text = "grp,var1,var2,sdcor\n" + "\n".join(
        ",".join([*line.split(",")[1:4], line.split(",")[5]]).replace('"', "")
        for line in VARCORR.splitlines()[1:]
    )
    _, found = judged(file(text))
    assert found.criterion == pytest.approx(reference("sleepstudy_reml")["criterion"], abs=1e-6)


@pytest.mark.parametrize(
    "name",
    [
        "sleepstudy_two_terms_ml",
        "machines_cs_reml",
        "pixel_reml",
        "penicillin_reml",
        "pixel_three_terms_ml",
        "pastes_reml",
        "oats_mixed_ml",
    ],
)
def test_theta_is_in_lme4s_order(file, name):
    """Theta of tests/reference/reference.json has no names: the order alone decides."""
    known, problem = reference(name), referenced(name)
    _, found = judged(file(known["theta"], "fit.json"), problem)
    assert found.criterion == pytest.approx(known["criterion"], abs=1e-6)


@pytest.mark.parametrize(
    ("data", "formula"),
    [
        ("Pastes", "strength ~ 1 + (1 | batch/cask)"),
        ("Pixel", "pixel ~ day + (1 | Dog) + (0 + day | Dog) + (1 | Dog:Side)"),
        ("Machines", "score ~ Machine + (1 | Worker) + (1 | Worker:Machine)"),
    ],
)
def test_files_that_r_writes_are_understood(tmp_path, require_r_packages, data, formula):
    """Nested, several terms on a factor, and an interaction, with lme4's own names for them."""
    rscript = require_r_packages("lme4")
    table = data_set(data)
    table.to_csv(tmp_path / "data.csv", index=False)
    code = f"""
        suppressPackageStartupMessages(library(lme4))
        d <- read.csv("{tmp_path}/data.csv", stringsAsFactors = TRUE)
        fit <- suppressMessages(lmer({formula}, d))
        write.csv(as.data.frame(VarCorr(fit)), "{tmp_path}/varcorr.csv")
        write.csv(getME(fit, "theta"), "{tmp_path}/theta.csv")
        cat(sprintf("%.9f", REMLcrit(fit)))
    """
    done = subprocess.run([rscript, "-e", code], capture_output=True, text=True, timeout=120)
    problem = set_up(table, formula)
    for name in ("varcorr.csv", "theta.csv"):
        _, found = judged(tmp_path / name, problem)
        assert found.criterion == pytest.approx(float(done.stdout), abs=1e-6), name


def test_each_model_of_a_mapping_has_its_file():
    models = ["m0-fixed", "m1-intercept", "m2-full"]
    assert yours.file_of(None, models) == {}
    assert {m: str(p) for m, p in yours.file_of("a.csv", models).items()} == {"m2-full": "a.csv"}
    told = yours.file_of({"m1-intercept": "a.csv"}, models)
    assert {m: str(p) for m, p in told.items()} == {"m1-intercept": "a.csv"}


def without(text, *rows):
    return "".join(line + "\n" for i, line in enumerate(text.splitlines()) if i not in rows)


BAD = {
    "an unknown group": (VARCORR.replace("Subject", "Sbject"), "has no `Subject` but `Sbject`", ""),
    "other effects": (
        VARCORR.replace("Days", "Day"),
        "with the effects `(Intercept)` and `Days`, and the file has on `Subject` with the "
        "effects `(Intercept)` and `Day`",
        "",
    ),
    "a term too many": (
        VARCORR.replace('"4"', '"5","Item","(Intercept)",NA,1,1\n"4"'),
        "row 5: m3-full, which is `Reaction ~ Days + (Days | Subject)`, has no term on `Item`",
        "",
    ),
    "too few of theta": (without(THETA, 3), "theta has 2 numbers, and m3-full has 3: ", ""),
    "an unknown name": (
        THETA.replace("Subject.Days.", "Subject.Day."),
        "theta has no element `Subject.Day.(Intercept)` in this model; did you mean "
        "`Subject.Days.(Intercept)`?",
        "",
    ),
    "a negative variance": (
        VARCORR.replace("35.07", "-35.07"),
        "row 3: the variance of `Days` in `Subject` is -35.07",
        "",
    ),
    "a negative SD": (
        "grp,var1,var2,sdcor\ng,(Intercept),NA,-1\nResidual,NA,NA,1\n",
        "row 2: the standard deviation of `(Intercept)` in `g` is -1, below 0",
        "",
    ),
    "a correlation beyond 1": (
        "grp,var1,var2,sdcor\ng,a,NA,1\ng,b,NA,1\ng,a,b,1.5\nResidual,NA,NA,1\n",
        "row 4: the correlation 1.5 is not between -1 and 1",
        "",
    ),
    "no number": (VARCORR.replace("35.07", "x35"), "row 3, column vcov: `x35", ""),
    "no residual": (without(VARCORR, 4), "there is no row `Residual`", ""),
    "a missing covariance": (
        VARCORR.replace('"4"', '"4","Subject","x",NA,1,1\n"5"'),
        "row 2: `Subject` lacks some of the covariances",
        "",
    ),
    "a pair twice": (
        VARCORR.replace('"4"', '"4","Subject","Days",NA,1,1\n"5"'),
        "row 5: `Subject` has `Days and Days` twice",
        "",
    ),
    "other columns": ("a,b,c\n1,2,3\n", "has the columns a, b, c; expected is", ""),
    "nothing": (" \n", "is empty", ""),
    "a ragged row": ("grp,var1,var2,vcov\ng,1\n", "row 2 has", ""),
    "no JSON": ("{theta: 1}", "is not JSON", "fit.json"),
    "JSON of another kind": ({"thet": [1]}, "either the key `theta` or the key", "fit.json"),
    "JSON with text": ({"theta": [1, "x", 2]}, "theta[2], column theta: `x`", "fit.json"),
    "a sigma of zero": ({"theta": NUMBERS, "sigma": 0}, "sigma is 0, and must be", "fit.json"),
}


@pytest.mark.parametrize("case", BAD)
def test_what_is_wrong_with_a_file_is_told(file, case):
    text, words, name = BAD[case]
    path = file(text, name or "fit.csv")
    with pytest.raises(DataError) as told:
        judged(path)
    assert str(told.value).startswith(f"{path}: ")
    assert words in str(told.value)
    assert "\n" not in str(told.value)


def test_a_file_that_cannot_be_read_is_told(tmp_path):
    (tmp_path / "fit.csv").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(DataError, match="is not UTF-8 text"):
        given_fit.read(tmp_path / "fit.csv")
    with pytest.raises(DataError, match="cannot be read: no such file"):
        given_fit.read(tmp_path / "none.csv")


def test_a_model_of_limited_rank_takes_no_answer(file):
    problem = set_up(data_set("Machines"), "score ~ Machine + rr(Machine | Worker, 2)")
    with pytest.raises(DataError, match="limited rank"):
        judged(file([1.0, 0, 0, 1, 0, 1], "fit.json"), problem)


def test_a_false_zero_of_the_user_is_refused(file):
    _, found = judged(file([0.97, 0.0, 0.0], "fit.json"))
    assert found.singular
    assert found.examination.certificate.dual_feasibility < -0.01
    np.testing.assert_array_less(reference("sleepstudy_reml")["criterion"] + 1, found.criterion)
