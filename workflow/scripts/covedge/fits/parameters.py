"""The parameters of a model as people name them: standard deviations, correlations, sigma, beta.

They belong to the components of a structure, not to Sigma: `(1 | g) + (1 | g:f)` has two standard
deviations, whatever the size of Sigma.
"""

from dataclasses import dataclass

import numpy as np

from covedge.fits.factors import Factors
from covedge.fits.spread import correlations, standard_deviations
from covedge.fits.terms import component_effects
from covedge.frames.design import Term
from covedge.models.ladder import Model
from covedge.models.structure import FULL

SD, CORRELATION, SIGMA, FIXED = "sd", "correlation", "sigma", "fixed"


@dataclass(frozen=True)
class Parameter:
    """One parameter of a model.

    kind : SD, CORRELATION, SIGMA or FIXED. group : the grouping factor's name, or None.
    effects : the effect, or the two of a correlation; the column of X of a FIXED one.
    block : the component's place in `Factors.blocks`, None where there is no component.
    places : of the effects within the component, or the column of X.
    """

    kind: str
    group: str | None
    effects: tuple[str, ...]
    block: int | None
    places: tuple[int, ...]

    @property
    def name(self) -> str:
        """As `sd Days | Subject`, `correlation (Intercept), Days | Subject`, `fixed Days`."""
        words = " ".join(filter(None, [self.kind, ", ".join(self.effects)]))
        return f"{words} | {self.group}" if self.group else words


def random_parameters(terms: tuple[Term, ...], model: Model) -> tuple[Parameter, ...]:
    """Standard deviations, then correlations, of each component; outermost term first."""
    counts = [len(structure.components) for structure in model.structures]
    found = []
    for k, (term, structure) in enumerate(zip(terms, model.structures, strict=True)):
        first = sum(counts[k + 1 :])  # blocks come deepest level first
        for c, component in enumerate(structure.components):
            names = component_effects(component, term)
            block = first + c
            for i, name in enumerate(names):
                found.append(Parameter(SD, term.name, (name,), block, (i,)))
            if component.kind == FULL:
                for i, one in enumerate(names):
                    for j, other in enumerate(names[:i]):
                        found.append(Parameter(CORRELATION, term.name, (other, one), block, (j, i)))
    return tuple(found)


def parameters(
    terms: tuple[Term, ...], fixed: tuple[str, ...], model: Model
) -> tuple[Parameter, ...]:
    """All parameters: of the random effects, sigma, and the fixed effects."""
    beta = tuple(Parameter(FIXED, None, (name,), None, (j,)) for j, name in enumerate(fixed))
    return (*random_parameters(terms, model), Parameter(SIGMA, None, (), None, ()), *beta)


def to_components(factors: Factors, model: Model) -> tuple[np.ndarray, ...]:
    """T (p, p) per block: S = T L L' T' is the component's own, Sigma = A S A' in the user's basis.

    A scalar component has T = t I, and standard deviation t |tau|.
    """
    components = [c for structure in model.structures[::-1] for c in structure.components]
    random = factors.likelihood.gram.scaling.random
    return tuple(
        np.linalg.lstsq(component.basis, random[block.level] @ block.basis, rcond=None)[0]
        for component, block in zip(components, factors.blocks, strict=True)
    )


def component_covariances(factors: Factors, x, maps: tuple[np.ndarray, ...]):
    """S per block, relative to sigma^2: (p, p) of a full component, (1, 1) of a scalar one."""
    found = []
    for block, L, T in zip(factors.blocks, factors.split(x), maps, strict=True):
        if block.full:
            found.append(T @ L @ L.T @ T.T)
        else:
            tau = L[0, 0] if L.size else 0.0
            found.append(np.array([[(T[0, 0] * tau) ** 2]]))
    return tuple(found)


def values(
    wanted: tuple[Parameter, ...], covariances: tuple[np.ndarray, ...], sigma: float, beta
) -> np.ndarray:
    """The value of each parameter; NaN for a correlation with an effect that does not vary.

    covariances : S per block relative to sigma^2, as from `component_covariances`.
    """
    sd = [sigma * standard_deviations(S) for S in covariances]
    correlation = [correlations(S) for S in covariances]
    found = []
    for one in wanted:
        if one.kind == SD:
            found.append(sd[one.block][one.places[0]])
        elif one.kind == CORRELATION:
            found.append(correlation[one.block][one.places])
        else:
            found.append(sigma if one.kind == SIGMA else beta[one.places[0]])
    return np.array(found)
