"""The sufficient statistics: cross-products of [Z | X | y] within each group.

Before they are taken, the columns are put on a common scale, so that nothing later depends on
units, offsets or contrast coding: X becomes sqrt(n) times an orthonormal basis, y the scaled
residual of its regression on X, and each Z_k is whitened to an average Z_g'Z_g of I.
`Scaling` says how to go back.
"""

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.linalg import qr, solve
from scipy.linalg import solve_triangular

from covedge import kernel
from covedge.design import ModelFrame
from covedge.errors import DesignError
from covedge.pack import pack

# A column whose distance from the span of the others is below this part of its length adds
# nothing: squared, it stays above the rounding error of a Gram matrix.
DEPENDENT = 1e-7
# A residual that is this part of the response is rounding error.
NOTHING_LEFT = 1e-14


@dataclass(frozen=True)
class Scaling:
    """From the scaled problem back to the user's.

    fixed : (p, p) R of X = Q R / sqrt(n), with Q the scaled columns (Q'Q = n I).
    beta : (p,) least-squares coefficients that were taken out of y.
    response : s, the scaled response is (y - X beta) / s.
    random : per term (q, q) W with Z W = scaled Z; Sigma = W Sigma_scaled W'.
    log_weights : sum of the logarithms of the prior weights.
    """

    fixed: np.ndarray
    beta: np.ndarray
    response: float
    random: tuple[np.ndarray, ...]
    log_weights: float = 0.0

    @cached_property
    def logdet_fixed(self):
        """log|X'AX| - log|Q'AQ| for any A: what the restricted criterion gains."""
        n_fixed = len(self.beta)
        return 2.0 * np.linalg.slogdet(self.fixed)[1] if n_fixed else 0.0

    def constant(self, n_obs, reml):
        """What is added to the scaled problem's criterion to give the user's."""
        nu = n_obs - len(self.beta) * reml
        return 2.0 * nu * np.log(self.response) + self.logdet_fixed * reml - self.log_weights


@dataclass(frozen=True)
class Gram:
    """Cross-products of the scaled columns, level by level from the deepest grouping factor.

    n_obs, n_fixed : n and p.
    parents : per level below the root (n_groups,) index of the group's parent one level up.
    deepest : (n_groups, q_0, m_0) Z_0'[Z_0 | shallower Z | X | y] of each deepest group.
    raw : per level 1..K (n_groups, m_k, m_k) cross-products of the columns left at that level.
    """

    n_obs: int
    n_fixed: int
    parents: tuple[np.ndarray, ...]
    deepest: np.ndarray
    raw: tuple[np.ndarray, ...]
    scaling: Scaling

    @property
    def n_effects(self):
        """q_k of each level, deepest first."""
        widths = [r.shape[1] for r in self.raw]
        first = [self.deepest.shape[2]] if self.parents else []
        return tuple(-int(d) for d in np.diff(first + widths))

    @property
    def n_groups(self):
        return tuple(len(p) for p in self.parents)

    @cached_property
    def packed(self):
        return pack(self)


@dataclass(frozen=True)
class Rows:
    """The scaled rows of a model frame.

    columns : (n, m - 1) [Z_0 | shallower Z | X]; y : (n,).
    codes : per level (n,) group of each row; parents : as in `Gram`; widths : q of each level.
    """

    columns: np.ndarray
    y: np.ndarray
    codes: tuple[np.ndarray, ...]
    parents: tuple[np.ndarray, ...]
    widths: tuple[int, ...]
    n_fixed: int
    scaling: Scaling


def scaled_rows(frame: ModelFrame) -> Rows:
    """Scale the rows of a model frame, whose terms come outermost first."""
    frame = _weighted(frame)
    y, Q, scaling = _scaled(frame)
    codes, parents = _nested_codes(frame.codes)
    Z = [Z @ W for Z, W in zip(reversed(frame.Z), scaling.random, strict=True)]
    columns = np.ascontiguousarray(np.column_stack([*Z, Q]))
    widths = tuple(z.shape[1] for z in Z)
    return Rows(columns, y, tuple(codes), tuple(parents), widths, Q.shape[1], scaling)


