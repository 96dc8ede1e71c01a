"""The benchmark's section on the atlas from made-up runs; `make bench` makes the real ones."""

import sys
from pathlib import Path

import pytest

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"
NAMES = ("cases", "machine", "peer", "settings", "table", "trials")


@pytest.fixture
def trials(monkeypatch):
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    import trials

    yield trials
    for name in NAMES:
        sys.modules.pop(name, None)


def cells(text, first):
    line = next(line for line in text.splitlines() if line.startswith(f"| {first}"))
    return [cell.strip() for cell in line.strip("|").split("|")]


def test_seconds_are_those_of_all_fits_and_the_ratio_is_of_one(trials):
    ours = trials.Tried(5_000, 4_000, 10.0, 0.004)
    text = trials.told(ours, trials.Tried(10, 8, 50.0, 2.0))
    assert cells(text, "10,000 fits")[1:] == ["20 s", "yes"]
    assert cells(text, "covedge")[1:5] == ["5,000", "10", "4", "1"]
    assert cells(text, "lme4")[1:5] == ["10", "50", "2,000", "500"]
    assert cells(text, "lme4")[5].startswith("80.0 % (49.0 to 94.3)")


def test_what_is_too_slow_or_absent_is_told(trials):
    text = trials.told(trials.Tried(1_000, 900, 6.1, 0.01), None)
    assert cells(text, "10,000 fits")[2] == "**no**"
    assert cells(text, "lme4")[1] == "not installed"
