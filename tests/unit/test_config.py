"""The config: defaults, and errors of one line each."""

import copy
import re
from pathlib import Path

import pytest
import yaml
from jsonschema import Draft202012Validator

from covedge.config import STEPS, load_config, load_schema, plan_config, step_config
from covedge.errors import ConfigError
from covedge.yaml_file import check_yaml

ROOT = Path(__file__).parents[2]
SCHEMA = load_schema(ROOT / "workflow/schemas/config.schema.yaml")
DEFAULT = yaml.safe_load((ROOT / "config/config.yaml").read_text(encoding="utf-8"))

# A line a power of ten: "a billion laughs".
LAUGHS = "a0: &a0 [x]\n" + "".join(
    f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 10)}]\n" for i in range(1, 12)
)


def objects(schema, path=""):
    """Every part of the schema that stands for a key, with the key's path."""
    for key, sub in schema.get("properties", {}).items():
        yield f"{path}{key}", sub
        yield from objects(sub, f"{path}{key}.")
    rest = schema.get("additionalProperties")
    if isinstance(rest, dict):
        yield from objects(rest, path)


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "data").mkdir()
    (tmp_path / "data/rats.csv").write_text("y,g\n")
    return tmp_path


def analysis(**keys):
    return {"data": "data/rats.csv", "formula": "y ~ x + (x | g)", **keys}


def problems(folder, config):
    with pytest.raises(ConfigError) as caught:
        load_config(config, SCHEMA, folder)
    assert all("\n" not in line for line in caught.value.problems)
    return list(caught.value.problems)


def test_the_schema_is_closed_and_describes_each_key():
    Draft202012Validator.check_schema(SCHEMA)
    assert SCHEMA["additionalProperties"] is False
    for path, sub in objects(SCHEMA):
        assert sub.get("description"), path
        assert sub.get("title"), path
        if sub.get("type") == "object" and "properties" in sub:
            assert sub["additionalProperties"] is False, path


def test_defaults_are_those_of_the_design(folder):
    filled = load_config({"analyses": {"one": analysis()}}, SCHEMA, folder)
    # design, section 8
    assert filled == {
        "analyses": {
            "one": {
                "name": "one",
                "title": "one",
                "data": "data/rats.csv",
                "read": {
                    "table": None,
                    "separator": "auto",
                    "decimal": "auto",
                    "encoding": "auto",
                },
                "subset": None,
                "formula": "y ~ x + (x | g)",
                "method": "REML",
                "missing": "drop",
                "categorical": [],
                "weights": None,
                "ladder": "auto",
                "engines": "auto",
                "answers": None,
                "smallest_sd": None,
                "seed": 1,
                "bayes": {
                    "enabled": True,
                    "models": "auto",
                    "priors": ["lkj", "decov", "wishart"],
                    "hyperparameters": {},
                    "parametrizations": ["collapsed", "centred"],
                    "chains": 4,
                    "draws": 1000,
                    "tune": 500,
                },
                "bootstrap": {"replicates": 500, "models": "auto"},
                "atlas": {"enabled": False, "rounds": 3},
            }
        },
        "plans": {},
        "report": {"renderer": "auto", "private": False},
    }


def test_defaults_are_copies_and_what_is_given_stays(folder):
    given = {"analyses": {"one": analysis(bayes={"draws": 500}), "two": analysis()}}
    before = copy.deepcopy(given)
    first = load_config(given, SCHEMA, folder)
    assert given == before
    assert first["analyses"]["one"]["bayes"]["draws"] == 500
    first["analyses"]["two"]["bayes"]["priors"].append("changed")
    first["analyses"]["two"]["categorical"].append("changed")
    again = load_config(given, SCHEMA, folder)["analyses"]
    for name in ("one", "two"):
        assert again[name]["bayes"]["priors"] == ["lkj", "decov", "wishart"]
    assert again["one"]["categorical"] == []


def test_the_default_config_is_the_one_of_the_issue():
    analyses = load_config(DEFAULT, SCHEMA, ROOT)["analyses"]
    assert list(analyses) == ["rats_s15", "rats"]
    assert analyses["rats_s15"]["subset"] == "spd_des == 's15'"
    assert analyses["rats_s15"]["formula"] == "cc_marg ~ mPair + (mPair | ratID)"
    assert analyses["rats_s15"]["method"] == "REML"
    assert analyses["rats"]["subset"] is None
    formula = "cc_marg ~ mPair * spd_des + (mPair | ratID/spd_des/cycle)"
    assert analyses["rats"]["formula"] == formula
    assert analyses["rats"]["method"] == "ML"


