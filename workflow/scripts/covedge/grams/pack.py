"""The Gram as the kernel reads it: two flat buffers, so that one compilation serves every model."""

from dataclasses import dataclass

import numpy as np
from numpy.linalg import solve

from covedge.kernel import layout
from covedge.kernel.elimination import link

# Pivots of a Gram matrix (squared lengths), as part of the largest. Below it what is dropped cannot
# change the criterion by more than rounding does.
DEPENDENT_SQUARED = 1e-13


def pack(gram):
    """(ints, floats): the Gram as the kernel reads it; positions are named in `kernel`.

    The deepest groups are stored in their parent's own coordinates: within one parent the columns
    [Z | X] span few dimensions, so C_kr = C_k,local T with T (r, m_1) from a pivoted Cholesky
    factor. Groups of one parent with the same C_kk collapse into one pattern where that is less
    work. Design, section 3.
    """
    n_terms = len(gram.parents)
    q, n_groups = gram.n_effects, gram.n_groups
    ints = [gram.n_obs, gram.n_fixed, n_terms, *[0] * (layout.HEADER - 3)]
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
        ints[layout.COLLAPSED] = int(local.collapsed)
        ints[layout.N_LOCAL] = local.expand.shape[1]
        ints[layout.N_CHILDREN] = len(local.kk)
        ints[layout.OFF_KK] = put(local.kk)
        ints[layout.OFF_COUNT] = put(local.count)
        ints[layout.OFF_KR] = put(local.kr)
        ints[layout.OFF_EXPAND] = put(local.expand)
        offset = layout.HEADER + layout.PER_LEVEL * (n_terms + 1)
        ints[layout.OFF_FIRST] = offset
        tail.append(local.first)
        offset += len(local.first)
        for level in range(1, n_terms):
            levels[level][layout.OFF_PARENT] = offset
            tail.append(gram.parents[level])
            offset += len(gram.parents[level])
    ints = np.concatenate([ints, *levels, *tail]).astype(np.int64)
    link(ints, crossed=False)
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
    kk, kr, expand = local_rows(gram)
    found = patterns(parent, kk)
    collapsed = len(found.count) * q < len(kk)
    if collapsed:
        outer = np.zeros((len(found.count), q, q, kr.shape[2], kr.shape[2]))
        for p, groups in enumerate(np.split(found.order, found.count.cumsum()[:-1])):
            flat = kr[groups].reshape(len(groups), -1)
            outer[p] = (flat.T @ flat).reshape(q, -1, q, kr.shape[2]).transpose(0, 2, 1, 3)
        kk, kr, parent = kk[found.first], outer, parent[found.first]
        count = found.count
    else:
        count = np.ones(len(kk))
    first = np.searchsorted(parent, np.arange(len(gram.raw[0]) + 1))
    return _Local(collapsed, kk, count.astype(float), kr, expand, first)


def local_rows(gram):
    """The deepest groups in their parents' own columns.

    Returns kk (n_groups, q, q) = Z'Z, kr (n_groups, q, r) = Z'[local columns, y], and
    expand (n_parents, r, m) as from `_local_coordinates`.
    """
    q, parent = gram.n_effects[0], gram.parents[0]
    chosen, expand = _local_coordinates(gram.raw[0])
    kk = np.ascontiguousarray(gram.deepest[:, :, :q])
    kr = np.take_along_axis(gram.deepest[:, :, q:], chosen[parent][:, None, :], axis=2)
    return kk, kr * (chosen[parent] >= 0)[:, None, :], expand


@dataclass(frozen=True)
class Patterns:
    """Deepest groups of one parent with the same Z'Z.

    first : (n_patterns,) a group of each; count : how many it has; order : (n_groups,) the groups,
    pattern after pattern.
    """

    first: np.ndarray
    count: np.ndarray
    order: np.ndarray


def patterns(parent, kk):
    """The Patterns of groups with parents (n_groups,) and Z'Z (n_groups, q, q)."""
    # Equal designs give equal bits but for the order of sums: compare to ten digits.
    key = np.column_stack([parent, np.round(kk.reshape(len(kk), -1), 10) + 0.0])
    _, first, pattern, count = np.unique(
        key, axis=0, return_index=True, return_inverse=True, return_counts=True
    )
    return Patterns(first, count, np.argsort(pattern, kind="stable"))


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
