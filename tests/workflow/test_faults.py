"""Kills, full disks, read-only folders, two runs at once: the next `make` mends all of it."""

import json
import os
import re
import shutil
import signal
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from covedge.verification.comparison import compare, results_of
from support.faults import kill, make, start, tree_of_slow_steps, tree_to_make
from support.timeless import timeless

# Kills in the quick test and in the slow one, each at a moment of its own seed.
FEW, MANY = 3, 20
PAGES = ("index.html", "dyestuff.html")


@pytest.fixture(scope="module")
def slow_steps(tmp_path_factory):
    """An undisturbed run of steps that pretend."""
    tree = tree_of_slow_steps(tmp_path_factory.mktemp("undisturbed"))
    status, said = make(tree)
    assert status == 0, said
    return tree


@pytest.fixture(scope="module")
def real(tmp_path_factory):
    """(tree, seconds) of an undisturbed run of the real steps, nothing being compiled any more.

    What the first run compiles serves the others of this module.
    """
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("NUMBA_CACHE_DIR", str(tmp_path_factory.mktemp("compiled")))
        for name in ("compiling", "real"):
            tree, began = tree_to_make(tmp_path_factory.mktemp(name)), time.monotonic()
            status, said = make(tree)
            assert status == 0, said
        yield tree, time.monotonic() - began


def whole(tree):
    """Read every result that is there by its name: none is half of one."""
    results = tree.folder / "results"
    for path in (path for path in results.rglob("*") if path.is_file()):
        if any(part.startswith(".part-") for part in path.relative_to(results).parts):
            continue
        if path.suffix == ".json" or path.read_bytes().startswith(b"{"):  # steps that pretend
            json.loads(path.read_text(encoding="utf-8"))
        elif path.suffix == ".parquet":
            pd.read_parquet(path)
        elif path.suffix == ".npz":
            with np.load(path) as stored:
                assert all(stored[name] is not None for name in stored.files)


def same(tree, undisturbed):
    """Finish by `make`; the results are those of the other run, and nothing is left beside them."""
    status, said = make(tree)
    assert status == 0, said
    _same_files(tree.folder / "results", undisturbed.folder / "results")
    for page in PAGES:
        assert (tree.folder / "reports/html" / page).stat().st_size > 0
    assert not list((tree.folder / "results").rglob(".part-*"))


def _same_files(here, there):
    """By the content of each file, and not by the code that `make verify` runs."""
    names = [
        {
            path.relative_to(folder).as_posix()
            for path in folder.rglob("*")
            if path.is_file() and not path.name.startswith(".")
        }
        for folder in (here, there)
    ]
    assert names[0] == names[1]
    for name in names[0]:
        if name.startswith(("logs/", "benchmarks/")):
            continue
        mine, theirs = ((folder / name).read_bytes() for folder in (here, there))
        if name.endswith(".json"):
            mine, theirs = (timeless(json.loads(text)) for text in (mine, theirs))
        assert mine == theirs, name


def test_after_a_few_kills_make_just_goes_on(slow_steps, tmp_path):
    tree = tree_of_slow_steps(tmp_path)
    killed = []
    for seed in range(FEW):
        killed.append(kill(tree, seed, longest=2.0))
        whole(tree)
    assert None not in killed
    same(tree, slow_steps)


@pytest.mark.slow
def test_after_twenty_kills_the_results_are_those_of_an_undisturbed_run(real, tmp_path):
    undisturbed, seconds = real
    tree = tree_to_make(tmp_path)
    killed, seed = [], 0
    while len(killed) < MANY:
        # long enough to come further each time, and through the steps once or twice
        victim = kill(tree, seed, longest=seconds / 3)
        whole(tree)
        seed += 1
        if victim is not None:
            killed.append(victim)
        elif tree.jobs() == []:
            # all is done: once more from the start
            _same_files(tree.folder / "results", undisturbed.folder / "results")
            shutil.rmtree(tree.folder / "results")
            shutil.rmtree(tree.folder / "reports/html")
    assert set(killed) == {"snakemake", "worker", "all"}
    same(tree, undisturbed)
    assert compare(*(results_of(each.folder) for each in (tree, undisturbed))).equal


def test_what_a_kill_removed_is_made_again_though_the_pages_are_there(slow_steps, tmp_path):
    """A step removes its old results first; without the edit that it ran for, no page asks."""
    shutil.copytree(slow_steps.folder, tmp_path / "tree", symlinks=True)
    tree = type(slow_steps)(tmp_path / "tree")
    shutil.rmtree(tree.folder / "results/dyestuff/fits")
    (tree.folder / "results/dyestuff/verdict.json").unlink()
    same(tree, slow_steps)


