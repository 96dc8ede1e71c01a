"""A quasi-Newton search (BFGS) that keeps its metric from one point of a curve to the next.

The problems along a profile differ little, so that what is known of the curvature at one point is
nearly right at the next, and a handful of evaluations is enough.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

# Of the slope at the start of a step: the decrease that it must bring, and what may be left of it.
ENOUGH, FLAT_ENOUGH = 1e-4, 0.9
# A decrease that is this part of the criterion is rounding error.
NO_DECREASE = 1e-14
# Eigenvalues of the first metric are at least this part of the largest: rotations of a factor
# within itself have none, and a saddle's are negative.
FLOOR = 1e-3
# Step of the differences of the gradient, in scaled coordinates.
DIFFERENCE = 1e-5

Function = Callable[[np.ndarray], tuple[float, np.ndarray]]


@dataclass(frozen=True)
class Found:
    """Where a search ended: x, D, and the metric there (inverse of the curvature)."""

    x: np.ndarray
    value: float
    metric: np.ndarray


def metric_at(function: Function, x: np.ndarray) -> np.ndarray:
    """Inverse of the curvature at x, by differences of the gradient, and positive."""
    gradient = function(x)[1]
    curvature = np.empty((len(x), len(x)))
    for i in range(len(x)):
        moved = x.copy()
        moved[i] += DIFFERENCE
        curvature[i] = (function(moved)[1] - gradient) / DIFFERENCE
    if not np.isfinite(curvature).all():
        return np.eye(len(x))
    values, vectors = np.linalg.eigh((curvature + curvature.T) / 2)
    values = np.maximum(np.abs(values), max(FLOOR * np.abs(values).max(initial=0.0), 1e-12))
    return (vectors / values) @ vectors.T


def minimise(
    function: Function, x: np.ndarray, metric: np.ndarray, tolerance: float, most: int
) -> Found:
    """The minimum reached from x, where a step is expected to gain less than `tolerance`.

    most : steps that may be made.
    """
    value, gradient = function(x)
    fresh = False
    for _ in range(most):
        step = -metric @ gradient
        slope = step @ gradient
        if not -0.5 * slope > tolerance:
            break
        taken = _line_search(function, x, value, slope, step)
        if taken is None:
            if fresh:
                break
            metric, fresh = metric_at(function, x), True
            continue
        fresh = False
        length, new_value, new_gradient = taken
        metric = _updated(metric, length * step, new_gradient - gradient)
        x, gradient = x + length * step, new_gradient
        decrease, value = value - new_value, new_value
        if decrease <= NO_DECREASE * max(abs(value), 1.0):
            break
    return Found(x, value, metric)


def _updated(metric, step, change):
    """BFGS: the metric that maps the change of the gradient to the step."""
    curvature = step @ change
    if not curvature > 1e-12 * np.sqrt((step @ step) * (change @ change)):
        return metric
    moved = metric @ change
    scale = (1.0 + (change @ moved) / curvature) / curvature
    cross = np.outer(step, moved) / curvature
    return metric + scale * np.outer(step, step) - cross - cross.T


def _line_search(function, x, value, slope, direction):
    """(length, D, gradient) that meets Wolfe's conditions, or None where nothing is gained."""
    length, low, high = 1.0, 0.0, np.inf
    kept = None
    for _ in range(30):
        new_value, gradient = function(x + length * direction)
        if not new_value <= value + ENOUGH * length * slope + NO_DECREASE * abs(value):
            high = length
            middle = 0.5 * (low + high)
            if np.isfinite(new_value) and low == 0.0:
                # The lowest point of the parabola through what is known.
                curve = 2.0 * (new_value - value - slope * length) / length**2
                middle = min(max(-slope / curve, 0.1 * high), middle)
            length = middle
        elif gradient @ direction < FLAT_ENOUGH * slope:
            kept = length, new_value, gradient
            low = length
            length = 2.0 * length if high == np.inf else 0.5 * (low + high)
        else:
            return length, new_value, gradient
    return kept
