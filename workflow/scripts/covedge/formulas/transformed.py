"""A response that is a function of columns, `log(y) ~ x`, as a column of its own."""

from __future__ import annotations

import numpy as np
import pandas as pd

from covedge.errors import DataError, did_you_mean
from covedge.formulas.formula import Formula
from covedge.formulas.spelling import columns, for_formulaic
from covedge.formulas.tokens import tokenize


def with_response(table: pd.DataFrame, formula: Formula) -> pd.DataFrame:
    """The table, with the formula's response as a column where it is a function of others.

    Raises DataError where a column that it needs is not there or no number, or where the function
    has no value.
    """
    if formula.transformed is None or formula.response in table.columns:
        return table
    needed = columns(tokenize(formula.response))
    for name in needed:
        if name not in table.columns:
            hint = did_you_mean(name, table.columns)
            raise DataError(f"there is no column `{name}` in the data{hint}", key="formula")
        if not pd.api.types.is_numeric_dtype(table[name].dtype):
            raise DataError(f"`{name}` in the response must be numeric", key="formula")
    values = _values(formula.transformed, table[list(dict.fromkeys(needed))], formula)
    absent = table[needed].isna().any(axis=1).to_numpy()
    lost = ~np.isfinite(values) & ~absent
    if lost.any():
        row = table.index[lost][0] + 1
        raise DataError(
            f"the response `{formula.response}` has no value in row {row} of the data",
            key="formula",
        )
    return table.assign(**{formula.response: np.where(absent, np.nan, values)})


def _values(right, table, formula):
    from formulaic import Formula as Reader  # imported here: it takes most of a second

    with np.errstate(all="ignore"):
        matrix = Reader(f"0 + {right}").get_model_matrix(
            for_formulaic(table.astype(float)), na_action="ignore", output="numpy"
        )
    matrix = np.asarray(matrix, dtype=float).reshape(len(table), -1)
    if matrix.shape[1] != 1:
        raise DataError(f"the response `{formula.response}` is not one column", key="formula")
    return matrix[:, 0]
