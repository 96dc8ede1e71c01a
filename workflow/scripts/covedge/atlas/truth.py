"""What is true where a design is tried: a model, and the size of its weakest direction."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from covedge.causes.power import raised, weakest_sd
from covedge.fits.certificate import spectra
from covedge.fits.factors import Factors
from covedge.fits.likelihood import Likelihood, square_root
from covedge.fits.own_gram import own_gram
from covedge.fits.parameters import component_covariances, to_components
from covedge.models.ladder import Model


@dataclass(frozen=True)
class Truth:
    """A model at a point, relative to the residual variance.

    covariances : per component (p, p) its S in the basis that the user's effects have, (1, 1) of
        one whose effects share a variance; deepest term first.
    weakest : place of the component that has the least reliable direction.
    sd : of that direction, as a multiple of the residual SD (a direction is scaled so that over
        the rows the mean of (z'u)^2 is 1). reliability : its own, on the design it was made for.
    """

    model: Model
    covariances: tuple[np.ndarray, ...]
    weakest: int
    sd: float
    reliability: float

    def on(self, likelihood: Likelihood) -> tuple[Factors, np.ndarray]:
        """(factors, x) of this truth on another design. likelihood : with the model's terms."""
        factors = own_gram(likelihood, self.model).factors(self.model)
        return standing(factors, self.model, self.covariances)


def standing(
    factors: Factors, model: Model, covariances: Sequence[np.ndarray]
) -> tuple[Factors, np.ndarray]:
    """(factors, x) of the model where its components have these covariances, as in `Truth`."""
    parts = []
    maps = to_components(factors, model)
    for block, S, T in zip(factors.blocks, covariances, maps, strict=True):
        inverse = np.linalg.inv(T) if block.full else np.eye(1) / T[0, 0]
        parts.append(square_root(inverse @ S @ inverse.T))
    factors = factors.with_ranks([L.shape[1] for L in parts])
    return factors, factors.join(parts)


class Truths:
    """Truths that differ in how large the weakest direction is.

    factors, x : the model and a point, on the design whose directions are meant: a fit, or a plan.
    smallest : the SD at which it is decided which direction is the weakest.
    """

    def __init__(self, model: Model, factors: Factors, x: np.ndarray, smallest: float):
        self._model, self._factors, self._x = model, factors, x
        self._maps = to_components(factors, model)
        least = [min(d.reliability for d in s) for s in spectra(*raised(factors, x, smallest))]
        self._weakest = int(np.argmin(least))

    @property
    def level(self) -> int:
        """Of the term that has the weakest direction, deepest first."""
        return self._factors.blocks[self._weakest].level

    @property
    def estimate(self) -> float:
        """The SD that its weakest direction has at the point itself."""
        return weakest_sd(self._factors, self._x, self._weakest)

    def at(self, sd: float) -> Truth:
        """The weakest direction with this SD relative to the residual's, others no smaller."""
        factors, x = raised(self._factors, self._x, sd, exactly=self._weakest)
        reliability = min(d.reliability for d in spectra(factors, x)[self._weakest])
        S = component_covariances(factors, x, self._maps)
        return Truth(self._model, S, self._weakest, sd, float(reliability))
