"""The fits of an atlas beside lme4's simulate() and refit(), and their section of README.md."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from cases import CASES
from machine import environment
from peer import PEERS
from settings import Settings
from table import number, times

from covedge.proportion import Proportion

HEADING = "## The atlas"
CORES = 2
# Fits on CORES cores within this many seconds.
FITS, SECONDS = 10_000, 60.0
CASE = "rats_s15"

HOW = f"""\
The full model of `{CASE}`, by REML, fitted to responses that are simulated from it with every
direction at least as large as the smallest that matters (a tenth of the residual SD): covedge in
{CORES} processes side by side, each with half of the fits, lme4 in one with a sample of them. The
seconds by the clock are those of the slower process. The ratio is of the processor's seconds a fit;
simulation is in both."""


@dataclass(frozen=True)
class Tried:
    """fits, of which singular; wall : seconds by the clock; processor : seconds a fit."""

    fits: int
    singular: int
    wall: float
    processor: float


def trial_section(settings: Settings, folder: Path) -> str:
    """The section in Markdown."""
    case = next(case for case in CASES if case.name == CASE)
    csv = folder / "trials.csv"
    case.table().to_csv(csv, index=False)
    ours, covariance = _ours(str(csv), case.formula, settings.trials)
    theirs = _lme4(str(csv), case, covariance, settings.sample)
    return told(ours, theirs)


def _ours(csv, formula, fits):
    script = str(PEERS / "trials_peer.py")
    share = str(fits // CORES)
    processes = [
        subprocess.Popen(
            [sys.executable, script, csv, formula, share, str(seed)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=environment(),
        )
        for seed in range(1, CORES + 1)
    ]
    for process in processes:
        process.stdout.readline()
    for process in processes:
        process.stdin.write("go\n")
        process.stdin.flush()
    answers = [json.loads(process.communicate()[0]) for process in processes]
    n = sum(a["fits"] for a in answers)
    assert n == sum(a["settled"] for a in answers), "a search did not come to its end"
    found = Tried(
        n,
        sum(a["singular"] for a in answers),
        max(a["wall"] for a in answers),
        sum(a["processor"] for a in answers) / n,
    )
    return found, answers[0]["covariance"]


def _lme4(csv, case, covariance, fits):
    """None where R or lme4 is not installed."""
    if shutil.which("Rscript") is None:
        return None
    numbers = ",".join(repr(x) for row in covariance for x in row)
    command = ["Rscript", str(PEERS / "trials_peer.R"), csv, ",".join(case.labels)]
    done = subprocess.run(
        [*command, case.formula, str(fits), numbers],
        stdout=subprocess.PIPE,
        text=True,
        env=environment(),
    )
    if done.returncode:
        return None
    a = json.loads(done.stdout.splitlines()[-1])
    return Tried(a["fits"], a["singular"], a["wall"], a["processor"] / a["fits"])


def told(ours: Tried, theirs: Tried | None) -> str:
    """The section, its heading with it."""
    scaled = ours.wall * FITS / ours.fits
    met = "yes" if scaled <= SECONDS else "**no**"
    lines = [
        HEADING,
        "",
        "| target | reached | met |",
        "|---|---|---|",
        f"| {FITS:,} fits of the full model of `{CASE}` on {CORES} cores: {SECONDS:.0f} s at most "
        f"| {number(scaled)} s | {met} |",
        "",
        HOW,
        "",
        "| engine | fits | seconds by the clock | ms of a core a fit | times covedge | singular |",
        "|---|--:|--:|--:|--:|--:|",
    ]
    for engine, one in (("covedge", ours), ("lme4", theirs)):
        if one is None:
            lines.append(f"| {engine} | not installed | – | – | – | – |")
            continue
        share = Proportion(one.singular, one.fits)
        low, high = share.interval
        cells = [
            engine,
            f"{one.fits:,}",
            number(one.wall),
            number(1000 * one.processor),
            times(one.processor / ours.processor),
            f"{100 * share.estimate:.1f} % ({100 * low:.1f} to {100 * high:.1f})",
        ]
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines)
