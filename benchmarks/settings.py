"""How long a benchmark takes: all of it in some ten minutes, or a look in two."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Settings:
    """runs : of each engine, in turn, fewer where they would take more than `budget` seconds.
    limit : seconds after which a run is stopped. rows, levels : the sizes of the two scalings.
    sampled : cases whose posterior is sampled, samplings times, fewer where they would take more
    than `sampling_budget` seconds together. cold : whether compilation without a cache is timed.
    trials : fits of an atlas, sample : of them by lme4.
    """

    runs: int
    budget: float
    limit: float
    rows: tuple[int, ...]
    levels: tuple[int, ...]
    sampled: tuple[str, ...]
    samplings: int
    sampling_budget: float
    cold: bool
    trials: int
    sample: int


FULL = Settings(
    runs=7,
    budget=30.0,
    limit=60.0,
    rows=(10**4, 10**5, 10**6, 10**7),
    levels=(10**2, 10**3, 10**4, 10**5),
    sampled=("rats_s15", "sleepstudy"),
    samplings=5,
    sampling_budget=120.0,
    cold=True,
    trials=10_000,
    sample=30,
)
QUICK = Settings(
    runs=3,
    budget=4.0,
    limit=6.0,
    rows=(10**4, 10**5, 10**6),
    levels=(10**2, 10**3, 10**4),
    sampled=("sleepstudy",),
    samplings=1,
    sampling_budget=30.0,
    cold=False,
    trials=1_000,
    sample=10,
)
