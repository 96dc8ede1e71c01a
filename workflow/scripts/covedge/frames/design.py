"""Model matrices: from a data frame and a formula to y, X and a Z for each grouping factor."""

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from covedge.errors import DesignError
from covedge.formulas.formula import Formula
from covedge.formulas.spelling import decoded, for_formulaic, in_formulaic, in_r
from covedge.formulas.subset import as_labels

# Columns of X nearer to the span of those before them than this part of their length are dropped
# (lme4 uses the same).
RANK_TOLERANCE = 1e-7
SAME_VALUE = 1e-9
# Entries of the model matrix of one term: 0.8 GB.
LARGEST_MATRIX = 100_000_000


@dataclass(frozen=True)
class Cells:
    """The cells of a factor whose effects a term has, with the intercept or without.

    factor : its name; labels : of the cells; rows : (q, q) the effects' columns in each cell, so
    that cell means are rows @ b.
    """

    factor: str
    labels: tuple[str, ...]
    rows: np.ndarray


@dataclass(frozen=True)
class Term:
    """One grouping factor with all the effects that a model may give it.

    group : columns whose interaction it is, outermost first; effects : (q,) names as R writes
    them; levels : labels.
    parts : for the effects of each random term on this factor, as written: its columns of Z. An
        intercept that is the sum of columns there (of all cells of a factor) has none.
    intercept : (q,) a with Z a = 1, or None where the effects do not contain an intercept.
    """

    group: tuple[str, ...]
    effects: tuple[str, ...]
    levels: tuple[str, ...]
    parts: dict[str, tuple[int, ...]]
    intercept: np.ndarray | None
    cells: Cells | None

    @property
    def name(self):
        """`ratID:spd_des`"""
        return ":".join(self.group)

    @property
    def n_levels(self):
        return len(self.levels)


@dataclass(frozen=True)
class ModelFrame:
    """y (n,), X (n, p) of full column rank with its names, and the terms, outermost first.

    dropped : columns of X that the others determine.
    Z : per term (n, q); codes : per term (n,) index of each row's level.
    weights : (n,) prior weights, or None.
    """

    y: np.ndarray
    X: np.ndarray
    fixed: tuple[str, ...]
    dropped: tuple[str, ...]
    terms: tuple[Term, ...]
    Z: tuple[np.ndarray, ...]
    codes: tuple[np.ndarray, ...]
    weights: np.ndarray | None = None


def model_frame(
    data: pd.DataFrame,
    formula: Formula,
    others: Sequence[Formula] = (),
    weights: str | None = None,
) -> ModelFrame:
    """The model frame of `formula` on prepared data (see `frames.data`).

    others : formulas with the same fixed part whose random terms on the grouping factors of
        `formula` are to be expressible too.
    weights : the column of prior weights, or None.
    """
    y = data[formula.response].to_numpy(dtype=float)
    matrix = matrices(data)
    X, names = matrix(formula.fixed)
    X, names, dropped = _full_rank(X, names)
    if len(y) <= X.shape[1]:
        raise DesignError(
            f"{len(y)} rows cannot determine {X.shape[1]} fixed effects; use fewer of them"
        )
    groups = {frozenset(term.group): [] for term in formula.terms}
    for term in (term for f in (formula, *others) for term in f.terms):
        # What the formula does not group by is no term: two such lists could be crossed.
        if frozenset(term.group) in groups:
            groups[frozenset(term.group)].append(term)
    found = [_term(written, data, matrix) for written in groups.values()]
    found.sort(key=lambda triple: triple[0].n_levels)
    terms, Z, codes = zip(*found, strict=True) if found else ((), (), ())
    prior = None if weights is None else data[weights].to_numpy(dtype=float)
    return ModelFrame(y, X, names, dropped, terms, Z, codes, prior)


def r_name(column: str, calls: Sequence[str] = ()) -> str:
    """formulaic's name of a column as R writes it: `a[T.x]:t` is `ax:t`.

    calls : what the formula calls, in formulaic's spelling: `I(x ** 2)` is `I(x^2)` in R.
    """
    if column == "Intercept":
        return "(Intercept)"
    for call in calls:
        if call.startswith("poly(") and "raw=True" in call:  # counted from 0, in R from 1
            column = re.sub(
                rf"(?<={re.escape(call)}\[)\d+(?=\])", lambda n: str(int(n[0]) + 1), column
            )
        column = column.replace(call, in_r(call))
    return decoded(re.sub(r"\[(?:T\.)?(.*?)\](?=$|:)", r"\1", column))


def matrices(data):
    """Maps a right-hand side to its model matrix (n, columns) and the columns as R names them.

    Each is made once: the same effects are often fixed and random.
    """
    from formulaic import Formula as Reader  # imported here: it takes most of a second

    made = {}

    def matrix(right):
        read = Reader(right)
        if str(read) not in made:
            made[str(read)] = _matrix(read, data)
        return made[str(read)]

    return matrix


