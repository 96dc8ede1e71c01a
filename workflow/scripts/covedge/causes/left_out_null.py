"""How often leaving out one group of a simulated data set opens as much as it does in the data.

Responses are drawn on the rows at the fit, and of them only those count whose own fit has lost as
many directions, or more. Where such fits are rare all count: a direction that is there anyway only
adds to what leaving out opens, so that p errs on the safe side. Besag and Clifford (1991),
Biometrika 78, 301-304: it may stop once what was seen has been met often enough.
"""

from dataclasses import dataclass
from itertools import chain

import numpy as np
from scipy.linalg import null_space

from covedge.bootstraps.bootstrap import OPEN
from covedge.causes.fitted_rows import FittedRows
from covedge.causes.reliabilities import beyond, reliabilities
from covedge.errors import DesignError
from covedge.fits.factors import Factors
from covedge.fits.likelihood import Likelihood
from covedge.fits.optimum import roughly
from covedge.fits.own_gram import own_gram
from covedge.grams.effort import effort
from covedge.grams.responses import Responses
from covedge.grams.simulated import Response
from covedge.grams.without_group import from_rows

# Multiplications in all refits of a test: some twenty seconds of one core; and evaluations in a
# refit, beside one per parameter.
MOST_WORK, EVALUATIONS = 9e9, 10
# A refit is at least this much work: calls from Python are not free.
LEAST_EFFORT = 2e4
# Often enough to know that p is no small number; draws for each replicate that is kept.
ENOUGH, MOST_DRAWS = 10, 12
# The first draws tell whether fits as singular as that of the data are common enough to wait for.
FIRST, COMMON = 40, 5
# A direction with a larger dual than this stays shut when the fit adapts to the group's absence.
NEARLY = 0.1


@dataclass(frozen=True)
class Held:
    """above : replicates that open as much, of those `kept`.

    alike : whether only fits as singular as that of the data were kept.
    """

    above: int
    kept: int
    alike: bool

    @property
    def p(self):
        """With the data themselves as one of the data sets; by sequential sampling above / kept."""
        if self.above >= ENOUGH:
            return self.above / self.kept
        return (1 + self.above) / (1 + self.kept)


def replicates_affordable(rows: FittedRows, factor: str, replicates: int, level: float) -> int:
    """How many MOST_WORK allows.

    Raises DesignError where they are too few for a p-value below `level`.
    """
    n_levels = next(term.n_levels for term in rows.frame.terms if term.name == factor)
    one = max(effort(rows.gram), LEAST_EFFORT) * (rows.factors.size + EVALUATIONS)
    most = int(MOST_WORK / (one * (n_levels + 1)))
    if most * level < 1:
        raise DesignError("so many refits of a model of this size would take too long")
    return min(most, replicates)


def held_against(rows: FittedRows, suspect, replicates: int, seeds: np.random.SeedSequence):
    """Held of the suspect (see `one_group.Suspect`).

    Raises DesignError where fits as singular as that of the data turn out too rare to count.
    """
    null, above, kept = _Null(rows, suspect), 0, 0
    streams = seeds.spawn(MOST_DRAWS * replicates)
    whole = (null.whole(np.random.default_rng(one)) for one in streams)
    first = [next(whole) for _ in range(FIRST)]
    alike = sum(map(null.alike, first)) >= COMMON
    for one in chain(first, whole):
        if one is None or (alike and not null.alike(one)):
            continue
        kept, above = kept + 1, above + null.opens(one)
        if kept >= replicates or above >= ENOUGH:
            return Held(above, kept, alike)
    raise DesignError(f"only {kept} simulated fits were as singular as that of the data")


