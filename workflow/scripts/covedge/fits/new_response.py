"""Fits of one model to new responses on the same rows.

What does not depend on the response is kept: the rows' scaling, what can be told apart at all, and
the last optimum, where the search starts.
"""

import time
from dataclasses import replace

import numpy as np
from numpy.linalg import solve

from covedge.errors import DesignError
from covedge.fits.fit import Fit, fitted
from covedge.fits.likelihood import Likelihood
from covedge.fits.optimum import finish
from covedge.frames.design import ModelFrame
from covedge.grams.gram import Rows, accumulate, scaled_rows
from covedge.grams.scaling import NOTHING_LEFT

# The start is the last Sigma with every direction open, by this much in scaled coordinates.
OPEN = 0.1


class Refitter:
    """Fits the model of `known`, which was fitted to `frame`, to new responses."""

    def __init__(self, frame: ModelFrame, known: Fit):
        self._rows = scaled_rows(frame)
        self._root = 1.0 if frame.weights is None else np.sqrt(frame.weights)
        self._terms, self._known = frame.terms, known
        self._start = known.factors.opened(known.x, OPEN)

    def fit(self, y: np.ndarray) -> Fit:
        """The certified fit to y (n,), one value per row of the frame, from one start."""
        began = time.perf_counter()
        known = self._known
        likelihood = Likelihood(accumulate(with_response(self._rows, self._root * y)), known.reml)
        factors, x = self._start
        solution = finish(factors.on(likelihood), x)
        found, ends = known.identifiability, [solution.criterion]
        return fitted(self._terms, known.model, found, [solution], ends, began)


def with_response(rows: Rows, y: np.ndarray) -> Rows:
    """The same rows with another response y (n,), in the user's units and weighted if they are.

    Raises DesignError where the fixed effects fit it exactly.
    """
    n = len(y)
    Q = rows.columns[:, rows.columns.shape[1] - rows.n_fixed :]
    coefficients, residual = np.zeros(rows.n_fixed), y
    for _ in range(2):  # a large mean leaves rounding errors that a second pass takes out
        step = Q.T @ residual / n
        coefficients, residual = coefficients + step, residual - Q @ step
    response = float(np.sqrt(residual @ residual / n))
    if not response > NOTHING_LEFT * np.sqrt(y @ y / n):
        raise DesignError("the fixed effects fit the response exactly: no variance is left")
    beta = solve(rows.scaling.fixed, coefficients)
    scaling = replace(rows.scaling, beta=beta, response=response)
    return replace(rows, y=residual / response, scaling=scaling)
