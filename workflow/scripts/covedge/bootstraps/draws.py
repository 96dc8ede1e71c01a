"""All batches of bootstrap replicates that there are, by the model that they were drawn from."""

from collections.abc import Iterable, Sequence
from pathlib import Path

import pandas as pd

from covedge.jsonio import read_json
from covedge.status import FAILED, FILE


def all_draws(
    folders: Iterable[str | Path], models: Sequence[str]
) -> tuple[dict[str, pd.DataFrame], dict[str, str]]:
    """({model: its draws, all batches}, {model: why there are none or fewer than asked for})."""
    batches, reasons = {name: [] for name in models}, {}
    for folder in map(Path, folders):
        told = read_json(folder / FILE)
        if told["status"] == FAILED:
            reasons |= dict.fromkeys(models, f"the bootstrap failed: {told['reason']}")
        reasons |= told.get("skipped", {})
        for name, found in batches.items():
            if (folder / f"{name}.parquet").exists():
                found.append(pd.read_parquet(folder / f"{name}.parquet"))
    tables = {name: pd.concat(found, ignore_index=True) for name, found in batches.items() if found}
    return {name: table for name, table in tables.items() if len(table)}, reasons
