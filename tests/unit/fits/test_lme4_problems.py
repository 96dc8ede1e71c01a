"""Over 260 random problems none of lme4's optimisers ends below a certified fit.

The problems are tests/reference/problems.csv.gz, lme4's ends problems.json, made by problems.R.
"""

import json
from functools import cache

import numpy as np
import pandas as pd
import pytest

from covedge.fits.certificate import CERTIFIED, REFUSED
from support.models import TESTS, set_up

FOLDER = TESTS / "reference"
# Every tenth is fitted in each run of the tests, all of them in `make test-all`.
STEP = 10


@cache
def problems():
    asked = pd.read_csv(FOLDER / "problems.csv")
    rows = dict(tuple(pd.read_csv(FOLDER / "problems.csv.gz").groupby("problem")))
    known = json.loads((FOLDER / "problems.json").read_text(encoding="utf-8"))["problems"]
    assert len(asked) == len(known) == len(rows)
    return [
        (row.formula, row.method, rows[row.problem].drop(columns="problem"), ends)
        for row, ends in zip(asked.itertuples(), known, strict=True)
    ]


def ends_of(known):
    """Where lme4's optimisers ended, as it comes and tight; an error is no end."""
    return [d for ends in known.values() for d in ends.values() if isinstance(d, float)]


def compare(formula, method, table, known):
    """(status, our criterion less lme4's best)."""
    found = set_up(table, formula, method).fit()
    return found.certificate.status, found.point.criterion - min(ends_of(known))


def test_there_are_enough_problems_and_lme4_has_fitted_them():
    assert len(problems()) >= 200
    crossed = [formula for formula, *_ in problems() if "| d)" in formula]
    assert len(crossed) >= 60
    assert all(len(ends_of(known)) >= 6 for *_, known in problems())


@pytest.mark.parametrize("number", range(0, 260, STEP))
def test_lme4_is_not_below_us(number):
    status, above = compare(*problems()[number])
    assert status == CERTIFIED
    assert above <= 1e-6


@pytest.mark.slow
def test_lme4_is_never_below_us():
    """Nor are we below its best of eight by more than its optimisers' digits, but rarely."""
    found = [compare(*problem) for problem in problems()]
    status, above = (np.array(column) for column in zip(*found, strict=True))
    assert (status != REFUSED).all()
    assert (above[status == CERTIFIED] <= 1e-6).all()
    assert (status == CERTIFIED).mean() >= 0.99
    assert (above < -1e-5).mean() <= 0.02


def test_lme4_as_it_comes_stops_short_in_some():
    """How often nloptwrap, the default, ends more than 1e-3 above the best of lme4's own."""
    short = [k["default"]["nloptwrap"] > min(ends_of(k)) + 1e-3 for *_, k in problems()]
    assert 0 < np.mean(short) < 0.2
