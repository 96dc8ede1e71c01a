"""The benchmark's page from made-up results; the benchmark itself is run by `make bench`."""

import json
import sys
from pathlib import Path

import pytest

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"


@pytest.fixture
def bench(monkeypatch):
    """The modules of benchmarks/, which import each other by their plain names."""
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    import cases
    import page
    import peer
    import settings
    import table

    yield {m.__name__: m for m in (cases, page, peer, settings, table)}
    for name in ("cases", "page", "peer", "settings", "table", "machine", "figure"):
        sys.modules.pop(name, None)


def result(table, name="rats_s15", **others):
    ours = table.Outcome("covedge", (0.03, 0.01, 0.02), -10.0, 300_000_000, "certified")
    outcomes = (ours, *(others.values()))
    return table.Result(name, "A title", "y ~ x + (x | g)", 1234, outcomes)


def cells(text, engine):
    line = next(line for line in text.splitlines() if line.startswith(f"| {engine} |"))
    return [cell.strip() for cell in line.strip("|").split("|")]


def test_a_row_has_median_ratio_and_what_was_reached(bench):
    table = bench["table"]
    slow = table.Outcome("lme4", (1.0, 3.0, 2.0), -9.5, 2_000_000, "boundary (singular) | fit")
    failed = table.Outcome("nlme", (4.0,), None, None, "singular convergence", failed=True)
    absent = table.Outcome("mixedlm", message="not installed", failed=True)
    text = table.case_table(result(table, a=slow, b=failed, c=absent))
    assert cells(text, "covedge") == [
        *("covedge", "0.02", "0.03", "3", "1", "-10.00000", "0", "300", "certified")
    ]
    lme4 = cells(text, "lme4")
    assert lme4[1:8] == ["2", "3", "3", "100", "-9.50000", "**0.5**", "2"]
    assert "boundary (singular) \\" in lme4[8]
    assert cells(text, "nlme")[1:] == [
        *("4", "4", "1", "200", "–", "–", "–", "**no fit:** singular convergence")
    ]
    assert cells(text, "mixedlm")[1:] == [*("–" for _ in range(7)), "not installed"]


def test_targets_say_what_was_met(bench):
    table = bench["table"]
    lme4 = table.Outcome("lme4", (0.9,), -10.0)
    stopped = table.Outcome("nlme", stopped=30.0, failed=True, message="stopped after 30 s")
    cheated = result(table, "refit", a=table.Outcome("lme4", (9.0,), -11.0))
    rows = [table.Size(10**k, 10.0 ** (k - 5), 0.1, 10**9) for k in (4, 5, 6, 7)]
    levels = [table.Size(10**k, 10.0 ** (k - 4), 10.0 ** (1.5 * k - 6)) for k in (2, 3, 4)]
    found = table.targets([result(table, a=lme4, b=stopped), cheated], rows, levels)
    met = [each[2] for each in found]
    reached = [each[1] for each in found]
    assert met == [False, True, None, False, None, None, None, True, True, True, True, False]
    assert reached[0] == "45 times"
    assert reached[1] == "more than 1,500 times"
    assert reached[3] == "450 times, at a higher criterion"
    assert reached[9] == "1.00 GB"
    assert reached[11] == "exponent 1.50 from 1,000 to 10,000"


@pytest.mark.parametrize(
    ("x", "text"),
    [(None, "–"), (0.0123456, "0.0123"), (0.02, "0.02"), (12.345, "12.3"), (1234.5, "1,234")],
)
def test_numbers_have_three_digits(bench, x, text):
    assert bench["table"].number(x) == text


def test_the_page_has_every_part(bench):
    table, settings = bench["table"], bench["settings"]
    sizes = [table.Size(10, 0.1, 0.2, 10**6), table.Size(100, 0.2, 0.2, 10**6)]
    about = {"cores": "2", "lme4": "1.1.31"}
    given = [result(table)], sizes, sizes, ["## Posteriors\n\nOf them."], about
    text = bench["page"].page(*given, 12.34, settings.QUICK, 90.0)
    notes = (BENCHMARKS / "notes.md").read_text(encoding="utf-8").strip()
    for part in ("## Targets", notes, "### A title", "| lme4 | 1.1.31 |", "| cores | 2 |"):
        assert part in text
    assert text.index("### A title") < text.index("Of them.") < text.index("## Scaling")
    assert "took 12 s" in text
    assert "`make bench QUICK=1`" in text


def test_every_engine_of_every_case_is_written_or_explained(bench):
    for case in bench["cases"].CASES:
        data = case.table()
        assert set(case.labels) <= set(data.columns)
        assert case.response in data
        assert not data.isna().any().any()
        assert isinstance(case.nlme, tuple) or "left out" in case.nlme or case.task != "fit"
        assert (
            isinstance(case.statsmodels, dict)
            or "left out" in case.statsmodels
            or case.task != "fit"
        )


def test_engines_that_are_not_there_are_told(bench, monkeypatch, tmp_path):
    import run

    monkeypatch.setattr(run.shutil, "which", lambda name: None)
    monkeypatch.setattr(run, "MIXEDLM", tmp_path / "none")
    case = bench["cases"].CASES[0]
    told = [run.start(e, case, tmp_path / "x.csv", tmp_path) for e in ("lme4", "nlme", "mixedlm")]
    assert told[:2] == ["R is not installed"] * 2
    assert told[2].startswith("mixedlm is not installed")
    sys.modules.pop("run")


def peer_of(bench, tmp_path, body):
    script = tmp_path / "fake_peer.py"
    script.write_text(
        f"import sys; sys.path.insert(0, {str(BENCHMARKS / 'peers')!r})\n"
        f"import time, warnings\nfrom serve import serve\n{body}\nserve(prepare)\n",
        encoding="utf-8",
    )
    job = tmp_path / "job.json"
    job.write_text(json.dumps({}), encoding="utf-8")
    return bench["peer"].Peer("fake", [sys.executable, str(script), str(job)])


def test_a_peer_answers_run_by_run(bench, tmp_path):
    body = """
def run():
    print("noise")
    warnings.warn("careful")
    return 3.5, "singular"
def prepare(job):
    return run, {"fake": "1"}
"""
    peer = peer_of(bench, tmp_path, body)
    for _ in range(3):
        peer.run(30.0)
    peer.close()
    found = peer.outcome()
    assert (len(found.seconds), found.criterion, found.failed) == (3, 3.5, False)
    assert found.message == "singular; careful"
    assert peer.versions == {"fake": "1"}


@pytest.mark.parametrize(
    ("work", "limit", "words", "stopped"),
    [
        ("time.sleep(60)", 0.5, "stopped after 0.5 s", 0.5),
        ("1 / 0", 30.0, "ZeroDivisionError: division by zero", None),
        ("sys.exit(3)", 30.0, "its process ended", None),
    ],
)
def test_a_peer_that_fails_says_how(bench, tmp_path, work, limit, words, stopped):
    body = f"def run():\n    {work}\ndef prepare(job):\n    return run, {{}}\n"
    peer = peer_of(bench, tmp_path, body)
    peer.run(limit)
    peer.run(limit)
    found = peer.outcome()
    assert (found.failed, found.message, found.stopped) == (True, words, stopped)


def test_a_peer_that_cannot_begin_says_so(bench, tmp_path):
    peer = peer_of(bench, tmp_path, "import not_there")
    assert peer.over
    assert peer.outcome().message == "its process ended"
