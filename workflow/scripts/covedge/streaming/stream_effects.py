"""The effects of one grouping factor, where the rows come in batches.

What `frames.design` judges from all rows of Z at once (which columns make up an intercept, whether
the effects are those of a factor's cells) is collected here batch by batch.
"""

from dataclasses import dataclass

import numpy as np

from covedge.formulas.formula import RandomTerm
from covedge.formulas.spelling import in_formulaic
from covedge.frames.design import SAME_VALUE, Cells, Term, matrices
from covedge.grams.triangle import Triangle

INTERCEPT = "(Intercept)"


class Effects:
    """The union of the effects of the random terms on one grouping factor.

    names : of its columns; parts : as in `frames.design.Term`.
    """

    def __init__(self, written: list[RandomTerm], first_batch):
        self.written = written
        self.group = written[0].group
        self.names: list[str] = []
        self.parts: dict[str, tuple[int, ...]] = {}
        self._doubtful: tuple[str, int] | None = None
        of = matrices(first_batch)
        for random in written:
            names = of(random.effects)[1]
            if names == (INTERCEPT,) and self.names and INTERCEPT not in self.names:
                # It may be the sum of the columns so far: known only after all rows.
                self._doubtful = (random.effects, len(self.names))
            self.names += [name for name in names if name not in self.names]
            self.parts[random.effects] = tuple(self.names.index(name) for name in names)
        effects = " + ".join(self.parts)
        self._ones = np.ones(len(self.names), dtype=bool)
        self._candidates = [_Candidate(n) for n in first_batch if in_formulaic(n) in effects]
        self._triangle = Triangle(len(self.names) + 1)

    def matrix(self, of) -> np.ndarray:
        """Z (n, q) of a batch. of : effects -> their model matrix and its names."""
        columns = {}
        for effects in self.parts:
            values, names = of(effects)
            for name, column in zip(names, values.T, strict=True):
                columns.setdefault(name, column)
        return np.column_stack([columns[name] for name in self.names])

    def add(self, batch, Z, root) -> None:
        """Take in a batch. root : (n, 1) square roots of the prior weights."""
        self._ones &= (Z == 1.0).all(axis=0)
        self._triangle.add(np.column_stack([Z, np.ones(len(Z))]) * root)
        self._candidates = [c for c in self._candidates if c.add(batch, Z)]

    def settle(self) -> np.ndarray:
        """After all rows: leave out an intercept that the columns before it make up.

        Returns R (q, q) of the weighted Z.
        """
        R = self._triangle.R
        if self._doubtful is not None:
            effects, before = self._doubtful
            if _spans(R[:, :before], R[:, before]) is not None:
                keep = np.arange(len(self.names)) != before
                self.names = [n for n, k in zip(self.names, keep, strict=True) if k]
                self._ones = self._ones[keep]
                del self.parts[effects]
                self.parts = {
                    e: tuple(i - (i > before) for i in places) for e, places in self.parts.items()
                }
                self._candidates = [c.without(before) for c in self._candidates]
                R = np.linalg.qr(np.delete(R, before, axis=1), mode="r")
        q = len(self.names)
        if self._ones.any():
            self.intercept = np.eye(q)[int(np.argmax(self._ones))]
        else:
            self.intercept = _spans(R[:, :q], R[:, q])
        return R[:q, :q]

    def term(self, levels, categories) -> Term:
        """The Term, once the levels of the grouping factor are known too."""
        found = (c.cells(len(self.names), categories[c.name]) for c in self._candidates)
        cells = next((each for each in found if each is not None), None)
        names = tuple(self.names)
        return Term(self.group, names, levels.labels(categories), self.parts, self.intercept, cells)


def _spans(R, ones):
    """a with Z a = 1 from the triangular factors of both, rounded; None where there is none."""
    a = np.linalg.lstsq(R, ones, rcond=None)[0].round(12)
    apart = np.linalg.norm(R @ a - ones)
    return a if apart < SAME_VALUE * np.linalg.norm(ones) else None


@dataclass
class _Candidate:
    """A factor whose cells may be what the effects are of: rows (L, q) of Z in each cell."""

    name: str
    rows: np.ndarray | None = None

    def add(self, batch, Z) -> bool:
        """False as soon as Z differs within a cell."""
        codes = getattr(batch[self.name], "cat", None)
        if codes is None:
            return False
        codes, n_cells = codes.codes.to_numpy(), len(codes.categories)
        if self.rows is None:
            self.rows = np.full((n_cells, Z.shape[1]), np.nan)
        new = np.isnan(self.rows[:, 0])
        if new.any():
            met, first = np.unique(codes, return_index=True)
            self.rows[met[new[met]]] = Z[first[new[met]]]
        return bool((self.rows[codes] == Z).all())

    def without(self, column):
        return _Candidate(self.name, np.delete(self.rows, column, axis=1))

    def cells(self, q, labels) -> Cells | None:
        if not 1 < len(self.rows) == q == np.linalg.matrix_rank(self.rows):
            return None
        return Cells(self.name, tuple(map(str, labels)), self.rows)
