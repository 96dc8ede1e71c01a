"""Data frames that R has saved: `.rds` of saveRDS(), `.RData` and `.rda` of save().

What is read are values: R's functions and calls stay data, and nothing of them is run.
"""

from __future__ import annotations

import warnings
from pathlib import Path

import numpy as np
import pandas as pd

from covedge.errors import DataError, did_you_mean
from covedge.frames.reading import Reading

ENDINGS = (".rds", ".rdata", ".rda")


def read_r(path: Path, stated: Reading) -> pd.DataFrame:
    """The data frame in the file, factors with their levels in R's order.

    Raises DataError where there is none, or several and none is stated.
    """
    import rdata  # imported here: few read such files

    classes = {**rdata.conversion.DEFAULT_CLASS_MAP, "Date": _dates, "POSIXct": _times}
    options = {"constructor_dict": classes, "default_encoding": "utf-8"}
    with warnings.catch_warnings():  # of classes that it does not know, such as nlme's
        warnings.simplefilter("ignore")
        if path.name.lower().endswith(".rds"):
            found = rdata.read_rds(path, **options)
            return _frame(found, f"{path} holds")
        objects = rdata.read_rda(path, **options)
    frames = {name: each for name, each in objects.items() if isinstance(each, pd.DataFrame)}
    if stated.table is not None:
        if stated.table not in objects:
            hint = did_you_mean(stated.table, objects)
            raise DataError(f"{path} has no object `{stated.table}`{hint}", key="read.table")
        return _frame(objects[stated.table], f"`{stated.table}` in {path} is")
    if len(frames) > 1:
        raise DataError(
            f"{path} has several data frames: state one, as in "
            f"`read: {{table: {next(iter(frames))}}}`; there are "
            f"{', '.join(f'`{name}`' for name in frames)}",
            key="read.table",
        )
    if not frames:
        raise DataError(f"{path} holds no data frame; {_SAVE}", key="data")
    return next(iter(frames.values()))


_SAVE = "save one, as in saveRDS(model.frame(fit), file)"


def _frame(found, where) -> pd.DataFrame:
    if not isinstance(found, pd.DataFrame):
        raise DataError(f"{where} no data frame; {_SAVE}", key="data")
    return found


def _dates(days, attributes) -> np.ndarray:
    return np.asarray(pd.to_datetime(np.asarray(days, dtype=float), unit="D"))


def _times(seconds, attributes) -> np.ndarray:
    return np.asarray(pd.to_datetime(np.asarray(seconds, dtype=float), unit="s"))
