"""How large the smallest SD that matters is taken to be, so that a design tells much or little.

python -m known_causes.sizes [plans]     writes sizes.json, in some ten minutes on one core

For each plan the directions without variance are given a standard deviation, responses are drawn
row by row, and the share of degenerate fits is counted: P(singular | smallest SD). A size is sought
at which that share is below 1 % (`rare`), between what excludes and what tells nothing (`between`),
or above 20 % (`often`); the share is then counted again in responses of their own.
"""

import json
import sys
import zlib
from functools import cache
from pathlib import Path

import numpy as np

from covedge.proportion import Proportion
from known_causes.fitting import asked
from known_causes.plans import PLANS, SINGLE, SMALL, TOGETHER, WEAKENED, Plan

STORED = Path(__file__).with_name("sizes.json")
RARE, BETWEEN, OFTEN = "rare", "between", "often"
# What is aimed at, one of the two by the plan's name, and the limits within which the whole 95 %
# interval of the check must lie.
AIMS = {RARE: (0.0, 0.0), BETWEEN: (0.075, 0.11), OFTEN: (0.28, 0.45)}
LIMITS = {RARE: (0.0, 0.01), BETWEEN: (0.05, 0.15), OFTEN: (0.2, 1.0)}
SEARCHED, HALVINGS, CHECKED, CHECKED_RARE = 150, 7, 600, 1000
STEP, WIDEST = 1.15, (0.01, 8.0)


def share(plan: Plan, size: float, replicates: int, seed: int, most: int | None = None):
    """The share of degenerate fits with every direction of the plan at `size` residual SDs or more.

    most : counting ends above it, where more would decide nothing.
    """
    table = plan.layout.table(plan.label)
    truth = plan.truth.with_part(plan.planted, plan.part.raised(table, size))
    rng = np.random.default_rng([seed, zlib.crc32(plan.label.encode())])
    table["y"] = rng.standard_normal(len(table))
    model, count = asked(table, plan.formula, plan.method), 0
    for n in range(1, replicates + 1):
        y = truth.signal(table, rng) + rng.standard_normal(len(table))
        count += plan.part.name in model.collapsed(y)
        if most is not None and count > most:
            return Proportion(count, n)
    return Proportion(count, replicates)


def found(plan: Plan, role: str) -> dict:
    """The size for a role, and what was counted there."""
    aim = AIMS[role][zlib.crc32(plan.label.encode()) % 2]
    low, high = WIDEST
    for _ in range(HALVINGS):
        size = np.sqrt(low * high)
        # What is rare is found from the side: first where one in fifty is missed, then upwards.
        if share(plan, size, SEARCHED, 1).estimate > (aim or 0.02):
            low = size
        else:
            high = size
    size = _rounded(np.sqrt(low * high))
    for attempt in range(20):
        # A thousand with three at most: the interval ends below 1 %.
        n, most = (CHECKED_RARE, 3) if role == RARE else (CHECKED, None)
        counted = share(plan, size, n, 2 + attempt, most)
        if _within(counted, role):
            return {"size": size, "count": counted.count, "n": counted.n}
        larger = counted.estimate > aim
        size = _rounded(size * (STEP if role == RARE else 1.05 if larger else 1 / 1.05))
    raise RuntimeError(f"no size of {plan.label} is {role}")


def _within(counted, role):
    low, high = counted.interval
    if role != RARE:
        return LIMITS[role][0] < low and high < LIMITS[role][1]
    return counted.n == CHECKED_RARE and high < LIMITS[RARE][1]


def _rounded(size):
    return float(f"{size:.2g}") if size >= 0.1 else float(f"{size:.1g}")


@cache
def stored() -> dict:
    """By plan and role."""
    return json.loads(STORED.read_text(encoding="utf-8")) if STORED.exists() else {}


def smallest(plan: Plan, role: str) -> float:
    """The smallest SD that matters, in residual SDs."""
    return stored()[plan.label][role]["size"]


def _wanted(plan):
    if plan in SMALL:
        return [BETWEEN, OFTEN]
    return [RARE, BETWEEN, OFTEN] if plan in WEAKENED else [RARE]


def main(labels: list[str]) -> None:
    """Those that are missing, or all of the plans named."""
    known = dict(stored())
    for label in labels or [p.label for p in (*SINGLE, *TOGETHER, *SMALL)]:
        plan, of = PLANS[label], known.get(label, {}) if not labels else {}
        for role in _wanted(plan):
            of[role] = of.get(role) or found(plan, role)
            print(f"{label:28s} {role:8s} {of[role]}", file=sys.stderr, flush=True)
        known[label] = of
        STORED.write_text(json.dumps(known, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
