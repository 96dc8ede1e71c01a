"""Whether the grouping factors of a formula are nested in each other, judged from the data."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from covedge.design import group_codes
from covedge.errors import DesignError
from covedge.formula import Formula


def check_nested(data: pd.DataFrame, formula: Formula) -> None:
    """DesignError where two grouping factors of the formula are crossed.

    Nested: each level of the factor with more levels lies within one level of the other, be it
    because the formula says so (`a/b`) or because the labels do.
    """
    groups = {frozenset(term.group): term.group for term in formula.terms}
    factors = [(":".join(group), *group_codes(data, group)) for group in groups.values()]
    factors.sort(key=lambda factor: len(factor[2]))
    for i in range(len(factors) - 1):
        crossing = _crossing(factors[i], factors[i + 1])
        if crossing:
            outer, inner = factors[i][0], factors[i + 1][0]
            raise DesignError(
                f"the grouping factors `{outer}` and `{inner}` are crossed ({crossing}): crossed "
                f"factors come with a later version; if the labels of `{inner}` start anew in "
                f"each `{outer}`, write `{outer}/{inner}`",
                key="formula",
            )


def _crossing(outer: tuple[str, np.ndarray, Sequence[str]], inner) -> str:
    """A level of the inner factor that lies in two of the outer, in words; "" if there is none."""
    pairs = np.unique(np.stack([inner[1], outer[1]]), axis=1)
    repeated = np.flatnonzero(pairs[0, 1:] == pairs[0, :-1])
    if not len(repeated):
        return ""
    first, second = pairs[:, repeated[0]], pairs[:, repeated[0] + 1]
    return (
        f"`{inner[0]}` '{inner[2][first[0]]}' is in `{outer[0]}` "
        f"'{outer[2][first[1]]}' and '{outer[2][second[1]]}'"
    )
