"""Files and folders that appear whole or not at all."""

import errno
import os
import resource
import signal
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from covedge.errors import StorageError
from covedge.jsonio import write_json
from covedge.whole import check_writable, new_file, new_folder, storage_error


def write_half(path):
    path.write_text("half")
    raise ValueError("half")


def names(folder):
    return sorted(path.name for path in folder.iterdir())


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
    assert names(path.parent) == ["x.csv"]


def test_a_folder_replaces_the_old_one(tmp_path):
    path = tmp_path / "fits"
    for name in ("a", "b"):
        with new_folder(path) as beside:
            (beside / name).touch()
    assert names(path) == ["b"]
    with pytest.raises(ValueError, match="half"), new_folder(path) as beside:
        write_half(beside / "c")
    assert [p.name for p in tmp_path.rglob("*")] == ["fits", "b"]


def test_a_new_attempt_clears_away_what_a_killed_one_left(tmp_path):
    # as a kill leaves it: the block is entered and never left
    killed = [
        new_file(tmp_path / "x.json"),
        new_file(tmp_path / "fits"),
        new_folder(tmp_path / "fits"),
    ]
    for each in killed:
        path = each.__enter__()
        (path / "half" if path.is_dir() else path).write_text("half")
    (tmp_path / ".part-of-another-x.json").touch()
    assert len(names(tmp_path)) == 3  # the second attempt at `fits` has cleared the first away
    write_json(tmp_path / "x.json", 1)
    with new_folder(tmp_path / "fits"):
        pass
    assert names(tmp_path) == [".part-of-another-x.json", "fits", "x.json"]


def test_of_two_attempts_the_later_one_counts(tmp_path):
    """The first is one that lived on when its run was killed."""
    path = tmp_path / "fits"
    first = new_folder(path)
    (first.__enter__() / "first").touch()
    with new_folder(path) as beside:
        (beside / "second").touch()
        with pytest.raises(FileNotFoundError):
            first.__exit__(None, None, None)
        assert not path.exists()
    assert names(path) == ["second"]


@contextmanager
def files_up_to(size):
    """No process of ours can write a larger file: what a full disk does, without one."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    ignored = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, ignored)


WRITERS = {
    "x.json": lambda path, values: path.write_text(str(values.tolist())),
    "x.npz": lambda path, values: np.savez_compressed(path, values=values),
    "x.parquet": lambda path, values: pd.DataFrame({"x": values}).to_parquet(path),
}


@pytest.mark.parametrize("name", WRITERS)
def test_what_does_not_fit_leaves_the_old_file(tmp_path, name):
    path, values = tmp_path / name, np.random.default_rng(1).normal(size=5000)
    path.write_text("old")
    told = r"x\.\w+: file too large; raise the limit"
    with pytest.raises(StorageError, match=told), files_up_to(4096), new_file(path) as beside:
        WRITERS[name](beside, values)
    assert path.read_text() == "old"
    assert names(tmp_path) == [name]


def test_a_folder_that_cannot_be_written_is_told_with_what_to_do(tmp_path):
    (tmp_path / "results").write_text("a file where the folder should be")
    told = r"results/x/fits: not a directory; move the file away"
    with pytest.raises(StorageError, match=told), new_folder(tmp_path / "results/x/fits"):
        pass
    with pytest.raises(StorageError, match="move the file away"):
        check_writable(tmp_path / "results")
    check_writable(tmp_path / "pages/html")
    assert names(tmp_path / "pages/html") == []


@pytest.mark.skipif(sys.platform != "linux", reason="/sys is Linux's: no user can make files there")
def test_not_even_root_writes_into_a_read_only_folder(tmp_path):
    (tmp_path / "results").symlink_to("/sys")
    with pytest.raises(StorageError, match=r"results/x/y\.json: .*; make the folder writable"):
        write_json(tmp_path / "results/x/y.json", {})
    with pytest.raises(StorageError, match="make the folder writable"):
        check_writable(tmp_path / "results")


def test_which_errors_are_the_storage_s_fault(tmp_path):
    path = tmp_path / "results/x/fits"
    inside, elsewhere = str(path / "m1.json"), "/elsewhere/compiled.so"
    full, denied = errno.ENOSPC, errno.EACCES
    assert "elsewhere" in storage_error(OSError(full, "", elsewhere)).message
    assert storage_error(OSError(full, ""), path).message.startswith(f"{path}: no space left")
    assert storage_error(OSError(denied, "", inside), path).message.startswith(
        f"{path}: permission"
    )
    assert storage_error(OSError(denied, "", str(tmp_path)), path) is not None
    # a program that may not be run, a library's own folder: an engine that fails, no more
    assert storage_error(OSError(denied, "", elsewhere), path) is None
    assert storage_error(OSError(errno.ENOENT, "", inside), path) is None
    assert storage_error(ValueError("no space left on device"), path) is None


KILLED = """
import os, signal
from covedge.whole import new_file, new_folder
from pathlib import Path
with new_folder(Path("out/fits")) as folder, new_file(Path("out/x.json")) as path:
    (folder / "half").write_text("half")
    path.write_text("half")
    os.kill(os.getpid(), signal.SIGKILL)
"""


def test_a_kill_leaves_nothing_under_the_result_s_name(tmp_path):
    library = str(Path(__file__).parents[2] / "workflow/scripts")
    done = subprocess.run(
        [sys.executable, "-c", KILLED], cwd=tmp_path, env=os.environ | {"PYTHONPATH": library}
    )
    assert done.returncode == -signal.SIGKILL
    left = names(tmp_path / "out")
    assert len(left) == 2
    assert all(name.startswith(".part-") for name in left)