class _Null:
    """Simulated data sets on the rows, whole and without each group of the suspect's factor."""

    def __init__(self, rows: FittedRows, suspect):
        self._rows, self._suspect = rows, suspect
        self._level = rows.groups.index(suspect.term)
        self._whole = Part.of_all(rows)
        self._start = rows.factors.opened(rows.x, OPEN)
        self._parts = parts(rows, suspect.factor)

    def whole(self, rng):
        """(responses (n, 1), the fit to them); None where the search did not settle."""
        y = self._rows.draw(rng, 1)
        wider, start = self._start
        found = roughly(wider.on(self._whole.likelihood(y)), start)
        return (y, found) if found.settled else None

    def alike(self, whole):
        """Whether the term has no more directions there than in the data."""
        return whole is not None and self._alive(whole[1]) <= self._suspect.alive

    def opens(self, whole):
        """Whether some group opens as much as the suspect.

        A refit is made only where a collapsed direction is pushed out once the group is gone.
        """
        y, fitted = whole
        lost = self._collapsed(fitted)
        more = self._alive(fitted) > self._suspect.alive
        Sigmas = fitted.factors.Sigmas(fitted.x)
        _, start = fitted.factors.opened(fitted.x, OPEN)
        for part in self._parts:
            likelihood = part.likelihood(y)
            if not more and not _pushed_out(likelihood, Sigmas, self._level, lost):
                continue
            found = self._found(roughly(part.factors.on(likelihood), start))
            if beyond(found, self._suspect.alive) >= self._suspect.gain:
                return True
        return False

    def _collapsed(self, fitted):
        """Per component of the term (q, k) the directions of its effects without variance."""
        found = []
        for block, L in zip(fitted.factors.blocks, fitted.factors.split(fitted.x), strict=True):
            if block.level == self._level and block.full:
                found.append(block.basis @ null_space(L.T) if L.size else block.basis)
            elif block.level == self._level and not block.columns:
                found.append(block.basis)
        return found

    def _alive(self, fitted):
        return int((self._found(fitted) > 0).sum())

    def _found(self, fitted):
        return reliabilities(fitted.factors.blocks, fitted.spectra, self._level)


def _pushed_out(likelihood, Sigmas, level, lost):
    """Whether D falls where one of the directions `lost` opens, or nearly does.

    Of scaled columns the information is that of n_levels groups at most.
    """
    Gamma = likelihood.at(Sigmas, information=False).Gamma[level]
    most = NEARLY * likelihood.gram.n_groups[level]
    return any(A.size and np.linalg.eigvalsh(A.T @ Gamma @ A)[0] < most for A in lost)


@dataclass(frozen=True)
class Part:
    """Rows without a group, and their Gram into which other responses are put.

    keep : (n,) 1.0 where the row is left; groups : per level of the Gram those that are left.
    fixed : (p, p) from the scaled columns of X of all rows to those of the part.
    """

    rows: FittedRows
    keep: np.ndarray
    groups: tuple[np.ndarray, ...]
    fixed: np.ndarray
    factors: Factors
    responses: Responses

    @classmethod
    def of_all(cls, rows: FittedRows):
        gram, n = rows.gram, rows.n_obs
        groups = tuple(np.arange(L) for L in gram.n_groups)
        fixed = np.eye(gram.n_fixed)
        return cls(rows, np.ones(n), groups, fixed, rows.factors, Responses(gram))

    def likelihood(self, y) -> Likelihood:
        """Of responses y (n, 1) in the scaled columns; those of rows left out are not read."""
        v = y * self.keep[:, None]
        found = self.rows.products(v)
        random = tuple(b[g, :, 0] for b, g in zip(found.effects, self.groups, strict=True))
        response = Response(random, self.fixed.T @ found.fixed[:, 0], float(v[:, 0] @ v[:, 0]))
        beta = np.zeros(len(self.fixed))
        return Likelihood(self.responses.gram(response, beta, 1.0), self.factors.likelihood.reml)


def parts(rows: FittedRows, factor: str) -> list[Part]:
    """The Part without each group of a factor; groups without which X loses rank are skipped."""
    frame, model = rows.frame, rows.model
    place = next(k for k, term in enumerate(frame.terms) if term.name == factor)
    without, found = from_rows(frame), []
    level = len(frame.terms) - 1 - place
    codes = without.rows.codes[level]
    for group in range(frame.terms[place].n_levels):
        try:
            gram = without.gram(level, group)
        except DesignError:
            continue
        own = own_gram(Likelihood(gram, rows.factors.likelihood.reml), model)
        keep = codes != group
        left = tuple(np.unique(code[keep]) for code in rows.rows.codes)
        gram = own.likelihood.gram
        fixed = np.linalg.solve(gram.scaling.fixed.T, rows.gram.scaling.fixed.T).T
        factors = own.factors(model)
        found.append(Part(rows, keep.astype(float), left, fixed, factors, Responses(gram)))
    return found
