"""Make data/rats.csv: a re-creation of the muscle coactivation experiment, from a known truth.

The original data are gone. What is kept is the experiment's shape (rats, muscle pairs, treadmill
speeds, gait cycles, gaps) and the behaviour of its models. The truth is stated here as numbers, so
that every conclusion drawn from the file can be checked against it.

Only the standard library is used, and of it only what is documented not to change between versions
(`random.Random.random`), so that the file comes out the same everywhere, byte for byte.

    python data/make_rats.py            # writes data/rats.csv beside this file
"""

import csv
import sys
from pathlib import Path
from random import Random
from statistics import NormalDist

SEED = 2015

RATS = tuple(f"r{i:02d}" for i in range(1, 11))
SPEEDS = ("s05", "s10", "s15", "s20")
PAIRS = ("p1", "p2", "p3", "p4", "p5", "p6")

# Fixed effects. The mean of a muscle pair, and what a speed adds to all pairs and to one of them.
PAIR_MEAN = {"p1": 0.18, "p2": 0.10, "p3": 0.22, "p4": 0.05, "p5": 0.15, "p6": 0.26}
SPEED_EFFECT = {"s05": 0.0, "s10": 0.015, "s15": 0.03, "s20": 0.04}
P6_SPEED_EFFECT = {"s05": 0.0, "s10": 0.01, "s15": 0.02, "s20": 0.03}

# Rat effects: b = LEVEL * u + TILT * v with u, v ~ N(0, 1) per rat, so that the covariance over the
# six pairs, LEVEL LEVEL' + TILT TILT', has rank 2. LEVEL moves all pairs almost alike.
LEVEL = {"p1": 0.10, "p2": 0.09, "p3": 0.11, "p4": 0.10, "p5": 0.09, "p6": 0.11}
TILT = {"p1": 0.02, "p2": 0.02, "p3": 0.02, "p4": -0.02, "p5": -0.02, "p6": -0.02}

# Standard deviations of what a speed in a rat, and a cycle, add to all six pairs; and of the rest.
SD_SPEED_IN_RAT = 0.02
SD_CYCLE = 0.04
SD_RESIDUAL = 0.12

# The design: cycles per rat and speed, and what is missing.
CYCLES = (88, 138)
NEVER_RECORDED = {("r03", "p5"), ("r07", "p2"), ("r08", "p6"), ("r10", "p3")}
# An electrode that came off: (rat, pair, speed) -> last cycle with a value.
CAME_OFF = {("r02", "p4", "s20"): 45, ("r05", "p1", "s15"): 52, ("r09", "p6", "s05"): 40}
P_NO_ROW = 0.03
P_EMPTY = 0.01

COLUMNS = ("ratID", "spd_des", "cycle", "mPair", "cc_marg")


def rats_rows(seed=SEED):
    """The rows of data/rats.csv as tuples of text, in order of rat, speed, cycle and pair.

    Raises ValueError where a value would not be a correlation, i.e. outside (-1, 1).
    """
    uniform = Random(seed).random
    normal = NormalDist().inv_cdf

    def draw(sd):
        return sd * normal(uniform())

    rows = []
    for rat in RATS:
        level, tilt = draw(1.0), draw(1.0)
        for speed in SPEEDS:
            speed_in_rat = draw(SD_SPEED_IN_RAT)
            n_cycles = CYCLES[0] + int((CYCLES[1] - CYCLES[0] + 1) * uniform())
            for cycle in range(1, n_cycles + 1):
                in_cycle = speed_in_rat + draw(SD_CYCLE)
                for pair in PAIRS:
                    rat_effect = LEVEL[pair] * level + TILT[pair] * tilt
                    value = mean(pair, speed) + rat_effect + in_cycle + draw(SD_RESIDUAL)
                    gap = uniform()
                    if is_recorded(rat, pair, speed, cycle) and gap >= P_NO_ROW:
                        text = "" if gap < P_NO_ROW + P_EMPTY else as_text(value)
                        rows.append((rat, speed, str(cycle), pair, text))
    return rows


def mean(pair, speed):
    """The expected cc_marg of a muscle pair at a speed, over rats."""
    return PAIR_MEAN[pair] + SPEED_EFFECT[speed] + (P6_SPEED_EFFECT[speed] if pair == "p6" else 0)


def is_recorded(rat, pair, speed, cycle):
    """Whether the electrodes of this pair were there and on in this cycle."""
    last = CAME_OFF.get((rat, pair, speed), cycle)
    return (rat, pair) not in NEVER_RECORDED and cycle <= last


def as_text(value):
    """A correlation with four decimals."""
    if not -1 < value < 1:
        raise ValueError(f"cc_marg = {value} is no correlation: choose smaller effects")
    return f"{value:.4f}"


def write_rats(path):
    """Write the rows to `path`, with line ends that do not depend on the system."""
    with Path(path).open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(COLUMNS)
        writer.writerows(rats_rows())


if __name__ == "__main__":
    write_rats(sys.argv[1] if len(sys.argv) > 1 else Path(__file__).with_name("rats.csv"))
