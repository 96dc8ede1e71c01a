"""Lower triangular factors of each G under each family, as one writes them in PyMC."""

from collections.abc import Callable, Iterator

import numpy as np
import pymc as pm
import pytensor.tensor as pt

from covedge.posteriors.families.decov import DecovLayout
from covedge.posteriors.families.wishart import degrees
from covedge.posteriors.prior import DECOV, LKJ, ComponentPrior, Prior

Factor = Callable[[pt.TensorVariable], pt.TensorVariable]


def cholesky_factors(prior: Prior, layout) -> Iterator[Factor]:
    """Per component a function of sigma (in the response's units) that gives L (p, p).

    G = B L L' B', B the component's basis. Declares the parameters in the open PyMC model.
    """
    if prior.family == DECOV:
        yield from _decov(prior, layout)
        return
    own = _lkj if prior.family == LKJ else _wishart
    for k, component in enumerate(prior.components):
        L = own(str(k), component)
        yield lambda sigma, L=L: L


def _lkj(name, component: ComponentPrior):
    p, scales = component.basis.shape[1], component.scales
    if not component.correlated:
        # PyMC's LKJCholeskyCov wants two directions or more.
        return pm.HalfNormal(f"sd{name}", sigma=scales[0]) * pt.eye(p)
    sd = pm.HalfNormal.dist(sigma=scales, shape=p)
    packed = pm.LKJCholeskyCov(
        f"cholesky{name}",
        eta=component.hyper.eta,
        n=p,
        sd_dist=sd,
        compute_corr=False,
        # PyMC's own start is a draw from the prior, which takes long to compile.
        initval=np.diag(scales)[np.tril_indices(p)],
    )
    return pm.math.expand_packed_triangular(p, packed, lower=True)


def _wishart(name, component: ComponentPrior):
    """Bartlett's decomposition: chi on the diagonal, normals below."""
    p, m, df = component.basis.shape[1], len(component.scales), degrees(component)
    squares = pm.ChiSquared(f"square{name}", nu=df - np.arange(m), shape=m)
    scales = pt.constant(component.scales / np.sqrt(df))
    if m == 1:
        return scales[0] * pt.sqrt(squares[0]) * pt.eye(p)
    below = pm.Normal(f"below{name}", shape=m * (m - 1) // 2)
    T = pt.diag(pt.sqrt(squares))
    T = pt.set_subtensor(T[np.tril_indices(m, -1)], below)
    return scales[:, None] * T


def _decov(prior, layout: DecovLayout):
    values = layout.declare()
    below, diagonal = layout.below(values), layout.diagonal(values)
    row = left = 0
    for component in prior.components:
        p, m = component.basis.shape[1], len(component.scales)
        own = diagonal[row : row + m]
        T = pt.diag(own) if component.full else own[0] * pt.eye(p)
        if component.correlated:
            n = m * (m - 1) // 2
            T = pt.set_subtensor(T[np.tril_indices(m, -1)], below[left : left + n])
            left += n
        row += m
        yield lambda sigma, T=T: sigma * T
