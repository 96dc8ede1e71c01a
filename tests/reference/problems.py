"""Random problems for `problems.R` and for the tests: writes problems.csv.gz and problems.csv.

Run from anywhere: python tests/reference/problems.py. Needs numpy and pandas; the files in the
repository are what the tests and R read, so that a newer numpy changes nothing.
"""

from pathlib import Path

import numpy as np
import pandas as pd

NESTED = (
    "y ~ x + (x | a)",
    "y ~ x + (x || a)",
    "y ~ f + (f | a)",
    "y ~ x + (1 | a) + (1 | b)",
    "y ~ x + (x | a) + (1 | b)",
    "y ~ x + (x | a) + (z | b)",
    "y ~ x + z + (x + z | a)",
    "y ~ x + (1 | a) + (x | b) + (1 | c)",
    "y ~ f + x + (f | a) + (1 | b)",
    "y ~ x + (1 | a) + (0 + x | a) + (0 + z | b)",
)
CROSSED = (
    "y ~ x + (1 | a) + (1 | d)",
    "y ~ x + (x | a) + (1 | d)",
    "y ~ f + (f | a) + (1 | d)",
    "y ~ x + (x | a) + (z | d)",
    "y ~ x + (1 | a) + (1 | b) + (1 | d)",
    "y ~ x + (1 | a) + (1 | d) + (1 | a:d)",
)
N_NESTED, N_CROSSED = 170, 90
SIZES = (0.0, 0.1, 0.4, 1.0, 3.0)


def problem(number):
    """(formula, method, table); groups of uneven sizes, covariances of any rank and size."""
    rng = np.random.default_rng(number)
    formulas = NESTED if number < N_NESTED else CROSSED
    formula = formulas[number % len(formulas)]
    n_a, n_d = rng.integers(4, 13), rng.integers(3, 9)
    rows = [
        (a, 10 * a + b, 100 * a + 10 * b + c)
        for a in range(n_a)
        for b in range(rng.integers(1, 4))
        for c in range(rng.integers(1, 4))
        for _ in range(rng.integers(2, 5))
    ]
    table = pd.DataFrame(rows, columns=["a", "b", "c"])
    n = len(table)
    table["d"] = rng.integers(0, n_d, n)
    table["f"] = np.array(["u", "v", "w"])[rng.integers(0, 3, n)]
    table["x"] = rng.normal(rng.choice([0.0, 3.0]), 1.0, n).round(3)
    table["z"] = rng.uniform(0.0, 2.0, n).round(3)
    y = 2.0 + 0.5 * table.x + rng.normal(size=n)
    Z = np.column_stack([np.ones(n), table.x, table.z, table.f == "v"])
    for name in ("a", "b", "c", "d"):
        # Fewer columns than rows: a rank below that of the effects.
        L = rng.normal(size=(4, rng.integers(1, 4))) * rng.choice(SIZES)
        b = rng.normal(size=(2000, L.shape[1])) @ L.T
        y = y + (Z * b[table[name]]).sum(axis=1) * (rng.random() < 0.6)
    if rng.random() < 0.2:  # groups more alike than chance
        y = y - rng.uniform(0.8, 1.0) * y.groupby(table.a).transform("mean")
    table["y"] = y.round(3)
    return formula, ("ML", "REML")[number % 2], table


def main():
    made = [problem(number) for number in range(N_NESTED + N_CROSSED)]
    folder = Path(__file__).parent
    rows = pd.concat([table.assign(problem=k) for k, (_, _, table) in enumerate(made)])
    columns = ["problem", "a", "b", "c", "d", "f", "x", "z", "y"]
    zipped = {"method": "gzip", "compresslevel": 9, "mtime": 0}
    rows[columns].to_csv(folder / "problems.csv.gz", index=False, compression=zipped)
    asked = [(k, method, formula) for k, (formula, method, _) in enumerate(made)]
    pd.DataFrame(asked, columns=["problem", "method", "formula"]).to_csv(
        folder / "problems.csv", index=False
    )


if __name__ == "__main__":
    main()
