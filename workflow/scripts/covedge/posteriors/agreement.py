"""Whether two samples are of one posterior: every summary within its Monte Carlo error.

Means, SDs and 5 and 95 % quantiles of each number are compared in units of the standard error of
their difference, from the effective sample sizes of both. Of so many numbers the largest distance
is judged, by Bonferroni's bound at LEVEL: too seldom an alarm, and no false one.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.stats import norm

# Chance of an alarm, at most, where the two posteriors are one.
LEVEL = 0.01
# Difference that is rounding, as a part of the number itself.
ROUNDING = 1e-9
SUMMARIES = ("mean", "sd", "q05", "q95")


@dataclass(frozen=True)
class Summary:
    """Per number (k,): estimates of SUMMARIES, and their Monte Carlo standard errors."""

    names: tuple[str, ...]
    estimates: dict[str, np.ndarray]
    errors: dict[str, np.ndarray]


@dataclass(frozen=True)
class Agreement:
    """numbers : compared. largest : distance in standard errors, `where`. limit : of that."""

    numbers: int
    largest: float
    limit: float
    where: str

    @property
    def agree(self) -> bool:
        return self.largest <= self.limit


def summary(names: Sequence[str], values: np.ndarray) -> Summary:
    """values : (chains, draws, k), none of them constant."""
    from arviz_stats.base import array_stats

    axes = {"chain_axis": 0, "draw_axis": 1}
    flat = values.reshape(-1, values.shape[2])
    q05, q95 = np.quantile(flat, [0.05, 0.95], axis=0)
    estimates = {"mean": flat.mean(axis=0), "sd": flat.std(axis=0, ddof=1), "q05": q05, "q95": q95}
    errors = {
        "mean": array_stats.mcse(values, method="mean", **axes),
        "sd": array_stats.mcse(values, method="sd", **axes),
        "q05": array_stats.mcse(values, method="quantile", prob=0.05, **axes),
        "q95": array_stats.mcse(values, method="quantile", prob=0.95, **axes),
    }
    return Summary(tuple(names), estimates, errors)


def agreement(one: Summary, other: Summary) -> Agreement:
    """Of the numbers that both have."""
    names = [name for name in one.names if name in other.names]
    mine, theirs = ([s.names.index(name) for name in names] for s in (one, other))
    distances = np.array(
        [
            _distance(
                one.estimates[word][mine] - other.estimates[word][theirs],
                np.hypot(one.errors[word][mine], other.errors[word][theirs]),
                ROUNDING * np.abs(one.estimates["mean"][mine]),
            )
            for word in SUMMARIES
        ]
    )
    word, at = np.unravel_index(np.argmax(np.abs(distances)), distances.shape)
    return Agreement(
        distances.size,
        float(np.abs(distances).max()),
        float(norm.isf(LEVEL / 2 / distances.size)),
        f"{SUMMARIES[word]} of {names[at]}",
    )


def _distance(difference, error, rounding):
    """In standard errors; 0 for what a structure holds constant, which varies by rounding alone."""
    known = np.abs(difference) <= rounding
    sure = np.nan_to_num(error) == 0.0  # two different constants are infinitely far apart
    ratio = difference / np.where(sure, 1.0, error)
    return np.where(known, 0.0, np.where(sure, np.inf, ratio))


def agreement_record(found: Agreement) -> dict:
    return {
        "numbers": found.numbers,
        "largest": found.largest,
        "limit": found.limit,
        "where": found.where,
        "agree": found.agree,
        "level": LEVEL,
    }
