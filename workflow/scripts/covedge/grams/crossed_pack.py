"""A crossed Gram as the kernel reads it: a chain of nested factors by sparse rows, the rest dense.

The chain is eliminated group by group, as where all factors are nested; a group touches few of the
dense columns, and only those are stored. Design, section 3.
"""

from dataclasses import dataclass

import numpy as np

from covedge.errors import DesignError
from covedge.kernel import layout
from covedge.kernel.elimination import link

# Columns of the dense block: 4,000 are 128 MB a matrix, of which the kernel keeps six.
MOST_DENSE = 4000


@dataclass(frozen=True)
class _Step:
    """One factor of the chain. All per group: `width` of its block (columns), `base` the first of
    its columns of each dense term, `found` the pairs with each dense term, `rank` of each pair
    within its group.
    """

    term: int
    width: np.ndarray
    base: list[np.ndarray]
    found: list
    rank: list[np.ndarray]
    start: np.ndarray


def pack_crossed(gram):
    """(ints, floats) as `kernel.layout` names the places.

    Raises DesignError where the dense block would be too large.
    """
    chain = elimination_chain(gram)
    dense = [k for k in range(len(gram.own)) if k not in chain]
    sizes = [gram.own[k].shape[0] * gram.own[k].shape[1] for k in dense]
    if sum(sizes) > MOST_DENSE:
        raise DesignError(
            f"the crossed grouping factors have {sum(sizes)} random effects beside those of the "
            f"largest; at most {MOST_DENSE} are computed: use fewer effects, or a factor less",
            key="formula",
        )
    first_dense = np.concatenate([[0], np.cumsum(sizes)]).astype(int)
    steps, at = [], 0
    for place, term in enumerate(chain):
        steps.append(_step(gram, chain, dense, place, at))
        at += int((gram.own[term].shape[1] * steps[-1].width).sum())
    floats = np.concatenate(
        [*(_rows(gram, chain, step, place) for place, step in enumerate(steps)), np.zeros(0)]
    )
    root = _root(gram, dense, first_dense)
    ints = _ints(gram, chain, dense, first_dense, steps, len(floats))
    return ints, np.concatenate([floats, root.ravel()])


def elimination_chain(gram):
    """Levels of the nested factors with the most random effects together, deepest first."""
    n = len(gram.own)
    weight = [own.shape[0] * own.shape[1] for own in gram.own]
    best = [[k] for k in range(n)]
    for k in range(n):
        for j in range(k):
            nested = gram.pairs(j, k).nested(len(gram.own[j]))
            total = sum(weight[i] for i in best[j])
            if nested and total + weight[k] > sum(weight[i] for i in best[k]):
                best[k] = [*best[j], k]
    return max(best, key=lambda found: sum(weight[i] for i in found), default=[])


def _step(gram, chain, dense, place, at):
    term = chain[place]
    n_groups, q = gram.own[term].shape[:2]
    shallow = sum(gram.n_effects[k] for k in chain[place + 1 :])
    base, found, rank = [], [], []
    end = np.full(n_groups, q + shallow)
    for other in dense:
        met = gram.pairs(term, other)
        counts = np.bincount(met.first, minlength=n_groups)
        starts = np.cumsum(counts) - counts
        base.append(end)
        found.append(met)
        rank.append(np.arange(len(met.first)) - starts[met.first])
        end = end + counts * gram.n_effects[other]
    width = end + gram.n_fixed + 1
    start = at + np.cumsum(q * width) - q * width
    return _Step(term, width, base, found, rank, start)


def _rows(gram, chain, step, place):
    """The q rows of each group's block, group after group."""
    own = gram.own[step.term]
    n_groups, q = own.shape[:2]
    flat = np.zeros(int((q * step.width).sum()))
    start = step.start - (step.start[0] if n_groups else 0)

    def put(groups, columns, blocks):
        rows = np.arange(q)[:, None] * step.width[groups][:, None, None]
        where = start[groups][:, None, None] + rows + columns[:, None, None]
        flat[where + np.arange(blocks.shape[2])] = blocks

    everyone = np.arange(n_groups)
    put(everyone, np.zeros(n_groups, dtype=int), own)
    column = q
    for shallower in chain[place + 1 :]:
        met = gram.pairs(step.term, shallower)
        put(met.first, np.full(len(met.first), column), met.blocks)
        column += gram.n_effects[shallower]
    for base, met, rank in zip(step.base, step.found, step.rank, strict=True):
        put(met.first, base[met.first] + rank * met.blocks.shape[2], met.blocks)
    put(everyone, step.width - gram.n_fixed - 1, gram.fixed[step.term])
    return flat


