"""The mixed-model equations on a crossed Gram: the largest factor eliminated, the rest dense.

All in the Gram's scaled coordinates, levels as in the Gram. Design, section 3.
"""

import numpy as np
from scipy import sparse
from scipy.linalg import cho_factor, cho_solve, solve_triangular

from covedge.effects.columns import Columns
from covedge.errors import DesignError
from covedge.fits.likelihood import square_root
from covedge.grams.crossed_gram import CrossedGram
from covedge.grams.gram import Gram

# Random effects beside those of the largest factor: 5,000 are 200 MB a matrix.
MOST_DENSE = 5000


class SparseEquations:
    """min |y - Z b - X beta|^2 + sum of b_g' Sigma^-1 b_g, for one value of all Sigma.

    With F the effects of the factor that is eliminated and r the rest, [other effects | X]:
    b_F = K (C_Fy - C_Fr w_r), where K = Sigma_F (I + C_FF Sigma_F)^-1, and w_r solves what is left.
    """

    def __init__(self, gram: Gram | CrossedGram, Sigmas):
        self.gram = gram
        self._root = gram.root if isinstance(gram, CrossedGram) else gram.raw[-1][0]
        self.response_square = float(self._root[-1, -1])
        sizes = [L * q for L, q in zip(gram.n_groups, gram.n_effects, strict=True)]
        self._first = int(np.argmax(sizes))
        self._rest = [k for k in range(len(sizes)) if k != self._first]
        self._sizes = [sizes[k] for k in self._rest]
        self._n_dense = sum(self._sizes)
        if self._n_dense > MOST_DENSE:
            raise DesignError(
                f"random effects are predicted for at most {MOST_DENSE} levels beside the largest "
                f"grouping factor; there are {self._n_dense}"
            )
        self._cross = sparse.csr_array(
            sparse.hstack([self._sparse(self._first, k) for k in [*self._rest, None]])
        )
        corner = [[self._dense(k, j) for j in [*self._rest, None]] for k in [*self._rest, None]]
        self._corner = np.block(corner)
        self._eliminate(Sigmas)

    def _eliminate(self, Sigmas):
        own = self.gram.pairs(self._first, self._first).blocks
        L = square_root(Sigmas[self._first])
        inner = np.eye(L.shape[1]) + L.T @ own @ L
        self.K = L @ np.linalg.solve(inner, np.broadcast_to(L.T, (len(own), *L.T.shape)))
        self._E = sparse.csr_array(_block_diagonal(self.K) @ self._cross)
        S = self._corner - (self._cross.T @ self._E).toarray()
        roots = [square_root(Sigmas[k]) for k in self._rest]
        groups = [self.gram.n_groups[k] for k in self._rest]
        self._Lam = sparse.csr_array(
            sparse.block_diag(
                [sparse.csr_array((0, 0))]
                + [sparse.kron(sparse.eye(n), r) for n, r in zip(groups, roots, strict=True)]
            )
        )
        n, width = self._n_dense, self._Lam.shape[1]
        inner = np.eye(width) + self._Lam.T @ (self._Lam.T @ S[:n, :n].T).T
        self._inner = cho_factor(inner, lower=True) if width else None
        self._left = S[:n, n:]
        reduced = self._within(self._left)
        self.information = S[n:, n:] - self._left.T @ reduced
        self._reduced = reduced

    def _within(self, right):
        """Lam (I + Lam'S Lam)^-1 Lam' right: the dense effects where beta is known."""
        if self._inner is None:
            return np.zeros((self._n_dense, right.shape[1]))
        return self._Lam @ cho_solve(self._inner, self._Lam.T @ right)

    def response(self) -> Columns:
        """[Z | X]'y."""
        levels = range(len(self.gram.n_groups))
        effects = tuple(self.gram.fixed_blocks(k)[:, :, -1:] for k in levels)
        return Columns(effects, self._root[:-1, -1:])

    def product(self, coefficients: Columns) -> Columns:
        """[Z | X]'(Z b + X beta)."""
        first, rest = self._flat(coefficients)
        own = self.gram.pairs(self._first, self._first).blocks @ coefficients.effects[self._first]
        mine = own + (self._cross @ rest).reshape(own.shape)
        return self._shaped(mine, self._cross.T @ first + self._corner @ rest)

    def solve(self, right: Columns) -> Columns:
        """The b and beta that [Z | X]'v = `right` gives in place of a response v."""
        first, rest = self._flat(right)
        rest = rest - self._E.T @ first
        n = self._n_dense
        beta = np.linalg.solve(self.information, rest[n:] - self._reduced.T @ rest[:n])
        dense = self._within(rest[:n] - self._left @ beta)
        rest = np.concatenate([dense, beta])
        rho = right.effects[self._first]
        return self._shaped(self.K @ rho - (self._E @ rest).reshape(rho.shape), rest)

    def covariances(self, fixed: np.ndarray) -> tuple[np.ndarray, ...]:
        """Per level (G, q, q) covariances of b given y over sigma^2, where beta has `fixed`.

        fixed : (p, p); zeros for a known beta.
        """
        n = self._n_dense
        joint = np.zeros((n + len(fixed), n + len(fixed)))
        if self._inner is not None:
            root = solve_triangular(self._inner[0], self._Lam.T.toarray(), lower=True)
            joint[:n, :n] = root.T @ root
        joint[:n, :n] += self._reduced @ fixed @ self._reduced.T
        joint[:n, n:] = -self._reduced @ fixed
        joint[n:, :n], joint[n:, n:] = joint[:n, n:].T, fixed
        found = {}
        for k, block in zip(self._rest, self._split(joint[:n, :n]), strict=True):
            L, q = self.gram.n_groups[k], self.gram.n_effects[k]
            groups = np.arange(L)
            found[k] = block.reshape(L, q, L, q)[groups, :, groups]
        found[self._first] = self.K + self._across(joint)
        return tuple(found[k] for k in range(len(self.gram.n_groups)))

    def _across(self, joint):
        """E_g joint E_g' of each group; a group touches few columns."""
        q = self.K.shape[1]
        out = np.empty_like(self.K)
        for g in range(len(out)):
            E = self._E[g * q : (g + 1) * q]
            touched = np.unique(E.indices)
            part = E[:, touched].toarray()
            out[g] = part @ joint[np.ix_(touched, touched)] @ part.T
        return out

    def _split(self, square):
        """The diagonal blocks of the dense factors."""
        ends = np.cumsum(self._sizes)
        return [square[e - s : e, e - s : e] for e, s in zip(ends, self._sizes, strict=True)]

    def _flat(self, columns):
        """(N_F, s) of the eliminated factor and (N + p, s) of the rest."""
        s = columns.fixed.shape[1]
        rest = [columns.effects[k].reshape(-1, s) for k in self._rest]
        return columns.effects[self._first].reshape(-1, s), np.concatenate([*rest, columns.fixed])

    def _shaped(self, first, rest):
        """Inverse of `_flat`, with `first` (L, q, s)."""
        s = rest.shape[1]
        ends = np.cumsum(self._sizes)
        found = {self._first: first}
        for k, end, size in zip(self._rest, ends, self._sizes, strict=True):
            found[k] = rest[end - size : end].reshape(-1, self.gram.n_effects[k], s)
        effects = tuple(found[k] for k in range(len(self.gram.n_groups)))
        return Columns(effects, rest[self._n_dense :])

    def _sparse(self, k, j):
        """Z_k'Z_j, or Z_k'X where j is None."""
        gram = self.gram
        rows = gram.n_groups[k] * gram.n_effects[k]
        if j is None:
            return sparse.csr_array(gram.fixed_blocks(k)[:, :, :-1].reshape(rows, -1))
        if k > j:
            return self._sparse(j, k).T
        met = gram.pairs(k, j)
        q, width = gram.n_effects[k], gram.n_effects[j]
        at = (met.first[:, None] * q + np.arange(q))[:, :, None]
        across = (met.second[:, None] * width + np.arange(width))[:, None, :]
        at, across = np.broadcast_arrays(at, across)
        shape = (rows, gram.n_groups[j] * width)
        return sparse.csr_array((met.blocks.ravel(), (at.ravel(), across.ravel())), shape=shape)

    def _dense(self, k, j):
        if k is None and j is None:
            return self._root[:-1, :-1]
        if k is None:
            return self._sparse(j, None).toarray().T
        return self._sparse(k, j).toarray()


def _block_diagonal(blocks):
    """Sparse matrix of (L, q, q) blocks."""
    L, q = blocks.shape[:2]
    place = np.arange(L * q).reshape(L, q)
    rows, columns = np.broadcast_arrays(place[:, :, None], place[:, None, :])
    return sparse.csr_array((blocks.ravel(), (rows.ravel(), columns.ravel())), shape=(L * q, L * q))
