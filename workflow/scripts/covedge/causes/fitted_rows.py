"""The rows of a frame beside a model's fit to them: residuals, and responses drawn on the rows.

Everything is in the scaled columns of the model's own Gram, rows times the root of their weight.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy import sparse

from covedge.effects.columns import Columns
from covedge.effects.modes import equations
from covedge.fits.factors import Factors
from covedge.fits.fit import Fit
from covedge.fits.likelihood import square_root
from covedge.fits.own_gram import moved, own_gram
from covedge.frames.design import ModelFrame
from covedge.grams.gram import scaled_rows
from covedge.models.ladder import Model
from covedge.posteriors.given_parameters import given_parameters
from covedge.posteriors.model_rows import ModelRows, model_rows


@dataclass(frozen=True)
class FittedRows:
    """factors, x : the fit, on the model's own Gram. groups : grouping factors, deepest first."""

    frame: ModelFrame
    model: Model
    groups: tuple[str, ...]
    factors: Factors
    x: np.ndarray
    rows: ModelRows

    @property
    def gram(self):
        return self.factors.likelihood.gram

    @property
    def n_obs(self):
        return len(self.rows.y)

    @property
    def X(self):
        """(n, p) scaled columns of the fixed effects."""
        return self.rows.columns[:, sum(self.gram.n_effects) :]

    @cached_property
    def placed(self):
        """Per level (n, L q) sparse: the columns of Z, each group's at its own place."""
        found, at = [], 0
        for code, q, L in zip(
            self.rows.codes, self.gram.n_effects, self.gram.n_groups, strict=True
        ):
            Z, n = self.rows.columns[:, at : at + q], self.n_obs
            columns = code[:, None] * q + np.arange(q)
            entries = Z.ravel(), columns.ravel(), np.arange(n + 1) * q
            found.append(sparse.csr_array(entries, shape=(n, L * q)))
            at += q
        return tuple(found)

    @cached_property
    def _system(self):
        return equations(self.gram, self.factors.Sigmas(self.x))

    def products(self, v) -> Columns:
        """[Z | X]'v for columns v (n, s)."""
        effects = tuple(
            (placed.T @ v).reshape(L, q, v.shape[1])
            for placed, L, q in zip(
                self.placed, self.gram.n_groups, self.gram.n_effects, strict=True
            )
        )
        return Columns(effects, self.X.T @ v)

    def fitted(self, v):
        """(n, s) X beta + Z b, what the fit's covariance makes of responses v (n, s)."""
        found = self._system.solve(self.products(v))
        total = self.X @ found.fixed
        for placed, b in zip(self.placed, found.effects, strict=True):
            total = total + placed @ b.reshape(placed.shape[1], -1)
        return total

    @cached_property
    def free(self):
        """(n,) 1 - leverage: the variance of each conditional residual over sigma^2."""
        rows, p = self.rows, self.gram.n_fixed
        first = rows.first
        given = given_parameters(self.gram, rows.columns[first], [c[first] for c in rows.codes])
        found = given.at(self.factors.Sigmas(self.x), 1.0, np.zeros(p), np.zeros((p, p)))
        return np.clip(1.0 - found.leverages[rows.design], 0.0, 1.0)

    def draw(self, rng: np.random.Generator, size: int):
        """(n, size) responses of the model at the fit: residual SD 1, fixed effects zero."""
        y = self.draw_means(rng, size)
        return y + rng.standard_normal(y.shape)

    def draw_means(self, rng: np.random.Generator, size: int):
        """(n, size) Z b of such responses."""
        y = np.zeros((self.n_obs, size))
        Sigmas = self.factors.Sigmas(self.x)
        for placed, Sigma, L in zip(self.placed, Sigmas, self.gram.n_groups, strict=True):
            F = square_root(Sigma)
            z = rng.standard_normal((L, F.shape[1], size))
            y += placed @ np.einsum("ij,gjs->gis", F, z).reshape(placed.shape[1], size)
        return y


def fitted_rows(frame: ModelFrame, fit: Fit) -> FittedRows:
    """Of a fit to `frame`, on the Gram of all its terms."""
    own = own_gram(fit.factors.likelihood, fit.model)
    return of_factors(frame, fit.model, *moved(own.factors(fit.model), fit))


def of_factors(frame: ModelFrame, model: Model, factors: Factors, x) -> FittedRows:
    """factors, x : a fit of the model to the frame, on the model's own Gram."""
    gram = factors.likelihood.gram
    rows = model_rows(frame, scaled_rows(frame), gram, model.structures)
    named = zip(frame.terms[::-1], model.structures[::-1], strict=True)
    groups = tuple(term.name for term, structure in named if structure.components)
    return FittedRows(frame, model, groups, factors, x, rows)
