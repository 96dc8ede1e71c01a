"""Time covedge beside lme4, nlme, statsmodels, mixedlm and rstanarm, and write README.md.

python run.py [--quick] [--only case]

`--only posteriors` and `--only atlas` write that section of README.md anew and leave the rest; any
other `--only` writes nothing.
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import asdict
from pathlib import Path

from cases import CASES, Case
from figure import figure
from machine import environment, machine, peak
from page import page, with_section
from peer import PEERS, READY_WITHIN, Peer
from posterior_table import HEADING, section
from posteriors import run_posteriors
from settings import FULL, QUICK, Settings
from table import Outcome, Result, Size, case_table
from trials import HEADING as ATLAS
from trials import trial_section

HERE = Path(__file__).parent
MIXEDLM = HERE / ".venv" / "bin" / "python"
# What covedge's peer calls the time of its first run.
FIRST = "first run, seconds"
ENGINES = ("covedge", "lme4", "nlme", "statsmodels", "mixedlm")


def say(*words) -> None:
    print(*words, file=sys.stderr, flush=True)


def run_case(case: Case, settings: Settings, folder: Path) -> tuple[Result, dict]:
    """The engines in turn, and their versions."""
    table = case.table()
    csv = folder / f"{case.name}.csv"
    table.to_csv(csv, index=False)
    peers, outcomes = [], {}
    for engine in ENGINES:
        peer = start(engine, case, csv, folder)
        if isinstance(peer, str):
            outcomes[engine] = Outcome(engine, message=peer, failed=True)
        else:
            peers.append(peer)
    for turn in range(settings.runs):
        for peer in peers:
            if not turn or peer.another_takes_it_to() < settings.budget:
                peer.run(settings.limit)
    versions = {}
    for peer in peers:
        outcomes[peer.engine] = peer.outcome()
        versions |= peer.versions
        if not peer.over:
            peer.close()
    ordered = tuple(outcomes[engine] for engine in ENGINES)
    return Result(case.name, case.title, case.formula, len(table), ordered), versions


def compilation(folder: Path) -> float | None:
    """Seconds by which covedge's first fit on a machine is longer than its next."""
    case = next(case for case in CASES if case.name == "sleepstudy")
    csv = folder / "compilation.csv"
    case.table().to_csv(csv, index=False)
    peer = start("covedge", case, csv, folder, {"NUMBA_CACHE_DIR": str(folder / "cache")})
    peer.run(READY_WITHIN)
    again = peer.outcome().median
    peer.close()
    return peer.versions[FIRST] - again if again else None


def start(engine: str, case: Case, csv: Path, folder: Path, more=None) -> Peer | str:
    """The peer, or a sentence that says why there is none; `more` as of `Peer`."""
    if engine in case.left_out:
        return case.left_out[engine]
    written = {"nlme": case.nlme, "statsmodels": case.statsmodels}.get(engine)
    if isinstance(written, str):
        return written
    if engine in ("lme4", "nlme"):
        if shutil.which("Rscript") is None:
            return "R is not installed"
        formula = (case.formula,) if engine == "lme4" else case.nlme
        given = [engine, str(csv), ",".join(case.labels), case.method, case.task, *formula]
        return Peer(engine, ["Rscript", str(PEERS / "peer.R"), *given])
    if engine == "mixedlm" and not MIXEDLM.exists():
        return "mixedlm is not installed: `make bench` does that"
    job = folder / f"{case.name}-{engine}.json"
    about = asdict(case) | {"csv": str(csv)}
    job.write_text(json.dumps(about), encoding="utf-8")
    python = MIXEDLM if engine == "mixedlm" else sys.executable
    return Peer(engine, [str(python), str(PEERS / f"{engine}_peer.py"), str(job)], more)


def run_rows(sizes) -> list[Size]:
    """Each number of rows in a process of its own, for the peak of its memory."""
    found = []
    for n in sizes:
        with tempfile.TemporaryDirectory() as folder:
            command = [sys.executable, str(PEERS / "rows_peer.py"), str(n), folder]
            with subprocess.Popen(
                command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment()
            ) as process:
                line = process.stdout.readline()
                memory = peak(process.pid)
                process.stdin.close()
        if not line:
            say(f"{n:,} rows: failed")
            break
        found.append(_size(json.loads(line), memory))
        say(f"{n:,} rows: {found[-1]}")
    return found


def run_levels(sizes) -> list[Size]:
    command = [sys.executable, str(PEERS / "levels_peer.py"), *map(str, sizes)]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, env=environment())
    return [_size(json.loads(line), None) for line in done.stdout.splitlines()]


def _size(answer, memory):
    return Size(answer["size"], answer["gram"], answer["fit"], memory)


def posterior_section(settings: Settings) -> str:
    with tempfile.TemporaryDirectory() as folder:
        results, versions = run_posteriors(settings, Path(folder))
    return section(results, versions | {"processor": machine()["processor"]})


def atlas_section(settings: Settings) -> str:
    with tempfile.TemporaryDirectory() as folder:
        return trial_section(settings, Path(folder))


# Sections that can be written anew without the rest.
ALONE = {"posteriors": (HEADING, posterior_section), "atlas": (ATLAS, atlas_section)}


def write_alone(name: str, settings: Settings) -> None:
    """One section of README.md anew."""
    heading, compose = ALONE[name]
    text = compose(settings)
    print(text)
    path = HERE / "README.md"
    path.write_text(with_section(path.read_text(encoding="utf-8"), heading, text), encoding="utf-8")


def main(quick: bool, only: str | None) -> None:
    began, settings = time.time(), QUICK if quick else FULL
    results, versions = [], {}
    with tempfile.TemporaryDirectory() as folder:
        for case in CASES:
            if only in (None, case.name):
                result, found = run_case(case, settings, Path(folder))
                results.append(result)
                versions = found | versions
                say("\n" + case_table(result))
        versions.pop(FIRST, None)
        compiled = None if quick or only else compilation(Path(folder))
    rows = run_rows(settings.rows) if only in (None, "rows") else []
    levels = run_levels(settings.levels) if only in (None, "levels") else []
    alone = [compose(settings) for _, compose in ALONE.values()] if only is None else []
    about = machine() | versions
    text = page(results, rows, levels, alone, about, compiled, settings, time.time() - began)
    print(text)
    if only is None:
        if rows and levels:
            figure(rows, levels, HERE / "scaling.svg")
        (HERE / "README.md").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--quick", action="store_true", help="fewer runs, smaller sizes")
    arguments.add_argument(
        "--only", help="one case by its name, `rows`, `levels`, `posteriors`, `atlas`"
    )
    given = arguments.parse_args()
    if given.only in ALONE:
        write_alone(given.only, QUICK if given.quick else FULL)
    else:
        main(**vars(given))
