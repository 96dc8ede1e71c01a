"""statsmodels' MixedLM on a rung with one grouping factor."""

import time
import warnings
from importlib import metadata

import numpy as np
from statsmodels.regression.mixed_linear_model import MixedLM, VCSpec

from covedge.engines.answer import Answer, NotExpressible
from covedge.frames.design import ModelFrame
from covedge.models.ladder import Model
from covedge.models.structure import FULL


def version() -> str:
    """The version that is installed."""
    return metadata.version("statsmodels")


def answer(frame: ModelFrame, model: Model, reml: bool) -> Answer:
    """Fit `model` with statsmodels' defaults. Raises NotExpressible."""
    Z, codes, components = _one_term(frame, model)
    order = np.argsort(codes, kind="stable")
    groups = codes[order]
    random, separate = _parts(components, Z[order], groups)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        began = time.perf_counter()
        problem = MixedLM(frame.y[order], frame.X[order], groups, exog_re=random, exog_vc=separate)
        result = problem.fit(reml=reml)
        seconds = time.perf_counter() - began
    messages = tuple(dict.fromkeys(f"{w.category.__name__}: {w.message}" for w in caught))
    return Answer(
        components=_relative(result, components),
        sigma=float(np.sqrt(result.scale)),
        beta=np.asarray(result.fe_params, dtype=float),
        std_error=np.asarray(result.bse_fe, dtype=float),
        criterion=float(-2.0 * result.llf),
        converged=bool(result.converged),
        messages=messages,
        seconds=seconds,
    )


def _one_term(frame, model):
    if frame.weights is not None:
        raise NotExpressible("MixedLM has no prior weights")
    used = [k for k, structure in enumerate(model.structures) if structure.components]
    if not used:
        raise NotExpressible("the model has no random effects")
    if len(used) > 1:
        raise NotExpressible("MixedLM takes one grouping factor, and the model has several")
    if model.structures[used[0]].limited:
        raise NotExpressible("MixedLM has no covariance of limited rank")
    return (
        frame.Z[used[0]],
        frame.codes[used[0]],
        model.structures[used[0]].components,
    )


def _correlated(components):
    """Index of the component that MixedLM takes as its matrix: the widest full one."""
    widths = [c.basis.shape[1] if c.kind == FULL else 0 for c in components]
    return int(np.argmax(widths))


def _parts(components, Z, groups):
    """exog_re for one full component, exog_vc for all others."""
    chosen = _correlated(components)
    starts = np.searchsorted(groups, np.unique(groups))[1:]
    names, columns, matrices = [], [], []
    for i, component in enumerate(components):
        if i == chosen:
            continue
        effects = Z @ component.basis
        if component.kind == FULL and effects.shape[1] > 1:
            raise NotExpressible("MixedLM takes one block of correlated effects")
        by_group = np.split(effects, starts)
        names.append(f"{i}-{component.label}")
        columns.append([[f"{j}" for j in range(effects.shape[1])]] * len(by_group))
        matrices.append(by_group)
    separate = VCSpec(names, columns, matrices) if names else None
    return Z @ components[chosen].basis, separate


def _relative(result, components):
    chosen = _correlated(components)
    variances = iter(np.asarray(result.vcomp, dtype=float) / result.scale)
    return [
        np.asarray(result.cov_re, dtype=float) / result.scale
        if i == chosen
        else np.array([[next(variances)]])
        for i in range(len(components))
    ]