@pytest.mark.slow
def test_of_two_runs_at_once_one_is_told_who_is_at_work(slow_steps, tmp_path):
    tree = tree_of_slow_steps(tmp_path)
    first = start(tree)
    (tree.folder / "said.txt").rename(tree.folder / "first.txt")
    running = tree.folder / ".snakemake/covedge/running"
    while not running.exists() or not running.stat().st_size:
        assert first.poll() is None
        time.sleep(0.02)
    who = running.read_text(encoding="utf-8").strip()
    number = int(re.match(r"process (\d+) on ", who)[1])
    os.kill(number, signal.SIGSTOP)  # so that it is still there when the others have been told
    status, said = make(tree)
    assert status != 0
    assert who.endswith("snakemake --cores 2 --rerun-incomplete")
    assert f"covedge: another run is at work in this folder ({who}); wait for it to end" in said
    plain = ("snakemake", "--cores", "2", "--rerun-incomplete")
    status, said = make(tree, *plain)
    assert status != 0
    assert "Directory cannot be locked" in said
    # as when both have started in the same instant, and Snakemake's lock has stopped neither
    status, said = make(tree, *plain, "--nolock")
    assert status != 0
    assert f"another run is at work in this folder ({who})" in said
    assert "Traceback" not in said
    os.kill(number, signal.SIGCONT)
    first.wait(timeout=280)
    assert first.returncode == 0, (tree.folder / "first.txt").read_text()
    assert tree.jobs() == []
    same(tree, slow_steps)


@pytest.mark.slow
def test_two_runs_that_start_together_end_with_the_same_results(slow_steps, tmp_path):
    tree = tree_of_slow_steps(tmp_path)
    runs = [start(tree), start(tree)]
    for run in runs:
        run.wait(timeout=280)
    assert 0 in {run.returncode for run in runs}
    whole(tree)
    same(tree, slow_steps)


def told(said):
    """The lines that begin with `error: `, each once."""
    return {line for line in said.splitlines() if line.startswith("error: ")}


@pytest.mark.slow
def test_with_room_made_a_run_on_a_full_disk_goes_on(small_disk, tmp_path):
    undisturbed = tree_of_slow_steps(tmp_path / "undisturbed", size=30_000)
    assert make(undisturbed)[0] == 0
    tree = tree_of_slow_steps(tmp_path / "tree", size=30_000)
    resize = small_disk(tree.folder / "results", 200)
    status, said = make(tree)
    assert status != 0
    # What does not fit any more may be a file of Snakemake's, which tells it in its own words.
    assert told(said) or "No space left on device" in said
    for line in told(said):
        assert line.startswith("error: results/dyestuff/")
        assert line.endswith(": no space left on device; make room on that disk, then run again")
    assert "Traceback" not in said
    whole(tree)
    resize(20_000)
    same(tree, undisturbed)


@pytest.mark.slow
def test_where_snakemake_s_own_files_are_on_the_full_disk_make_goes_on_too(small_disk, tmp_path):
    undisturbed = tree_of_slow_steps(tmp_path / "undisturbed", size=60_000)
    assert make(undisturbed)[0] == 0
    small_disk(tmp_path / "disk", 20_000)
    tree = tree_of_slow_steps(tmp_path / "disk/tree", size=60_000)
    free = shutil.disk_usage(tree.folder).free
    (tmp_path / "disk/other").write_bytes(bytes(free - 300_000))
    status, said = make(tree)
    assert status != 0
    assert "o space left on device" in said
    (tmp_path / "disk/other").unlink()
    same(tree, undisturbed)


@pytest.mark.slow
def test_no_real_step_takes_a_full_disk_for_its_result(small_disk, real, tmp_path):
    tree = tree_to_make(tmp_path)
    resize, failures = small_disk(tree.folder / "results", 24), 0
    for size in (24, 100):
        resize(size)
        status, said = make(tree)
        whole(tree)
        failures += status != 0
        assert all("no space left on device; make room" in line for line in told(said))
    assert failures
    resize(20_000)
    same(tree, real[0])


@pytest.mark.skipif(os.name != "posix" or not Path("/sys").is_dir(), reason="/sys is Linux's")
def test_a_read_only_folder_is_told_once_and_mended(slow_steps, tmp_path):
    tree = tree_of_slow_steps(tmp_path)
    (tree.folder / "results").symlink_to("/sys")  # where not even root can make a file
    status, said = make(tree)
    assert status != 0
    (line,) = [line for line in said.splitlines() if line.startswith("results: ")]
    assert "; make the folder writable" in line
    assert "Traceback" not in said
    (tree.folder / "results").unlink()
    same(tree, slow_steps)
