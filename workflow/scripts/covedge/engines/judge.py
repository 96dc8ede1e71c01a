"""The certificate of an answer that another engine gave."""

from dataclasses import dataclass

import numpy as np

from covedge.fits.certificate import Examination, examine
from covedge.fits.factors import Factors
from covedge.fits.likelihood import Likelihood
from covedge.fits.optimum import reduce_ranks
from covedge.fits.tolerances import TOLERANCES
from covedge.models.ladder import Model


@dataclass(frozen=True)
class Judgement:
    """criterion : ours, at the engine's Sigma; examination : of that point.

    singular : the engine's Sigma has a direction less reliable than the tolerance.
    negative : the smallest eigenvalue of what the engine gave as a covariance, if negative.
    """

    criterion: float
    examination: Examination
    singular: bool
    negative: float | None


def judge(likelihood: Likelihood, model: Model, components: list[np.ndarray]) -> Judgement:
    """Judge the relative covariances S of a model's components, in the order of its structures.

    components : per component, outermost term first, (p, p) with Sigma = A S A' (A its basis), or
        (1, 1) tau^2 of a scalar component; divided by the engine's residual variance.
    """
    factors = Factors(likelihood, model.structures[::-1])
    by_level = _deepest_first(model, components)
    lowest = min((np.linalg.eigvalsh(S)[0] for S in components), default=0.0)
    parts, columns = [], []
    for block, (component, S) in zip(factors.blocks, by_level, strict=True):
        W = likelihood.gram.scaling.random[block.level]
        raw = np.linalg.solve(W, component.basis)
        if block.full:
            turn = block.basis.T @ raw
            values, vectors = np.linalg.eigh(turn @ S @ turn.T)
            keep = values > 1e-14 * max(values[-1], 1e-300)
            parts.append(vectors[:, keep] * np.sqrt(values[keep]))
        else:
            stretch = (raw**2).sum() / (block.basis**2).sum()
            parts.append(np.sqrt(np.maximum(S, 0.0) * stretch))
        columns.append(parts[-1].shape[1])
    given = factors.with_ranks(columns)
    x = given.join(parts)
    cut, y = reduce_ranks(given, x, TOLERANCES.collapsed)
    most = sum(block.most for block in factors.blocks)
    return Judgement(
        criterion=float(given.value_and_gradient(x)[0]),
        examination=examine(cut, y),
        singular=sum(block.columns for block in cut.blocks) < most,
        negative=float(lowest) if lowest < 0 else None,
    )


def _deepest_first(model, components):
    """(component, S) in the order of the blocks of `Factors`."""
    given = iter(components)
    paired = [[(c, next(given)) for c in structure.components] for structure in model.structures]
    return [pair for term in reversed(paired) for pair in term]
