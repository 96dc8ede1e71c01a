"""The collapsed model in PyMC: beta and b integrated out by the kernel."""

import numpy as np
import pymc as pm
import pytensor
import pytensor.tensor as pt

from covedge.grams.gram import Gram
from covedge.posteriors.marginal_op import buffers, marginal
from covedge.posteriors.prior import Prior


def collapsed_model(gram: Gram, prior: Prior, layout) -> pm.Model:
    """Posterior of the numbers of `layout` (see `families`) and of sigma / `prior.sigma_scale`.

    gram : of the model. The data, and what depends on them, are shared variables: to the compiler
    all data sets are one.
    """
    ints, floats = buffers(gram, layout.widths, *prior.fixed.scaled(gram))
    with pm.Model() as model:
        sigma = declare_sigma(prior) / pytensor.shared(gram.scaling.response, "response_scale")
        factors = pt.constant(np.zeros(0))
        if prior.components:
            factors = layout.relative(layout.declare(), sigma)
        ints, floats = pytensor.shared(ints, "ints"), pytensor.shared(floats, "floats")
        pm.Potential("response", marginal(ints, floats, factors, sigma**2)[0])
    return model


def declare_sigma(prior: Prior):
    """The residual SD in the response's units, in the open PyMC model."""
    unit = pm.Exponential("sigma", lam=1.0)
    return unit * pytensor.shared(prior.sigma_scale, "sigma_scale")
