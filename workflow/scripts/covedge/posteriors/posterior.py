"""From the sampler's numbers to what the user asks about: beta, sigma, and each term's G."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from covedge.fits.spread import correlations, standard_deviations
from covedge.frames.design import Term
from covedge.grams.gram import Gram
from covedge.models.structure import Structure
from covedge.posteriors.families.placing import covariances
from covedge.posteriors.marginal_op import buffers, conditional
from covedge.posteriors.prior import Prior

FIXED, RESIDUAL, SD, CORRELATION, COVARIANCE = "fixed", "sigma", "sd", "correlation", "covariance"
EFFECTS, CELLS = "effects", "cells"


@dataclass(frozen=True)
class Quantity:
    """One array of the posterior.

    name : as a variable of the file. values : (chains, draws, ...). labels : of each further
    axis. kind : one of the words above; group, coding : of a term's, else "".
    """

    name: str
    values: np.ndarray
    labels: tuple[tuple[str, ...], ...]
    kind: str
    group: str = ""
    coding: str = ""

    def scalars(self) -> Iterator[tuple[tuple[str, ...], np.ndarray]]:
        """(labels, (chains, draws)) of each number that is free: of a matrix, the lower part."""
        matrix = len(self.labels) == 2
        diagonal = 0 if self.kind == COVARIANCE else -1
        for place in np.ndindex(*self.values.shape[2:]):
            if not matrix or place[1] - place[0] <= diagonal:
                words = tuple(names[k] for names, k in zip(self.labels, place, strict=True))
                yield words, self.values[(slice(None), slice(None), *place)]


@dataclass(frozen=True)
class Draws:
    """Draws of a model's parameters, all chains one after the other.

    factors : (n, sum q_k w_k) of the relative Sigma, in the model's Gram's scaled coordinates.
    sigma : (n,) in the response's units. Sigmas : per level of the model (n, q, q), alike scaled.
    beta : (n, p) in the user's units. effects : per level (n, L, q) scaled b, where the sampler
    has drawn them.
    """

    shape: tuple[int, int]
    factors: np.ndarray
    sigma: np.ndarray
    Sigmas: tuple[np.ndarray, ...]
    beta: np.ndarray | None = None
    effects: tuple[np.ndarray, ...] | None = None

    def chosen(self, places: np.ndarray) -> "Draws":
        """Some of the draws; the chains are no longer told apart."""
        return Draws(
            (1, len(places)),
            self.factors[places],
            self.sigma[places],
            tuple(Sigma[places] for Sigma in self.Sigmas),
            None if self.beta is None else self.beta[places],
            None if self.effects is None else tuple(b[places] for b in self.effects),
        )


def flat(values: dict) -> dict:
    """The sampler's variables (chains, draws, ...) with all chains one after the other."""
    n = values["sigma"].shape[0] * values["sigma"].shape[1]
    return {name: array.reshape(n, -1) for name, array in values.items()}


def draws_of(
    values: dict, gram: Gram, prior: Prior, layout, seed: int = 0, beta: np.ndarray | None = None
) -> Draws:
    """From the sampler's variables (n, ...), see `flat`; beta is drawn from its conditional.

    gram : of the model. layout : of the prior's family. beta : (n, p), where it is known.
    """
    sigma = prior.sigma_scale * values["sigma"]
    factors = np.zeros((len(sigma), 0))
    if prior.components:
        factors = layout.relative(values, sigma / gram.scaling.response)
    Sigmas = covariances(factors, gram.n_effects, layout.widths)
    draws = Draws((1, len(sigma)), factors, sigma[:, 0], Sigmas)
    if beta is None:
        beta = fixed_effects(draws, gram, prior, layout, seed)
    return replace(draws, beta=beta)


def quantities(
    draws: Draws,
    gram: Gram,
    fixed: tuple[str, ...],
    terms: Sequence[Term],
    structures: Sequence[Structure],
) -> list[Quantity]:
    """sigma, beta, then SDs, correlations and G of each term that the model has, outermost first.

    gram : of the model. terms, structures : of the ladder, outermost first.
    """
    found = [Quantity("sigma", draws.sigma.reshape(draws.shape), (), RESIDUAL)]
    if fixed:
        beta = draws.beta.reshape(*draws.shape, -1)
        found.append(Quantity("beta", beta, (tuple(fixed),), FIXED))
    present = [(t, s) for t, s in zip(terms, structures, strict=True) if s.components]
    levels = zip(draws.Sigmas[::-1], gram.scaling.random[::-1], strict=True)
    for (term, structure), (Sigma, W) in zip(present, levels, strict=True):
        G = draws.sigma[:, None, None] ** 2 * (W @ Sigma @ W.T)
        found += _of_term(G.reshape(*draws.shape, *G.shape[1:]), term, structure)
    return found


def fixed_effects(draws: Draws, gram: Gram, prior: Prior, layout, seed: int):
    """(n, p) beta, one draw from its exact conditional for each draw of the rest; user's units."""
    scaling = gram.scaling
    mean, precision = prior.fixed.scaled(gram)
    ints, floats = buffers(gram, layout.widths, mean, precision)
    noise = np.random.default_rng(seed).normal(size=(len(draws.sigma), gram.n_fixed))
    scaled = np.empty_like(noise)
    for i, sigma in enumerate(draws.sigma / scaling.response):
        shift, A_inverse = conditional(ints, floats, draws.factors[i], sigma**2)[3:]
        root = np.linalg.cholesky(A_inverse) if len(shift) else A_inverse
        scaled[i] = mean + shift + sigma * (root @ noise[i])
    return in_users_units(scaled, gram)


def in_users_units(scaled, gram: Gram):
    """(n, p) beta from the Gram's scaled coefficients: beta_ls + s R^-1 beta_scaled."""
    scaling = gram.scaling
    return scaling.beta + scaling.response * np.linalg.solve(scaling.fixed, scaled.T).T


def _of_term(G, term, structure):
    """SDs, correlations and G in the effects' basis, and the first two in cell coding."""
    touched = np.any([np.any(c.basis != 0, axis=1) for c in structure.components], axis=0)
    keep = np.flatnonzero(touched)
    effects = tuple(term.effects[i] for i in keep)
    G_effects = _without_rounding(G[..., keep[:, None], keep])
    found = [*_spread(G_effects, effects, term.name, EFFECTS)]
    found.append(
        Quantity(f"G|{term.name}", G_effects, (effects, effects), COVARIANCE, term.name, EFFECTS)
    )
    if term.cells is not None and len(keep) > 1:
        rows = term.cells.rows
        labels = tuple(f"{term.cells.factor}[{label}]" for label in term.cells.labels)
        found += _spread(rows @ G @ rows.T, labels, term.name, CELLS)
    return found


def _without_rounding(G):
    """G with zeros where a structure has them and the change of basis left rounding errors."""
    sd = standard_deviations(G)
    return np.where(np.abs(G) < 1e-12 * sd[..., :, None] * sd[..., None, :], 0.0, G)


def _spread(G, labels, group, coding):
    suffix = f"{group}" if coding == EFFECTS else f"{group}|cells"
    yield Quantity(f"sd|{suffix}", standard_deviations(G), (labels,), SD, group, coding)
    if len(labels) > 1:
        R = np.nan_to_num(correlations(G))
        yield Quantity(f"correlation|{suffix}", R, (labels, labels), CORRELATION, group, coding)
