"""Where two files of the steps differ: JSON, tables, arrays, draws."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd

from covedge.jsonio import read_json
from covedge.verification.values import Difference, differences, relative

# Of the summary of a posterior: what does not come from its draws.
FACTS = (
    "status",
    "reason",
    "model",
    "formula",
    "prior",
    "parametrization",
    "role",
    "prior_words",
    "prior_numbers",
    "chains",
    "tune",
    "converged",
)
# In the folder of posteriors: summaries of draws through and through.
OF_DRAWS = ("agreement.json", "comparison.json")


def file_differences(here: Path, there: Path, tolerance: float = 0.0) -> Iterator[Difference]:
    """Each Difference of two files of one kind, which their ending tells. Raises ValueError."""
    yield from _KINDS[here.suffix](here, there, tolerance)


def is_compared(path: Path) -> bool:
    """Whether the file holds results that two runs share; what is half written is not one."""
    in_posterior = path.parent.name == "posterior"
    kind = path.suffix in _KINDS and not any(part.startswith(".") for part in path.parts)
    return kind and not (in_posterior and path.name in OF_DRAWS)


def _json(here, there, tolerance):
    mine, theirs = read_json(here), read_json(there)
    if here.with_suffix(".nc").exists() or there.with_suffix(".nc").exists():
        mine, theirs = ({key: d[key] for key in FACTS if key in d} for d in (mine, theirs))
    yield from differences(mine, theirs, tolerance)


def _parquet(here, there, tolerance):
    mine, theirs = pd.read_parquet(here), pd.read_parquet(there)
    if list(mine.columns) != list(theirs.columns) or len(mine) != len(theirs):
        yield Difference("", f"{_shape(mine)} here, {_shape(theirs)} there")
        return
    for name in mine.columns:
        yield from _column(name, mine[name], theirs[name], tolerance)


def _shape(table):
    return f"{len(table)} rows of {', '.join(map(str, table.columns))}"


def _column(name, mine, theirs, tolerance):
    if mine.dtype != theirs.dtype:
        yield Difference(name, f"{mine.dtype} here, {theirs.dtype} there")
    elif pd.api.types.is_numeric_dtype(mine.dtype) and mine.dtype != bool:
        yield from _array(name, mine.to_numpy(), theirs.to_numpy(), tolerance)
    elif not mine.equals(theirs):
        yield Difference(name, "other labels here than there")


def _npz(here, there, tolerance):
    with np.load(here) as mine, np.load(there) as theirs:
        for name in dict.fromkeys([*mine.files, *theirs.files]):
            if name not in mine.files or name not in theirs.files:
                yield Difference(name, f"only {'here' if name in mine.files else 'there'}")
            else:
                yield from _array(name, mine[name], theirs[name], tolerance)


def _array(name, mine, theirs, tolerance):
    """At most one Difference: the largest, and how many there are."""
    if mine.shape != theirs.shape:
        yield Difference(name, f"of shape {mine.shape} here, {theirs.shape} there")
        return
    pairs = list(zip(mine.ravel().tolist(), theirs.ravel().tolist(), strict=True))
    sizes = [relative(float(a), float(b)) for a, b in pairs]
    many = sum(size > tolerance for size in sizes)
    if many:
        largest = max(sizes)
        a, b = pairs[sizes.index(largest)]
        words = f"{many} of {len(sizes)} numbers differ, the most: {a!r} here, {b!r} there"
        yield Difference(name, words, largest)


def _draws(here, there, tolerance):
    """Two samples of one posterior: each summary within its Monte Carlo error."""
    from covedge.posteriors.agreement import agreement

    summaries = [read_json(path.with_suffix(".json")) for path in (here, there)]
    if not all(summary.get("converged") for summary in summaries):
        return  # chains that did not converge say nothing; that both did not is a fact above
    mine, theirs = _summary(here), _summary(there)
    if mine.names != theirs.names:
        yield Difference("", "not the same parameters here and there")
        return
    found = agreement(mine, theirs)
    if not found.agree:
        yield Difference(
            found.where,
            f"{found.largest:.1f} standard errors apart, where up to {found.limit:.1f} is chance",
        )


def _summary(path):
    """Of all draws but those that a model holds constant, as the diagonal of a correlation."""
    from arviz import from_netcdf

    from covedge.posteriors.agreement import summary

    names, columns = [], []
    for name, array in from_netcdf(path)["posterior"].data_vars.items():
        values = array.values.reshape(*array.shape[:2], -1)
        free = [i for i in range(values.shape[2]) if np.ptp(values[:, :, i]) > 0]
        names += [f"{name}[{i + 1}]" for i in free]
        columns.append(values[:, :, free])
    return summary(names, np.concatenate(columns, axis=2))


_KINDS = {".json": _json, ".parquet": _parquet, ".npz": _npz, ".nc": _draws}
