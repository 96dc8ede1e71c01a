"""Samplers side by side: covedge's, with two priors, and rstanarm's stan_lmer."""

from __future__ import annotations

import json
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import numpy as np
from cases import CASES
from peer import PEERS, READY_WITHIN, Peer
from settings import Settings

STAN = "stan_lmer"
# What stan_lmer draws by default; covedge is asked for the same.
CHAINS, DRAWS, TUNE, CORES = 4, 1000, 1000, 2
# Seconds after which a run is stopped.
LIMIT = 1800.0
SAMPLERS = (("covedge", "lkj"), ("covedge", "decov"), (STAN, "decov"))


@dataclass(frozen=True)
class Run:
    """One run of a sampler.

    seconds : of the processor, chains side by side, for warm-up, draws and what is made of them;
    wall : by the clock on the wall; compiling : apart. ess : smallest bulk effective sample size of
    sigma, beta and G's lower triangle, worst : of which of them; rhat : their largest. steps :
    leapfrog steps a draw.
    """

    seconds: float
    wall: float
    compiling: float
    ess: float
    worst: str
    rhat: float
    divergences: int
    steps: float

    @property
    def rate(self) -> float:
        """The smallest effective sample size per second."""
        return self.ess / self.seconds


@dataclass(frozen=True)
class Sampler:
    """runs : those that ended. cold : seconds of the first compilation on a machine, warm : of the
    first in a process afterwards; None where that was not measured. message : its own words, or why
    there is no run.
    """

    engine: str
    prior: str
    runs: tuple[Run, ...] = ()
    cold: float | None = None
    warm: float | None = None
    message: str = ""

    @property
    def rate(self) -> float | None:
        return median(run.rate for run in self.runs) if self.runs else None


@dataclass(frozen=True)
class Sampled:
    """One case; the samplers in their order."""

    name: str
    title: str
    formula: str
    n_rows: int
    samplers: tuple[Sampler, ...]

    def ratio(self, engine: str, prior: str) -> float | None:
        """How many times stan_lmer's effective draws per second the sampler makes."""
        rates = {(s.engine, s.prior): s.rate for s in self.samplers}
        ours, theirs = rates.get((engine, prior)), rates.get((STAN, "decov"))
        return ours / theirs if ours and theirs else None


def run_posteriors(settings: Settings, folder: Path) -> tuple[list[Sampled], dict]:
    """The samplers in turn on each case, and the versions of their libraries."""
    results, versions = [], {}
    cold = {} if not settings.cold else _cold(folder)
    for case in CASES:
        if case.name in settings.sampled:
            result, found = _case(case, settings, folder, cold)
            results.append(result)
            versions |= found
    return results, versions


def _cold(folder):
    """By prior, seconds of a compilation where nothing is cached; see `Sampler`."""
    case = next(case for case in CASES if case.name == "sleepstudy")
    found = {}
    for engine, prior in SAMPLERS:
        if engine != STAN:
            cache = folder / f"cache-{prior}"
            more = {
                "NUMBA_CACHE_DIR": str(cache / "numba"),
                "PYTENSOR_FLAGS": f"base_compiledir={cache / 'pytensor'}",
            }
            peer = _start(engine, prior, case, folder, more)
            if not isinstance(peer, str):
                peer.run(READY_WITHIN)
                peer.close()
                found[prior] = next((answer["compiling"] for answer in peer.answers), None)
    return found


def _case(case, settings, folder, cold):
    peers, messages = {}, {}
    for engine, prior in SAMPLERS:
        peer = _start(engine, prior, case, folder)
        if isinstance(peer, str):
            messages[engine, prior] = peer
        else:
            peers[engine, prior] = peer
    runs = {key: [] for key in peers}
    for turn in range(settings.samplings):
        for key, peer in peers.items():
            if not turn or peer.another_takes_it_to() < settings.sampling_budget:
                before = len(peer.answers)
                peer.run(LIMIT)
                runs[key] += [
                    judged(a, _written(folder, case, *key)) for a in peer.answers[before:]
                ]
    versions = {}
    for peer in peers.values():
        versions |= peer.versions
        if not peer.over:
            peer.close()
    samplers = tuple(
        Sampler(
            engine,
            prior,
            tuple(runs.get((engine, prior), ())),
            0.0 if engine == STAN else cold.get(prior),
            runs[engine, prior][0].compiling if runs.get((engine, prior)) else None,
            messages.get((engine, prior)) or peers[engine, prior].outcome().message,
        )
        for engine, prior in SAMPLERS
    )
    return Sampled(case.name, case.title, case.formula, len(case.table()), samplers), versions


def _start(engine, prior, case, folder, more=None):
    """The peer, or a sentence that says why there is none."""
    csv, written = folder / f"{case.name}.csv", _written(folder, case, engine, prior)
    case.table().to_csv(csv, index=False)
    counts = {"chains": CHAINS, "draws": DRAWS, "tune": TUNE, "cores": CORES}
    if engine == STAN:
        if shutil.which("Rscript") is None:
            return "R is not installed"
        given = [str(csv), ",".join(case.labels), case.formula, *map(str, counts.values())]
        return Peer(engine, ["Rscript", str(PEERS / "posterior_peer.R"), *given, str(written)])
    job = folder / f"{case.name}-{prior}.json"
    about = {"csv": str(csv), "labels": case.labels, "formula": case.formula, "prior": prior}
    job.write_text(json.dumps(about | counts | {"written": str(written)}), encoding="utf-8")
    return Peer(engine, [sys.executable, str(PEERS / "posterior_peer.py"), str(job)], more)


def _written(folder, case, engine, prior):
    return folder / f"{case.name}-{engine}-{prior}.draws"


def judged(answer: dict, written: Path) -> Run:
    """A run by what it answered and its draws, (chains, draws, numbers) as doubles; all samplers'
    by one and the same implementation.
    """
    from arviz_stats.base import array_stats

    names = answer["names"]
    draws = np.fromfile(written).reshape(CHAINS, -1, len(names))
    ess = array_stats.ess(draws, method="bulk", chain_axis=0, draw_axis=1)
    rhat = array_stats.rhat(draws, method="rank", chain_axis=0, draw_axis=1)
    return Run(
        answer["sampling"],
        answer["wall"],
        answer["compiling"],
        float(ess.min()),
        names[int(ess.argmin())],
        float(rhat.max()),
        int(answer["divergences"]),
        answer["steps"],
    )
