"""Trees in which `make` runs, to be killed, starved of disk, or started twice."""

import os
import random
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

from support.models import PUBLISHED
from support.tree import ROOT, STEPS, Tree, copy_workflow

CONFIG = """
analyses:
  dyestuff:
    data: data/Dyestuff.csv
    formula: Yield ~ 1 + (1 | Batch)
    engines: []
    bayes: {enabled: false}
    bootstrap: {replicates: 20}
"""
# Steps that pretend, and take their time: each output has a number from all that goes into it,
# and is half written for a while.
SLOW = """
import hashlib
import time
from pathlib import Path
from covedge.log import to_log
from covedge.whole import new_file, new_folder

to_log(snakemake.log[0])
total = hashlib.sha256(repr(sorted(snakemake.params.items())).encode())
for path in sorted(Path(name) for name in snakemake.input):
    for file in [path] if path.is_file() else sorted(p for p in path.rglob("*") if p.is_file()):
        total.update(file.read_bytes())
for path in map(Path, snakemake.output):
    with (new_file if path.suffix else new_folder)(path) as beside:
        file = beside if path.suffix else beside / "status.json"
        with file.open("w") as out:
            out.write('{"half": ')
            out.flush()
            time.sleep(0.2)
            out.write('"%s", "filling": "%s"}' % (total.hexdigest(), SIZE * "x"))
raise SystemExit(0)
"""


def tree_to_make(folder: Path) -> Tree:
    """A copy of the workflow with one small analysis, in which `make` runs it."""
    tree = copy_workflow(folder)
    (folder / "config/config.yaml").write_text(CONFIG, encoding="utf-8")
    shutil.copy(PUBLISHED / "Dyestuff.csv", folder / "data")
    for name in ("Makefile", "pyproject.toml", "requirements.lock"):
        shutil.copy2(ROOT / name, folder)
    shutil.copytree(ROOT / "tools", folder / "tools")
    # The environment of the tests, as one that `make` has just set up: it must leave that alone.
    (folder / ".venv").mkdir()
    for path in Path(sys.prefix).iterdir():
        if path.name not in (".set-up", ".setting-up"):
            (folder / ".venv" / path.name).symlink_to(path)
    (folder / ".venv/.set-up").touch()
    return tree


def tree_of_slow_steps(folder: Path, size: int = 10) -> Tree:
    """The same where steps only pretend, in a second each; outputs have `size` characters."""
    tree = tree_to_make(folder)
    for step in STEPS:
        path = folder / f"workflow/scripts/{step}.py"
        text = SLOW.replace("SIZE", str(size)) + path.read_text(encoding="utf-8")
        path.write_text(text, encoding="utf-8")
    return tree


def start(tree: Tree, *command: str) -> subprocess.Popen:
    """Start `make`, or another command, in the tree; what it says goes to `said.txt` there."""
    with (tree.folder / "said.txt").open("w") as said:
        return subprocess.Popen(
            command or ("make", "CORES=2"),
            cwd=tree.folder,
            stdin=subprocess.DEVNULL,
            stdout=said,
            stderr=subprocess.STDOUT,
            env={**os.environ, "PATH": f"{Path(sys.prefix) / 'bin'}:{os.environ['PATH']}"},
        )


def make(tree: Tree, *command: str) -> tuple[int, str]:
    """(exit status, what was said) of `make`, or another command."""
    process = start(tree, *command)
    process.wait(timeout=280)
    return process.returncode, (tree.folder / "said.txt").read_text(encoding="utf-8")


def below(process: int) -> dict[int, str]:
    """Processes that this one has started, and theirs in turn, with their commands."""
    parents, commands = {}, {}
    for folder in Path("/proc").iterdir():
        if folder.name.isdecimal():
            try:
                status = (folder / "stat").read_text().rpartition(")")[2].split()
                command = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode()
            except OSError:
                continue
            if status[0] != "Z":
                parents[int(folder.name)], commands[int(folder.name)] = int(status[1]), command
    found, last = {}, {process}
    while last:
        last = {each for each, parent in parents.items() if parent in last} - set(found)
        found |= {each: commands[each] for each in last}
    return found


def is_running(process: int) -> bool:
    """Whether the process lives. One that has ended may stay in the list for a while."""
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def kill(tree: Tree, seed: int, longest: float) -> str | None:
    """Start `make` and kill a part of it by SIGKILL, drawn from the seed as is the moment.

    longest : seconds after the first job may begin. Returns what was killed, or None if all was
    done before. Nothing of the run is left when it returns.
    """
    drawn = random.Random(seed)
    moment, victim = drawn.uniform(0, longest), drawn.choice(["snakemake", "worker", "all"])
    running = tree.folder / ".snakemake/covedge/running"
    before = running.stat().st_mtime_ns if running.exists() else None
    process = start(tree)
    if drawn.random() < 0.8:  # else while it starts
        while process.poll() is None and (
            not running.exists() or running.stat().st_mtime_ns == before
        ):
            time.sleep(0.02)
    time.sleep(moment)
    there = below(process.pid)
    workers = [each for each, command in there.items() if ".snakemake/scripts/" in command]
    snakemakes = [e for e, command in there.items() if "snakemake --cores" in command]
    wanted = {"worker": workers[:1], "all": list(there)}.get(victim) or snakemakes or list(there)
    if process.poll() is not None:
        return None
    for each in wanted:
        try:
            os.kill(each, signal.SIGKILL)
        except ProcessLookupError:
            continue
    process.wait(timeout=280)
    deadline = time.monotonic() + 15
    while left := [each for each in there if is_running(each)]:
        assert time.monotonic() < deadline, f"these live on: {[there[each] for each in left]}"
        time.sleep(0.1)
    return victim
