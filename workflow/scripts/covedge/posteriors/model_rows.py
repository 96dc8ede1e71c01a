"""The rows of a model frame in the columns of one model's Gram.

The posterior needs no rows; what is said of single observations does.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from covedge.frames.design import ModelFrame
from covedge.grams.crossed_gram import CrossedGram
from covedge.grams.gram import Gram, Rows
from covedge.grams.scaling import Scaling
from covedge.models.structure import Structure

# Digits to which scaled columns of rows are compared: equal rows have them, but for rounding.
DIGITS = 10


@dataclass(frozen=True)
class ModelRows:
    """Rows times the root of their prior weight, scaled as in the model's Gram.

    columns : (n, m - 1) [Z of each level of the model, as in its Gram | X]; y : (n,).
    codes : per level of the model (n,) group of each row, numbered as in the Gram.
    design : (n,) which of the distinct rows of [groups | columns] each row is; first : (u,) a row
    of each. Many rows share a design, and with it the variance of their fitted value.
    response : (n,) y in the user's units; weights : (n,) prior weights, ones where there are none.
    """

    columns: np.ndarray
    y: np.ndarray
    codes: tuple[np.ndarray, ...]
    design: np.ndarray
    first: np.ndarray
    response: np.ndarray
    weights: np.ndarray
    scaling: Scaling

    @property
    def log_jacobian(self):
        """(n,) what is added to a log density of `y` to make it one of `response`."""
        return 0.5 * np.log(self.weights) - np.log(self.scaling.response)


def model_rows(
    frame: ModelFrame, rows: Rows, gram: Gram | CrossedGram, structures: Sequence[Structure]
) -> ModelRows:
    """The ModelRows of a model of the ladder.

    rows : `gram.scaled_rows(frame)`, which all models of the ladder share. gram : of the model.
    structures : of the model, outermost first.
    """
    ends = np.cumsum(rows.widths)
    kept = [level for level, s in enumerate(structures[::-1]) if s.components]
    columns = []
    for level, W in zip(kept, gram.scaling.random, strict=True):
        Z = rows.columns[:, ends[level] - rows.widths[level] : ends[level]]
        columns.append(Z @ np.linalg.solve(rows.scaling.random[level], W))
    columns.append(rows.columns[:, sum(rows.widths) :])
    columns = np.ascontiguousarray(np.column_stack(columns))
    codes = tuple(rows.codes[level] for level in kept)
    key = np.column_stack([*codes, np.round(columns, DIGITS) + 0.0])
    _, first, design = np.unique(key, axis=0, return_index=True, return_inverse=True)
    n = len(rows.y)
    weights = np.ones(n) if frame.weights is None else frame.weights
    return ModelRows(
        columns, rows.y, codes, design.reshape(n), first, frame.y, weights, gram.scaling
    )
