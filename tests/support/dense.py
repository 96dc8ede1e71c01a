"""The same mathematics by dense matrices of n rows, for the engine to be held against.

Nothing here is shared with the engine: design matrices are made by hand and V is written out.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

FORMULAS = (
    "y ~ x",
    "y ~ x + (x | a)",
    "y ~ x + (x | a) + (z | a:b)",
    "y ~ x + (x | a) + (z | a:b) + (1 | a:b:c)",
)


@dataclass(frozen=True)
class Dense:
    """y (n,), X (n, p), per term Z (n, q) and codes (n,), outermost first; w (n,) weights."""

    table: pd.DataFrame
    formula: str
    y: np.ndarray
    X: np.ndarray
    Z: tuple[np.ndarray, ...]
    codes: tuple[np.ndarray, ...]
    w: np.ndarray


def unbalanced(seed: int, n_terms: int) -> Dense:
    """Random nested data, groups of one to six rows; effects 1, x at a, 1, z at b, 1 at c.

    Labels start anew in each group, as in real files.
    """
    rng = np.random.default_rng(seed)
    rows = [
        (a, b, c)
        for a in range(5)
        for b in range(rng.integers(1, 5))
        for c in range(rng.integers(1, 4))
        for _ in range(rng.integers(1, 4))
    ]
    a, b, c = np.array(rows).T
    n = len(a)
    x, z, w = rng.normal(size=n), rng.uniform(1.0, 3.0, size=n), rng.uniform(0.5, 4.0, size=n)
    ab, abc = 10 * a + b, 100 * a + 10 * b + c
    y = 3.0 + x + rng.normal(size=5)[a] * (1 + x) + rng.normal(size=50)[ab] + rng.normal(size=n)
    names = {"a": a, "b": b, "c": c}
    table = pd.DataFrame({"y": y, "x": x, "z": z, "w": w})
    for name, codes in names.items():
        table[name] = [f"{name}{code}" for code in codes]
    one = np.ones(n)
    Z = (np.column_stack([one, x]), np.column_stack([one, z]), one[:, None])[:n_terms]
    return Dense(table, FORMULAS[n_terms], y, _with_intercept(x), Z, (a, ab, abc)[:n_terms], w)


def _with_intercept(x):
    return np.column_stack([np.ones(len(x)), x])


def random_Sigma(rng, q, rank):
    """(q, q) positive semidefinite of the given rank."""
    L = rng.normal(size=(q, rank))
    return L @ L.T


@dataclass(frozen=True)
class DensePoint:
    """As `covedge.fits.likelihood.Point`, in the user's units; Gamma and H outermost first."""

    criterion: float
    beta: np.ndarray
    cov_beta: np.ndarray
    sigma2: float
    Gamma: tuple[np.ndarray, ...]
    H: tuple[np.ndarray, ...]


def evaluate(problem: Dense, Sigmas, reml: bool, weighted=False) -> DensePoint:
    """Everything at relative covariances `Sigmas`, outermost first, from V = W^-1 + Z Sigma Z'."""
    y, X = problem.y, problem.X
    n, p = X.shape
    V = np.diag(1.0 / problem.w) if weighted else np.eye(n)
    for Z, codes, Sigma in zip(problem.Z, problem.codes, Sigmas, strict=True):
        V = V + (Z @ Sigma @ Z.T) * (codes[:, None] == codes)
    inverse = np.linalg.inv(V)
    information = X.T @ inverse @ X
    beta = np.linalg.solve(information, X.T @ inverse @ y)
    r = y - X @ beta
    nu = n - p if reml else n
    sigma2 = r @ inverse @ r / nu
    criterion = np.linalg.slogdet(V)[1] + nu * (1 + np.log(2 * np.pi * sigma2))
    M = inverse
    if reml:
        criterion += np.linalg.slogdet(information)[1]
        M = inverse - inverse @ X @ np.linalg.solve(information, X.T @ inverse)
    H = tuple(_within(problem, k, M) for k in range(len(Sigmas)))
    s = inverse @ r
    scores = tuple(_within(problem, k, np.outer(s, s)) / sigma2 for k in range(len(Sigmas)))
    Gamma = tuple(h - s for h, s in zip(H, scores, strict=True))
    return DensePoint(criterion, beta, sigma2 * np.linalg.inv(information), sigma2, Gamma, H)


def _within(problem, k, M):
    """Sum over the groups of term k of Z_g' M Z_g."""
    Z, codes = problem.Z[k], problem.codes[k]
    return Z.T @ (M * (codes[:, None] == codes)) @ Z
