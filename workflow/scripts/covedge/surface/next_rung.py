"""The score of the next rung: would these correlations, or these effects, improve the fit?

Known before the richer model is fitted, from the slopes of D at the optimum of the simpler one, and
from the expected information F = E[d2D/ds2] (see `expected_information`). Slope g and F predict D
near the optimum by g'd + d'Fd/2.

What is predicted is the minimum of that over the set of the richer model. The score statistic
g'F^-1g / 2 is the same minimum, without the condition that Sigma be positive semidefinite, over the
covariances between directions that have variance already: these can have either sign, so that
its law without them is chi-squared. A new variance, at the edge of its own set, has no such law.
"""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from scipy.stats import chi2

from covedge.fits.factors import Block
from covedge.fits.tolerances import TOLERANCES
from covedge.surface.cone import minimum, part_of
from covedge.surface.expected_information import Expansion, Surface
from covedge.surface.span import Span, elements, span_of

CHI_SQUARED, BOUNDARY = "chi-squared", "boundary"


@dataclass(frozen=True)
class Score:
    """What a richer model promises.

    model : its name. added : how many parameters more. predicted : fall of D, for small effects.
    at_least : fall of D at a point of the richer model on the way to what is predicted, where D
        was computed: its optimum is no higher.
    statistic, df : of the covariances among directions with variance; None and 0 without any.
    p_value : None where the law is not known: a direction of the simpler model has no variance.
    law : chi-squared where df = added, else boundary: only a bootstrap has the law of `predicted`.
    """

    model: str
    added: int
    predicted: float
    at_least: float
    statistic: float | None
    df: int
    p_value: float | None
    law: str


@dataclass(frozen=True)
class View:
    """What is known about a fit when its richer models are scored.

    here : D about the optimum, on `span`, which holds every model that is scored. Sigmas : of the
    optimum, scaled, deepest first; H : there. n_levels : groups of each level. nulls : per level
    (q, k) orthonormal, the directions without variance. regular : there are none that the model
    could have, and the fit is certified.
    """

    surface: Surface
    here: Expansion
    span: Span
    Sigmas: tuple[np.ndarray, ...]
    H: tuple[np.ndarray, ...]
    n_levels: tuple[int, ...]
    nulls: list[np.ndarray]
    regular: bool


@dataclass(frozen=True)
class Rung:
    """A model by its span. name; blocks : see `factors`."""

    name: str
    blocks: list[Block]
    span: Span


def rung_of(name, blocks, n_effects) -> Rung:
    return Rung(name, blocks, span_of(blocks, n_effects))


def following(rung: Rung, others: list[Rung]) -> list[Rung]:
    """Those of `others` that are richer than `rung` with none of them in between."""
    richer = [o for o in others if _richer(rung, o)]
    return [o for o in richer if not any(_richer(between, o) for between in richer)]


def _richer(one, other):
    return other.span.size > one.span.size and one.span.inside(other.span) is not None


def together(spans: list[Span]) -> Span:
    """The smallest span with all of `spans` in it."""
    joint = []
    for parts in zip(*(s.directions for s in spans), strict=True):
        E = np.concatenate(parts)
        if len(E):
            _, sizes, rows = np.linalg.svd(E.reshape(len(E), -1), full_matrices=False)
            E = rows[sizes > 1e-9 * sizes[0]].reshape(-1, *E.shape[1:])
        joint.append(E)
    return Span(tuple(joint))


def score(view: View, rung: Rung, richer: Rung) -> Score:
    """The score of `richer` at the optimum of `rung`."""
    here, span = view.here, view.span
    faces = [_face(model.span, view.nulls) for model in (rung, richer)]
    sizes, values = zip(*(_newton(here, face.inside(span)) for face in faces), strict=True)
    df = sizes[1] - sizes[0]
    added = richer.span.size - rung.span.size
    statistic = values[1] if df else None
    predicted, step = _predicted(view, richer)
    return Score(
        model=richer.name,
        added=added,
        predicted=predicted,
        at_least=_at_least(view, step),
        statistic=statistic,
        df=df,
        p_value=float(chi2.sf(statistic, df)) if df and view.regular else None,
        law=CHI_SQUARED if df == added and view.regular else BOUNDARY,
    )


def _newton(here, C):
    """(rank of F, g'F^-1g / 2) on the subspace C."""
    F, g = C.T @ here.information @ C, C.T @ here.gradient
    scale = np.sqrt(np.maximum(np.diag(F), 1e-14 * np.diag(F).max(initial=0.0)))
    values, vectors = np.linalg.eigh(F / np.outer(scale, scale))
    told = values > TOLERANCES.identifiable
    parts = (vectors.T @ (g / scale))[told]
    return int(told.sum()), float((parts**2 / values[told]).sum() / 2)


def _face(span, nulls):
    """The part of a span whose Sigma have no variance in the directions `nulls` (q, k)."""
    found = []
    for E, N in zip(span.directions, nulls, strict=True):
        if not (len(E) and N.shape[1]):
            found.append(E)
            continue
        # E of length 1 and N orthonormal: what is left below 1e-8 is rounding.
        E = E / np.linalg.norm(E, axis=(1, 2), keepdims=True)
        left, sizes, _ = np.linalg.svd((E @ N).reshape(len(E), -1))
        rank = int((sizes > 1e-8).sum())
        found.append(np.tensordot(left[:, rank:].T, E, 1))
    return Span(tuple(found))


def _predicted(view, richer):
    """How far the quadratic model falls within the set of the richer model, and the step there."""
    here, C = view.here, richer.span.inside(view.span)
    parts = [
        part_of(block, place, view.H[block.level], view.n_levels[block.level])
        for block, place in zip(richer.blocks, _places(richer.blocks), strict=True)
    ]
    start = richer.span.coordinates(view.Sigmas)
    step, value = minimum(C.T @ here.information @ C, C.T @ here.gradient, start, parts)
    return max(0.0, -value), C @ step


def _at_least(view, step):
    """The largest fall of D at the step, or a half, a quarter ... of it."""
    s, best = view.here.s, 0.0
    for halvings in range(20):
        point = view.surface.at(view.span.Sigmas(s + 0.5**halvings * step))
        fall = view.here.value - point.criterion if point is not None else 0.0
        if fall < best:
            break
        best = max(best, fall)
    return float(best)


def _places(blocks):
    """Where the coordinates of each block stand; blocks come level by level, as in the span."""
    sizes = [len(elements(b)) for b in blocks]
    return [slice(a, b) for a, b in pairwise(np.cumsum([0, *sizes]))]
