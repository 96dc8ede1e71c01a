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

# A column whose distance from the span of the others is below this part of its length adds
# nothing: squared, it stays above the rounding error of a Gram matrix.
DEPENDENT = 1e-7
# The same for pivots of a Gram matrix (squared lengths). Below it the dropped part cannot change
# the criterion by more than rounding does.
DEPENDENT_SQUARED = 1e-13
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


def pack(gram: Gram):
    """(ints, floats): the Gram as the kernel reads it; positions are named in `kernel`.

    The deepest groups are stored in their parent's own coordinates: within one parent the columns
    [Z | X] span few dimensions, so C_kr = C_k,local T with T (r, m_1) from a pivoted Cholesky
    factor. Groups of one parent with the same C_kk collapse into one pattern where that is less
    work. Design, section 3.
    """
    n_terms = len(gram.parents)
    q, n_groups = gram.n_effects, gram.n_groups
    ints = [gram.n_obs, gram.n_fixed, n_terms, 0, 0, 0, 0, 0, 0, 0, 0]
    floats, size = [], 0

    def put(array):
        nonlocal size
        floats.append(np.ravel(array))
        size += array.size
        return size - array.size

    levels = []
    for level in range(n_terms + 1):
        root = level == n_terms
        block = gram.raw[level - 1 if n_terms else 0] if level or not n_terms else None
        columns = gram.deepest.shape[2] if block is None else block.shape[1]
        offset = put(block) if block is not None else 0
        levels.append([0 if root else q[level], 1 if root else n_groups[level], columns, offset, 0])
    tail = []
    if n_terms:
        local = _localise(gram)
        ints[kernel.COLLAPSED] = int(local.collapsed)
        ints[kernel.N_LOCAL] = local.expand.shape[1]
        ints[kernel.N_CHILDREN] = len(local.kk)
        ints[kernel.OFF_KK] = put(local.kk)
        ints[kernel.OFF_COUNT] = put(local.count)
        ints[kernel.OFF_KR] = put(local.kr)
        ints[kernel.OFF_EXPAND] = put(local.expand)
        offset = kernel.HEADER + kernel.PER_LEVEL * (n_terms + 1)
        ints[kernel.OFF_FIRST] = offset
        tail.append(local.first)
        offset += len(local.first)
        for level in range(1, n_terms):
            levels[level][kernel.OFF_PARENT] = offset
            tail.append(gram.parents[level])
            offset += len(gram.parents[level])
    ints = np.concatenate([ints, *levels, *tail]).astype(np.int64)
    return ints, np.concatenate(floats)


@dataclass(frozen=True)
class _Local:
    """The deepest level as packed; `first` (parents + 1,) delimits each parent's children."""

    collapsed: bool
    kk: np.ndarray
    count: np.ndarray
    kr: np.ndarray
    expand: np.ndarray
    first: np.ndarray


def _localise(gram):
    q = gram.n_effects[0]
    parent = gram.parents[0]
    chosen, expand = _local_coordinates(gram.raw[0])
    kk = np.ascontiguousarray(gram.deepest[:, :, :q])
    kr = np.take_along_axis(gram.deepest[:, :, q:], chosen[parent][:, None, :], axis=2)
    kr = kr * (chosen[parent] >= 0)[:, None, :]
    # Equal designs give equal bits but for the order of sums: compare to ten digits.
    key = np.column_stack([parent, np.round(kk.reshape(len(kk), -1), 10) + 0.0])
    _, first_seen, pattern, count = np.unique(
        key, axis=0, return_index=True, return_inverse=True, return_counts=True
    )
    collapsed = len(count) * q < len(kk)
    if collapsed:
        outer = np.zeros((len(count), q, q, kr.shape[2], kr.shape[2]))
        for p, groups in enumerate(
            np.split(np.argsort(pattern, kind="stable"), count.cumsum()[:-1])
        ):
            flat = kr[groups].reshape(len(groups), -1)
            outer[p] = (flat.T @ flat).reshape(q, -1, q, kr.shape[2]).transpose(0, 2, 1, 3)
        kk, kr, parent = kk[first_seen], outer, parent[first_seen]
    else:
        count = np.ones(len(kk))
    first = np.searchsorted(parent, np.arange(len(gram.raw[0]) + 1))
    return _Local(collapsed, kk, count.astype(float), kr, expand, first)


def _local_coordinates(raw):
    """Per parent: which columns span its [Z | X], and T with all columns = those columns @ T.

    raw : (n_parents, m, m). Returns chosen (n_parents, r), -1 where a parent needs fewer, and
    expand (n_parents, r, m); the last of the r is y itself.
    """
    picks = [_independent_columns(block[:-1, :-1]) for block in raw]
    m = raw.shape[1]
    r = max(len(pick) for pick in picks) + 1
    chosen = np.full((len(raw), r), -1)
    expand = np.zeros((len(raw), r, m))
    for parent, pick in enumerate(picks):
        k = len(pick)
        chosen[parent, :k] = pick
        chosen[parent, -1] = m - 1
        if k:
            block = raw[parent]
            T = solve(block[np.ix_(pick, pick)], block[pick, :-1])
            T[:, pick] = np.eye(k)
            expand[parent, :k, :-1] = T
        expand[parent, -1, -1] = 1.0
    return chosen, expand


def _independent_columns(G):
    """Pivots of a rank-revealing Cholesky factor of G (m, m), in order."""
    G = G.copy()
    scale = np.diag(G).max(initial=0.0)
    picks = []
    while len(picks) < len(G):
        j = int(np.argmax(np.diag(G)))
        if not G[j, j] > DEPENDENT_SQUARED * scale:
            break
        column = G[:, j] / np.sqrt(G[j, j])
        G -= np.outer(column, column)
        G[j, :] = G[:, j] = 0.0
        picks.append(j)
    return np.array(picks, dtype=int)
