"""How long a benchmark takes: all of it in some ten minutes, or a look in two."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Settings:
    """runs : of each engine, in turn, fewer where they would take more than `budget` seconds.
    limit : seconds after which a run is stopped. rows, levels : the sizes of the two scalings.
    """

    runs: int
    budget: float
    limit: float
    rows: tuple[int, ...]
    levels: tuple[int, ...]


FULL = Settings(7, 30.0, 60.0, (10**4, 10**5, 10**6, 10**7), (10**2, 10**3, 10**4, 10**5))
QUICK = Settings(3, 4.0, 6.0, (10**4, 10**5, 10**6), (10**2, 10**3, 10**4))
