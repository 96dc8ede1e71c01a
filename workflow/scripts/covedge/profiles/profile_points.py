"""One point of a profile: the others lowered as far as they go, with the parameter held.

The gradient in a factor vanishes where a column of it has collapsed, so that a stop is not yet a
minimum: in Sigma, the slope less the constraint's multiplier must be positive semidefinite. Where
it is not, the direction is opened and the search goes on.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from covedge.fits.spectrum import information_root
from covedge.profiles.profile_paths import Path
from covedge.profiles.profile_search import Found, metric_at, minimise

# A point is found where a step expects to gain less than this in D.
PRECISION = 1e-8
STEPS = 400
# A dual below this asks for another direction.
ROUGH_DUAL = 1e-4
# A collapsed direction that was opened must gain this.
GAIN = 1e-7
OPENINGS = 6
# Precision of a search from elsewhere, and how much lower another minimum must be.
ROUGH, ANOTHER = 1e-4, 1e-3
# Other starts where the interval seems to end, and powers of ten of their size in scaled
# coordinates.
STARTS, SIZES = 3, (-1.5, 0.5)


@dataclass(frozen=True)
class Solved:
    """The lowest point with the parameter at `value`."""

    value: float
    criterion: float
    found: Found


@dataclass
class Solver:
    """Points of one path. information : (p, p) H of each block at the estimate."""

    path: Path
    information: Sequence[np.ndarray]
    n_levels: Sequence[int]

    def first(self, factors, sigma, value) -> Solved:
        """The point at `value` next to factors known from elsewhere."""
        x = self.path.coordinates(factors, sigma, value)
        metric = metric_at(lambda x: self.path.evaluate(x, value), x)
        return self._solve(Found(x, np.inf, metric), value)

    def others(self, known: Solved, sigma) -> Solved:
        """A lower point at the value of `known` from other starts; `known` where there is none.

        The criterion may have several minima there: a large standard deviation is fitted with the
        one or the other sign of its correlations.
        """
        path, value = self.path, known.value
        rng = np.random.default_rng(len(known.found.x))
        for _ in range(STARTS if path.target is not None else 1):
            factors = [
                rng.normal(size=shape) * 10.0 ** rng.uniform(*SIZES) for shape in path.shapes
            ]
            x = path.coordinates(factors, sigma, value)
            metric = metric_at(lambda x: path.evaluate(x, value), x)
            found = minimise(lambda x: path.evaluate(x, value), x, metric, ROUGH, STEPS)
            if found.value < known.criterion - ANOTHER:
                return self._solve(found, value)
        return known

    def next(self, value, known: Sequence[Solved]) -> Solved:
        """The point at `value`, from the two last ones: where they point to."""
        last = known[-1]
        x = last.found.x
        if len(known) > 1 and known[-2].value != last.value:
            share = (value - last.value) / (last.value - known[-2].value)
            x = x + np.clip(share, -3.0, 3.0) * (x - known[-2].found.x)
            evaluate = self.path.evaluate
            if not evaluate(x, value)[0] < evaluate(last.found.x, value)[0]:
                x = last.found.x
        return self._solve(Found(x, np.inf, last.found.metric), value)

    def _solve(self, start, value):
        def function(x):
            return self.path.evaluate(x, value)

        found = minimise(function, start.x, start.metric, PRECISION, STEPS)
        for _ in range(OPENINGS):
            x = self._opened(found, value)
            if x is None:
                break
            opened = minimise(function, x, metric_at(function, x), PRECISION, STEPS)
            gain = found.value - opened.value
            if gain > 0.0:
                found = opened
            if not gain > GAIN:
                break
        return Solved(value, found.value, found)

    def _opened(self, found, value):
        """A lower point where a collapsed direction opens, or None where none wants to."""
        path, x = self.path, found.x
        D = path.evaluate(x, value)[0]
        slopes = path.criterion.slopes()
        factors = path.factors(x, value)
        for k, (block, L, Z) in enumerate(zip(path.criterion.blocks, factors, slopes, strict=True)):
            new = self._direction(k, block, L, Z, path.constraint(x, value))
            if new is None:
                continue
            sigma = np.exp(x[0]) if path.head == 1 else 1.0
            for _ in range(30):
                wider = [*factors]
                wider[k] = new if not block.full else _compressed(L, new)
                candidate = path.coordinates(wider, sigma, value)
                if path.evaluate(candidate, value)[0] < D:
                    return candidate
                new = new / 2
        return None

    def _direction(self, k, block, L, Z, constraint):
        """(p, 1) a new column of L, with the length that lowers D most; or None."""
        n, H = self.n_levels[k], self.information[k]
        if not block.full:
            dual = np.trace(Z) / max(np.trace(H), 1e-300)
            held = k == self.path.target
            if held or L[0, 0] ** 2 * np.trace(H) / len(H) > 1e-3 * n or dual > -ROUGH_DUAL:
                return None
            return np.full((1, 1), np.sqrt(-dual * n / max(np.trace(H) / len(H), 1e-300)))
        if not block.informed.size or (L.shape[1] < len(L) and _full_rank(L)):
            return None
        if k == self.path.target:
            # The multiplier of the constraint: on the range of L the two slopes cancel.
            along, own = constraint @ L, Z @ L
            Z = Z - (along * own).sum() / max((along * along).sum(), 1e-300) * constraint
        _, back = information_root(H, block.informed)
        duals, U = np.linalg.eigh(back.T @ Z @ back)
        if duals[0] > -ROUGH_DUAL:
            return None
        return (back @ U[:, :1]) * np.sqrt(-duals[0] * n)


def _full_rank(L):
    s = np.linalg.svd(L, compute_uv=False)
    return s[-1] > 1e-6 * max(s[0], 1e-300)


def _compressed(L, column):
    """(p, d) with [L column][L column]' as its square, as far as d columns can."""
    U, s, _ = np.linalg.svd(np.hstack([L, column]), full_matrices=False)
    d = L.shape[1]
    return (U * s)[:, :d]
