"""Sampling a PyMC model with nutpie: seeds, cores, progress, and no half results."""

import hashlib
import logging
import time
from dataclasses import dataclass

import numpy as np

log = logging.getLogger("bayes")
# They tell at length what they import.
for chatty in ("arviz", "pytensor"):
    logging.getLogger(chatty).setLevel(logging.WARNING)

# Seconds between two lines of progress, and between two looks whether sampling has ended.
PROGRESS, LOOK = 5.0, 0.05
# Acceptance that the step size is tuned to. Where nothing but a few SDs is sampled steps are long,
# and one into the wall that strong data put up near SD = 0 would count as divergent.
ACCEPT, ACCEPT_FEW, FEW = 0.9, 0.95, 20
# What is kept of the sampler's statistics.
STATISTICS = ("diverging", "energy", "n_steps", "depth", "step_size")


@dataclass(frozen=True)
class Chains:
    """values : by variable of the model, (chains, draws, ...); statistics : alike, (chains, draws).

    seconds : wall time of sampling.
    """

    values: dict[str, np.ndarray]
    statistics: dict[str, np.ndarray]
    seconds: float

    @property
    def divergences(self):
        return int(self.statistics["diverging"].sum())


def seed_of(seed: int, *words) -> int:
    """A seed from the config's and what is sampled, so that no order of jobs matters."""
    text = "\n".join([str(seed), *map(str, words)])
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big") >> 1


def sample(program, name, *, chains, draws, tune, cores, seed) -> Chains:
    """Run the chains, `cores` at a time; an interruption ends them and goes on upwards.

    They start, as nutpie does it, at uniform(-1, 1) around the prior's centre on every axis.
    """
    import nutpie

    began = time.perf_counter()
    running = nutpie.sample(
        program,
        chains=chains,
        draws=draws,
        tune=tune,
        cores=min(cores, chains),
        seed=seed,
        target_accept=ACCEPT_FEW if program.n_dim < FEW else ACCEPT,
        progress_bar=False,
        progress_callback=_Progress(name),
        progress_rate=round(1000 * PROGRESS),
        save_warmup=False,
        blocking=False,
    )
    try:
        # nutpie's own waiting would turn an interruption into a short trace.
        while not _finished(running):
            time.sleep(LOOK)
        trace = running.wait()
    except BaseException:
        running.cancel()
        raise
    statistics = {s: trace.sample_stats[s].values for s in STATISTICS if s in trace.sample_stats}
    values = {str(name): array.values for name, array in trace.posterior.data_vars.items()}
    return Chains(values, statistics, time.perf_counter() - began)


def _finished(running):
    try:
        return running.is_finished
    except TimeoutError:  # nutpie 0.16's way of saying no
        return False


class _Progress:
    """Logs how far the chains are. nutpie calls it from a thread of its own."""

    def __init__(self, name):
        self.name = name
        self.told = -1

    def __call__(self, chains):
        done = sum(chain.finished_draws for chain in chains)
        if done in (0, self.told):
            return
        self.told = done
        log.info(
            "%s: %d of %d draws, %d divergences%s",
            self.name,
            done,
            sum(chain.total_draws for chain in chains),
            sum(chain.divergences for chain in chains),
            ", tuning" if any(chain.started and chain.tuning for chain in chains) else "",
        )
