"""Exact draws of the random effects from their conditional, given G, sigma, beta and y.

For Matheron's rule draw effects b0 and a response y0 = Z b0 + e from the model, then
b = b0 + E(b | y - X beta) - E(b | y0): its mean is the conditional's, and so is its covariance. No
inverse of Sigma is needed, so Sigma may be singular. y0 is only needed as Z'y0, which a Gram
suffices to draw; no rows are used. With beta from its own conditional (`fixed_effects`) the draws
of (beta, b) are joint. Design, section 5.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from covedge.effects.columns import Columns
from covedge.effects.modes import equations
from covedge.fits.likelihood import square_root
from covedge.frames.design import Term
from covedge.grams.crossed_gram import CrossedGram
from covedge.grams.gram import Gram
from covedge.grams.simulated_crossed import simulator
from covedge.models.structure import Structure
from covedge.posteriors.posterior import Draws
from covedge.posteriors.thinning import affordable, solving_work

QUANTILES = {"q05": 0.05, "q95": 0.95}
# What a random number and its way through the arrays cost, in multiplications.
HANDLING = 2000.0


@dataclass(frozen=True)
class TermEffects:
    """Draws of the random effects of one term.

    group : its name; levels : (L,) and effects : (q,) labels, of the effects that the model has.
    values : (m, L, q) in units of the response per unit of the effect.
    """

    group: str
    levels: tuple[str, ...]
    effects: tuple[str, ...]
    values: np.ndarray

    def summary(self) -> dict[str, np.ndarray]:
        """mean, sd, q05, q95, each (L, q)."""
        quantiles = np.quantile(self.values, list(QUANTILES.values()), axis=0)
        return {
            "mean": self.values.mean(axis=0),
            "sd": self.values.std(axis=0, ddof=1),
            **dict(zip(QUANTILES, quantiles, strict=True)),
        }


def random_effects(
    draws: Draws,
    gram: Gram | CrossedGram,
    beta: np.ndarray,
    terms: Sequence[Term],
    structures: Sequence[Structure],
    order: Sequence[np.ndarray],
    seed: int,
) -> tuple[TermEffects, ...]:
    """The TermEffects of each term that the model has, outermost first, from evenly spaced draws.

    Where the sampler has drawn them they are `draws.effects`; else they go with beta (n, p), in the
    user's units, as `fixed_effects` draws it. gram : of the model. terms, structures : of the
    ladder, outermost first; order : of the ladder's levels, see `modes.level_order`.

    Raises DesignError where the effects are too many to be drawn.
    """
    numbers = sum(L * q for L, q in zip(gram.n_groups, gram.n_effects, strict=True))
    bare = without_fixed(gram)
    work = solving_work(bare) + HANDLING * numbers
    chosen = affordable(draws.shape, numbers, work, "drawing the random effects")
    if draws.effects is None:
        found = scaled_effects(draws, gram, beta, chosen.ravel(), seed)
    else:
        found = [b[chosen.ravel()] for b in draws.effects]
    present = [
        (t, s, o) for t, s, o in zip(terms, structures, order[::-1], strict=True) if s.components
    ]
    levels = list(zip(found, gram.scaling.random, strict=True))[::-1]
    out = []
    for (term, structure, places), (values, W) in zip(present, levels, strict=True):
        touched = np.any([np.any(c.basis != 0, axis=1) for c in structure.components], axis=0)
        keep = np.flatnonzero(touched)
        user = gram.scaling.response * (values[:, np.argsort(places)] @ W[keep].T)
        names = tuple(term.effects[i] for i in keep)
        out.append(TermEffects(term.name, term.levels, names, user))
    return tuple(out)


def scaled_effects(draws: Draws, gram, beta, chosen, seed: int) -> list[np.ndarray]:
    """Per level of the Gram (m, L, q) draws of b, in its scaled coordinates.

    chosen : (m,) which of the draws; beta : (n, p) that go with all of them, in the user's units.
    """
    scaling, bare = gram.scaling, without_fixed(gram)
    sigma = draws.sigma[chosen] / scaling.response
    known = (beta[chosen] - scaling.beta) @ scaling.fixed.T / scaling.response
    contrast = np.column_stack([-known, np.ones(len(chosen))])
    levels = range(len(gram.n_groups))
    seen = [np.einsum("glp,mp->mgl", gram.fixed_blocks(k), contrast) for k in levels]
    noise, rng = simulator(bare), np.random.default_rng(seed)
    out = [np.empty(right.shape) for right in seen]
    for i, draw in enumerate(chosen):
        Sigmas = [Sigma[draw] for Sigma in draws.Sigmas]
        found = _one(bare, noise, Sigmas, sigma[i], [right[i] for right in seen], rng)
        for values, b in zip(out, found, strict=True):
            values[i] = b
    return out


def _one(bare, noise, Sigmas, sigma, seen, rng):
    """One draw of b at each level; seen : per level (L, q) Z'(y - X beta)."""
    effects = []
    for Sigma, right in zip(Sigmas, seen, strict=True):
        F = square_root(Sigma)
        effects.append(sigma * (rng.standard_normal((len(right), F.shape[1])) @ F.T))
    errors = noise.draw([np.zeros((right.shape[1], 0)) for right in seen], rng).random
    system, nothing = equations(bare, Sigmas), np.zeros((0, 1))
    made = system.product(Columns(tuple(b[:, :, None] for b in effects), nothing)).effects
    right = tuple(
        (y - sigma * e)[:, :, None] - y0 for y, e, y0 in zip(seen, errors, made, strict=True)
    )
    found = system.solve(Columns(right, nothing)).effects
    return [b + more[:, :, 0] for b, more in zip(effects, found, strict=True)]


def without_fixed(gram: Gram | CrossedGram) -> Gram | CrossedGram:
    """The Gram without the columns of X."""
    p = gram.n_fixed
    if isinstance(gram, CrossedGram):
        fixed = tuple(np.ascontiguousarray(block[:, :, p:]) for block in gram.fixed)
        return replace(gram, n_fixed=0, fixed=fixed, root=gram.root[p:, p:])

    def without(block, axes):
        m = block.shape[-1]
        kept = np.r_[: m - p - 1, m - 1]
        return np.ascontiguousarray(block[..., kept] if axes == 1 else block[:, kept][:, :, kept])

    raw = tuple(without(block, 2) for block in gram.raw)
    return replace(gram, n_fixed=0, deepest=without(gram.deepest, 1), raw=raw)
