"""The rows of an experiment without its response: who was measured when, and under what."""

import zlib
from dataclasses import dataclass

import numpy as np
import pandas as pd

EVEN, RANDOM = "even", "random"


@dataclass(frozen=True)
class Layout:
    """Groups g, each with `children` h nested in it or meeting all `items`, in all `cells` of f.

    rows : of each deepest combination. x : (low, high) of a numeric predictor, or None; it is
    `spread` evenly over the rows of a unit (g, h, or g with one item) or drawn at random.
    more : names of further predictors, standard normal. unequal : a quarter of the rows is lost.
    """

    groups: int
    rows: int
    children: int = 0
    items: int = 0
    cells: int = 0
    x: tuple[float, float] | None = None
    spread: str = EVEN
    more: tuple[str, ...] = ()
    unequal: bool = False

    def table(self, label: str) -> pd.DataFrame:
        """The rows, in the order in which they were measured; the label is the seed."""
        rng = np.random.default_rng(zlib.crc32(label.encode()))
        units = [("g", self.groups)]
        units += [("h", self.children)] if self.children else []
        units += [("item", self.items)] if self.items else []
        sizes = [n for _, n in units]
        within = max(self.cells, 1) * self.rows
        places = np.indices((*sizes, within)).reshape(len(sizes) + 1, -1)
        columns = {
            name: np.array([f"{name}{k + 1:02d}" for k in range(n)])[place]
            for (name, n), place in zip(units, places, strict=False)
        }
        if self.cells:
            columns["f"] = np.array([f"c{k + 1}" for k in range(self.cells)])[
                places[-1] % self.cells
            ]
        if self.x is not None:
            columns["x"] = self._x(places, rng)
        for name in self.more:
            columns[name] = rng.standard_normal(places.shape[1])
        table = pd.DataFrame(columns)
        return self._lost(table, rng) if self.unequal else table

    def _x(self, places, rng):
        low, high = self.x
        if self.spread == RANDOM:
            return low + (high - low) * rng.random(places.shape[1])
        # Over the rows of a group where items cross: each item is met at one x only.
        last = max(self.cells, 1) * self.rows
        position, n = places[-1] // max(self.cells, 1), self.rows
        if self.items:
            position, n = places[-2] * self.rows + places[-1] % last, self.items * last
        return low + (high - low) * position / max(n - 1, 1)

    def _lost(self, table, rng):
        """Without a quarter of the rows, but never the first of a group's cells."""
        key = [c for c in ("g", "h", "f") if c in table]
        first = ~table.duplicated(key).to_numpy()
        keep = first | (rng.random(len(table)) > 0.25)
        return table[keep].reset_index(drop=True)
