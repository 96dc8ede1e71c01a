"""Failures that the report can show, and those that it cannot."""

import errno
import json

import pytest

from covedge.errors import DataError, StorageError
from covedge.status import failure, folder_or_failure, json_or_failure


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


def test_a_full_disk_is_no_result(tmp_path):
    """Else the step would count as done, and not run again when there is room."""
    full = OSError(errno.ENOSPC, "No space left on device", "/elsewhere/x")
    with pytest.raises(StorageError, match=r"elsewhere/x: no space left on device; make room"):
        folder_or_failure("bayes", tmp_path / "posterior", lambda folder: fail(full))
    with pytest.raises(StorageError, match="no space left"):
        json_or_failure("diagnose", tmp_path / "verdict.json", lambda: fail(full))
    with pytest.raises(StorageError, match="no space left"):
        failure("bayes", full)
    assert not list(tmp_path.iterdir())
