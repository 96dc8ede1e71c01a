"""The likelihood ratio test by parametric bootstrap: what chance does where the simpler is true."""

from dataclasses import dataclass

import numpy as np
from scipy.stats import beta

# Criteria of quick fits are known to this much: a larger model that fits worse by no more is as
# good, by more its search failed; a simulated ratio that is less by no more is as large.
ROUNDING = 1e-4


@dataclass(frozen=True)
class BootstrapTest:
    """p, with the Clopper-Pearson interval of what more replicates would give.

    null_zero : how often the larger model gains nothing.
    failed : replicates on which the larger model's fit is worse than the smaller's by more than
        rounding, or is not finite; they are left out.
    """

    p: float
    lower: float
    upper: float
    replicates: int
    failed: int
    null_zero: float


def bootstrap_test(observed: float, D_small, D_large, level: float = 0.95) -> BootstrapTest:
    """Test the observed likelihood ratio against those of simulated responses.

    D_small, D_large : (replicates,) criteria of both models fitted to the same responses, which
        were simulated from the smaller model's fit.
    p = (1 + #{ratio >= observed}) / (1 + replicates): never zero, and valid at any number of
    replicates if the null distribution has no unknowns (Davison and Hinkley 1997, section 4.2).
    """
    D_small, D_large = (np.asarray(D, dtype=float) for D in (D_small, D_large))
    ratios = D_small - D_large
    good = np.isfinite(ratios) & (ratios > -ROUNDING)
    null = np.maximum(ratios[good], 0.0)
    above = int((null >= max(observed, 0.0) - ROUNDING).sum())
    n = len(null)
    lower, upper = clopper_pearson(above, n, level)
    p = (1 + above) / (1 + n)
    zero = float((null < ROUNDING).mean()) if n else float("nan")
    return BootstrapTest(p, min(lower, p), max(upper, p), n, int((~good).sum()), zero)


def clopper_pearson(count: int, n: int, level: float = 0.95) -> tuple[float, float]:
    """Exact interval of a proportion."""
    tail = (1 - level) / 2
    lower = float(beta.ppf(tail, count, n - count + 1)) if count else 0.0
    upper = float(beta.ppf(1 - tail, count + 1, n - count)) if count < n else 1.0
    return lower, upper
