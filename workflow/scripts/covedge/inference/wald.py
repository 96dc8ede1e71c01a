"""Wald intervals of the variance parameters: exactly what nlme's `intervals()` prints.

Estimate plus and minus a normal quantile times the standard error from apVar, in natural
parameters, and back. So an SD's is a factor either way, and a correlation's stays within -1 and 1.
"""

import numpy as np
from scipy.stats import norm

from covedge.fits.parameters import Parameter
from covedge.inference.apvar import BOWL, ApVar
from covedge.inference.apvar_words import why_none
from covedge.inference.natural import back


def wald(found: ApVar, level: float = 0.95) -> dict[Parameter, tuple[float, float] | str]:
    """By parameter (lower, upper), or in words why there is no interval.

    Where some parameters lie on an edge, the others have the intervals of the model with those
    held there; nlme itself would refuse all of them.
    """
    if found.state != BOWL:
        return {one: why_none(found, one) for one in found.parameters}
    half = norm.ppf((1.0 + level) / 2.0) * np.sqrt(np.diag(found.covariance))
    ends = {
        one: (back(one, found.natural.values[i] - h), back(one, found.natural.values[i] + h))
        for one, i, h in zip(found.free, found.natural.free, half, strict=True)
    }
    return {one: ends.get(one) or why_none(found, one) for one in found.parameters}
