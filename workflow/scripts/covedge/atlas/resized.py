"""A design with another number of groups, and with more or fewer observations in each.

What is there is copied, or left out in proportion, so that the balance stays that of the user's
own data: a copy of a rat has its cells, its empty cells, and its covariates.
"""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from covedge.errors import DesignError
from covedge.frames.design import ModelFrame, Term, has_full_rank


@dataclass(frozen=True)
class Resizing:
    """What is counted, and what a group has more or fewer of.

    outer : the outermost grouping factor around the one that matters; its levels are the groups.
    unit : the deepest grouping factor within it, where all factors are nested; else None, and a
        group has more or fewer rows.
    """

    outer: Term
    unit: Term | None

    @property
    def unit_name(self) -> str:
        """`cycle`, or `observations`."""
        return self.unit.group[-1] if self.unit is not None else "observations"


def resizing(terms: Sequence[Term], group: str) -> Resizing:
    """For the term of this name. terms : those of the model, fewest levels first."""
    wanted = next(set(term.group) for term in terms if term.name == group)
    outer = min((t for t in terms if set(t.group) <= wanted), key=lambda t: len(t.group))
    chain = sorted(terms, key=lambda t: len(t.group))
    nested = all(set(a.group) < set(b.group) for a, b in itertools.pairwise(chain))
    return Resizing(outer, chain[-1] if nested and len(chain) > 1 else None)


def resized(frame: ModelFrame, how: Resizing, n_groups: int, density: float) -> ModelFrame:
    """The frame with this many groups of `density` times their size; its terms keep their order.

    The response is noise: responses are simulated later.

    Raises DesignError where the fixed effects of so small a design cannot be told apart.
    """
    codes = {term.name: code for term, code in zip(frame.terms, frame.codes, strict=True)}
    chosen = _chosen(frame.X, codes[how.outer.name], n_groups)
    rows, group = _rows_of(codes[how.outer.name], chosen)
    unit = _units(frame.X[rows], group, codes[how.unit.name][rows] if how.unit else None)
    picked, copy = _copies(group, unit, density)
    rows, group = rows[picked], group[picked]
    if len(rows) <= frame.X.shape[1] or not has_full_rank(frame.X[rows]):
        raise DesignError(f"{n_groups} such groups cannot tell the fixed effects apart")
    terms, numbered = [], []
    for term in frame.terms:
        new = codes[term.name][rows]
        if set(term.group) >= set(how.outer.group):
            new = _together(group, new)
        if how.unit and set(term.group) >= set(how.unit.group):
            new = _together(new, copy)
        found, new = np.unique(new, return_inverse=True)
        terms.append(replace(term, levels=tuple(map(str, range(len(found))))))
        numbered.append(new.astype(np.int64))
    return replace(
        frame,
        y=np.random.default_rng(0).standard_normal(len(rows)),
        X=frame.X[rows],
        terms=tuple(terms),
        Z=tuple(Z[rows] for Z in frame.Z),
        codes=tuple(numbered),
        weights=None if frame.weights is None else frame.weights[rows],
    )


def _chosen(X, outer, n_groups):
    """(n_groups,) levels: each as often as any other of its kind, as far as that is possible."""
    n = int(outer.max()) + 1
    sizes = np.bincount(outer, minlength=n)
    means = np.column_stack([np.bincount(outer, weights=x, minlength=n) / sizes for x in X.T])
    # Groups of a kind, by their covariates and then by their size, lie side by side.
    alike = np.lexsort([sizes, *means.round(9).T[::-1]])
    return alike[((np.arange(n_groups) + 0.5) * n / n_groups).astype(int)]


def _rows_of(outer, chosen):
    """Rows of the chosen levels one after the other, and which of the chosen each belongs to."""
    by_level = np.argsort(outer, kind="stable")
    ends = np.cumsum(np.bincount(outer))
    starts = np.concatenate([[0], ends[:-1]])
    rows = [by_level[starts[level] : ends[level]] for level in chosen]
    return np.concatenate(rows), np.repeat(np.arange(len(chosen)), [len(r) for r in rows])


def _units(X, group, unit):
    """(rows,) number of the unit of each row: units of a group follow each other, alike ones side
    by side. Rows are units of their own without `unit`."""
    if unit is not None:
        return np.unique(_together(group, unit), return_inverse=True)[1]
    place = np.empty(len(group), dtype=np.int64)
    place[np.lexsort([*X.round(9).T[::-1], group])] = np.arange(len(group))
    return place


def _copies(group, unit, density):
    """Indices of rows, each as often as its unit is copied, and the number of the copy.

    Of n units of a group round(density n) are made, spread evenly, and one at least.
    """
    n_units = int(unit.max()) + 1
    of_unit = np.empty(n_units, dtype=np.int64)
    of_unit[unit] = group
    first = np.searchsorted(of_unit, np.arange(int(group.max()) + 1))
    place = np.arange(n_units) - first[of_unit]
    times = np.floor((place + 1) * density + 0.5) - np.floor(place * density + 0.5)
    lacking = np.add.reduceat(times, first) == 0
    times[first[lacking]] = 1
    repeats = times.astype(np.int64)[unit]
    picked = np.repeat(np.arange(len(unit)), repeats)
    starts = np.cumsum(repeats) - repeats
    return picked, np.arange(len(picked)) - starts[picked]


def _together(outer, inner):
    """One code for two, ordered by the outer first."""
    return outer * (int(inner.max()) + 1) + inner
