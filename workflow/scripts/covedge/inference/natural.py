"""nlme's natural parameters: logarithms of the SDs, log((1 + r) / (1 - r)) of the correlations.

They are those of G = sigma^2 Sigma and of log sigma, so that Sigma moves with sigma when the
others are held. Each is free to be any number, which is why nlme takes its curvature in them.
Source: `pdNatural` and `lmeApVar` of nlme 3.1-162.
"""

from dataclasses import dataclass

import numpy as np

from covedge.fits.parameters import CORRELATION, SD, SIGMA, Parameter
from covedge.fits.spread import correlations, standard_deviations

# A correlation nearer to +-1 than this is one, to the last digits of a double.
AT_ONE = 1e-12


@dataclass(frozen=True)
class Natural:
    """Where a model stands in natural parameters, and how its Sigma and sigma move with them.

    parameters : SDs and correlations as `random_parameters`, then sigma. estimates : their values,
        NaN for a correlation that does not exist. values : log and so on; None at an edge, where
        that is infinite. edges : by parameter, why it has no natural value.
    free : places of the parameters that have one. first : (f, 1 + a) derivatives of log sigma^2
        and the coordinates s by the free parameters; second : (f, f, 1 + a).
    """

    parameters: tuple[Parameter, ...]
    estimates: tuple[float, ...]
    values: tuple[float | None, ...]
    edges: dict[Parameter, str]
    free: tuple[int, ...]
    first: np.ndarray
    second: np.ndarray


def natural(parameters, covariances, sigma, zero) -> Natural:
    """The Natural of S per block (relative to sigma^2) and sigma.

    parameters : SDs, correlations and sigma. zero : per block (p,) variances below which one is
    none. Coordinates s are those of `span.elements`, block after block.
    """
    sd = [standard_deviations(S) for S in covariances]
    r = [np.clip(correlations(S), -1.0, 1.0) for S in covariances]
    none = [s**2 <= z for s, z in zip(sd, zero, strict=True)]
    estimates, values, edges = [], [], {}
    for one in parameters:
        estimate, value, edge = _value(one, sd, r, none, sigma)
        estimates.append(estimate)
        values.append(value)
        if edge:
            edges[one] = edge
    free = tuple(i for i, value in enumerate(values) if value is not None)
    first, second = _derivatives([parameters[i] for i in free], covariances)
    return Natural(tuple(parameters), tuple(estimates), tuple(values), edges, free, first, second)


def _value(one, sd, r, none, sigma):
    """(estimate, natural value or None, why there is none)."""
    if one.kind == SIGMA:
        return sigma, float(np.log(sigma)), ""
    if one.kind == SD:
        i = one.places[0]
        if none[one.block][i]:
            return 0.0, None, "it is zero, and the logarithm of zero does not exist"
        return float(sigma * sd[one.block][i]), float(np.log(sigma * sd[one.block][i])), ""
    if none[one.block][list(one.places)].any():
        return np.nan, None, "one of the two effects does not vary, so they have no correlation"
    value = float(r[one.block][one.places])
    if 1.0 - abs(value) < AT_ONE:
        word = "1" if value > 0 else "−1"
        return np.sign(value), None, f"it is {word}, the end of the scale, where no bowl fits"
    return value, float(np.log((1.0 + value) / (1.0 - value))), ""


def back(one: Parameter, value: float) -> float:
    """The parameter itself from its natural value; infinite where that overflows."""
    if one.kind == CORRELATION:
        return float(np.tanh(value / 2.0))
    with np.errstate(over="ignore"):
        return float(np.exp(value))


def _derivatives(free, covariances):
    """See `Natural`. Second derivatives by sigma follow from S = G / sigma^2."""
    sizes = [len(S) * (len(S) + 1) // 2 for S in covariances]
    starts = np.cumsum([1, *sizes])
    first = np.zeros((len(free), starts[-1]))
    second = np.zeros((len(free), len(free), starts[-1]))
    whole = np.concatenate([[0.0], *map(coordinates, covariances)])
    for a, one in enumerate(free):
        if one.kind == SIGMA:
            first[a] = -2.0 * whole
            first[a, 0] = 2.0
            second[a, a] = 4.0 * whole
            continue
        at = slice(starts[one.block], starts[one.block + 1])
        S = covariances[one.block]
        first[a, at] = coordinates(_slope(one, S))
        for b, other in enumerate(free):
            if other.kind == SIGMA:
                second[a, b] = second[b, a] = -2.0 * first[a]
            elif other.block == one.block:
                second[a, b, at] = coordinates(_bend(one, other, S))
    return first, second


def coordinates(S):
    """(p (p + 1) / 2,) coordinates of S in `span.elements`: those off the diagonal count twice."""
    i, j = np.tril_indices(len(S))
    return np.where(i == j, 1.0, 2.0) * S[i, j]


def _slope(one, S):
    """dS by one natural parameter, (p, p)."""
    if one.kind == SD:
        return _scaled(S, one.places[0])
    i, j = one.places
    size = np.sqrt(S[i, i] * S[j, j])
    return _at(S, i, j, size * (1.0 - (S[i, j] / size) ** 2) / 2.0)


def _bend(one, other, S):
    """d2S by two natural parameters of the same block, (p, p)."""
    if one.kind == SD:
        return _scaled(_slope(other, S), one.places[0])
    if other.kind == SD:
        return _scaled(_slope(one, S), other.places[0])
    if one != other:
        return np.zeros_like(S)
    i, j = one.places
    r = S[i, j] / np.sqrt(S[i, i] * S[j, j])
    return -r * _slope(one, S)


def _scaled(S, k):
    """Derivative of S where row and column k grow by exp(h)."""
    found = np.zeros_like(S)
    found[k] += S[k]
    found[:, k] += S[:, k]
    return found


def _at(S, i, j, value):
    found = np.zeros_like(S)
    found[i, j] = found[j, i] = value
    return found