def build(frame: ModelFrame) -> Gram:
    """The Gram of a model frame."""
    return accumulate(scaled_rows(frame))


def accumulate(rows: Rows) -> Gram:
    """Cross-products of scaled rows, in one pass."""
    columns = np.column_stack([rows.columns, rows.y])
    n_terms, root = len(rows.widths), np.zeros(len(rows.y), dtype=np.int64)
    deepest = np.zeros((0, 0, columns.shape[1]))
    if n_terms:
        q = rows.widths[0]
        deepest = np.zeros((len(rows.parents[0]), q, columns.shape[1]))
        own = np.ascontiguousarray(columns[:, :q])
        kernel.add_cross_products(own, columns, rows.codes[0], deepest)
    raw = []
    for level in range(1, n_terms + 1) if n_terms else [0]:
        left = np.ascontiguousarray(columns[:, sum(rows.widths[:level]) :])
        inner = level < n_terms
        groups = len(rows.parents[level]) if inner else 1
        block = np.zeros((groups, left.shape[1], left.shape[1]))
        kernel.add_cross_products(left, left, rows.codes[level] if inner else root, block)
        raw.append(block)
    return Gram(len(rows.y), rows.n_fixed, rows.parents, deepest, tuple(raw), rows.scaling)


def _weighted(frame):
    """Rows times the root of their prior weight: Var(y_i) = sigma^2 / w_i."""
    if frame.weights is None:
        return frame
    root = np.sqrt(frame.weights)
    return replace(
        frame,
        y=frame.y * root,
        X=frame.X * root[:, None],
        Z=tuple(Z * root[:, None] for Z in frame.Z),
    )


def _scaled(frame):
    """Scaled y and X, and the Scaling, whose `random` is deepest first like the levels."""
    X, y, n = frame.X, frame.y, len(frame.y)
    if X.shape[1]:
        Q, R = qr(X)
        half = Q.T @ y
        beta = solve_triangular(R, half)
        residual = y - Q @ half
        # Once more: a large mean leaves rounding errors along X that the first pass made.
        again = Q.T @ residual
        beta = beta + solve_triangular(R, again)
        residual = residual - Q @ again
    else:
        Q, R, beta, residual = X, np.zeros((0, 0)), np.zeros(0), y
    response = float(np.sqrt(residual @ residual / n))
    if not response > NOTHING_LEFT * np.sqrt(y @ y / n):
        raise DesignError("the fixed effects fit the response exactly: no variance is left")
    random = tuple(
        _whitener(Z, term.n_levels)
        for Z, term in zip(reversed(frame.Z), reversed(frame.terms), strict=True)
    )
    log_weights = float(np.log(frame.weights).sum()) if frame.weights is not None else 0.0
    scaling = Scaling(R / np.sqrt(n), beta, response, random, log_weights)
    return residual / response, Q * np.sqrt(n), scaling


def _whitener(Z, n_levels):
    """W (q, q) with (Z W)'(Z W) = n_levels * I; columns that are dependent are only scaled."""
    lengths = np.linalg.norm(Z, axis=0)
    lengths[lengths == 0] = 1.0
    R = qr(Z / lengths, mode="r")
    q = Z.shape[1]
    if R.shape[0] < q or np.abs(np.diag(R)).min() < DEPENDENT:
        return np.diag(np.sqrt(n_levels) / lengths)
    return solve(R * lengths, np.eye(q)) * np.sqrt(n_levels)


def _nested_codes(codes):
    """Group index per row and parent index per group, for each level, deepest first.

    codes : outermost first. Groups are numbered so that a parent's children are contiguous.
    """
    numbered, parents = [], []
    above = np.zeros(len(codes[0]), dtype=np.int64) if codes else None
    for code in codes:
        combined = above * (int(code.max()) + 1) + code
        _, first, index = np.unique(combined, return_index=True, return_inverse=True)
        parents.append(above[first])
        numbered.append(index.astype(np.int64))
        above = numbered[-1]
    return numbered[::-1], parents[::-1]
