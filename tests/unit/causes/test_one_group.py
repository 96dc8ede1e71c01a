"""One group that decides: planted, and where chance does as much."""

import numpy as np
import pandas as pd
import pytest

from covedge.causes import left_out_null
from covedge.causes.fitted_rows import fitted_rows
from covedge.causes.left_out_null import ENOUGH, Held, Part, _Null, parts, replicates_affordable
from covedge.causes.one_group import Suspect, one_group, residual_sds, suspect
from covedge.errors import DesignError
from covedge.grams.without_group import from_rows
from covedge.inference.leave_out import leave_out, leave_out_record
from covedge.jsonio import plain
from support.dense import unbalanced
from support.models import referenced, set_up


def nested():
    data = unbalanced(3, 2)
    return set_up(data.table, data.formula, weights="w")


def crossed():
    return referenced("sleepstudy_days_crossed_reml")


@pytest.mark.parametrize(("make", "factor"), [(nested, 0), (nested, 1), (crossed, 0), (crossed, 1)])
def test_a_response_put_into_the_gram_without_a_group_is_that_of_its_rows(make, factor):
    """The data's own response: D of the rows that are left, but for the unit of the response."""
    problem = make()
    rows = fitted_rows(problem.frame, problem.fit())
    name = problem.frame.terms[factor].name
    found = parts(rows, name)
    level = len(problem.frame.terms) - 1 - factor
    without, Sigmas = from_rows(problem.frame), rows.factors.Sigmas(rows.x)
    assert len(found) == problem.frame.terms[factor].n_levels
    for group in (0, len(found) - 1):
        part = found[group]
        assert part.keep.sum() == without.gram(level, group).n_obs
        known = part.factors.likelihood
        mine = part.likelihood(rows.rows.y[:, None])
        unit = 2 * known.nu * np.log(rows.gram.scaling.response)
        value = known.at(Sigmas).criterion
        assert mine.at(Sigmas).criterion + unit == pytest.approx(value, abs=1e-7)


def test_all_rows_are_a_part_too():
    problem = nested()
    rows = fitted_rows(problem.frame, problem.fit())
    mine = Part.of_all(rows).likelihood(rows.rows.y[:, None])
    unit = 2 * mine.nu * np.log(rows.gram.scaling.response)
    value = mine.at(rows.factors.Sigmas(rows.x)).criterion
    assert value + unit == pytest.approx(problem.fit().point.criterion, abs=1e-7)


def test_p_counts_the_data_as_one_of_the_data_sets():
    assert Held(0, 199, True).p == 1 / 200
    assert Held(3, 199, True).p == 4 / 200
    # Besag and Clifford (1991): sampled until h are as large, p is h over what that took.
    assert Held(ENOUGH, 25, True).p == ENOUGH / 25


def one_way(seed, odd=None, L=10, n=8, unit=1.0):
    """(1 + x | g), both effects there; the noise of one group is eight times as large."""
    rng = np.random.default_rng(seed)
    g, x = np.repeat(np.arange(L), n), np.tile(np.linspace(-1, 1, n), L)
    b = rng.normal(size=(L, 2)) * 1.2
    e = rng.normal(size=L * n) * np.where(g == odd, 9.0, 1.0)
    y = unit * (b[g, 0] + b[g, 1] * x + x + e)
    return pd.DataFrame({"y": y, "x": x, "g": [f"g{i}" for i in g]})


def diagnosed(table, formula="y ~ x + (x | g)", **settings):
    problem = set_up(table, formula)
    fit = problem.fit()
    record = plain(leave_out_record(leave_out(problem.frame, fit)))
    return fit, record, one_group(problem.frame, fit, record, 1, **settings)


def test_a_group_that_hides_the_effects_of_the_others_is_named():
    fit, _, causes = diagnosed(one_way(2, odd=4))
    assert fit.degenerate
    assert not diagnosed(one_way(2))[0].degenerate
    (cause,) = causes
    assert (cause.cause, cause.group) == ("one_group", "g")
    assert cause.evidence["left_out"] == "g4"
    assert cause.evidence["rank_without"] == 2 > cause.evidence["rank"] == fit.terms[0].rank
    low, high = cause.evidence["interval"]
    assert low <= cause.evidence["p"] < 0.01
    assert low < high
    assert "g4" in cause.sentence
    assert "cannot be told apart" in cause.sentence


