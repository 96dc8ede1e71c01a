"""One parameter held at a value, all others free: the constraint is put into the coordinates.

L of the component that holds the parameter may be turned from the right, and its basis from the
left. In the basis whose first vector is along the effect's own row t of T (own effects = T L), a
standard deviation s has t'L = (s / sigma, 0, ...), and all other rows are free; a correlation r
has t_i'L = s_i e_1, t_j'L = s_j (r e_1 + sqrt(1 - r^2) e_2) with s_i, s_j > 0 free. What is left
is minimised without constraints. Values are in the user's units, sigma in scaled ones.
"""

import itertools

import numpy as np

from covedge.profiles.profile_criterion import Criterion

# Logarithms of sigma, or of a standard deviation over sigma, beyond which nothing is looked for.
FAR = 100.0


class Path:
    """Coordinates x of everything but the parameter; here all factors, as for sigma.

    criterion : the model's. shapes : (rows, columns) of L of each block.
    """

    def __init__(self, criterion: Criterion, shapes):
        self.criterion, self.shapes = criterion, shapes
        ends = np.cumsum([self.head, *(rows * columns for rows, columns in self._free_shapes())])
        self.size = int(ends[-1])
        self._places = [slice(a, b) for a, b in itertools.pairwise(ends)]

    # How many coordinates come before the factors, and the block with a row held.
    head, target = 0, None
    held_rows = 0

    def _free_shapes(self):
        return [
            (rows - self.held_rows, columns) if k == self.target else (rows, columns)
            for k, (rows, columns) in enumerate(self.shapes)
        ]

    def _parts(self, x):
        shapes = self._free_shapes()
        return [x[p].reshape(s) for p, s in zip(self._places, shapes, strict=True)]

    def _joined(self, head, parts):
        return np.concatenate([np.asarray(head, dtype=float), *(np.ravel(p) for p in parts)])

    def evaluate(self, x, value):
        """(D, dD/dx) with the parameter at `value`."""
        raise NotImplementedError

    def _too_far(self, x):
        return bool((np.abs(x[: self.head]) > FAR).any())

    def factors(self, x, value):
        """L of each block."""
        return self._parts(x)

    def coordinates(self, factors, sigma, value):
        """x of the point on the constraint next to these factors."""
        return self._joined((), factors)

    def constraint(self, x, value):
        """(p, p) derivative of the constraint in S of the target, or None where it has none."""
        return None


class SigmaPath(Path):
    """The residual standard deviation."""

    def evaluate(self, x, value):
        sigma = value / self.criterion.likelihood.gram.scaling.response
        D, slopes, _ = self.criterion.at_sigma(self._parts(x), sigma**2)
        return D, self._joined((), slopes)


class FixedPath(Path):
    """Column j of the fixed effects."""

    def __init__(self, criterion: Criterion, shapes, column: int):
        super().__init__(criterion, shapes)
        scaling = criterion.likelihood.gram.scaling
        # beta = beta_ls + response R^-1 beta_scaled.
        self._row = np.linalg.inv(scaling.fixed)[column]
        self._start, self._unit = scaling.beta[column], scaling.response

    def evaluate(self, x, value):
        held = (value - self._start) / self._unit
        D, slopes = self.criterion.at_fixed(self._parts(x), self._row, held)
        return D, self._joined((), slopes)


class DeviationPath(Path):
    """The standard deviation of an effect whose row of T is t; head: log sigma."""

    head, held_rows = 1, 1

    def __init__(self, criterion: Criterion, shapes, target: int, t: np.ndarray):
        self.target = target
        super().__init__(criterion, shapes)
        self._turn, R = np.linalg.qr(t[:, None], mode="complete")
        self._length = R[0, 0]
        self._t, self._unit = t, criterion.likelihood.gram.scaling.response

    def _scale(self, log_sigma, value):
        return value / (self._unit * np.exp(log_sigma) * self._length)

    def evaluate(self, x, value):
        if self._too_far(x):
            return np.inf, np.zeros_like(x)
        D, slopes, slope = self.criterion.at_sigma(self.factors(x, value), np.exp(2.0 * x[0]))
        turned = self._turn.T @ slopes[self.target]
        log_sigma = 2.0 * slope * np.exp(2.0 * x[0])
        if turned.size:
            log_sigma -= turned[0, 0] * self._scale(x[0], value)
        slopes[self.target] = turned[1:]
        return D, self._joined([log_sigma], slopes)

    def factors(self, x, value):
        parts = self._parts(x)
        free = parts[self.target]
        first = np.zeros((1, free.shape[1]))
        first[0, 0] = self._scale(x[0], value)
        parts[self.target] = self._turn @ np.vstack([first, free])
        return parts

    def coordinates(self, factors, sigma, value):
        W = self._turn.T @ factors[self.target]
        W = W @ _aligned(np.sign(self._length) * W[:1].T)
        parts = [*factors]
        parts[self.target] = W[1:]
        return self._joined([np.log(sigma)], parts)

    def constraint(self, x, value):
        return np.outer(self._t, self._t)


class CorrelationPath(Path):
    """The correlation of two effects whose rows of T are ti and tj; head: log s_i, log s_j.

    s are in units of sigma, which is profiled out: a correlation does not know of it.
    """

    head, held_rows = 2, 2

    def __init__(self, criterion: Criterion, shapes, target: int, ti, tj):
        self.target = target
        super().__init__(criterion, shapes)
        self._turn, R = np.linalg.qr(np.column_stack([ti, tj]), mode="complete")
        self._R, self._ti, self._tj = R[:2], ti, tj

    def _rows(self, x, r, width):
        """t_i'L and t_j'L."""
        rows = np.zeros((2, width))
        rows[0, 0] = np.exp(x[0])
        rows[1, :2] = np.exp(x[1]) * np.array([r, np.sqrt(max(1.0 - r**2, 0.0))])
        return rows

    def factors(self, x, value):
        parts = self._parts(x)
        free = parts[self.target]
        held = np.linalg.solve(self._R.T, self._rows(x, value, free.shape[1]))
        parts[self.target] = self._turn @ np.vstack([held, free])
        return parts

    def evaluate(self, x, value):
        if self._too_far(x):
            return np.inf, np.zeros_like(x)
        D, slopes = self.criterion.profiled(self.factors(x, value))
        turned = self._turn.T @ slopes[self.target]
        rows = np.linalg.solve(self._R, turned[:2])
        head = (rows * self._rows(x, value, rows.shape[1])).sum(axis=1)
        slopes[self.target] = turned[2:]
        return D, self._joined(head, slopes)

    def coordinates(self, factors, sigma, value):
        L = factors[self.target]
        rows = np.vstack([self._ti @ L, self._tj @ L])
        Q = _aligned(rows.T)
        lengths = np.maximum(np.linalg.norm(rows, axis=1), np.exp(-FAR / 2))
        parts = [*factors]
        parts[self.target] = (self._turn.T @ L)[2:] @ Q
        return self._joined(np.log(lengths), parts)

    def constraint(self, x, value):
        ratio = np.exp(x[1] - x[0])
        ti, tj = self._ti, self._tj
        own = np.outer(ti, tj) + np.outer(tj, ti)
        return (own - value * (ratio * np.outer(ti, ti) + np.outer(tj, tj) / ratio)) / 2


def _aligned(columns):
    """Q (d, d) orthogonal, whose first vectors are those of columns (d, k), one after another."""
    Q, R = np.linalg.qr(columns, mode="complete")
    signs = np.ones(len(Q))
    signs[: R.shape[1]] = np.where(np.diag(R) < 0.0, -1.0, 1.0)[: len(Q)]
    return Q * signs
