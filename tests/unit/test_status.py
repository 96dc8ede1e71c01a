"""Results whole or not at all; failures that the report can show."""

import json

import pytest

from covedge.errors import DataError
from covedge.status import folder_or_failure, json_or_failure, new_file, new_folder


def write_half(path):
    path.write_text("half")
    raise ValueError("half")


def test_a_file_appears_when_it_is_whole(tmp_path):
    path = tmp_path / "deep/x.csv"
    with new_file(path) as beside:
        beside.write_text("new")
        assert beside.suffix == ".csv"
        assert not path.exists()
    assert path.read_text() == "new"
    with pytest.raises(ValueError, match="half"), new_file(path) as beside:
        write_half(beside)
    assert path.read_text() == "new"
    assert [p.name for p in path.parent.iterdir()] == ["x.csv"]


def test_a_folder_replaces_the_old_one(tmp_path):
    path = tmp_path / "fits"
    for name in ("a", "b"):
        with new_folder(path) as beside:
            (beside / name).touch()
    assert [p.name for p in path.iterdir()] == ["b"]
    with pytest.raises(ValueError, match="half"), new_folder(path) as beside:
        write_half(beside / "c")
    assert [p.name for p in tmp_path.rglob("*")] == ["fits", "b"]


def fail(error):
    raise error


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (ZeroDivisionError("division\nby zero"), "ZeroDivisionError: division by zero"),
        (DataError("no rows", key="data"), "no rows"),
    ],
)
def test_a_failure_is_written_instead_of_a_result(tmp_path, error, reason):
    def half(folder):
        (folder / "half").touch()
        fail(error)

    folder_or_failure("bayes", tmp_path / "posterior", half)
    assert [p.name for p in (tmp_path / "posterior").iterdir()] == ["status.json"]
    json_or_failure("diagnose", tmp_path / "verdict.json", lambda: fail(error))
    for name, step in (("posterior/status.json", "bayes"), ("verdict.json", "diagnose")):
        told = json.loads((tmp_path / name).read_text())
        assert (told["status"], told["step"], told["reason"]) == ("failed", step, reason)
        assert "in fail" in told["traceback"]


def test_a_success_says_so(tmp_path):
    folder_or_failure("bayes", tmp_path / "posterior", lambda folder: (folder / "a").touch())
    assert sorted(p.name for p in (tmp_path / "posterior").iterdir()) == ["a", "status.json"]
    assert json.loads((tmp_path / "posterior/status.json").read_text())["status"] == "ok"
    json_or_failure("diagnose", tmp_path / "verdict.json", lambda: {"degenerate": True})
    assert json.loads((tmp_path / "verdict.json").read_text()) == {"degenerate": True}