def test_neither_units_nor_the_order_of_rows_change_p():
    """The draws are of the rows in their order, so that p is the same but for chance."""
    first = diagnosed(one_way(2, odd=4))[2][0].evidence
    second = diagnosed(one_way(2, odd=4, unit=1000.0))[2][0].evidence
    assert second["p"] == first["p"]
    assert second["residual_sd"] == pytest.approx(1000 * first["residual_sd"], rel=1e-5)
    table = one_way(2, odd=4).sample(frac=1.0, random_state=3).reset_index(drop=True)
    third = diagnosed(table)[2][0].evidence
    assert third["left_out"] == "g4"
    assert third["p"] < 0.01


def no_slopes(seed):
    """Intercepts alone vary; x is uneven, so that some group may bring the slope back by chance."""
    rng = np.random.default_rng(seed)
    g, x = np.repeat(np.arange(8), 6), rng.exponential(size=48)
    y = rng.normal(size=8)[g] + rng.normal(size=48)
    return pd.DataFrame({"y": y, "x": x, "g": [f"g{i}" for i in g]})


def test_what_chance_does_is_not_named():
    """Fits that are singular though nothing is odd: half a percent of the suspects may be named."""
    found, suspected = 0, 0
    for seed in range(30):
        fit, record, causes = diagnosed(no_slopes(seed))
        if fit.degenerate:
            suspected += suspect(record, record["terms"][0], "g") is not None
            found += len(causes)
    assert suspected >= 5
    # One in two hundred suspects: two of these few are one in a thousand.
    assert found <= 1


def test_no_refit_that_counts_is_saved(monkeypatch):
    """Groups are skipped without which no direction is pushed out: the same with all refits."""
    problem = set_up(no_slopes(3), "y ~ x + (x | g)")
    rows = fitted_rows(problem.frame, problem.fit())
    null = _Null(rows, Suspect("g", "g", "g0", 1, 0.02, 0.02, 1, 2))
    whole = [null.whole(np.random.default_rng(seed)) for seed in range(60)]
    whole = [one for one in whole if one is not None]
    quick = [null.opens(one) for one in whole]
    monkeypatch.setattr(left_out_null, "_pushed_out", lambda *_: True)
    assert quick == [null.opens(one) for one in whole]
    assert 10 < sum(quick) < len(quick)


def test_another_models_groups_say_nothing():
    problem = set_up(one_way(2, odd=4), "y ~ x + (x | g)")
    fit = problem.fit()
    record = plain(leave_out_record(leave_out(problem.frame, fit))) | {"model": "m0-fixed"}
    assert one_group(problem.frame, fit, record, 1) == []


def test_the_suspect_is_the_group_that_opens_most():
    def level(label, rank, found, reason="", identifiable=True):
        told = {"level": label, "reason": reason, "identifiable": identifiable}
        return told | {"rank": {"g": rank}, "reliabilities": {"g": found}}

    levels = [
        level("a", 2, [0.9, 0.2, 0.0]),
        level("b", 3, [0.8, 0.25, 0.1]),
        level("c", 2, [0.9, 0.9, 0.0], identifiable=False),
        level("d", None, None, reason="too few rows"),
        level("e", 1, [0.95, 0.0, 0.0]),
    ]
    whole = {"rank": {"g": 1}, "reliabilities": {"g": [0.9, 1e-9, 0.0]}}
    left_out = {"whole": whole}
    one = suspect(left_out, {"group": "g", "levels": levels}, "g")
    assert (one.label, one.alive, one.reliability, one.without) == ("b", 1, 0.25, 3)
    assert one.gain == pytest.approx(0.35)
    assert suspect(left_out, {"group": "g", "levels": levels[4:]}, "g") is None


def test_residual_sds_where_nothing_varies_between_groups():
    """Sigma = 0: residuals about the common mean, each with the variance 1 - 1 / n."""
    rng = np.random.default_rng(5)
    y = rng.normal(size=(6, 10)) * np.array([[1], [1], [5], [1], [2], [1]])
    y = y - y.mean(axis=1, keepdims=True)
    table = pd.DataFrame({"y": y.ravel(), "g": np.repeat([f"g{i}" for i in range(6)], 10)})
    problem = set_up(table, "y ~ 1 + (1 | g)")
    fit = problem.fit()
    assert fit.terms[0].rank == 0
    sds = np.sqrt((y**2).sum(axis=1) / (10 * (1 - 1 / 60)))
    own, others = residual_sds(fitted_rows(problem.frame, fit), "g", "g2")
    assert own == pytest.approx(sds[2], rel=1e-9)
    assert others == pytest.approx(np.median(np.delete(sds, 2)), rel=1e-9)


def test_too_much_work_is_refused():
    problem = set_up(one_way(2, odd=4), "y ~ x + (x | g)")
    rows = fitted_rows(problem.frame, problem.fit())
    with pytest.raises(DesignError, match="too long"):
        replicates_affordable(rows, "g", 119, 1e-9)
