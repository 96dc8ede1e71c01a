"""The mixed-model equations on a nested Gram: every group eliminated, from the deepest to the root.

The kernel does the same for the criterion alone. Here the eliminations are kept, so that random
effects, their covariances and several right-hand sides can be walked back. All in the Gram's scaled
coordinates, levels deepest first. Design, section 3.
"""

from dataclasses import dataclass

import numpy as np

from covedge.effects.columns import Columns
from covedge.fits.likelihood import square_root
from covedge.grams.gram import Gram

# Numbers in one batch of groups: 32 MB.
BATCH = 1 << 22


@dataclass(frozen=True)
class _Level:
    """One grouping factor, its groups side by side.

    rows : (G, q, m - 1) Z_g'[Z_g | shallower Z | X], as in the Gram; parents : (G,).
    K : (G, q, q) Sigma (I + C Sigma)^-1 and E : (G, q, m - 1 - q) K C_kr, once all that is deeper
    has been eliminated.
    """

    rows: np.ndarray
    parents: np.ndarray
    K: np.ndarray
    E: np.ndarray

    @property
    def width(self):
        return self.rows.shape[1]


class NestedEquations:
    """min |y - Z b - X beta|^2 + sum of b_g' Sigma^-1 b_g, for one value of all Sigma."""

    def __init__(self, gram: Gram, Sigmas):
        self.gram = gram
        self._root = gram.raw[-1][0][:-1, :-1]
        self.response_square = float(gram.raw[-1][0][-1, -1])
        self._levels: list[_Level] = []
        change = None
        for k, Sigma in enumerate(Sigmas):
            change = self._eliminate(k, square_root(Sigma), change)
        self.information = self._root if change is None else self._root + change[0]

    def _eliminate(self, k, L, change):
        """Eliminate level k; returns what that changes in the blocks one level up."""
        gram, q = self.gram, self.gram.n_effects[k]
        rows = (gram.deepest if k == 0 else gram.raw[k - 1][:, :q])[:, :, :-1]
        left = rows if change is None else rows + change[:, :q]
        above = gram.n_groups[k + 1] if k + 1 < len(gram.n_groups) else 1
        r = rows.shape[2] - q
        # K = L (I + L'CL)^-1 L', which needs no inverse of Sigma.
        inner = np.eye(L.shape[1]) + L.T @ left[:, :, :q] @ L
        K = L @ np.linalg.solve(inner, np.broadcast_to(L.T, (len(rows), *L.T.shape)))
        E = K @ left[:, :, q:]
        total = np.zeros((above, r, r))
        for part in _batches(len(rows), r * r):
            lost = np.swapaxes(left[part, :, q:], 1, 2) @ E[part]
            carried = 0.0 if change is None else change[part, q:, q:]
            _add_to_parents(total, gram.parents[k][part], carried - lost)
        self._levels.append(_Level(rows, gram.parents[k], K, E))
        return total

    def response(self) -> Columns:
        """[Z | X]'y."""
        gram = self.gram
        blocks = [gram.deepest[:, :, -1:]] if gram.n_effects else []
        blocks += [raw[:, :q, -1:] for raw, q in zip(gram.raw, gram.n_effects[1:], strict=False)]
        return Columns(tuple(blocks), gram.raw[-1][0][:-1, -1:])

    def product(self, coefficients: Columns) -> Columns:
        """[Z | X]'(Z b + X beta)."""
        ancestors = self._ancestors(coefficients)
        out, below = [], None
        for level, own, above in zip(self._levels, coefficients.effects, ancestors, strict=True):
            q = level.width
            mine = level.rows[:, :, :q] @ own + level.rows[:, :, q:] @ above
            out.append(mine if below is None else mine + below[:, :q])
            up = np.swapaxes(level.rows[:, :, q:], 1, 2) @ own
            below = self._to_parents(len(out) - 1, up if below is None else up + below[:, q:])
        fixed = self._root @ coefficients.fixed
        return Columns(tuple(out), fixed if below is None else fixed + below[0])

    def solve(self, right: Columns) -> Columns:
        """The b and beta that [Z | X]'v = `right` gives in place of a response v."""
        reduced, below = [], None
        for k, (level, rho) in enumerate(zip(self._levels, right.effects, strict=True)):
            q = level.width
            reduced.append(rho if below is None else rho - below[:, :q])
            up = np.swapaxes(level.E, 1, 2) @ reduced[-1]
            below = self._to_parents(k, up if below is None else up + below[:, q:])
        fixed = right.fixed if below is None else right.fixed - below[0]
        beta = np.linalg.solve(self.information, fixed)
        rest, found = beta[None], []
        for level, rho in zip(reversed(self._levels), reversed(reduced), strict=True):
            above = rest[level.parents]
            own = level.K @ rho - level.E @ above
            found.append(own)
            rest = np.concatenate([own, above], axis=1)
        return Columns(tuple(reversed(found)), beta)

    def covariances(self, fixed: np.ndarray) -> tuple[np.ndarray, ...]:
        """Per level (G, q, q) covariances of b given y over sigma^2, where beta has `fixed`.

        fixed : (p, p); zeros for a known beta.
        """
        rest, found = fixed[None], []
        for k in reversed(range(len(self._levels))):
            level = self._levels[k]
            q, r = level.width, level.E.shape[2]
            own = np.empty_like(level.K)
            joint = np.empty((len(own) if k else 0, q + r, q + r))
            for part in _batches(len(own), r * r):
                above = rest[level.parents[part]]
                across = level.E[part] @ above
                own[part] = level.K[part] + across @ np.swapaxes(level.E[part], 1, 2)
                if k:
                    joint[part, :q, :q], joint[part, q:, q:] = own[part], above
                    joint[part, :q, q:] = -across
                    joint[part, q:, :q] = -np.swapaxes(across, 1, 2)
            found.append(own)
            rest = joint
        return tuple(reversed(found))

    def _ancestors(self, coefficients):
        """Per level (G, m - 1 - q, s): the coefficients of what is shallower, and beta."""
        rest, found = coefficients.fixed[None], []
        for level, own in zip(reversed(self._levels), reversed(coefficients.effects), strict=True):
            found.append(rest[level.parents])
            rest = np.concatenate([own, found[-1]], axis=1)
        return reversed(found)

    def _to_parents(self, k, values):
        above = self.gram.n_groups[k + 1] if k + 1 < len(self._levels) else 1
        total = np.zeros((above, *values.shape[1:]))
        _add_to_parents(total, self.gram.parents[k], values)
        return total


def _batches(n, size):
    step = max(1, BATCH // max(size, 1))
    return [slice(start, min(start + step, n)) for start in range(0, n, step)]


def _add_to_parents(total, parents, values):
    """Add each group's values to its parent's; children of a parent are contiguous."""
    present, first = np.unique(parents, return_index=True)
    total[present] += np.add.reduceat(values, first, axis=0)
