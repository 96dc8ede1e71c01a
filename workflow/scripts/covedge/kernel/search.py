"""A quasi-Newton search (L-BFGS) on the factors of a model.

Its metric is rescaled in every step by what the last step has shown, which suits a criterion that
goes from logarithmic, far out, to quadratic.
"""

import numpy as np

from covedge.kernel.compiled import compiled
from covedge.kernel.factored import value_and_gradient

MEMORY = 30
# A decrease that is this part of the criterion is rounding error.
NO_DECREASE = 1e-13
# Of the slope at the start of a step: the decrease that it must bring, and what may be left of it.
ENOUGH, FLAT_ENOUGH = 1e-4, 0.9


@compiled
def search(model, x, tolerance, most):
    """Move x (size,), in place, until the predicted decrease of D is below `tolerance`.

    model : as for `value_and_gradient`; most : evaluations that may be made.
    Returns (D without its constant, evaluations).
    """
    size = x.size
    gradient, new_gradient = np.empty(size), np.empty(size)
    value = value_and_gradient(model, x, gradient)
    steps, changes = np.empty((MEMORY, size)), np.empty((MEMORY, size))
    n_stored, evaluations = 0, 1
    while evaluations < most:
        direction = _direction(gradient, steps, changes, n_stored)
        slope = direction @ gradient
        # A predicted decrease; the negation is of a NaN, too.
        if not -0.5 * slope > tolerance:
            break
        length, new_value, count = _line_search(
            model, x, value, slope, direction, new_gradient, most - evaluations
        )
        evaluations += count
        if length == 0.0:
            if n_stored == 0:
                break
            n_stored = 0
            continue
        step, change = length * direction, new_gradient - gradient
        if step @ change > 1e-12 * np.sqrt((step @ step) * (change @ change)):
            steps[n_stored % MEMORY], changes[n_stored % MEMORY] = step, change
            n_stored += 1
        decrease = value - new_value
        x += step
        gradient[:] = new_gradient
        value = new_value
        if decrease <= NO_DECREASE * max(abs(value), 1.0):
            break
    return value, evaluations


@compiled
def _direction(gradient, steps, changes, n_stored):
    """Minus the inverse Hessian, as far as the stored steps and changes tell it, times gradient."""
    direction = -gradient
    if n_stored == 0:
        return direction / max(1.0, np.sqrt(gradient @ gradient))
    oldest = max(0, n_stored - MEMORY)
    weights = np.empty(MEMORY)
    for i in range(n_stored - 1, oldest - 1, -1):
        s, y = steps[i % MEMORY], changes[i % MEMORY]
        weights[i % MEMORY] = (s @ direction) / (s @ y)
        direction -= weights[i % MEMORY] * y
    s, y = steps[(n_stored - 1) % MEMORY], changes[(n_stored - 1) % MEMORY]
    direction *= (s @ y) / (y @ y)
    for i in range(oldest, n_stored):
        s, y = steps[i % MEMORY], changes[i % MEMORY]
        direction += s * (weights[i % MEMORY] - (y @ direction) / (s @ y))
    return direction


@compiled
def _line_search(model, x, value, slope, direction, new_gradient, most):
    """(length, D there, evaluations), by bracketing; length 0 where there is no decrease.

    Writes the gradient at the end.
    """
    length, low, high = 1.0, 0.0, np.inf
    evaluations = 0
    while evaluations < min(most, 40):
        new_value = value_and_gradient(model, x + length * direction, new_gradient)
        evaluations += 1
        if not new_value <= value + ENOUGH * length * slope + NO_DECREASE * abs(value):
            high = length
            middle = 0.5 * (low + high)
            if np.isfinite(new_value) and low == 0.0:
                # The lowest point of the parabola through what is known.
                curve = 2.0 * (new_value - value - slope * length) / length**2
                middle = min(max(-slope / curve, 0.1 * high), middle)
            length = middle
        elif new_gradient @ direction < FLAT_ENOUGH * slope:
            low = length
            length = 2.0 * length if high == np.inf else 0.5 * (low + high)
        else:
            return length, new_value, evaluations
    return 0.0, value, evaluations
