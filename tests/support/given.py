"""A model with known G and sigma, its Draws, and the same by dense matrices of n rows."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from covedge.fits.likelihood import square_root
from covedge.grams.gram import scaled_rows
from covedge.grams.reduced_gram import of_model
from covedge.posteriors.model_rows import model_rows
from covedge.posteriors.posterior import Draws
from covedge.posteriors.prior import FixedPrior
from support.models import Problem


@dataclass(frozen=True)
class Given:
    """model : of the problem's ladder. Gs : per term that it has (q, q), outermost first, on the
    effects of the frame; sigma : residual SD; fixed : the prior of beta. All in the user's units.
    """

    problem: Problem
    model: int
    Gs: tuple[np.ndarray, ...]
    sigma: float
    fixed: FixedPrior

    @property
    def structures(self):
        return self.problem.models[self.model].structures

    @cached_property
    def gram(self):
        return of_model(self.problem.likelihood.gram, self.structures)

    @cached_property
    def rows(self):
        frame = self.problem.frame
        return model_rows(frame, scaled_rows(frame), self.gram, self.structures)

    def draws(self, *others: "Given", repeat=1) -> Draws:
        """Of one chain: these parameters and those of others, each as often as is asked."""
        points = [point for point in (self, *others) for _ in range(repeat)]
        Sigmas = []
        for k, W in enumerate(self.gram.scaling.random):
            back = np.linalg.pinv(W)
            Sigmas.append(np.stack([back @ p.Gs[-1 - k] @ back.T / p.sigma**2 for p in points]))
        factors = [
            np.concatenate([_square(S[i]).ravel() for S in Sigmas] or [np.zeros(0)])
            for i in range(len(points))
        ]
        sigma = np.array([p.sigma for p in points])
        return Draws((1, len(points)), np.stack(factors), sigma, tuple(Sigmas))

    @cached_property
    def Z(self):
        """Per term that the model has (n, L q): columns of each level's effects side by side."""
        out = []
        frame = self.problem.frame
        for Z, codes, term, s in zip(
            frame.Z, frame.codes, frame.terms, self.structures, strict=True
        ):
            if s.components:
                of_level = codes[:, None] == np.arange(term.n_levels)
                out.append((of_level[:, :, None] * Z[:, None, :]).reshape(len(Z), -1))
        return out

    @cached_property
    def W(self):
        """(n, p + N) [X | Z of each term], as the user has them."""
        return np.column_stack([self.problem.frame.X, *self.Z])

    @cached_property
    def prior(self):
        """Mean and covariance of (beta, b) before y."""
        p, N = len(self.fixed.mean), self.W.shape[1]
        covariance = np.zeros((N, N))
        covariance[:p, :p] = np.linalg.inv(self.fixed.precision)
        at = p
        for Z, G in zip(self.Z, self.Gs, strict=True):
            size = Z.shape[1]
            covariance[at : at + size, at : at + size] = np.kron(np.eye(size // len(G)), G)
            at += size
        return np.concatenate([self.fixed.mean, np.zeros(N - p)]), covariance

    @cached_property
    def marginal(self):
        """Mean and covariance of y with beta and b integrated out."""
        mean, covariance = self.prior
        noise = self.sigma**2 / self.rows.weights
        return self.W @ mean, self.W @ covariance @ self.W.T + np.diag(noise)

    @cached_property
    def posterior(self):
        """Mean and covariance of (beta, b) given y."""
        mean, covariance = self.prior
        centre, V = self.marginal
        gain = np.linalg.solve(V, self.W @ covariance).T
        return (
            mean + gain @ (self.problem.frame.y - centre),
            covariance - gain @ self.W @ covariance,
        )


def _square(Sigma):
    """(q, q) root of Sigma, with columns of zeros where it is singular."""
    root = square_root(Sigma)
    return np.pad(root, ((0, 0), (0, len(Sigma) - root.shape[1])))
