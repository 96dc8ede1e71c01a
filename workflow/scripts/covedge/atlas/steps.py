"""The atlas of an analysis in rounds: what to try next, the trials, and all of them together."""

import logging
import time
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pandas as pd

from covedge.atlas.findings import Tried, surface, tried
from covedge.atlas.question import Question
from covedge.atlas.rounds import Trial, first, following
from covedge.atlas.trial import Place
from covedge.errors import DesignError

log = logging.getLogger("atlas")

# Seconds between two lines of progress.
PROGRESS = 10.0
# In the folder of a part of a round.
OUTCOMES = "outcomes.parquet"
# The columns of atlas.parquet that say where a row belongs.
ROUND, TRIAL = "round", "trial"
_PLACE = ["n_groups", "sd", "density"]


def planned(question: Question, earlier: pd.DataFrame | None) -> list[Trial]:
    """The trials of the next round. earlier : the outcomes of all rounds before it, or None.

    Raises DesignError where no earlier trial could be fitted.
    """
    if earlier is None:
        return first(question.region, question.seed)
    return following(question.region, surface(question.region, known(earlier)))


def trials_json(trials: Iterable[Trial]) -> list[dict]:
    """For a file."""
    return [asdict(trial) for trial in trials]


def trials_from_json(stored: Iterable[dict]) -> list[Trial]:
    """Inverse of `trials_json`."""
    return [Trial(Place(**each["place"]), each["replicates"]) for each in stored]


def carried_out(
    question: Question, trials: Sequence[Trial], round_number: int, numbers: Sequence[int]
) -> pd.DataFrame:
    """The outcomes of those trials of a round that have these numbers, whoever does the others.

    A trial that cannot be fitted, as with too few groups for the fixed effects, has no rows.
    """
    tables = []
    told = time.monotonic()
    for place, number in enumerate(numbers):
        trial = trials[number]
        if time.monotonic() - told > PROGRESS:
            told = time.monotonic()
            log.info("round %d: %d of %d designs", round_number, place, len(numbers))
        try:
            found = question.answer(trial, round_number, number)
        except DesignError:
            continue
        about = {ROUND: round_number, TRIAL: number, **asdict(trial.place)}
        head = pd.DataFrame([about]).loc[np.zeros(len(found), dtype=int)].reset_index(drop=True)
        tables.append(pd.concat([head, found], axis=1))
    return pd.concat(tables, ignore_index=True) if tables else pd.DataFrame(columns=[ROUND])


def together(folders: Iterable[str | Path]) -> pd.DataFrame:
    """The outcomes in all of these folders, in the order of their rounds and trials.

    Raises DesignError where there are none.
    """
    files = [Path(folder) / OUTCOMES for folder in folders]
    tables = [pd.read_parquet(path) for path in files if path.exists()]
    tables = [table for table in tables if len(table)]
    if not tables:
        raise DesignError("none of the designs that were tried could be fitted")
    return pd.concat(tables).sort_values([ROUND, TRIAL], kind="stable", ignore_index=True)


def known(outcomes: pd.DataFrame) -> list[Tried]:
    """What came of each trial.

    Raises DesignError where no search came to its end.
    """
    found = [
        tried(Place(int(n), float(sd), float(density)), table)
        for (_, _, n, sd, density), table in outcomes.groupby([ROUND, TRIAL, *_PLACE])
    ]
    kept = [one for one in found if one is not None]
    if not kept:
        raise DesignError("no fit to simulated data came to its end")
    return kept
