"""Models that are wrong in a known way, and models that are right."""

import numpy as np
import pandas as pd
import pytest

from covedge.causes.cause import ordered
from covedge.causes.checks.heteroscedastic import heteroscedastic
from covedge.causes.checks.residuals import Residuals
from covedge.causes.fitted_rows import fitted_rows
from covedge.causes.misspecified import checks, misspecified
from covedge.causes.one_group import one_group
from covedge.inference.leave_out import leave_out, leave_out_record
from covedge.jsonio import plain
from support.models import set_up

FORMULA = "y ~ x + (x | g)"


def table_of(seed, spoil=None, L=14, n=16, sd=(0.7, 0.7)):
    """(x | g) with intercepts and slopes that vary; spoil : (rng, table, mean) -> y."""
    rng = np.random.default_rng(seed)
    g, x = np.repeat(np.arange(L), n), np.tile(np.linspace(-1, 1, n), L)
    b = rng.normal(size=(L, 2)) * sd
    table = pd.DataFrame({"x": x, "g": [f"g{i}" for i in g]})
    mean = b[g, 0] + b[g, 1] * x + x
    y = (spoil or (lambda rng, table, mean: mean + rng.normal(size=len(mean))))(rng, table, mean)
    return table.assign(y=y)


def uneven(rng, table, mean):
    spread = np.where(table["x"] > 0.5, 9.0, 1.0)
    return mean + spread * rng.normal(size=len(mean))


def serial(rng, table, mean):
    e = rng.normal(size=len(mean))
    for i in range(1, len(e)):
        if table["g"][i] == table["g"][i - 1]:
            e[i] = -0.85 * e[i - 1] + np.sqrt(1 - 0.85**2) * e[i]
    # Centred, as opposite neighbours are but for the ends: the intercepts hardly show.
    return 0.25 * mean + e


def bent(rng, table, mean):
    return mean + 10 * table["x"] ** 2 + rng.normal(size=len(mean))


def outlying(rng, table, mean):
    y = mean + rng.normal(size=len(mean))
    chosen = rng.choice(len(y), 8, replace=False)
    y[chosen] += rng.choice([-1, 1], 8) * 18.0
    return y


def capped(rng, table, mean):
    y = mean + rng.normal(size=len(mean))
    return np.minimum(y, np.quantile(y, 0.55))


PLANTED = {
    "heteroscedastic": uneven,
    "autocorrelated": serial,
    "curved": bent,
    "outliers": outlying,
    "bounded": capped,
}


def degenerate(spoil, seeds=range(60)):
    """The first data set whose fit is singular with the defect."""
    for seed in seeds:
        problem = set_up(table_of(seed, spoil), FORMULA)
        fit = problem.fit()
        if fit.degenerate and fit.certificate.certified:
            return problem, fit
    raise AssertionError("none is singular")


@pytest.mark.parametrize("kind", PLANTED)
def test_each_defect_is_named_with_what_to_do(kind):
    problem, fit = degenerate(PLANTED[kind])
    found = {cause.evidence["kind"]: cause for cause in misspecified(problem.frame, fit, 1)}
    assert kind in found
    cause = found[kind]
    assert (cause.cause, cause.group, cause.model) == ("misspecified", "g", fit.model.name)
    assert cause.evidence["p"] < 0.001
    assert cause.evidence["directions_with_remedy"] > cause.evidence["directions"]
    assert cause.evidence["reliability_with_remedy"] > 0


def evidence(spoil, kind):
    problem, fit = degenerate(spoil)
    found = misspecified(problem.frame, fit, 1)
    return next(c.evidence for c in found if c.evidence["kind"] == kind)


def test_the_size_of_a_defect_is_that_which_was_planted():
    assert evidence(serial, "autocorrelated")["autocorrelation"] == pytest.approx(-0.85, abs=0.12)
    problem, fit = degenerate(uneven)
    found = heteroscedastic(Residuals(fitted_rows(problem.frame, fit), 1))
    spread = max(
        (defect.size for defect in found if "largest_sd" in defect.size),
        key=lambda size: size["largest_sd"] / size["smallest_sd"],
    )
    assert 5 < spread["largest_sd"] < 14
    assert spread["smallest_sd"] < 2
    capped_at = evidence(capped, "bounded")
    assert capped_at["part"] == pytest.approx(0.45, abs=0.01)
    assert evidence(outlying, "outliers")["count"] == 8


def test_the_strongest_is_first():
    problem, fit = degenerate(uneven)
    gains = [c.evidence["reliability_with_remedy"] for c in checks(problem.frame, fit, 1).causes]
    assert gains == sorted(gains, reverse=True)


def test_a_model_that_is_right_is_not_called_wrong():
    """Singular by chance, with slopes that do not vary: none of some thirty is named."""
    seen = 0
    for seed in range(60):
        problem = set_up(table_of(seed, sd=(0.7, 0.0)), FORMULA)
        fit = problem.fit()
        if fit.degenerate:
            seen += 1
            found = checks(problem.frame, fit, seed)
            assert found.causes == ()
            kinds = {c.kind for c in found.checked}
            assert kinds == set(PLANTED)
    assert seen >= 20


def test_a_defect_that_leaves_the_rank_alone_is_no_cause():
    """Slopes that do not vary, and rows of two spreads that are found."""
    found = 0
    for seed in range(20):
        table = table_of(seed, uneven, sd=(4.0, 0.0))
        problem = set_up(table, FORMULA)
        fit = problem.fit()
        if not fit.degenerate:
            continue
        told = [c for c in checks(problem.frame, fit, 1).checked if c.moved is not None]
        assert any(c.p < 0.001 for c in told)
        found += any(c.moved is False for c in told)
    assert found


def test_what_is_not_looked_at_is_said():
    problem = set_up(table_of(1, sd=(1.0, 1.0)), FORMULA)
    found = checks(problem.frame, problem.fit(), 1)
    assert found.causes == found.checked == ()
    assert found.reason == "the fit is not singular"


def test_neither_units_nor_labels_change_what_is_found():
    problem, _ = degenerate(bent)
    data = pd.DataFrame(
        {
            "y": 1e4 * problem.frame.y - 7,
            "x": 60 * problem.frame.X[:, 1] + 300,
            "g": [f"z{99 - c}" for c in problem.frame.codes[0]],
        }
    )
    other = set_up(data, FORMULA)
    one, two = (misspecified(p.frame, p.fit(), 1)[0].evidence for p in (problem, other))
    assert one["kind"] == two["kind"] == "curved"
    assert two["F"] == pytest.approx(one["F"], rel=1e-4)
    assert two["bend_in_residual_sds"] == pytest.approx(one["bend_in_residual_sds"], rel=1e-4)


def first(problem, fit):
    record = plain(leave_out_record(leave_out(problem.frame, fit)))
    found = one_group(problem.frame, fit, record, 1) + misspecified(problem.frame, fit, 1)
    return ordered(found)[0].cause


def test_one_odd_group_comes_before_what_is_said_of_its_rows():
    def odd(rng, table, mean):
        return mean + rng.normal(size=len(mean)) * np.where(table["g"] == "g5", 9.0, 1.0)

    problem, fit = degenerate(odd)
    assert misspecified(problem.frame, fit, 1)
    assert first(problem, fit) == "one_group"


def test_outliers_in_many_groups_come_before_the_group_that_has_most_of_them():
    problem, fit = degenerate(outlying)
    assert first(problem, fit) == "misspecified"
