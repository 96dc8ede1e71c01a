"""What few groups do to the chi-square of a likelihood ratio, and a bound on p that allows it."""

from collections.abc import Sequence

from scipy.stats import chi2

from covedge.models.containment import contains, n_effects
from covedge.models.ladder import Model

# Below this bound on p a simulation of any affordable length says "fewer than one in so many".
BEYOND_DOUBT = 1e-6


def allowance(smaller: Model, larger: Model, n_levels: Sequence[int]) -> float:
    """By what to multiply a likelihood ratio so that chi2_df does not reject too often.

    n_levels : groups of each term, outermost first, as the models' structures.

    At an edge chi2_df errs on the safe side, but it is a law for many groups: with 10 groups and a
    covariance of 6 effects it rejects sphericity at 1 % in 15 % of all data sets where that holds.
    In the limit of many rows per group the ratio is that of L - 1 normal vectors with q
    components, and its far tail, where det S is near 0, falls as that of chi2 would at (L - q) /
    (L - 1) of the ratio. (L - q) / L is on the safe side in simulations of 2 to 6 effects and 3 to
    18 groups. Zero where there are no more groups than effects.
    """
    changed = zip(smaller.structures, larger.structures, n_levels, strict=True)
    shares = [
        max(1 - n_effects(after) / L, 0.0)
        for before, after, L in changed
        if not contains(before, after)
    ]
    return min(shares, default=1.0)


def bound(lrt: float, df: int, smaller: Model, larger: Model, n_levels: Sequence[int]) -> float:
    """An upper bound on p of a likelihood ratio between a model and one that holds it."""
    return float(chi2.sf(lrt * allowance(smaller, larger, n_levels), df))
