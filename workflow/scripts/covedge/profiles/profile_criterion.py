"""The criterion as a profile needs it: at a given sigma, or with one fixed effect held.

The factors of all components come in as a list and the derivatives go back the same way; work is
counted, so that a budget of it does not depend on the clock.
"""

from collections.abc import Sequence

import numpy as np

from covedge.fits.factors import Block
from covedge.fits.likelihood import Likelihood
from covedge.kernel.elimination import backward, forward
from covedge.kernel.layout import buffer_sizes
from covedge.kernel.sampler import narrow


class Criterion:
    """D of the components' factors, and its derivatives; `calls` of the kernel are counted.

    blocks : the components; their levels are those of the likelihood's Gram.
    """

    def __init__(self, likelihood: Likelihood, blocks: Sequence[Block]):
        self.likelihood, self.blocks = likelihood, tuple(blocks)
        self.calls = 0
        self._levels = tuple(
            tuple(i for i, b in enumerate(self.blocks) if b.level == k)
            for k in range(len(likelihood.gram.n_effects))
        )
        self._Gamma = np.zeros(int(likelihood.sizes.sum()))
        self._effects = likelihood.gram.n_effects
        ends = np.cumsum([0, *(q * q for q in self._effects)])
        self._parts = [
            self._Gamma[end - q * q : end].reshape(q, q)
            for end, q in zip(ends[1:], self._effects, strict=True)
        ]
        self._buffers = buffer_sizes(likelihood.ints)
        self._wanted = np.ones(len(likelihood.sizes), dtype=bool)

    def profiled(self, factors):
        """(D, dD/dL of each block), sigma and beta profiled out."""
        F, Lam, ranks = self._packed(factors)
        value = self.likelihood.criterion(Lam, ranks, self._Gamma)
        return value, self._back(F, factors)

    def at_sigma(self, factors, sigma2):
        """(D, dD/dL, dD/d sigma2) at a residual variance in scaled units."""
        F, Lam, ranks = self._packed(factors)
        value, slope = self.likelihood.unprofiled(Lam, ranks, sigma2, self._Gamma)
        return value, self._back(F, factors), slope

    def at_fixed(self, factors, a, c):
        """(D, dD/dL) by ML where the scaled coefficients obey a'beta = c, sigma profiled out.

        Held, the generalised least squares' residual grows by (a'beta - c)^2 / a'A^-1 a.
        """
        F, Lam, ranks = self._packed(factors)
        ints, floats = self.likelihood.ints, self.likelihood.floats
        n_work, n_factors = self._buffers
        work, kept = np.empty(n_work), np.empty(n_factors)
        logdet = forward(ints, floats, Lam, ranks, work, kept)
        p, nu = len(a), self.likelihood.gram.n_obs
        S = work[n_work - (p + 1) ** 2 :].reshape(p + 1, p + 1)
        both = np.linalg.solve(S[:p, :p], np.column_stack([S[:p, p], a]))
        beta, towards = both[:, 0], both[:, 1]
        off = a @ beta - c
        residual = S[p, p] - S[:p, p] @ beta + off**2 / (a @ towards)
        if not (residual > 0.0 and np.isfinite(logdet)):
            self._Gamma[:] = 0.0
            return np.inf, self._back(F, factors)
        v = np.append(off / (a @ towards) * towards - beta, 1.0)
        seed = nu / residual * np.outer(v, v)
        backward(ints, floats, Lam, ranks, work, kept, seed, self._wanted, self._Gamma)
        value = logdet + nu * (1.0 + np.log(2.0 * np.pi * residual / nu))
        return value + self.likelihood.constant, self._back(F, factors)

    def slopes(self):
        """A' Gamma A (p, p) of each block, where the criterion was last asked for."""
        Gamma = self._parts
        return [b.basis.T @ Gamma[b.level] @ b.basis for b in self.blocks]

    def _packed(self, factors):
        """Columns F_k of each level, and (Lam, ranks) for the kernel."""
        self.calls += 1
        F = [
            np.hstack([_columns(self.blocks[i], factors[i]) for i in own])
            if own
            else np.zeros((q, 0))
            for own, q in zip(self._levels, self._effects, strict=True)
        ]
        flat = np.concatenate([np.zeros(0), *(f.ravel() for f in F)])
        widths = np.array([f.shape[1] for f in F], dtype=np.int64)
        return F, *narrow(self.likelihood.ints, flat, widths)

    def _back(self, F, factors):
        """dD/dL = 2 A' Gamma F, or for a scalar component the sum over its columns."""
        found = [None] * len(self.blocks)
        for own, columns, G in zip(self._levels, F, self._parts, strict=True):
            slope, at = 2.0 * (G @ columns), 0
            for i in own:
                block, L = self.blocks[i], factors[i]
                width = L.shape[1] if block.full else block.basis.shape[1]
                part = slope[:, at : at + width]
                found[i] = (
                    block.basis.T @ part if block.full else np.array([[(block.basis * part).sum()]])
                )
                at += width
        return found


def _columns(block, L):
    return block.basis @ L if block.full else block.basis * L[0, 0]