@pytest.mark.parametrize(
    ("keys", "says"),
    [
        ({"methd": "ML"}, ".methd: unknown key; did you mean `method`?"),
        ({"draws": 10}, ".draws: unknown key; did you mean `bayes: {draws: ...}`?"),
        ({"bayes": {"chain": 4}}, ".bayes.chain: unknown key; did you mean `chains`?"),
        (
            {"answers": "data/rat.csv"},
            ".answers: there is no file data/rat.csv; did you mean `data/rats.csv`?",
        ),
        ({"answers": {"m1": "x.csv"}}, ".answers.m1: there is no file x.csv"),
        (
            {"answers": {}},
            ".answers: must be the path of a file, a mapping of model names to such, or null, but "
            "is {}",
        ),
        (
            {"engines": ["lmer"]},
            ".engines: must be auto, or a list out of statsmodels, lme4, nlme, rstanarm, but is "
            '["lmer"]',
        ),
        ({"method": "reml"}, '.method: must be REML or ML, but is "reml"'),
        ({"seed": -1}, ".seed: must be a whole number from 0 to 4294967295, but is -1"),
        ({"seed": True}, ".seed: must be a whole number from 0 to 4294967295, but is true"),
        ({"smallest_sd": 0}, ".smallest_sd: must be a number above 0, or null, but is 0"),
        ({"bayes": None}, ".bayes: must be a mapping, but is empty"),
        (
            {"bayes": {"priors": ["lkj", "flat"]}},
            '.bayes.priors[2]: must be lkj, decov or wishart, but is "flat"',
        ),
        (
            {"bayes": {"priors": ["blme"]}},
            ".bayes.priors[1]: blme's prior has no finite integral and is not sampled; ask for "
            "`wishart`, which is like it near zero and finite far out. The posterior mode under "
            "blme's prior is computed in any case",
        ),
        (
            {"bayes": {"hyperparameters": {"lkj": {"g": {"eta": 0.7}}}}},
            ".bayes.hyperparameters.lkj.g.eta: must be a multiple of 0.5 above 0, but is 0.7",
        ),
        (
            {"bayes": {"hyperparameters": {"decov": {"g": {"eta": 1}}}}},
            ".bayes.hyperparameters.decov.g.eta: unknown key; there are `regularization`, "
            "`concentration`, `shape`, `scale`",
        ),
        (
            {"bayes": {"hyperparameters": {"wishart": {"all": {"scale": {"x": -1}}}}}},
            ".bayes.hyperparameters.wishart.all.scale: must be a number above 0, or a mapping of "
            'effects to such, but is {"x": -1}',
        ),
        (
            {"ladder": "automatic"},
            '.ladder: must be auto, or a list of formulas, simplest first, but is "automatic"',
        ),
        (
            {"categorical": "c"},
            '.categorical: must be a list of column names, each once, but is "c"',
        ),
        (
            {"data": "data/rat.csv"},
            ".data: there is no file data/rat.csv; did you mean `data/rats.csv`?",
        ),
        (
            {"formula": "y ~ x + (x | g"},
            '.formula: `(` is never closed (character 9 of `y ~ x + (x | g`, at "(x | g")',
        ),
        (
            {"read": {"separator": ",", "decimal": ","}},
            ".read: separator and decimal are both `,`: no number could be told",
        ),
        (
            {"read": {"encoding": "rot13"}},
            ".read.encoding: there is no encoding `rot13`: windows-1252, latin-1, utf-8 and utf-16 "
            "are common",
        ),
        (
            {"read": {"sheet": "a"}},
            ".read.sheet: unknown key; there are `table`, `separator`, `decimal`, `encoding`",
        ),
        (
            {"read": {"separator": "ab"}},
            '.read.separator: must be auto, or one character, but is "ab"',
        ),
        (
            {"read": {"decimal": "point"}},
            '.read.decimal: must be auto, "." or ",", but is "point"',
        ),
        (
            {"smallest_sd": float("nan")},
            ".smallest_sd: must be a finite number, but is nan",
        ),
        ({"data": "data"}, ".data: 'data' is a folder, not a file"),
        (
            {"data": "data/{analysis}.csv"},
            ".data: data/{analysis}.csv has braces, which Snakemake takes for wildcards: rename it",
        ),
        (
            {"subset": "x = 1"},
            ".subset: `=` has no meaning: compare with `==` (character 3 of `x = 1`)",
        ),
        (
            {"ladder": ["y ~ x", "z ~ x"]},
            ".ladder[2]: the response is `z`, and `y` in the formula asked for",
        ),
    ],
)
def test_an_error_is_one_line_with_key_fault_and_nearest_name(folder, keys, says):
    config = {"analyses": {"good": analysis(), "bad": analysis(**keys)}}
    assert problems(folder, config) == [f"analyses.bad{says}"]


