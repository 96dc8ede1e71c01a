"""Restricted and full likelihood from the n x n matrix V, and optimisers of its raw parameters.

Nothing here is shared with the library: what an engine answers is known to be wrong because this
criterion is lower elsewhere.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd
from scipy.linalg import cho_factor, cho_solve
from scipy.optimize import minimize

from known_causes.truth import Part, cells, codes_of, predictors

# The criterion where V is not positive definite to the last digit.
NO_FIT = 1e10


@dataclass(frozen=True, eq=False)
class Dense:
    """A model: y and X as written, and per part Z as written, the rows' groups, and `turn`.

    turns : per part (k, k) T with Z b = S T b; S are centred and scaled columns.
    """

    y: np.ndarray
    X: np.ndarray
    Z: tuple[np.ndarray, ...]
    codes: tuple[np.ndarray, ...]
    turns: tuple[np.ndarray, ...]
    reml: bool

    @cached_property
    def _same(self):
        """Per part (n, n) whether two rows are of one group."""
        return [c[:, None] == c for c in self.codes]

    @property
    def sizes(self) -> list[int]:
        """Numbers of raw parameters theta of each part."""
        return [Z.shape[1] * (Z.shape[1] + 1) // 2 for Z in self.Z]

    def Lambdas(self, theta) -> list[np.ndarray]:
        """Lower triangles by columns, as lme4 has them."""
        found, at = [], 0
        for Z, size in zip(self.Z, self.sizes, strict=True):
            Lambda = np.zeros((Z.shape[1],) * 2)
            Lambda.T[np.triu_indices(Z.shape[1])] = theta[at : at + size]
            found.append(Lambda)
            at += size
        return found

    def value(self, theta) -> float:
        """D at theta."""
        return self._at(self.Lambdas(theta))[0]

    def standard(self, theta) -> float:
        """D where theta is of the centred and scaled effects."""
        return self._at(self._written(theta))[0]

    def _written(self, theta):
        return [
            np.linalg.solve(T, Lambda)
            for T, Lambda in zip(self.turns, self.Lambdas(theta), strict=True)
        ]

    def at(self, theta, scaled: bool):
        """(D, beta, standard errors, sigma, relative covariances of the effects as written)."""
        Lambdas = self._written(theta) if scaled else self.Lambdas(theta)
        D, beta, errors, sigma = self._at(Lambdas)
        return D, beta, errors, sigma, [L @ L.T for L in Lambdas]

    def _at(self, Lambdas):
        n, p = self.X.shape
        V = np.eye(n)
        for Z, same, L in zip(self.Z, self._same, Lambdas, strict=True):
            F = Z @ L
            V += (F @ F.T) * same
        try:
            factor = cho_factor(V, lower=True)
            W = cho_solve(factor, np.column_stack([self.X, self.y]))
            A = cho_factor(self.X.T @ W[:, :p])
        except (np.linalg.LinAlgError, ValueError):
            return NO_FIT, np.full(p, np.nan), np.full(p, np.nan), np.nan
        beta = cho_solve(A, self.X.T @ W[:, p])
        df = n - p if self.reml else n
        sigma2 = float((self.y - self.X @ beta) @ (W[:, p] - W[:, :p] @ beta)) / df
        if not sigma2 > 0:
            return NO_FIT, beta, np.full(p, np.nan), np.nan
        D = 2 * np.log(np.diag(factor[0])).sum() + df * (1 + np.log(2 * np.pi * sigma2))
        if self.reml:
            D += 2 * np.log(np.abs(np.diag(A[0]))).sum()
        errors = np.sqrt(sigma2 * np.diag(cho_solve(A, np.eye(p))))
        return float(D), beta, errors, float(np.sqrt(sigma2))

    def identity(self) -> np.ndarray:
        """theta with every Sigma = I, where lme4 starts."""
        q = [Z.shape[1] for Z in self.Z]
        return np.concatenate([np.eye(k)[np.triu_indices(k)] for k in q])

    def best(self) -> np.ndarray:
        """theta of the centred and scaled effects at the optimum, from two starts."""
        ends = []
        for scale in (1.0, 0.3):
            start, x = scale * self.identity(), None
            for _ in range(3):
                found = minimize(
                    self.standard,
                    start if x is None else x,
                    method="BFGS",
                    options={"gtol": 1e-5},
                )
                x = found.x
            ends.append(found)
        return min(ends, key=lambda end: end.fun).x


def dense(table: pd.DataFrame, parts: tuple[Part, ...], reml: bool) -> Dense:
    """Of the response y of the table, and the fixed effects of its predictors and cells."""
    X = np.ones((len(table), 1))
    if "f" in table:
        X = np.column_stack([X, cells(table)[:, 1:]])
    for name in predictors("x + z"):
        if name in table:
            X = np.column_stack([X, table[name].to_numpy(float)])
    Z = tuple(part.written(table) for part in parts)
    turns = tuple(
        np.linalg.lstsq(part.standard(table), columns, rcond=None)[0]
        for part, columns in zip(parts, Z, strict=True)
    )
    codes = tuple(codes_of(table, part.group) for part in parts)
    return Dense(table["y"].to_numpy(float), X, Z, codes, turns, reml)
