"""Plans: rows, guesses, and the page; the numbers are those of the closed form."""

import json
from pathlib import Path

import numpy as np
import pytest
from scipy.stats import f

from covedge.atlas.asked import AS_PLANNED, SMALLEST_THAT_MATTERS, ask
from covedge.atlas.findings import surface
from covedge.atlas.planned import planned_covariances, planned_frame, planned_rows
from covedge.atlas.record import atlas_record
from covedge.atlas.steps import carried_out, known, planned
from covedge.config import load_config, load_schema
from covedge.errors import ConfigError
from covedge.formulas.formula import parse
from covedge.jsonio import write_json
from covedge.pages.parameters import plan_parameters
from covedge.pages.plan_page import load_plan

ROOT = Path(__file__).parents[3]
SCHEMA = load_schema(ROOT / "workflow/schemas/config.schema.yaml")


def plan(**keys):
    given = {"formula": "y ~ 1 + (1 | g)", "groups": {"g": 10}, "sd": {"g": 0.3}, "repeats": 5}
    return load_config({"plans": {"p": given | keys}}, SCHEMA, ROOT)["plans"]["p"]


def test_every_group_has_every_combination_and_repeats():
    one = plan(
        formula="y ~ a * x + z + (a | g) + (1 | h)",
        groups={"g": 4, "h": 3},
        predictors={"a": ["u", "v"], "x": [0, 1, 2], "z": {"between": "g", "values": ["p", "q"]}},
        sd={"g": 1, "h": 1},
        repeats=2,
    )
    rows = planned_rows(one, parse(one["formula"]))
    assert len(rows) == 4 * 3 * 2 * 3 * 2
    assert (rows.groupby(["g", "h", "a", "x"]).size() == 2).all()
    assert (rows.groupby("g")["z"].nunique() == 1).all()
    assert list(rows.groupby("g")["z"].first()) == ["p", "q", "p", "q"]


def test_nested_factors_have_levels_of_their_own():
    one = plan(formula="y ~ 1 + (1 | a/b)", groups={"a": 5, "b": 3}, sd={"a": 1, "a:b": 0.5})
    frame, _ = planned_frame(one)
    assert [term.n_levels for term in frame.terms] == [5, 15]


def test_standard_deviations_and_the_correlation_are_those_of_the_plan():
    one = plan(
        formula="y ~ x + (x | g)",
        predictors={"x": [0, 1, 2]},
        sd={"g": {"(Intercept)": 2.0, "x": 0.5}},
        correlation=-0.4,
        residual_sd=2.0,
    )
    frame, model = planned_frame(one)
    (S,) = planned_covariances(one, model, frame.terms)
    assert np.allclose(4.0 * S, [[4.0, -0.4], [-0.4, 0.25]])


@pytest.mark.parametrize(
    ("keys", "says"),
    [
        ({"sd": {"g": {"x": 1}}}, "plans.p.sd.g: the effect `(Intercept)` is missing"),
        ({"sd": {"g": {"(Intercept)": 1, "xx": 1}}}, "sd.g.xx: no such effect; did you mean `x`?"),
        ({"repeats": 40_000}, "plans.p: 1,200,000 rows are planned, at most 100,000 can be"),
    ],
)
def test_a_plan_that_contradicts_itself_is_told(keys, says):
    with pytest.raises(ConfigError) as caught:
        ask(plan(formula="y ~ x + (x | g)", predictors={"x": [0, 1, 2]}, **keys), {})
    assert any(says in problem for problem in caught.value.problems)


def test_a_correlation_that_no_effects_can_have_is_told():
    one = plan(formula="y ~ x + (x | g)", predictors={"x": ["a", "b", "c"]}, correlation=-0.9)
    with pytest.raises(ConfigError, match=r"3 effects cannot all have -0\.9"):
        ask(one, {})


def test_what_is_here_is_the_plan_unless_a_smallest_sd_is_given():
    asked = ask(plan(residual_sd=2.0, sd={"g": 0.6}), {})
    assert asked.question.region.here.sd == pytest.approx(0.3)
    assert asked.size == AS_PLANNED
    asked = ask(plan(residual_sd=2.0, sd={"g": 0.6}, smallest_sd=0.2), {})
    assert asked.question.region.here.sd == pytest.approx(0.1)
    assert asked.size == SMALLEST_THAT_MATTERS


def test_the_answer_to_a_plan_is_that_of_the_f_distribution(tmp_path):
    one = plan()
    asked = ask(one, {})
    trials = planned(asked.question, None)
    found = known(carried_out(asked.question, trials, 0, range(len(trials))))
    record = atlas_record(asked, found, surface(asked.question.region, found), 1)

    def p(n_groups):
        return f.cdf(1 / (1 + 5 * 0.3**2), n_groups - 1, 4 * n_groups)

    assert record["here"]["low"] < p(10) < record["here"]["high"]
    (needed,) = [n for n in record["needed"] if n["level"] == 0.2 and n["density"] == 1.0]
    exact = next(n for n in range(3, 81) if p(n) < 0.2)
    assert needed["low"] - 1 <= exact <= needed["high"] + 1
    write_json(tmp_path / "atlas.json", record)
    write_json(tmp_path / "parameters.json", plan_parameters(one, tmp_path / "atlas.json"))
    page = load_plan(tmp_path / "parameters.json")
    sections = ("masthead", "how_many", "design", "methods", "provenance")
    whole = "\n".join(str(getattr(page, name)()) for name in sections)
    assert not page.failures
    assert record["sentences"][1] in whole
    assert "as planned" in whole
    assert "None: every step ran" in str(page.errors())


def test_the_page_of_a_plan_whose_atlas_failed_says_so(tmp_path):
    told = {"status": "failed", "step": "atlas", "reason": "lost"}
    (tmp_path / "atlas.json").write_text(json.dumps(told))
    write_json(tmp_path / "parameters.json", plan_parameters(plan(), tmp_path / "atlas.json"))
    page = load_plan(tmp_path / "parameters.json")
    assert "The atlas failed" in str(page.how_many())
    assert "lost" in str(page.errors())