def test_a_misspelt_key_that_is_required_is_told_once(folder):
    config = {"analyses": {"bad": {"data": "data/rats.csv", "formla": "y ~ (1 | g)"}}}
    assert problems(folder, config) == ["analyses.bad.formla: unknown key; did you mean `formula`?"]


def test_required_keys(folder):
    assert problems(folder, {"analyses": {"bad": {"data": "data/rats.csv"}}}) == [
        "analyses.bad: the key `formula` is missing"
    ]
    assert problems(folder, {}) == ["config: the key `analyses` is missing"]
    assert problems(folder, {"analyses": None}) == [
        "analyses: must be a mapping of names to analyses, at least one, but is empty"
    ]


@pytest.mark.parametrize(
    "name",
    [
        "a\n",
        "{a}",
        "../a",
        "x" * 101,
        "rats-1",
        "my rats",
        "index",
        "logs",
        "benchmarks",
        "a/b",
        "",
    ],
)
def test_names_that_would_not_do_as_folders_and_pages(folder, name):
    (line,) = problems(folder, {"analyses": {name: analysis()}})
    where = (
        "analyses." + name.replace("\n", "\\n") + ": a name must be letters, digits and underscores"
    )
    assert line.startswith(where)


def test_a_name_that_yaml_reads_as_a_number(folder):
    assert list(load_config({"analyses": {2024: analysis()}}, SCHEMA, folder)["analyses"]) == [
        "2024"
    ]


def test_all_errors_are_told_at_once_and_none_shows_the_schema(folder):
    config = {
        "analyses": {"a": analysis(methd=1, seed="x"), "b": [1], "c": analysis(subset="x =")},
        "report": {"renderer": "word"},
    }
    lines = problems(folder, config)
    assert len(lines) == 5
    assert not any(re.search("additionalProperties|anyOf|'type'|description", s) for s in lines)
    assert all(len(line) < 200 for line in lines)


def test_a_step_gets_what_it_reads(folder):
    filled = load_config({"analyses": {"one": analysis(title="A")}}, SCHEMA, folder)
    one = filled["analyses"]["one"]
    fit = step_config(one, "fit")
    assert fit["name"] == "one"
    assert "title" not in fit
    assert "bayes" not in fit
    assert step_config(one, "report") == one
    step_config(one, "bayes")["bayes"]["priors"].append("changed")
    assert one["bayes"]["priors"] == ["lkj", "decov", "wishart"]


def test_steps_read_keys_that_exist():
    known = SCHEMA["properties"]["analyses"]["additionalProperties"]["properties"]
    for step, keys in STEPS.items():
        for key in keys:
            outer, _, inner = key.partition(".")
            assert outer in known, step
            assert not inner or inner in known[outer]["properties"], step