def _root(gram, dense, first_dense):
    """(N + p + 1, N + p + 1) cross-products of [dense columns | X | y]."""
    n = first_dense[-1]
    root = np.zeros((n + len(gram.root), n + len(gram.root)))
    root[n:, n:] = gram.root
    for i, k in enumerate(dense):
        q = gram.n_effects[k]
        fixed = gram.fixed[k].reshape(-1, gram.n_fixed + 1)
        root[first_dense[i] : first_dense[i + 1], n:] = fixed
        root[n:, first_dense[i] : first_dense[i + 1]] = fixed.T
        for j, other in enumerate(dense):
            met = gram.pairs(k, other)
            rows = first_dense[i] + met.first[:, None] * q + np.arange(q)
            width = gram.n_effects[other]
            columns = first_dense[j] + met.second[:, None] * width + np.arange(width)
            root[rows[:, :, None], columns[:, None, :]] = met.blocks
    return root


def _ints(gram, chain, dense, first_dense, steps, off_root):
    n_terms = len(gram.own)
    header = np.zeros(layout.HEADER, dtype=np.int64)
    header[layout.N_OBS], header[layout.N_FIXED] = gram.n_obs, gram.n_fixed
    header[layout.N_TERMS], header[layout.CROSSED] = n_terms, 1
    header[layout.N_CHAIN], header[layout.N_DENSE] = len(chain), first_dense[-1]
    header[layout.OFF_ROOT] = off_root
    offsets = np.concatenate([[0], np.cumsum(np.square(gram.n_effects))])
    per_term = [[gram.n_effects[k], len(gram.own[k]), offsets[k], 0, 0] for k in range(n_terms)]
    first = layout.HEADER + layout.PER_LEVEL * n_terms
    at = first + layout.PER_STEP * (len(chain) + len(dense))
    records, tail, work, factor = [], [], 0, 0
    for place, step in enumerate(steps):
        n_groups, q = gram.own[step.term].shape[:2]
        groups, maps = _groups(gram, chain, dense, steps, place, first_dense, at)
        inner = place > 0
        squares = step.width**2 if inner else np.zeros(n_groups, dtype=int)
        groups[:, layout.GROUP_WORK] = work + np.cumsum(squares) - squares
        records.append([step.term, at, factor, 0])
        tail += [groups.ravel(), maps]
        at += groups.size + len(maps)
        work += int(squares.sum())
        factor += n_groups * q * q
    records += [[k, int(start), 0, 0] for k, start in zip(dense, first_dense, strict=False)]
    header[layout.N_WORK], header[layout.N_FACTORS] = work, factor
    flat = [header, *(np.array(r) for r in per_term), *(np.array(r) for r in records), *tail]
    ints = np.concatenate(flat).astype(np.int64)
    link(ints, crossed=True)
    return ints


def _groups(gram, chain, dense, steps, place, first_dense, at):
    """(n_groups, PER_GROUP) records, and where each touched column is in the parent's block."""
    step = steps[place]
    n_groups = len(step.width)
    groups = np.zeros((n_groups, layout.PER_GROUP), dtype=np.int64)
    last = place + 1 == len(chain)
    parent = np.zeros(n_groups, dtype=int)
    if not last:
        parent = gram.pairs(step.term, chain[place + 1]).second
    counts = sum(
        (np.bincount(m.first, minlength=n_groups) * m.blocks.shape[2] for m in step.found),
        start=np.zeros(n_groups, dtype=int),
    )
    first_map = np.cumsum(counts) - counts
    maps = np.zeros(int(counts.sum()), dtype=np.int64)
    before = np.zeros(n_groups, dtype=int)
    for i, (met, rank) in enumerate(zip(step.found, step.rank, strict=True)):
        width = met.blocks.shape[2]
        if last:
            target = first_dense[i] + met.second * width
        else:
            above = steps[place + 1]
            n_other = len(gram.own[dense[i]])
            known = above.found[i].first * n_other + above.found[i].second
            pair = np.searchsorted(known, parent[met.first] * n_other + met.second)
            target = above.base[i][parent[met.first]] + above.rank[i][pair] * width
        where = first_map[met.first] + before[met.first] + rank * width
        maps[where[:, None] + np.arange(width)] = target[:, None] + np.arange(width)
        before += np.bincount(met.first, minlength=n_groups) * width
    groups[:, layout.GROUP_ROWS] = step.start
    groups[:, layout.GROUP_TOUCHED] = counts
    groups[:, layout.GROUP_MAP] = at + groups.size + first_map
    groups[:, layout.GROUP_PARENT] = parent
    return groups, maps
