"""Logs and failures of steps, in processes of their own."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from covedge.log import user_errors

SCRIPTS = Path(__file__).parents[2] / "workflow/scripts"
HEAD = "from covedge.log import to_log\nto_log('step.log')\n"


def start(folder, text):
    (folder / "step.py").write_text(HEAD + text)
    return subprocess.Popen(
        [sys.executable, "step.py"],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(SCRIPTS)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        # A shell that runs the tests in the background has it ignored, and children inherit that.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )


def run(folder, text):
    process = start(folder, text)
    out, err = process.communicate(timeout=60)
    return process.returncode, out + err, (folder / "step.log").read_text()


def test_prints_logs_and_warnings_reach_both(tmp_path):
    text = (
        "import logging, sys, warnings\n"
        "print('printed'); print('aside', file=sys.stderr)\n"
        "logging.info('logged'); warnings.warn('warned')\n"
    )
    status, terminal, log = run(tmp_path, text)
    assert status == 0
    for word in ("printed", "aside", "logged", "warned"):
        assert word in terminal
        assert word in log


def test_errors_of_the_user_are_one_line(tmp_path):
    text = "from covedge.errors import ConfigError\nraise ConfigError(['a: bad', 'b: worse'])\n"
    status, terminal, log = run(tmp_path, text)
    assert status == 1
    assert terminal == log == "error: a: bad\nerror: b: worse\n"
    assert user_errors(tmp_path / "step.log") == ["a: bad", "b: worse"]


def test_other_errors_have_their_traceback(tmp_path):
    status, terminal, log = run(tmp_path, "1 / 0\n")
    assert status == 1
    for told in (terminal, log):
        assert "Traceback" in told
        assert "ZeroDivisionError" in told
    assert user_errors(tmp_path / "step.log") == []
    assert user_errors(tmp_path / "none.log") == []


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="/dev/full is Linux's")
def test_where_the_log_cannot_be_written_the_terminal_is_told_all_the_same(tmp_path):
    (tmp_path / "step.log").symlink_to("/dev/full")
    text = "from covedge.errors import StorageError\nprint('printed')\nraise StorageError('full')\n"
    process = start(tmp_path, text)
    out, err = process.communicate(timeout=60)
    assert process.returncode != 0
    assert (out, err) == ("printed\n", "error: full\n")


def test_a_log_that_cannot_be_opened_is_one_line(tmp_path):
    (tmp_path / "step.log").mkdir()
    process = start(tmp_path, "print('not reached')\n")
    out, err = process.communicate(timeout=60)
    assert (process.returncode, out) == (1, "")
    told = "step.log: is a directory; move the folder away that is where a file should be"
    assert err == f"error: {told}, then run again\n"


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
@pytest.mark.parametrize(
    "work",
    [
        "folder_or_failure('bayes', 'out', lambda path: wait(path / 'half'))",
        "json_or_failure('diagnose', 'out', lambda: wait(Path('half')))",
    ],
)
def test_an_interrupted_step_leaves_nothing(tmp_path, number, work):
    text = (
        "import time\nfrom pathlib import Path\n"
        "from covedge.status import folder_or_failure, json_or_failure\n"
        "def wait(path):\n    path.write_text('half')\n"
        f"    Path('ready').touch()\n    time.sleep(60)\n{work}\n"
    )
    process = start(tmp_path, text)
    deadline = time.monotonic() + 30
    while not (tmp_path / "ready").exists() and time.monotonic() < deadline:
        time.sleep(0.02)
    process.send_signal(number)
    process.communicate(timeout=30)
    assert process.returncode != 0
    assert not [path.name for path in tmp_path.iterdir() if "out" in path.name]