@pytest.mark.parametrize("step", STEPS)
def test_scripts_read_no_key_that_an_edit_would_not_rerun(step):
    script = (ROOT / f"workflow/scripts/{step}.py").read_text(encoding="utf-8")
    used = re.findall(r'analysis(?:\[|\.get\()"(\w+)"', script)
    assert set(used) <= {"name", *(key.partition(".")[0] for key in STEPS[step])}


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("a: 1\nb: {\n", "config.yaml, line 3, column 1: not valid YAML"),
        ("a: 1\n  b: 2\n", "line 2, column 4: not valid YAML"),
        ("a:\n\tb: 2\n", "line 2, column 1: not valid YAML"),
        ("x:\n  one: {a: 1}\n  one: {a: 2}\n", "line 3: the key `one` is repeated"),
        ("x: [{k: 1, k: 2}]\n", "line 1: the key `k` is repeated"),
        ("x: !!python/object/apply:os.system [true]\n", "line 1, column 4: not valid YAML"),
        ("x: !!python/name:os.system\n", "line 1, column 4: not valid YAML"),
        ("? [a, b]\n: 1\n", "not valid YAML: found unhashable key"),
        ("x: 2020-99-99\n", "not valid YAML: month must be in 1..12"),
        ("a: &a [*a]\n", "anchors stand for too much, or for themselves"),
        (LAUGHS, "anchors stand for too much"),
        ("x: " + "[" * 3000 + "]" * 3000, "values are nested more than 100 deep"),
    ],
)
def test_what_is_not_yaml_is_told_with_its_place(tmp_path, text, says):
    path = tmp_path / "config.yaml"
    path.write_text(text)
    with pytest.raises(ConfigError, match=re.escape(says)):
        check_yaml(path)


def test_a_missing_config_is_told(tmp_path):
    with pytest.raises(ConfigError, match="no such file"):
        check_yaml(tmp_path / "none.yaml")
    check_yaml(ROOT / "config/config.yaml")


def test_the_readme_explains_every_key():
    text = (ROOT / "config/README.md").read_text(encoding="utf-8")
    rows = dict(re.findall(r"^\| `([\w.]+)` \| (.*) \|$", text, re.MULTILINE))
    keys = {path: sub for path, sub in objects(SCHEMA) if path != "analyses"}
    assert list(rows) == list(keys)
    for path, sub in keys.items():
        default, description = rows[path].split(" | ", 1)
        assert description.replace("\\|", "|") == " ".join(sub["description"].split()), path
        if default == "required":
            assert "default" not in sub, path
        elif default:
            assert yaml.safe_load(default.strip("`")) == sub["default"], path


def plan(**keys):
    found = {
        "formula": "y ~ x + (x | g)",
        "groups": {"g": 10},
        "predictors": {"x": ["a", "b"]},
        "sd": {"g": 0.5},
    }
    return {"plans": {"p": found | keys}}


def test_a_config_may_have_plans_and_no_analyses(folder):
    filled = load_config(plan(), SCHEMA, folder)
    assert filled["analyses"] == {}
    one = filled["plans"]["p"]
    assert (one["name"], one["title"], one["repeats"], one["correlation"]) == ("p", "p", 1, 0)
    assert "rounds" not in plan_config(one)


@pytest.mark.parametrize(
    ("keys", "says"),
    [
        (
            {"predictors": {}},
            "plans.p: `x` of the formula is neither under `groups` nor under `predictors`",
        ),
        ({"groups": {"g": 10, "h": 3}}, "plans.p.groups.h: the formula has no such grouping"),
        (
            {"sd": {"g": 1, "gg": 1}},
            "plans.p.sd.gg: the formula has no such term; did you mean `g`",
        ),
        ({"formula": "y ~ x + (1 | g/x)"}, "plans.p.sd: the term `g:x` is missing"),
        (
            {"predictors": {"x": {"between": "h", "values": [1, 2]}}},
            "plans.p.predictors.x.between: `h` is not under `groups`",
        ),
        ({"groups": {"g": 1}}, "plans.p.groups.g: must be a whole number from 2, but is 1"),
        ({"predictors": {"x": [1, 2], "g": [1, 2]}}, "predictors.g: a grouping factor has this"),
        ({"formula": "y ~ x +"}, "plans.p.formula: "),
        ({"formula": "y ~ x"}, "plans.p.formula: a model without random effects"),
        ({"data": "data/rats.csv"}, "plans.p.data: unknown key"),
    ],
)
def test_faults_of_a_plan_are_told(folder, keys, says):
    assert any(says in problem for problem in problems(folder, plan(**keys)))


def test_a_plan_and_an_analysis_need_different_names(folder):
    config = {"analyses": {"p": analysis()}} | plan()
    assert problems(folder, config) == ["plans.p: an analysis has this name; give the plan another"]
