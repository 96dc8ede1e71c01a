"""The criterion of a model and its derivatives in Sigma, on one Gram.

Everything here is in the Gram's scaled coordinates, levels deepest first, except where it says
"the user's"; the criterion is the user's always. Design, sections 2 and 3.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from covedge import kernel
from covedge.grams.gram import Gram


@dataclass(frozen=True)
class Point:
    """What is known at one value of all Sigma.

    criterion : D, -2 log-likelihood or the REML criterion, constants included.
    Gamma : per level (q, q) dD / dSigma, H : per level (q, q) Sum_g Z_g'V^-1 Z_g (REML: less what
        the fixed effects take); empty tuples where they were not asked for.
    sigma2 : residual variance, in the user's units.
    beta : (p,) fixed effects and cov_beta (p, p) their covariance, in the user's units.
    """

    criterion: float
    Gamma: tuple[np.ndarray, ...]
    H: tuple[np.ndarray, ...]
    sigma2: float
    beta: np.ndarray
    cov_beta: np.ndarray


class Likelihood:
    """Profiled criterion on a Gram, by ML or REML."""

    def __init__(self, gram: Gram, reml: bool):
        self.gram, self.reml = gram, reml
        self.ints, self.floats = gram.packed
        self.constant = gram.scaling.constant(gram.n_obs, reml)
        self.sizes = np.array([q * q for q in gram.n_effects], dtype=np.int64)
        self.ends = np.cumsum(self.sizes)
        self.nu = gram.n_obs - gram.n_fixed * reml
        self._all = np.ones(len(self.sizes), dtype=np.int64)

    def __reduce__(self):
        return Likelihood, (self.gram, self.reml)

    def criterion(self, Lam, ranks, Gamma, wanted=None):
        """D at packed factors (see `kernel.forward`); writes Gamma, flat. For tight loops."""
        wanted = self._all if wanted is None else wanted
        value = kernel.profiled(
            self.ints, self.floats, Lam, ranks, self.reml, wanted, Gamma, Gamma
        )[0]
        return value + self.constant

    def unprofiled(self, Lam, ranks, sigma2, Gamma):
        """(D, dD/d sigma2) at packed factors and a residual variance; writes Gamma, flat.

        sigma2 : in scaled units, the user's over `gram.scaling.response` squared.
        """
        value, slope = kernel.unprofiled(
            self.ints, self.floats, Lam, ranks, self.reml, sigma2, Gamma
        )
        return value + self.constant, slope

    def at(self, Sigmas, information=True) -> Point:
        """Everything at the Sigmas, one positive semidefinite (q, q) per level."""
        Lam, ranks = self.pack([square_root(Sigma) for Sigma in Sigmas])
        Gamma = np.empty(Lam.size)
        H = np.empty(Lam.size)
        wanted = self._all * (2 if information else 1)
        criterion, residual, beta, inverse = kernel.profiled(
            self.ints, self.floats, Lam, ranks, self.reml, wanted, Gamma, H
        )
        if not np.isfinite(criterion):
            # So large a Sigma leaves no digits of the residual; nothing else is known there.
            residual, Gamma[:] = 0.0, 0.0
            H = np.concatenate([np.zeros(0), *(np.eye(q).ravel() for q in self.gram.n_effects)])
            beta, inverse = np.zeros_like(beta), np.eye(len(beta))
        scaling = self.gram.scaling
        sigma2 = residual / self.nu * scaling.response**2
        # Back to the user's X: beta = beta_ls + s R^-1 beta_scaled.
        back = np.linalg.inv(scaling.fixed)
        return Point(
            criterion=float(criterion + self.constant),
            Gamma=self.unpack(Gamma),
            H=self.unpack(H) if information else (),
            sigma2=float(sigma2),
            beta=scaling.beta + scaling.response * (back @ beta),
            cov_beta=sigma2 * back @ inverse @ back.T,
        )

    @cached_property
    def information(self):
        """H at Sigma = 0, where it is largest: what the data can say of each level's effects."""
        return self.at([np.zeros((q, q)) for q in self.gram.n_effects]).H

    def pack(self, factors):
        """(Lam, ranks) for the kernel from a (q, d) factor per level, d <= q."""
        Lam = np.zeros(int(self.sizes.sum()))
        for factor, end, size in zip(factors, self.ends, self.sizes, strict=True):
            q, d = factor.shape
            Lam[end - size : end].reshape(q, q)[:, :d] = factor
        return Lam, np.array([factor.shape[1] for factor in factors], dtype=np.int64)

    def unpack(self, flat):
        """(q, q) per level from a flat buffer."""
        return tuple(
            flat[end - q * q : end].reshape(q, q)
            for end, q in zip(self.ends, self.gram.n_effects, strict=True)
        )

    def to_user(self, Sigmas):
        """Sigma per level in the effects' own basis."""
        return tuple(W @ S @ W.T for W, S in zip(self.gram.scaling.random, Sigmas, strict=True))

    def from_user(self, Sigmas):
        """Inverse of `to_user`."""
        inverses = [np.linalg.inv(W) for W in self.gram.scaling.random]
        return tuple(V @ S @ V.T for V, S in zip(inverses, Sigmas, strict=True))


def square_root(Sigma):
    """(q, d) factor of a positive semidefinite (q, q), d its numerical rank."""
    values, vectors = np.linalg.eigh((Sigma + Sigma.T) / 2)
    keep = values > 1e-15 * max(values.max(initial=0.0), 1e-300)
    return vectors[:, keep] * np.sqrt(values[keep])
