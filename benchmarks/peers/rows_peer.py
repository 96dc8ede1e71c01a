"""covedge on a Parquet file with many rows, in batches: times of the Gram and of the fit.

python rows_peer.py n file.parquet
"""

import json
import sys
import time
from pathlib import Path
from statistics import median

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as parquet

from covedge.fits.fit import fit
from covedge.fits.likelihood import Likelihood
from covedge.formulas.formula import parse
from covedge.models import ladder
from covedge.streaming.batches import prepared_batches
from covedge.streaming.stream import stream

FORMULA = "y ~ x + f + (x | g)"
N_GROUPS = 500
CHUNK = 250_000
RUNS = 7


def write(path: Path, n: int, seed: int) -> None:
    """n rows of a model with random slopes in 500 groups and a factor of six levels."""
    rng = np.random.default_rng(seed)
    effects = rng.normal(size=(N_GROUPS, 2)) * [1.0, 0.3]
    groups = [f"g{i:03d}" for i in range(N_GROUPS)]
    writer = None
    for start in range(0, n, CHUNK):
        size = min(CHUNK, n - start)
        g = np.arange(start, start + size) % N_GROUPS
        x, f = rng.normal(size=size), rng.integers(0, 6, size)
        y = 10.0 + x + 0.2 * f + effects[g, 0] + effects[g, 1] * x + rng.normal(size=size)
        frame = pd.DataFrame(
            {
                "y": y,
                "x": x,
                "f": pd.Categorical.from_codes(f, list("abcdef")),
                "g": pd.Categorical.from_codes(g, groups),
            }
        )
        table = pa.Table.from_pandas(frame, preserve_index=False)
        writer = writer or parquet.ParquetWriter(path, table.schema)
        writer.write_table(table)
    writer.close()


def measure(path: Path) -> dict:
    formula = parse(FORMULA)
    began = time.perf_counter()
    found = stream(prepared_batches(path, ["y", "x", "f", "g"]), formula)
    gram = time.perf_counter() - began
    model = ladder.build(formula, found.terms)[-1]
    likelihood, times = Likelihood(found.gram, reml=True), []
    for _ in range(RUNS):
        began = time.perf_counter()
        result = fit(likelihood, found.terms, model, seed=1)
        times.append(time.perf_counter() - began)
    return {
        "size": found.gram.n_obs,
        "gram": gram,
        "fit": median(times),
        "criterion": result.point.criterion,
        "message": result.certificate.status,
    }


if __name__ == "__main__":
    folder = Path(sys.argv[2])
    n = int(sys.argv[1])
    write(folder / "small.parquet", 20_000, seed=2)
    measure(folder / "small.parquet")  # compiles, or reads what was compiled before
    path = folder / "rows.parquet"
    write(path, n, seed=1)
    print(json.dumps(measure(path)), flush=True)
    sys.stdin.readline()  # stays, so that the driver can read the peak of its memory
