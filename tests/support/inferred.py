"""Intervals, tests and left-out groups as the steps write them, with any labels.

They are computed once from a small table with plain names, which are then replaced.
"""

from functools import cache

import numpy as np
import pandas as pd

from covedge.bootstraps.bootstrap import Bootstrap
from covedge.bootstraps.bootstrap_record import criteria
from covedge.bootstraps.draws_table import Table
from covedge.comparing.comparisons import compare, plan
from covedge.comparing.comparisons_record import comparisons_record
from covedge.inference.intervals import intervals_record
from covedge.inference.leave_out import leave_out, leave_out_record
from covedge.jsonio import plain
from covedge.profiles.profile import by_maximum_likelihood, cut, profile
from covedge.profiles.profile_record import profile_record
from support.models import set_up

Y, FACTOR, GROUP, LEVEL = "RESPONSE", "FACTOR", "GROUP", "LEVEL"
N_GROUPS, N_LEVELS, REPEATS, REPLICATES = 10, 6, 6, 120


@cache
def plainly() -> dict:
    """{"intervals": {model: record}, "tests": ..., "leave_out": ...} with the plain names."""
    rng = np.random.default_rng(3)
    g, f, _ = (a.ravel() for a in np.indices((N_GROUPS, N_LEVELS, REPEATS)))
    b = rng.normal(size=(N_GROUPS, 2)) @ rng.normal(size=(2, N_LEVELS))
    table = pd.DataFrame(
        {
            Y: 0.1 * b[g, f] + 0.05 * f + 0.1 * rng.normal(size=len(g)),
            FACTOR: [f"{LEVEL}{level}" for level in f],
            GROUP: [f"r{rat + 1:02d}" for rat in g],
        }
    )
    problem = set_up(table, f"{Y} ~ {FACTOR} + ({FACTOR} | {GROUP})")
    frame = problem.frame
    fits = {model.name: problem.fit(i) for i, model in enumerate(problem.models)}
    goal = fits["m4-full"]
    draws = {name: _draws(problem, fit, goal) for name, fit in fits.items()}
    records = {
        name: intervals_record(
            fit,
            frame.terms,
            frame.fixed,
            frame,
            0.01,
            _profiles(fit, frame) if name in ("m2-compound", "m4-full") else None,
            draws[name],
        )
        | {"analysis": "rats_s15", "smallest_sd": 0.01}
        for name, fit in fits.items()
    }
    planned = plan(problem.models, fits, 1)
    both = {pair.names: criteria(draws[pair.names[0]], *pair.names) for pair in planned.pairs}
    return plain(
        {
            "intervals": records,
            "tests": comparisons_record(compare(planned, both)),
            "leave_out": leave_out_record(leave_out(frame, goal)),
        }
    )


def _draws(problem, fit, goal):
    richer = [] if fit is goal else [goal.model]
    bootstrap = Bootstrap(problem.likelihood, fit, richer)
    table = Table(bootstrap, fit, problem.frame.terms, problem.frame.fixed)
    for number, seeds in enumerate(np.random.SeedSequence(1).spawn(REPLICATES)):
        table.add(number, bootstrap.replicate(seeds))
    return table.frame()


def _profiles(fit, frame):
    fits = fit, by_maximum_likelihood(fit, frame.terms, 1)
    own, also = (profile(one, frame.terms, frame.fixed) for one in fits)
    return {"status": "ok"} | profile_record(own, cut(0.95), also)


def inferred(response: str, factor: str, group: str, levels: tuple[str, ...]) -> dict:
    """`plainly` with these names. levels : six."""
    names = {f"{LEVEL}{i}": level for i, level in enumerate(levels)}
    return _renamed(plainly(), {Y: response, FACTOR: factor, GROUP: group} | names)


def _renamed(value, names):
    if isinstance(value, str):
        for old, new in names.items():
            value = value.replace(old, new)
        return value
    if isinstance(value, dict):
        return {_renamed(key, names): _renamed(item, names) for key, item in value.items()}
    return [_renamed(item, names) for item in value] if isinstance(value, list) else value
