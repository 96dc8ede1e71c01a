"""Bootstrap replicates as a table: a row each, with what was found of every model fitted to it."""

import numpy as np
import pandas as pd

from covedge.bootstraps.bootstrap import Bootstrap, Replicate, is_degenerate, ranks
from covedge.fits.fit import Fit
from covedge.fits.parameters import component_covariances, parameters, to_components, values
from covedge.frames.design import Term

DEGENERATE = "degenerate"


def criterion_of(model: str) -> str:
    """The column with the criterion of a model."""
    return f"criterion {model}"


def settled_of(model: str) -> str:
    """The column that says whether the search for the fit of a model came to its end."""
    return f"settled {model}"


def rank_of(group: str) -> str:
    """The column with the rank of the true model's term of a grouping factor."""
    return f"rank {group}"


class Table:
    """Collects replicates of one Bootstrap, of which `fit` is the truth."""

    def __init__(
        self, bootstrap: Bootstrap, fit: Fit, terms: tuple[Term, ...], fixed: tuple[str, ...]
    ):
        self._fit = fit
        self._groups = {
            level: terms[len(terms) - 1 - kept].name for level, kept in enumerate(bootstrap.kept)
        }
        self._names = bootstrap.names
        self._wanted = parameters(terms, fixed, fit.model)
        self._maps = to_components(bootstrap.factors, fit.model)
        self._rows = []

    def add(self, number: int, replicate: Replicate) -> None:
        """One more replicate; number : its place among all of them."""
        true = replicate.fits[0]
        row = {"replicate": number}
        found = zip(self._names, replicate.fits, replicate.criteria, strict=True)
        for name, sketch, criterion in found:
            row[criterion_of(name)] = criterion
            row[settled_of(name)] = sketch.settled
        for level, rank in ranks(true).items():
            row[rank_of(self._groups[level])] = rank
        row[DEGENERATE] = any(is_degenerate(true, level) for level in self._groups)
        # The ranks of what was found differ from those of the truth.
        point = true.factors.likelihood.at(true.factors.Sigmas(true.x), information=False)
        S = component_covariances(true.factors, true.x, self._maps)
        numbers = values(self._wanted, S, np.sqrt(point.sigma2), point.beta)
        self._rows.append(row | dict(zip(column_names(self._wanted), numbers, strict=True)))

    def frame(self) -> pd.DataFrame:
        """All replicates so far."""
        return pd.DataFrame(self._rows)


def column_names(wanted) -> list[str]:
    """A column per parameter, by its name; a name that is taken gets a number."""
    names = []
    for one in wanted:
        name, n = one.name, 2
        while name in names:
            name, n = f"{one.name} #{n}", n + 1
        names.append(name)
    return names
