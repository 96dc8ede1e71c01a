"""The part of the page on single groups: what is drawn, and what is said where it cannot be."""

import pandas as pd
import pytest

from covedge.effects.modes import level_order
from covedge.effects.modes_record import MOST_LEVELS, with_modes
from covedge.figures.caterpillar import caterpillar
from covedge.figures.shrinkage import shrinkage
from covedge.figures.style import COLLAPSED
from covedge.jsonio import plain
from covedge.pages import groups
from covedge.pages.results import Results
from covedge.records import fit_record
from support.models import data_set, set_up


def record_of(table, formula, method="REML", order=True):
    problem = set_up(table, formula, method)
    fit = problem.fit()
    frame = problem.frame
    record = fit_record(fit, "made_up", frame.fixed)
    found = level_order(frame.codes) if order else None
    return plain(with_modes(record, fit, frame.terms, found))


def page_of(record):
    rung = {"model": record["model"], "formula": record["formula"], "label": "asked", "why": ""}
    return groups.compose(
        Results({}, {}, [rung], {record["model"]: record}, {}, [], {}, {}, {"focus": None})
    )


def test_the_record_has_lme4s_modes_of_sleepstudy():
    """ranef(lmer(Reaction ~ Days + (Days | Subject), sleepstudy)): subject 308, 335 (R 4.2)."""
    (term,) = record_of(data_set("sleepstudy"), "Reaction ~ Days + (Days | Subject)")["terms"]
    modes = dict(zip(term["modes"]["levels"], term["modes"]["estimate"], strict=True))
    assert modes["308"] == pytest.approx([2.2586551, 9.1989758], abs=2e-3)
    assert modes["335"] == pytest.approx([-0.3339176, -10.7521595], abs=2e-3)
    # coef(lm(Reaction ~ Days, sleepstudy, Subject == "308")) - fixef
    alone = dict(zip(term["modes"]["levels"], term["modes"]["alone"], strict=True))["308"]
    assert alone == pytest.approx([244.1927 - 251.4051, 21.76470 - 10.46729], abs=1e-3)


def test_both_figures_of_a_term_with_slopes():
    page = page_of(record_of(data_set("sleepstudy"), "Reaction ~ Days + (Days | Subject)"))
    assert page.count("<svg") == 2
    assert "Predicted (Intercept) of 18 groups of Subject: from −40.4 in 309 to" in page


def test_no_shrinkage_of_intercepts():
    page = page_of(record_of(data_set("Dyestuff"), "Yield ~ 1 + (1 | Batch)"))
    assert page.count("<svg") == 1
    assert "Shrinkage" not in page


def test_nothing_where_the_modes_were_not_kept():
    record = record_of(data_set("Dyestuff"), "Yield ~ 1 + (1 | Batch)", order=False)
    assert record["terms"][0]["modes"] is None
    assert page_of(record) == ""


def test_many_levels_are_thinned_and_said_to_be():
    n = 3 * MOST_LEVELS
    table = pd.DataFrame({"g": [f"g{i // 2:04d}" for i in range(2 * n)]})
    table["y"] = [(i // 2) % 17 + (i % 2) * 0.3 for i in range(2 * n)]
    record = record_of(table, "y ~ 1 + (1 | g)")
    assert len(record["terms"][0]["modes"]["levels"]) == MOST_LEVELS
    page = page_of(record)
    assert "900 groups, every 3.0th of them drawn" in page


def test_groups_that_cannot_be_estimated_alone_are_left_out_and_counted():
    table = data_set("sleepstudy")
    first = table["Subject"] == table["Subject"].iloc[0]
    table = table[~first | (table["Days"] == 0)].reset_index(drop=True)
    record = record_of(table, "Reaction ~ Days + (Days | Subject)")
    assert record["terms"][0]["modes"]["alone"][0] == [None, None]
    assert "1 group cannot be estimated alone" in page_of(record)


def test_rounding_is_drawn_as_the_zero_that_it_is():
    noise = [[2.0, 1e-18], [1.0, -3e-18], [3.0, 2e-18]]
    figure = caterpillar(["a", "b"], ["p", "q", "r"], noise, [[1.0, 1e-18]] * 3)
    (points,) = [line for line in figure.axes[1].lines if len(line.get_xdata()) == 3]
    assert points.get_xdata().tolist() == [0.0, 0.0, 0.0]
    assert points.get_color() == COLLAPSED
    assert [tick.get_text() for tick in figure.axes[1].get_xticklabels()] == ["0"]


def test_caterpillars_come_in_the_order_of_the_first_effect():
    figure = caterpillar(["a", "b"], ["p", "q", "r"], [[2, 0], [1, 5], [3, 0]], [[1, 1]] * 3)
    labels = [t.get_text() for t in figure.axes[0].get_yticklabels()]
    assert labels == ["q", "p", "r"]
    assert len(figure.axes) == 2


def test_shrinkage_has_a_panel_for_each_further_effect():
    rows = [[0.0, 1.0, 2.0, 3.0], [1.0, 0.0, -1.0, 2.0]]
    figure = shrinkage(list("abcd"), rows, [[v / 2 for v in row] for row in rows])
    assert [a.get_ylabel() for a in figure.axes if a.get_visible()] == ["b", "c", "d"]
