"""The usual model in PyMC, with beta and b as parameters: centred or non-centred.

Slower than the collapsed form and the same posterior. They are there because reports are full of
them, and to show where divergences come from: centred, b has a density whose width is a parameter,
and where an SD is near zero that is a funnel. Design, section 5.
"""

import numpy as np
import pymc as pm
import pytensor
import pytensor.tensor as pt

from covedge.errors import DesignError
from covedge.grams.gram import Gram
from covedge.posteriors.cholesky import cholesky_factors
from covedge.posteriors.collapsed import declare_sigma
from covedge.posteriors.equations import quadratic_form
from covedge.posteriors.families.placing import covariances, places
from covedge.posteriors.posterior import Draws, in_users_units
from covedge.posteriors.prior import Prior

CENTRED, NONCENTRED = "centred", "noncentred"
# Cross-products of [Z | X | y] that are not zero: each step of the sampler visits all of them.
MOST_PRODUCTS = 100_000


def explicit_model(gram: Gram, prior: Prior, layout, form: str) -> pm.Model:
    """Posterior of all parameters. gram : of the model; layout : of the prior's family.

    In the trace: `sigma` / prior.sigma_scale, `beta` scaled, `factors` flat and relative, and `b`,
    scaled, level by level and group by group.

    Raises DesignError where there are too many cross-products.
    """
    rows, columns, data = quadratic_form(gram)
    if len(data) > MOST_PRODUCTS:
        raise DesignError(
            f"the {form} form is for models of at most {MOST_PRODUCTS:,} non-zero cross-products; "
            f"here are {len(data):,}. The collapsed form has no such limit"
        )
    mean, precision = prior.fixed.scaled(gram)
    with pm.Model() as model:
        sigma = declare_sigma(prior) / pytensor.shared(gram.scaling.response, "response_scale")
        parts = []
        if prior.components:
            parts.append(_effects(gram, prior, layout, form, sigma))
        if len(mean):
            root = np.linalg.inv(np.linalg.cholesky(precision)).T
            unit = pm.Normal("unit_beta", shape=len(mean))
            beta = pytensor.shared(mean) + (pytensor.shared(root) * unit).sum(axis=1)
            parts.append(pm.Deterministic("beta", beta))
        v = pt.concatenate([*parts, pt.constant(-np.ones(1))])
        data = pytensor.shared(data)
        square = (data * v[pytensor.shared(rows)] * v[pytensor.shared(columns)]).sum()
        pm.Potential("response", -gram.n_obs * pt.log(sigma) - 0.5 * square / sigma**2)
    return model


def _effects(gram, prior, layout, form, sigma):
    """All b, scaled, flat; and their factors in the trace."""
    components = prior.components
    where = places(gram, components, [c.basis.shape[1] for c in components])
    b: list = [0.0] * len(gram.n_groups)
    blocks: list = [[] for _ in gram.n_groups]
    for k, (component, L) in enumerate(
        zip(components, cholesky_factors(prior, layout), strict=True)
    ):
        level, p = component.level, component.basis.shape[1]
        # In units of the scaled response, as the Gram is.
        L = L(sigma * gram.scaling.response) / gram.scaling.response
        own = _own(f"b{k}", L, (gram.n_groups[level], p), form)
        basis = pt.constant(where.bases[k])
        b[level] = b[level] + _product(own, basis)
        blocks[level].append(_product(basis, L.T) / sigma)
    flat = [pt.concatenate(parts, axis=1).ravel() for parts in blocks]
    pm.Deterministic("factors", pt.concatenate(flat))
    return pm.Deterministic("b", pt.concatenate([part.ravel() for part in b]))


def _own(name, L, shape, form):
    """(groups, p) effects along a component's directions, N(0, L L') each."""
    if form == NONCENTRED:
        return _product(pm.Normal(name, shape=shape), L)
    groups, p = shape
    own = pm.Flat(name, shape=shape)
    logdet = pt.log(pt.diag(L)).sum()
    white = pt.linalg.solve_triangular(L, own.T, lower=True)
    constant = 0.5 * groups * p * np.log(2 * np.pi)
    pm.Potential(f"density of {name}", -0.5 * (white**2).sum() - groups * logdet - constant)
    return own


def _product(A, B):
    """A @ B' of small matrices; PyTensor's own product takes numba ten seconds to compile."""
    return (A[:, None, :] * B[None, :, :]).sum(axis=2)


def explicit_draws(values: dict, gram: Gram, prior: Prior) -> Draws:
    """From the sampler's variables (n, ...), see `posterior.flat`."""
    sigma = prior.sigma_scale * values["sigma"][:, 0]
    n, sizes = len(sigma), [L * q for L, q in zip(gram.n_groups, gram.n_effects, strict=True)]
    factors = values.get("factors", np.zeros((n, 0)))
    widths = np.zeros(len(gram.n_effects), dtype=int)
    for component in prior.components:
        widths[component.level] += component.basis.shape[1]
    effects = np.split(values.get("b", np.zeros((n, 0))), np.cumsum(sizes)[:-1], axis=1)
    beta = values.get("beta", np.zeros((n, 0)))
    return Draws(
        (1, n),
        factors,
        sigma,
        covariances(factors, gram.n_effects, widths),
        in_users_units(beta, gram),
        tuple(
            b.reshape(n, L, q)
            for b, L, q in zip(effects, gram.n_groups, gram.n_effects, strict=False)
        ),
    )
