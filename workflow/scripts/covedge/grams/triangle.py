"""The triangular factor of a matrix that comes in batches of rows.

Each batch is put under the factor so far, and the two are factored again (TSQR: Demmel, Grigori,
Hoemmen, Langou, "Communication-optimal parallel and sequential QR and LU factorizations", 2012).
Nothing is squared on the way, so that the last R is as accurate as that of the whole matrix.
"""

import numpy as np
from numpy.linalg import qr


class Triangle:
    """R (m, m) of all rows added so far, with a diagonal that is not negative."""

    def __init__(self, n_columns: int):
        self._so_far = np.zeros((0, n_columns))

    def add(self, rows: np.ndarray) -> None:
        """Take in a batch (n, m)."""
        self._so_far = qr(np.vstack([self._so_far, rows]), mode="r")

    @property
    def R(self) -> np.ndarray:
        found = np.zeros((self._so_far.shape[1],) * 2)
        found[: len(self._so_far)] = self._so_far
        return positive(found)


def positive(R: np.ndarray) -> np.ndarray:
    """R with its rows turned so that the diagonal is not negative: then R is unique."""
    return R * np.where(np.diag(R) < 0, -1.0, 1.0)[:, None]
