"""The collapsed model in PyMC: beta and b integrated out by the kernel."""

import numpy as np
import pymc as pm
import pytensor
import pytensor.tensor as pt

from covedge.grams.gram import Gram
from covedge.posteriors.marginal_op import buffers, marginal
from covedge.posteriors.prior import Prior
from covedge.posteriors.unit_vectors import UnitVectors

# The density of z is that of N(0, I) times |z|^RADIAL. It is as free of direction, so u = z / |z|
# is what it was; but z stays away from 0, where a small step turns u far. Without it one draw in
# a hundred was divergent on sleepstudy, at twice the steps.
RADIAL = 16.0


def collapsed_model(gram: Gram, prior: Prior, layout: UnitVectors) -> pm.Model:
    """Posterior of s, z (see `UnitVectors`) and sigma, the last in units of `prior.sigma_scale`.

    The data, and what depends on them, are shared variables: to the compiler all data sets are one.
    """
    ratio = prior.sigma_scale / prior.residual_sd
    ints, floats = buffers(gram, layout.widths, *prior.fixed.scaled(gram))
    with pm.Model() as model:
        sigma = ratio * pm.Exponential("sigma", lam=1.0)
        factors = _factors(layout) / sigma
        ints, floats = pytensor.shared(ints, "ints"), pytensor.shared(floats, "floats")
        pm.Potential("response", marginal(ints, floats, factors, sigma**2)[0])
    return model


def _factors(layout):
    """Flat factors of all G from their parameters, inside a PyMC model."""
    if not layout.rows.shape[0]:
        return pt.constant(np.zeros(0))
    s = pm.Normal("s", shape=layout.rows.shape[0])
    factors = _times(pytensor.shared(layout.place_single, "place_single"), s)
    if layout.rows.shape[1]:
        z = pm.Normal("z", shape=layout.rows.shape[1])
        same = layout.rows.T @ layout.rows
        squares = _times(pt.constant(same), z**2)
        numbers = _times(pt.constant(layout.rows.T), s) * z / pt.sqrt(squares)
        factors += _times(pytensor.shared(layout.place, "place"), numbers)
        # Each squared length stands in `squares` once per entry of its vector.
        share = pt.constant(RADIAL / same.sum(axis=1))
        pm.Potential("radius", 0.5 * (share * pt.log(squares)).sum())
    return factors


def _times(A, x):
    """A @ x. PyTensor's own product takes numba ten seconds to compile, and A is small."""
    return (A * x).sum(axis=1)
