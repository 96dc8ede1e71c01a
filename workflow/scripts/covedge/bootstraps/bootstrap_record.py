"""What the bootstrap of a model says of its parameters, its rank, and a test."""

import numpy as np
import pandas as pd

from covedge.bootstraps.draws_table import (
    DEGENERATE,
    column_names,
    criterion_of,
    rank_of,
    settled_of,
)
from covedge.fits.parameters import Parameter
from covedge.proportion import Proportion

# With fewer replicates the ends of a 95 % interval are the extremes of the draws.
FEWEST = 100


def settled(draws: pd.DataFrame, *models: str) -> pd.DataFrame:
    """The replicates in which the fits of all these models came to their end."""
    return draws[np.logical_and.reduce([draws[settled_of(model)] for model in models])]


def percentile_records(
    draws: pd.DataFrame, model: str, wanted: tuple[Parameter, ...], level: float
) -> list[dict]:
    """Per parameter lower and upper, percentiles of the replicates; or the reason why none."""
    kept = settled(draws, model)
    ends = [(1.0 - level) / 2.0, (1.0 + level) / 2.0]
    found = []
    for name in column_names(wanted):
        values = kept[name].dropna().to_numpy()
        if len(values) < FEWEST:
            why = f"only {len(values)} of the {len(draws)} replicates have a value"
            found.append({"lower": None, "upper": None, "reason": why})
            continue
        lower, upper = np.quantile(values, ends)
        reason = None
        if len(values) < len(kept):
            reason = (
                f"{len(kept) - len(values)} of {len(kept)} replicates have no value and are out"
            )
        found.append({"lower": float(lower), "upper": float(upper), "reason": reason})
    return found


def bootstrap_record(draws: pd.DataFrame, model: str, groups: list[str]) -> dict:
    """replicates, unsettled, how often degenerate (with its interval), and counts of each rank."""
    kept = settled(draws, model)
    often = Proportion(int(kept[DEGENERATE].sum()), len(kept))
    return {
        "replicates": len(kept),
        "unsettled": len(draws) - len(kept),
        "degenerate": {"share": often.estimate, "interval": list(often.interval)},
        "ranks": {
            group: {str(rank): int(n) for rank, n in _counted(kept[rank_of(group)])}
            for group in groups
        },
    }


def _counted(ranks):
    return sorted(ranks.value_counts().items())


def criteria(draws: pd.DataFrame, smaller: str, larger: str):
    """(D_smaller, D_larger), each (replicates,), of draws from the smaller; None without them."""
    if criterion_of(larger) not in draws:
        return None
    kept = settled(draws, smaller, larger)
    return kept[criterion_of(smaller)].to_numpy(), kept[criterion_of(larger)].to_numpy()
