"""The levels of grouping factors whose columns come in batches."""

from dataclasses import dataclass

import numpy as np

from covedge.errors import DesignError

# Distinct values that wait in a list before they are merged with those already known.
WAITING = 1_000_000


class Distinct:
    """The distinct values among integers that come in batches, in order."""

    def __init__(self):
        self._known = np.zeros(0, dtype=np.int64)
        self._waiting: list[np.ndarray] = []

    def add(self, values: np.ndarray) -> None:
        self._waiting.append(np.unique(values))
        if sum(map(len, self._waiting)) > max(WAITING, len(self._known)):
            self._merge()

    def _merge(self):
        self._known = np.unique(np.concatenate([self._known, *self._waiting]))
        self._waiting = []

    @property
    def values(self) -> np.ndarray:
        self._merge()
        return self._known


@dataclass(frozen=True)
class Product:
    """Cells of several label columns as one integer, in the order of their categories.

    names : the columns; sizes : how many categories each has.
    """

    names: tuple[str, ...]
    sizes: tuple[int, ...]

    def __post_init__(self):
        if float(np.prod([float(size) for size in self.sizes])) >= 2.0**63:
            raise DesignError(
                f"the levels of {', '.join(f'`{n}`' for n in self.names)} have more combinations "
                "than can be numbered: join some of these columns into one"
            )

    def number(self, codes: dict[str, np.ndarray]) -> np.ndarray:
        """One integer a row, from the category codes of each column."""
        total = np.int64(0)
        for name, size in zip(self.names, self.sizes, strict=True):
            total = total * size + codes[name].astype(np.int64)
        return np.asarray(total, dtype=np.int64)

    def codes(self, numbers: np.ndarray) -> dict[str, np.ndarray]:
        """Inverse of `number`."""
        found = {}
        for name, size in zip(self.names[::-1], self.sizes[::-1], strict=True):
            numbers, found[name] = np.divmod(numbers, size)
        return found


@dataclass(frozen=True)
class Levels:
    """The levels of one grouping factor that occur.

    present : (L,) the numbers of their cells in `product`, rising.
    groups : (L,) the index that each has in the Gram, or None for the same order.
    """

    product: Product
    present: np.ndarray
    groups: np.ndarray | None = None

    def place(self, codes: dict[str, np.ndarray]) -> np.ndarray:
        """Index of each row's level (n,), from the category codes of its columns."""
        found = np.searchsorted(self.present, self.product.number(codes))
        return found if self.groups is None else self.groups[found]

    def labels(self, categories: dict[str, list[str]]) -> tuple[str, ...]:
        """`a:b` of each level."""
        codes = self.product.codes(self.present)
        columns = [np.array(categories[n], dtype=object)[codes[n]] for n in self.product.names]
        return tuple(":".join(map(str, cell)) for cell in zip(*columns, strict=True))


def levels_of(product: Product, joint: dict[str, np.ndarray]) -> Levels:
    """The levels of a grouping factor, from the joint cells of all of them."""
    return Levels(product, np.unique(product.number(joint)))
