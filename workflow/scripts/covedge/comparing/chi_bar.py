"""The chi-bar-square law of a likelihood ratio, where it is known: a mixture of chi-squares.

Twice the log-likelihood ratio is, with many groups, the difference of two squared distances to
cones (Self and Liang 1987). Three cases have closed weights; all need a simpler model whose own
variances are off their edges (Stram and Lee 1994):

- one variance is added alone: half chi2_0, half chi2_1;
- one effect joins q correlated ones, with its q covariances: half chi2_q, half chi2_{q+1};
- covariances only are added, between effects that vary in both models: nothing is at an edge, and
  the usual chi-square holds.
"""

from dataclasses import dataclass

import numpy as np
from scipy.stats import chi2

from covedge.comparing.no_test import NoTest
from covedge.fits.certificate import OPEN, REFUSED
from covedge.fits.fit import Fit
from covedge.models.containment import contains, covers
from covedge.models.structure import FULL, Structure


@dataclass(frozen=True)
class ChiBar:
    """weights : of the chi-squares with these df; df 0 is a point mass at zero."""

    weights: tuple[float, ...]
    df: tuple[int, ...]

    def p(self, lrt: float) -> float:
        """P(mixture >= lrt)."""
        return float(sum(w * tail(lrt, df) for w, df in zip(self.weights, self.df, strict=True)))


def tail(lrt: float, df: int) -> float:
    """P(chi2_df >= lrt); chi2_0 is always 0."""
    if lrt <= 0:
        return 1.0
    return float(chi2.sf(lrt, df)) if df else 0.0


def chi_bar(smaller: Fit, larger: Fit) -> ChiBar | NoTest:
    """The law of the likelihood ratio of two fits, one model strictly inside the other."""
    if smaller.degenerate or smaller.certificate.status in (OPEN, REFUSED):
        return NoTest("the simpler model is itself on the edge, so that more than one part is")
    changed = [
        pair
        for pair in zip(smaller.model.structures, larger.model.structures, strict=True)
        if not contains(*pair)
    ]
    if any(structure.limited for pair in changed for structure in pair):
        return NoTest("a limit on the rank is not an edge of this kind")
    df = larger.n_parameters - smaller.n_parameters
    if all(_open(small, large) for small, large in changed):
        return ChiBar((1.0,), (df,))
    if len(changed) > 1:
        return NoTest("random effects of more than one term are added at once")
    q = _one_added(*changed[0])
    if q is None:
        return NoTest("more than one effect is added, or variances together with covariances")
    return ChiBar((0.5, 0.5), (q, q + 1))


def _open(small: Structure, large: Structure) -> bool:
    """Whether a Sigma of `small`, off its own edges, is off all edges of `large` too."""
    return all(
        _spanned(big, [c for c in small.components if covers(big, c)]) for big in large.components
    )


def _spanned(big, parts):
    if big.kind != FULL:
        return bool(parts)
    columns = np.hstack([np.zeros((len(big.basis), 0)), *(c.basis for c in parts)])
    return np.linalg.matrix_rank(columns) == big.basis.shape[1]


def _one_added(small: Structure, large: Structure) -> int | None:
    """q where `large` adds one effect to q correlated ones (0: a variance alone), else None."""
    before, after = list(small.components), list(large.components)
    for component in small.components:
        same = [c for c in after if covers(c, component) and covers(component, c)]
        if same:
            before = [c for c in before if c is not component]
            after = [c for c in after if c is not same[0]]
    if len(after) != 1 or len(before) > 1:
        return None
    width = after[0].basis.shape[1]
    if not before:
        return 0 if width == 1 or after[0].kind != FULL else None
    q = before[0].basis.shape[1]
    grows = before[0].kind == after[0].kind == FULL and covers(after[0], before[0])
    return q if grows and width == q + 1 else None
