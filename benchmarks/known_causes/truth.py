"""What responses are drawn from: the true covariance of each term, and its null space."""

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from scipy.linalg import null_space

TREATMENT, CELLS = "treatment", "cells"
# A variance below this part of the largest is none.
ZERO = 1e-10


@dataclass(frozen=True, eq=False)
class Part:
    """One random-effects term of the truth.

    group : columns that identify its groups. effects : "1", "f", or predictors as "x" or "x + z".
    C : (k, k) covariance of the effects of `standard`: of the intercept at the mean of the
    predictors and of slopes per standard deviation, or of the cells of f.
    coding : of f in the user's formula, by treatments or by cells.
    """

    group: tuple[str, ...]
    effects: str
    C: np.ndarray
    coding: str = TREATMENT

    @property
    def name(self) -> str:
        """`g:h`"""
        return ":".join(self.group)

    def standard(self, table: pd.DataFrame) -> np.ndarray:
        """(n, k) the columns whose effects C is of."""
        if self.effects == "f":
            return cells(table)
        columns = [table[name].to_numpy(float) for name in predictors(self.effects)]
        centred = [(c - c.mean()) / c.std() for c in columns]
        return np.column_stack([np.ones(len(table)), *centred])

    def written(self, table: pd.DataFrame) -> np.ndarray:
        """(n, k) the columns of the user's formula."""
        if self.effects == "f":
            indicators = cells(table)
            if self.coding == TREATMENT:
                indicators[:, 0] = 1.0
            return indicators
        columns = [table[name].to_numpy(float) for name in predictors(self.effects)]
        return np.column_stack([np.ones(len(table)), *columns])

    def draw(self, table: pd.DataFrame, rng: np.random.Generator) -> np.ndarray:
        """(n,) what the term adds to a response."""
        codes = codes_of(table, self.group)
        values, vectors = np.linalg.eigh(self.C)
        root = vectors * np.sqrt(np.maximum(values, 0.0))
        b = rng.standard_normal((codes.max() + 1, len(root))) @ root.T
        return np.einsum("nk,nk->n", self.standard(table), b[codes])

    @property
    def null(self) -> np.ndarray:
        """(k, d) contrasts of the standard effects without variance."""
        values = np.linalg.eigvalsh(self.C)
        if values[-1] <= 0.0:
            return np.eye(len(self.C))
        return null_space(self.C, rcond=ZERO)

    def null_as_written(self, table: pd.DataFrame) -> np.ndarray:
        """(k, d) the same contrasts of the effects of the user's formula."""
        # Z b = S a for all rows, so a = T b and c'a = (T'c)'b.
        T = np.linalg.lstsq(self.standard(table), self.written(table), rcond=None)[0]
        return T.T @ self.null

    def raised(self, table: pd.DataFrame, size: float) -> "Part":
        """With every null direction at a standard deviation `size` in the response.

        The direction that is added is orthogonal to the others over the rows, and scaled so that
        the mean of (z'u)^2 is 1.
        """
        S = self.standard(table)
        U = np.linalg.solve(S.T @ S / len(S), self.null)
        lengths = U.T @ (S.T @ S / len(S)) @ U
        W = U @ np.linalg.inv(np.linalg.cholesky(lengths)).T
        return replace(self, C=self.C + size**2 * W @ W.T)


@dataclass(frozen=True, eq=False)
class Truth:
    """parts : of the random effects; residual SD 1, before the response gets its unit."""

    parts: tuple[Part, ...]

    def signal(self, table: pd.DataFrame, rng: np.random.Generator) -> np.ndarray:
        """(n,) fixed and random effects."""
        return fixed(table) + sum(part.draw(table, rng) for part in self.parts)

    def with_part(self, k: int, part: Part) -> "Truth":
        """Another part in place of the k-th."""
        return Truth((*self.parts[:k], part, *self.parts[k + 1 :]))


def fixed(table: pd.DataFrame) -> np.ndarray:
    """(n,) what all groups have in common."""
    total = np.full(len(table), 10.0)
    for k, name in enumerate(n for n in ("x", "z", "w", "v") if n in table):
        column = table[name].to_numpy(float)
        total += (0.5 - 0.3 * k) * (column - column.mean()) / column.std()
    if "f" in table:
        total += cells(table) @ np.linspace(0.0, 1.0, table["f"].nunique())
    return total


def cells(table: pd.DataFrame) -> np.ndarray:
    """(n, k) 1 in the column of the row's cell."""
    labels = np.unique(table["f"])
    return (table["f"].to_numpy()[:, None] == labels).astype(float)


def codes_of(table: pd.DataFrame, group: tuple[str, ...]) -> np.ndarray:
    """(n,) number of each row's group, as they come."""
    return table.groupby(list(group), sort=True).ngroup().to_numpy()


def predictors(effects: str) -> list[str]:
    """Of "x + z"; none of "1"."""
    return [name.strip() for name in effects.split("+") if name.strip() != "1"]
