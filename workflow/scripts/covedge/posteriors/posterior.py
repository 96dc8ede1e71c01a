"""From the sampler's numbers to what the user asks about: beta, sigma, and each term's G."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from covedge.fits.spread import correlations, standard_deviations
from covedge.frames.design import Term
from covedge.grams.gram import Gram
from covedge.models.structure import Structure
from covedge.posteriors.marginal_op import buffers, conditional
from covedge.posteriors.prior import Prior
from covedge.posteriors.unit_vectors import UnitVectors

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
    """

    shape: tuple[int, int]
    factors: np.ndarray
    sigma: np.ndarray
    Sigmas: tuple[np.ndarray, ...]


def draws_of(values: dict, layout: UnitVectors, prior: Prior) -> Draws:
    """From the sampler's s, z and sigma, each (chains, draws, ...)."""
    shape = values["sigma"].shape
    n = shape[0] * shape[1]

    def flat(name, width):
        return values[name].reshape(n, -1) if name in values else np.zeros((n, width))

    sigma = prior.sigma_scale * flat("sigma", 1)
    factors = layout.factors(flat("s", 0), flat("z", 0)) * (prior.residual_sd / sigma)
    return Draws(shape, factors, sigma[:, 0], tuple(layout.covariances(factors)))


def quantities(
    draws: Draws,
    gram: Gram,
    prior: Prior,
    layout: UnitVectors,
    fixed: tuple[str, ...],
    terms: Sequence[Term],
    structures: Sequence[Structure],
    seed: int,
) -> list[Quantity]:
    """sigma, beta, then SDs, correlations and G of each term that the model has, outermost first.

    gram : of the model. terms, structures : of the ladder, outermost first.
    """
    beta = fixed_effects(draws, gram, prior, layout, seed)
    found = [Quantity("sigma", draws.sigma.reshape(draws.shape), (), RESIDUAL)]
    if fixed:
        found.append(Quantity("beta", beta.reshape(*draws.shape, -1), (tuple(fixed),), FIXED))
    present = [(t, s) for t, s in zip(terms, structures, strict=True) if s.components]
    levels = zip(draws.Sigmas[::-1], gram.scaling.random[::-1], strict=True)
    for (term, structure), (Sigma, W) in zip(present, levels, strict=True):
        G = draws.sigma[:, None, None] ** 2 * (W @ Sigma @ W.T)
        found += _of_term(G.reshape(*draws.shape, *G.shape[1:]), term, structure)
    return found


def fixed_effects(draws: Draws, gram: Gram, prior: Prior, layout: UnitVectors, seed: int):
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
    # beta = beta_ls + s R^-1 beta_scaled.
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