def _matrix(read, data):
    from formulaic.errors import FormulaicError

    _check_size(read, data)
    # The data have no missing values: one that turns up is a transformation's, told below.
    try:
        with np.errstate(all="ignore"):
            matrix = read.get_model_matrix(for_formulaic(data), na_action="ignore", output="numpy")
    except (ArithmeticError, FormulaicError, TypeError, ValueError) as error:
        message = f"`{in_r(str(read))}` cannot be computed: {' '.join(str(error).split())}"
        raise DesignError(message, key="formula") from error
    columns = matrix.model_spec.column_names
    calls = [f.expr for term in read for f in term.factors if f.eval_method.value == "python"]
    names = tuple(r_name(column, calls) for column in columns)
    if len(set(names)) < len(names):  # the label "1b" of `x` and the label "b" of `x1`
        twice = [n for n in names if names.count(n) > 1]
        names = tuple(decoded(c) if n in twice else n for n, c in zip(names, columns, strict=True))
    values = np.asarray(matrix, dtype=float).reshape(len(data), -1)
    if not np.isfinite(values).all():
        name = names[int(np.argmin(np.isfinite(values).all(axis=0)))]
        raise DesignError(
            f"`{name}` is not a finite number in every row; mend the column or leave it out",
            key="formula",
        )
    return values, names


def _check_size(read, data):
    """DesignError for a matrix that would not fit into memory: a factor with very many levels."""
    levels = {
        in_formulaic(name): len(data[name].cat.categories)
        for name in data
        if isinstance(data[name].dtype, pd.CategoricalDtype)
    }
    for term in read:
        width = math.prod(levels.get(factor.expr, 1) for factor in term.factors)
        if width * len(data) > LARGEST_MATRIX:
            raise DesignError(
                f"`{in_r(str(term))}` would have {width} columns in {len(data)} rows: if it names "
                "groups, write it behind a bar, `(1 | g)`; if it holds numbers, mend what is none",
                key="formula",
            )


def has_full_rank(X: np.ndarray) -> bool:
    """Whether no column of X (n, p) is determined by those before it."""
    return not _full_rank(X, tuple(map(str, range(X.shape[1]))))[2]


def _full_rank(X, names):
    """X without the columns that the columns before them determine; names kept and dropped."""
    lengths = np.linalg.norm(X, axis=0)
    if not X.shape[1]:
        return X, names, ()
    scaled = X / np.where(lengths > 0, lengths, 1.0)
    distance = np.abs(np.diag(np.linalg.qr(scaled, mode="r")))
    keep = np.zeros(X.shape[1], dtype=bool)
    keep[: len(distance)] = distance > RANK_TOLERANCE
    kept = tuple(name for name, k in zip(names, keep, strict=True) if k)
    dropped = tuple(name for name, k in zip(names, keep, strict=True) if not k)
    return X[:, keep], kept, dropped


def _term(written, data, matrix):
    """Term, Z and codes of all random terms on one grouping factor: the union of their effects.

    matrix : effects -> model matrix and names, as from `matrices`.
    """
    columns, parts = {}, {}
    for random in written:
        values, names = matrix(random.effects)
        if names == ("(Intercept)",) and _contains_intercept(columns):
            continue
        for name, column in zip(names, values.T, strict=True):
            if not np.array_equal(columns.setdefault(name, column), column):
                raise DesignError(f"two effects are called `{name}`: rename a column or a level")
        parts[random.effects] = tuple(list(columns).index(name) for name in names)
    Z = np.column_stack(list(columns.values()))
    codes, levels = group_codes(data, written[0].group)
    cells = _cells(" + ".join(parts), Z, data)
    return Term(written[0].group, tuple(columns), levels, parts, _intercept(Z), cells), Z, codes


def _contains_intercept(columns):
    """Whether columns of other names add up to the intercept."""
    if not columns or "(Intercept)" in columns:
        return False
    return _intercept(np.column_stack(list(columns.values()))) is not None


def group_codes(data, group):
    """Level of the interaction of the columns `group` in each row (n,), and the labels."""
    codes = np.zeros(len(data), dtype=np.int64)
    labels = [""]
    for name in group:
        column = data[name].astype("category").cat
        added = list(as_labels(pd.Series(column.categories)))
        codes, present = _renumbered(codes * len(added) + column.codes.to_numpy())
        outer, inner = np.divmod(present, len(added))
        labels = [
            f"{labels[i]}:{added[j]}" if labels[i] else added[j]
            for i, j in zip(outer, inner, strict=True)
        ]
    return codes, tuple(labels)


def _renumbered(codes):
    """Codes from 0 without gaps in the same order, and what they were."""
    size = int(codes.max(initial=-1)) + 1
    if size > 4 * len(codes):
        present, numbered = np.unique(codes, return_inverse=True)
        return numbered.astype(np.int64), present
    seen = np.bincount(codes, minlength=size) > 0
    return (np.cumsum(seen) - 1)[codes], np.flatnonzero(seen)


def _intercept(Z):
    ones = (Z == 1.0).all(axis=0)
    if ones.any():
        return np.eye(len(ones))[int(np.argmax(ones))]
    solution = np.linalg.lstsq(Z, np.ones(len(Z)), rcond=None)[0].round(12)
    return solution if np.abs(Z @ solution - 1.0).max() < SAME_VALUE else None


def _cells(effects, Z, data):
    """The Cells of a term whose effects are those of one factor, else None."""
    if Z.shape[1] < 2:
        return None
    for name in data.columns:
        column = data[name]
        if in_formulaic(name) not in effects or not isinstance(column.dtype, pd.CategoricalDtype):
            continue
        codes, labels = group_codes(data, (name,))
        first = np.empty(len(labels), dtype=np.int64)
        first[codes[::-1]] = np.arange(len(codes))[::-1]
        rows = Z[first]
        if len(rows) == Z.shape[1] == np.linalg.matrix_rank(rows) and (rows[codes] == Z).all():
            return Cells(name, labels, rows)
    return None
