"""How long a run will take, told before it starts.

Two sources. A step that has run before took what its benchmark file says. One that has not is taken
to cost what it did on other data: seconds of one core, starting the job included, over the 18
analyses of the gallery and the two of the example (docs/run_time.md): the least, the median, and
nearly the most.
"""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

# By step; of the bootstrap for a batch, of the atlas for a round or a part of one. Measured, see
# above; the atlas on the example only, and `ask_r` on `rats_s15` and two data sets of the gallery.
SECONDS = {
    "prepare": (2, 3, 4),
    "fit": (3, 5, 40),
    "ask_r": (4, 15, 80),
    "engines": (3, 5, 15),
    "bayes": (10, 28, 130),
    "bootstrap": (3, 5, 15),
    "compare": (4, 5, 15),
    "profiles": (3, 5, 60),
    "infer": (3, 5, 30),
    "diagnose": (3, 6, 60),
    "plan_atlas": (4, 5, 10),
    "try_atlas": (4, 6, 15),
    "atlas": (4, 5, 10),
    "report": (8, 11, 18),
    "index": (5, 8, 12),
}
# The same step on the same data takes between these parts of what it took, as other work allows.
AGAIN = (0.7, 1.0, 1.5)
# Steps of one analysis that run beside its others.
BESIDE = ("bayes", "plan_atlas", "try_atlas", "atlas")


@dataclass(frozen=True)
class Job:
    """A step of an analysis that will run. before : seconds that it took the last time, or None."""

    step: str
    analysis: str
    before: float | None = None

    @property
    def seconds(self) -> tuple[float, float, float]:
        """Least, likely, most."""
        if self.before is not None:
            return tuple(self.before * part for part in AGAIN)
        return SECONDS.get(self.step, (0, 0, 0))


def last_time(benchmark: str | Path) -> float | None:
    """The seconds that a benchmark file of Snakemake tells; None where there is none to read."""
    try:
        with Path(benchmark).open(encoding="utf-8", newline="") as file:
            return float(list(csv.DictReader(file, delimiter="\t"))[-1]["s"])
    except (OSError, ValueError, KeyError, IndexError, TypeError):
        return None


def estimate(jobs: Sequence[Job], cores: int) -> tuple[float, float, float]:
    """Seconds by the clock: least, likely, most.

    As long as all work divided by the cores, but no shorter than the steps of an analysis that wait
    for each other.
    """
    found = []
    for k in range(3):
        chains: dict[str, float] = {}
        for job in jobs:
            if job.step not in BESIDE:
                chains[job.analysis] = chains.get(job.analysis, 0.0) + job.seconds[k]
        total = sum(job.seconds[k] for job in jobs)
        found.append(max([total / max(cores, 1), *chains.values()]))
    return tuple(found)


def sentence(jobs: Sequence[Job], cores: int) -> str:
    """What is told before a run; "" where there is nothing to do."""
    jobs = [job for job in jobs if job.step in SECONDS]
    if not jobs:
        return ""
    low, likely, high = estimate(jobs, cores)
    known = sum(job.before is not None for job in jobs)
    source = f"by the last time for {known} of {len(jobs)} jobs" if known else "by other data"
    more = "" if known == len(jobs) else "; many rows or random effects take longer"
    on = "one core" if cores == 1 else f"{cores} cores"
    between = f"{_told(low)} to {_told(high)}, " if _told(low) != _told(high) else ""
    return f"covedge: this takes about {_told(likely)} on {on} ({between}{source}{more})"


def _told(seconds):
    if seconds < 90:
        return f"{max(10 * round(seconds / 10), 10)} seconds"
    return f"{round(seconds / 60)} minutes"
