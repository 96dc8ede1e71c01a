"""What must be known of all rows before one of them can be scaled: the second pass of `stream`."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from scipy.linalg import solve_triangular

from covedge.errors import DesignError
from covedge.formulas.formula import Formula
from covedge.formulas.spelling import columns, decoded, for_formulaic
from covedge.formulas.tokens import tokenize
from covedge.frames.design import RANK_TOLERANCE, matrices
from covedge.grams.gram import group_indices
from covedge.grams.scaling import NOTHING_LEFT, Scaling, whitener
from covedge.grams.triangle import Triangle
from covedge.streaming.group_levels import Distinct, Levels, Product, levels_of
from covedge.streaming.stream_effects import Effects


class NeedsAllRows(DesignError):
    """A transformation in the formula depends on all rows at once."""


@dataclass(frozen=True)
class Survey:
    """What the second pass finds: all that the scaled rows of a batch depend on.

    names : the columns of X; keep : which of them are not determined by those before.
    effects, levels : per term, outermost first; parents : as in `grams.gram.Rows`.
    """

    formula: Formula
    weights: str | None
    names: tuple[str, ...]
    keep: np.ndarray
    scaling: Scaling
    effects: tuple[Effects, ...]
    levels: tuple[Levels, ...]
    parents: tuple[np.ndarray, ...] | None


def survey(batches, formula, others, weights) -> Survey:
    """The Survey of `formula`; arguments as of `covedge.stream.stream`."""
    first = next(iter(batches))
    written: dict[frozenset, list] = {frozenset(term.group): [] for term in formula.terms}
    for term in (term for f in (formula, *others) for term in f.terms):
        if frozenset(term.group) in written:
            written[frozenset(term.group)].append(term)
    for right in (formula.fixed, *(t.effects for each in written.values() for t in each)):
        _check_row_by_row(right, first)
    _check_labels(batches.categories, formula)
    effects = [Effects(each, first) for each in written.values()]
    names = matrices(first)(formula.fixed)[1]
    joint = _product([n for e in effects for n in e.group], batches.categories)
    cells, fixed_part = Distinct(), _Fixed(len(names), weights is not None)
    for batch in batches:
        matrix = matrices(batch)
        y, root = response_of(batch, formula, weights)
        fixed_part.add(y, matrix(formula.fixed)[0], root)
        for each in effects:
            each.add(batch, each.matrix(matrix), root)
        cells.add(joint.number(codes_of(batch, batches.categories)))
    keep, fixed, beta, response = fixed_part.settle()
    triangles = [each.settle() for each in effects]
    at = joint.codes(cells.values)
    levels = [levels_of(_product(each.group, batches.categories), at) for each in effects]
    order = sorted(range(len(effects)), key=lambda k: len(levels[k].present))
    levels, parents = _numbered([levels[k] for k in order], at)
    random = tuple(
        whitener(triangles[k], len(found.present)) for k, found in zip(order, levels, strict=True)
    )
    scaling = Scaling(fixed, beta, response, random[::-1], fixed_part.log_weights)
    effects = tuple(effects[k] for k in order)
    return Survey(formula, weights, names, keep, scaling, effects, levels, parents)


class _Fixed:
    """The triangular factors of the fixed part, and the sums that go with them."""

    def __init__(self, p, weighted):
        self.n, self.log_weights = 0, 0.0
        self._both = Triangle(p + 1)
        self._plain = Triangle(p) if weighted else None

    def add(self, y, X, root):
        self.n += len(y)
        self.log_weights += 2.0 * float(np.log(root).sum())
        self._both.add(np.column_stack([X, y]) * root)
        if self._plain is not None:
            self._plain.add(X)

    def settle(self):
        """keep (of the columns of X), and fixed, beta, response as in `Scaling`."""
        R = self._both.R
        p = len(R) - 1
        keep = _independent(R[:p, :p] if self._plain is None else self._plain.R)
        if self.n <= keep.sum():
            raise DesignError(
                f"{self.n} rows cannot determine {keep.sum()} fixed effects; use fewer of them"
            )
        triangle = Triangle(int(keep.sum()) + 1)
        triangle.add(R[:, np.append(keep, True)])
        R = triangle.R
        beta = solve_triangular(R[:-1, :-1], R[:-1, -1]) if keep.any() else np.zeros(0)
        if not R[-1, -1] > NOTHING_LEFT * np.linalg.norm(R[:, -1]):
            raise DesignError("the fixed effects fit the response exactly: no variance is left")
        root_n = np.sqrt(self.n)
        return keep, R[:-1, :-1] / root_n, beta, float(R[-1, -1] / root_n)


def _independent(R):
    """As `frames.design` judges it: columns that the columns before them do not determine."""
    lengths = np.linalg.norm(R, axis=0)
    return np.abs(np.diag(R)) > RANK_TOLERANCE * np.where(lengths > 0, lengths, 1.0)


def response_of(batch, formula, weights):
    """y (n,) and the roots of the prior weights (n, 1)."""
    y = batch[formula.response].to_numpy(dtype=float)
    if weights is None:
        return y, np.ones((len(y), 1))
    return y, np.sqrt(batch[weights].to_numpy(dtype=float))[:, None]


def codes_of(batch, categories):
    return {name: batch[name].cat.codes.to_numpy() for name in categories}


def _product(names, categories):
    names = tuple(dict.fromkeys(names))
    return Product(names, tuple(len(categories[name]) for name in names))


def _numbered(levels, joint):
    """Levels, fewest first, numbered as the Gram wants them, and the parents as in `Rows`."""
    places = [each.place(joint) for each in levels]
    codes, parents = group_indices(places)
    numbered = []
    for each, place, code in zip(levels, places, codes[::-1], strict=True):
        groups = np.empty(len(each.present), dtype=np.int64)
        groups[place] = code
        numbered.append(replace(each, groups=groups))
    return tuple(numbered), parents


def _check_labels(categories, formula):
    """NeedsAllRows for a grouping factor that is a number elsewhere in the formula."""
    for name in (name for term in formula.terms for name in term.group):
        if name not in categories:
            raise NeedsAllRows(
                f"`{name}` is a number and a grouping factor, and the data are read in batches: "
                "put it into the data a second time, under another name",
                key="formula",
            )


def _check_row_by_row(right: str, batch: pd.DataFrame) -> None:
    """NeedsAllRows for a transformation whose value in a row depends on the other rows."""
    from formulaic import Formula as Reader  # imported here: it takes most of a second

    with np.errstate(all="ignore"):
        spec = Reader(right).get_model_matrix(for_formulaic(batch), na_action="ignore").model_spec
    # C() of a column of numbers: its categories are those of the batch.
    labels = {n for n in batch if isinstance(batch[n].dtype, pd.CategoricalDtype)}
    unknown = [
        factor
        for factor, (_, state) in spec.encoder_state.items()
        if "categories" in state and labels.isdisjoint(columns(tokenize(decoded(factor))))
    ]
    for name in map(decoded, (*spec.transform_state, *unknown)):
        raise NeedsAllRows(
            f"`{name}` depends on all rows at once, and the data are read in batches: put it into "
            "the data as a column of its own",
            key="formula",
        )
