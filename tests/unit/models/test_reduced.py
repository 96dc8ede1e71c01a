"""Models that singular fits are, and models of lower rank, as formulas and as structures."""

import numpy as np
import pytest

from covedge.formulas.formula import parse
from covedge.models.containment import strictly_inside
from covedge.models.ladder import Model
from covedge.models.reduced import lower_ranks, lowerable, without_collapsed
from covedge.models.structure import as_written
from support.models import data_set, set_up

FACTOR = "score ~ Machine + (Machine | Worker)"
NUMBER = "Reaction ~ Days + (Days | Subject)"


def whole(data, formula):
    problem = set_up(data_set(data), formula)
    return parse(formula), problem.frame.terms, problem.models[-1]


def held(formula, terms):
    """The structures that a formula's text asks for."""
    return [as_written(t, [r for r in parse(formula).terms if r.group == t.group]) for t in terms]


@pytest.mark.parametrize(
    ("data", "formula", "ranks", "random"),
    [
        ("Machines", FACTOR, [[2]], "rr(Machine | Worker, 2)"),
        ("Machines", FACTOR, [[0]], ""),
        ("sleepstudy", NUMBER, [[1]], "rr(Days | Subject, 1)"),
        ("sleepstudy", "Reaction ~ Days + (Days || Subject)", [[1, 0]], "(1 | Subject)"),
        ("sleepstudy", "Reaction ~ Days + (Days || Subject)", [[0, 1]], "(0 + Days | Subject)"),
        (
            "Machines",
            "score ~ Machine + (Machine || Worker)",
            [[1, 0, 1]],
            '(1 | Worker) + (0 + dummy(Machine, "C") | Worker)',
        ),
        (
            "Penicillin",
            "diameter ~ 1 + (1 | plate) + (1 | sample)",
            [[1], [0]],
            "(1 | sample)",
        ),
    ],
)
def test_a_singular_fit_as_the_model_that_it_is(data, formula, ranks, random):
    read, terms, model = whole(data, formula)
    found = without_collapsed(read, terms, model, ranks)
    assert found.formula.split(" + ", 1)[1 if random else 0].endswith(random)
    assert strictly_inside(found, model)
    if ranks[0] in ([2], [1]):
        assert [s.name for s in held(found.formula, terms)] == [s.name for s in found.structures]


def test_a_model_in_which_nothing_has_collapsed_is_not_reduced():
    read, terms, model = whole("Machines", FACTOR)
    assert without_collapsed(read, terms, model, [[3]]) is None


def test_lower_ranks_go_down_one_at_a_time_and_each_holds_the_next():
    read, terms, model = whole("Machines", FACTOR)
    (where,) = lowerable(model)
    models = list(lower_ranks(read, terms, model, where, model))
    assert [m.name.split("-")[1] for m in models] == ["rank2", "rank1"]
    assert [m.formula[-len("rr(Machine | Worker, 2)") :] for m in models] == [
        "rr(Machine | Worker, 2)",
        "rr(Machine | Worker, 1)",
    ]
    assert strictly_inside(models[1], models[0])
    assert strictly_inside(models[0], model)
    again = list(lower_ranks(read, terms, models[0], where, model))
    assert lowerable(models[1]) == []
    assert [(m.name, m.formula) for m in again] == [(models[1].name, models[1].formula)]


def test_compound_symmetry_without_its_level_keeps_the_split():
    read, terms, _ = whole("Machines", FACTOR)
    problem = set_up(data_set("Machines"), FACTOR)
    compound = next(m for m in problem.models if "compound" in m.name)
    found = without_collapsed(read, terms, compound, [[0, 1]])
    assert found.formula.endswith("(1 | Worker:Machine)")
    assert len(found.structures[0].components) == 1
    basis = found.structures[0].components[0].basis
    assert np.linalg.matrix_rank(basis) == 3
    assert isinstance(found, Model)
