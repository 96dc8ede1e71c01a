"""Formulas as R users write them, from text to fit, against lme4 1.1-31.

Criteria are deviance(lmer(formula, data, REML = FALSE)) and REMLcrit(lmer(formula, data)).
"""

import numpy as np
import pytest

from covedge.errors import DataError
from support.models import data_set, set_up


def machines():
    table = data_set("Machines")
    v = np.arange(len(table)) + 1.0
    return table.assign(u=(table["Machine"] == "B") * 1.0, v=v, w=2 * v + 3)


def test_a_rank_deficient_fixed_part_is_reduced_as_by_lme4():
    """names(fixef()): (Intercept) MachineB MachineC v"""
    problem = set_up(machines(), "score ~ Machine + u + v + w + (1 | Worker)", "ML")
    assert problem.frame.fixed == ("(Intercept)", "MachineB", "MachineC", "v")
    assert problem.frame.dropped == ("u", "w")
    assert problem.fit().point.criterion == pytest.approx(292.949928343, abs=1e-6)


def test_an_empty_cell_is_left_out_as_by_lme4():
    """names(fixef()): (Intercept) MachineB MachineC hodd MachineB:hodd"""
    table = machines()
    table = table[~((table["Machine"] == "C") & (table["v"] % 2 == 0))].reset_index(drop=True)
    table["h"] = np.where(table["v"] % 2 == 0, "even", "odd")
    problem = set_up(table, "score ~ Machine * h + (1 | Worker)")
    assert problem.frame.dropped == ("MachineC:hodd",)
    assert problem.fit().point.criterion == pytest.approx(232.222788727, abs=1e-6)


def test_cr_spans_the_curves_of_ns():
    """lmer(Reaction ~ splines::ns(Days, df = 3) + (1 | Subject), sleepstudy, REML = FALSE)"""
    problem = set_up(data_set("sleepstudy"), "Reaction ~ cr(Days, df=4) + (1 | Subject)", "ML")
    assert problem.fit().point.criterion == pytest.approx(1793.02969225, abs=1e-6)


def test_polynomials_are_rs():
    formula = "Reaction ~ poly(Days, 2) + (poly(Days, 2) | Subject)"
    fit = set_up(data_set("sleepstudy"), formula).fit()
    assert fit.point.criterion == pytest.approx(1712.80848206, abs=1e-5)


def test_a_transformed_response_is_lme4s():
    problem = set_up(data_set("sleepstudy"), "log(Reaction) ~ Days + (Days | Subject)")
    assert problem.formula.response == "log(Reaction)"
    assert problem.fit().point.criterion == pytest.approx(-298.48117114, abs=1e-6)
    assert problem.models[1].formula == "log(Reaction) ~ 1 + Days + (1 | Subject)"


def test_the_response_less_a_column_stands_for_an_offset():
    """y - x on x has the slope of y on x, less one."""
    table = data_set("sleepstudy")
    plain, less = (
        set_up(table, f"{response} ~ Days + (1 | Subject)").fit().point
        for response in ("Reaction", "I(Reaction - Days)")
    )
    assert less.beta == pytest.approx(plain.beta - [0, 1], abs=1e-9)
    assert less.criterion == pytest.approx(plain.criterion, abs=1e-8)


def test_a_response_without_a_value_names_the_row():
    table = data_set("sleepstudy")
    table.loc[4, "Reaction"] = -1.0
    with pytest.raises(DataError, match="no value in row 5"):
        set_up(table, "log(Reaction) ~ Days + (1 | Subject)")


def test_a_formula_without_random_effects_is_least_squares():
    """deviance of lm: n log(2 pi rss / n) + n"""
    table = data_set("sleepstudy")
    fit = set_up(table, "Reaction ~ Days", "ML").fit()
    X = np.column_stack([np.ones(len(table)), table["Days"]])
    rss = np.linalg.lstsq(X, table["Reaction"], rcond=None)[1][0]
    n = len(table)
    assert fit.point.criterion == pytest.approx(n * np.log(2 * np.pi * rss / n) + n, abs=1e-8)
    assert fit.certificate.certified
