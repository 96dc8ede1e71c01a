"""Locks of living runs, and of dead ones; steps that end with their run."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from covedge.runs import RunError, attend, busy, claim, is_deserted
from support.faults import is_running

ROOT = Path(__file__).parents[2]
LIBRARY = {"PYTHONPATH": str(ROOT / "workflow/scripts")}
RUN = """
import sys, time
from covedge.runs import attend, claim
attend("runs")
if sys.argv[1:] == ["run"]:
    claim("runs")
print("ready", flush=True)
time.sleep(60)
"""


@pytest.fixture
def start(tmp_path):
    """A function that starts a process with a program in its text, and waits until it is ready."""
    started = []

    def begin(text, *arguments, **variables):
        process = subprocess.Popen(
            [sys.executable, "-c", text, *arguments],
            cwd=tmp_path,
            env=os.environ | LIBRARY | variables,
            stdout=subprocess.PIPE,
            text=True,
        )
        started.append(process)
        assert process.stdout.readline() == "ready\n"
        return process

    yield begin
    for process in started:
        process.kill()
        process.communicate()


def end(process, number=signal.SIGKILL):
    process.send_signal(number)
    process.communicate(timeout=30)


def test_a_folder_is_deserted_when_the_last_one_has_died(start, tmp_path):
    folder = tmp_path / "runs"
    assert is_deserted(folder)
    one, two = start(RUN), start(RUN)
    assert not is_deserted(folder)
    end(one)
    assert not is_deserted(folder)
    end(two)
    assert is_deserted(folder)


def test_one_runs_at_a_time_and_the_other_is_told_who(start, tmp_path):
    folder = tmp_path / "runs"
    one = start(RUN, "run")
    with pytest.raises(RunError, match=f"process {one.pid} on .*, since .*: -c run\\)") as told:
        claim(folder)
    assert told.value.message == busy(folder)
    assert told.value.message.endswith("wait for it to end, or stop it, then run again")
    end(one)
    two = start(RUN, "run")
    with pytest.raises(RunError, match=f"process {two.pid} "):
        claim(folder)


def test_where_nothing_can_be_written_it_says_so(tmp_path):
    (tmp_path / "runs").touch()
    with pytest.raises(RunError, match="the folder where snakemake runs must be writable"):
        attend(tmp_path / "runs")


def clear_lock(folder):
    return subprocess.run(
        [sys.executable, str(ROOT / "tools/clear_lock.py"), "."],
        cwd=folder,
        env=os.environ | LIBRARY,
        capture_output=True,
        text=True,
    )


def test_the_lock_of_a_dead_run_is_cleared_and_of_a_living_one_respected(start, tmp_path):
    lock = tmp_path / ".snakemake/locks/0.output.lock"
    assert (clear_lock(tmp_path).returncode, clear_lock(tmp_path).stderr) == (0, "")
    lock.parent.mkdir(parents=True)
    lock.write_text("results/x/fits\n")
    (tmp_path / ".snakemake/covedge").mkdir()
    living = start(RUN.replace('"runs"', '".snakemake/covedge"'), "run")
    refused = clear_lock(tmp_path)
    assert refused.returncode == 1
    assert f"another run is at work in this folder (process {living.pid} on" in refused.stderr
    assert lock.exists()
    end(living)
    done = clear_lock(tmp_path)
    assert (done.returncode, lock.exists()) == (0, False)
    assert done.stderr == "covedge: a run in this folder was killed; its lock is cleared\n"


STEP = """
import os, subprocess, sys, time
with open("step", "w") as file:
    file.write(str(os.getpid()))
{slow}
from covedge.log import to_log
to_log("step.log")
child = None
try:
    child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
    with open("child", "w") as file:
        file.write(str(child.pid))
    time.sleep(60)
finally:
    if child is not None:
        child.kill()
        child.wait()
    print("ended in order")
"""
# Starts a step by a shell that stays in between, as that of a conda environment may.
STARTER = """
import subprocess, sys, time
from covedge.orphans import mark_as_run
mark_as_run()
with open("step.py", "w") as file:
    file.write({step!r})
step = subprocess.Popen(["sh", "-c", sys.executable + " step.py; true"])
print("ready", flush=True)
time.sleep(60)
"""


def wait_for(condition):
    deadline = time.monotonic() + 30
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.05)
    assert condition()


def written(path):
    """The number in the file, once it is there."""
    wait_for(lambda: path.exists() and path.read_text())
    return int(path.read_text())


@pytest.mark.parametrize("reaped", [True, False], ids=["reaped", "a zombie"])
def test_a_step_ends_with_its_run_and_so_does_what_it_started(start, tmp_path, reaped):
    run = start(STARTER.format(step=STEP.format(slow="")))
    step, child = written(tmp_path / "step"), written(tmp_path / "child")
    assert is_running(step)
    run.send_signal(signal.SIGKILL)
    if reaped:
        run.wait(timeout=30)
    wait_for(lambda: not is_running(step))
    assert not is_running(child)
    assert "ended in order" in (tmp_path / "step.log").read_text()


def test_a_step_whose_run_died_while_it_was_starting_ends_too(start, tmp_path):
    """Importing takes seconds, and the step has another parent by then."""
    run = start(STARTER.format(step=STEP.format(slow="time.sleep(1)")))
    step = written(tmp_path / "step")
    end(run)
    wait_for(lambda: not is_running(step))


def test_without_a_run_a_step_goes_on(start, tmp_path):
    text = "import time\nfrom covedge.log import to_log\nto_log('x.log')\ntime.sleep(1.5)\n"
    env = {key: value for key, value in os.environ.items() if key != "COVEDGE_RUN"} | LIBRARY
    done = subprocess.run([sys.executable, "-c", text], cwd=tmp_path, env=env)
    assert done.returncode == 0
