"""A few models on the Gram that they need: what many fits of them had better be made on."""

from dataclasses import dataclass

import numpy as np

from covedge.fits.factors import Factors
from covedge.fits.fit import Fit
from covedge.fits.likelihood import Likelihood
from covedge.fits.parameters import to_components
from covedge.grams.reduced_gram import reduced
from covedge.models.ladder import Model
from covedge.models.structure import Structure


@dataclass(frozen=True)
class OwnGram:
    """A likelihood without the levels and effects that none of its models has.

    kept : the ladder's levels, deepest first, that are left.
    """

    likelihood: Likelihood
    kept: tuple[int, ...]

    def structures(self, model: Model) -> tuple[Structure, ...]:
        """Of one of the models, for the levels that are left."""
        structures = model.structures[::-1]
        return tuple(structures[level] for level in self.kept)

    def factors(self, model: Model) -> Factors:
        """The factors of one of the models; its blocks are those on the ladder's own Gram."""
        return Factors(self.likelihood, self.structures(model))


def own_gram(likelihood: Likelihood, *models: Model) -> OwnGram:
    """The OwnGram of models of one ladder, whose Gram `likelihood` has."""
    gram = likelihood.gram
    bases = []
    for level, W in enumerate(gram.scaling.random):
        held = [model.structures[::-1][level].components for model in models]
        columns = [c.basis for components in held for c in components]
        bases.append(np.hstack([np.zeros((len(W), 0)), *columns]))
    kept = tuple(level for level, basis in enumerate(bases) if basis.shape[1])
    return OwnGram(Likelihood(reduced(gram, bases), likelihood.reml), kept)


def moved(factors: Factors, fit: Fit):
    """(factors, x) of the same model on another Gram, at the fit and of its ranks."""
    old, new = to_components(fit.factors, fit.model), to_components(factors, fit.model)
    parts = [
        np.linalg.solve(there, here @ L) if block.full else L * here[0, 0] / there[0, 0]
        for block, L, here, there in zip(
            factors.blocks, fit.factors.split(fit.x), old, new, strict=True
        )
    ]
    factors = factors.with_ranks([L.shape[1] for L in parts])
    return factors, factors.join(parts)
