"""Leave one group out: what the fit would be without each single group.

A singular fit, or a fixed effect, can hang on one odd group. Each refit starts at the fit of all
groups with every direction open, so it takes a fraction of the first one's time; it ends at a
certified optimum like any other, but of one start only.
"""

from dataclasses import dataclass

import numpy as np

from covedge.effects.modes import level_order
from covedge.errors import DesignError
from covedge.fits.certificate import EXACT_FIT, examine
from covedge.fits.factors import Factors
from covedge.fits.fit import Fit
from covedge.fits.identifiability import canonical, identifiability
from covedge.fits.likelihood import Likelihood
from covedge.fits.new_response import OPEN
from covedge.fits.optimum import finish
from covedge.fits.own_gram import moved, own_gram
from covedge.fits.spectrum import ALIVE
from covedge.frames.design import ModelFrame
from covedge.grams.crossed_gram import CrossedGram
from covedge.grams.without_group import from_gram, from_rows, in_gram

# With so few groups one less is another question; with so many no single one can decide.
FEWEST_LEVELS, MOST_LEVELS = 3, 60
# Left-out groups times `evaluation_work`: a minute or three for a factor. It depends on the design
# alone, so that the same data always get the same page.
MOST_WORK = 1e11


@dataclass(frozen=True)
class Without:
    """The fit without one group.

    level : its label. reason : why there is no fit, else "".
    rank, reliabilities : by grouping factor, reliabilities largest first.
    sigma, fixed, std_errors : residual SD, estimates (p,) and their standard errors.
    """

    level: str
    reason: str = ""
    criterion: float | None = None
    rank: dict[str, int] | None = None
    reliabilities: dict[str, tuple[float, ...]] | None = None
    sigma: float | None = None
    fixed: tuple[float, ...] | None = None
    std_errors: tuple[float, ...] | None = None
    degenerate: bool | None = None
    identifiable: bool | None = None


@dataclass(frozen=True)
class LeftOut:
    """One grouping factor; reason : why its groups were not left out, else ""."""

    group: str
    n_levels: int
    reason: str
    levels: tuple[Without, ...]


@dataclass(frozen=True)
class LeaveOut:
    """model : its name; names : of the fixed effects; whole : the fit of all groups, level "".

    terms : outermost first.
    """

    model: str
    names: tuple[str, ...]
    whole: Without
    terms: tuple[LeftOut, ...]


def leave_out(frame: ModelFrame, fit: Fit, most_work: float = MOST_WORK) -> LeaveOut:
    """Refit the model of `fit`, which was fitted to `frame`, without each group in turn."""
    refits, found = _Refits(frame, fit), []
    places = {term.name: k for k, term in enumerate(frame.terms)}
    for term in fit.terms:
        level = len(frame.terms) - 1 - places[term.term.name]
        n_levels = term.term.n_levels
        reason = _not_done(fit, n_levels, most_work)
        levels = () if reason else tuple(refits.without(level, g) for g in range(n_levels))
        names = {label: k for k, label in enumerate(term.term.levels)}
        levels = tuple(sorted(levels, key=lambda one: names[one.level]))
        found.append(LeftOut(term.term.name, n_levels, reason, levels))
    return LeaveOut(fit.model.name, frame.fixed, _told(fit, ""), tuple(found))


def leave_out_record(found: LeaveOut) -> dict:
    """The content of leave_out.json."""
    return {
        "model": found.model,
        "fixed": found.names,
        "whole": found.whole,
        "terms": [
            {
                "group": term.group,
                "n_levels": term.n_levels,
                "status": "not done" if term.reason else "ok",
                "reason": term.reason,
                "levels": term.levels,
            }
            for term in found.terms
        ],
    }


def _not_done(fit, n_levels, most_work):
    if EXACT_FIT in fit.certificate.reasons:
        return EXACT_FIT
    if n_levels < FEWEST_LEVELS:
        return f"it has {n_levels} levels, and a variance needs more"
    if n_levels > MOST_LEVELS:
        return (
            f"it has {n_levels:,} levels: up to {MOST_LEVELS} are left out one by one, and of more "
            "no single one weighs much"
        )
    if n_levels * evaluation_work(fit.factors) > most_work:
        return "so many refits of a model of this size would take too long"
    return ""


def evaluation_work(factors: Factors) -> float:
    """Multiplications of one evaluation, roughly, times the parameters that a search has."""
    gram = factors.likelihood.gram
    q, L = gram.n_effects, gram.n_groups
    last = gram.n_fixed + 1
    if isinstance(gram, CrossedGram):
        sizes = [a * b for a, b in zip(q, L, strict=True)]
        work = float(sum(sizes) - max(sizes, default=0) + last) ** 3
    else:
        work = float(sum(L[k] * q[k] * (sum(q[k:]) + last) ** 2 for k in range(len(q))) + last**3)
    return work * (1 + factors.size)


class _Refits:
    """Fits without single groups of one frame, on the Gram that the model needs."""

    def __init__(self, frame: ModelFrame, known: Fit):
        self._frame, self._known = frame, known
        self._order = level_order(frame.codes)
        self._rows = None
        self._own = own_gram(known.factors.likelihood, known.model)
        self._start = moved(self._own.factors(known.model), known)

    def without(self, level, group) -> Without:
        term = self._frame.terms[len(self._frame.terms) - 1 - level]
        index = int(self._order[level][group])
        label = str(term.levels[index])
        try:
            factors, examination, unique = self._fit(self._likelihood(level, group, index))
        except DesignError as error:
            return Without(label, str(error))
        if EXACT_FIT in examination.certificate.reasons:
            return Without(label, EXACT_FIT)
        return self._told(factors, examination, unique, label)

    def _likelihood(self, level, group, index):
        frame, reml = self._frame, self._known.reml
        own, place = self._own.likelihood.gram, self._own.kept.index(level)
        if in_gram(own, place):
            codes = frame.codes[len(frame.codes) - 1 - level]
            n_rows = int((codes == index).sum())
            return Likelihood(from_gram(own, place, group, n_rows), reml)
        self._rows = self._rows or from_rows(frame)
        whole = Likelihood(self._rows.gram(level, group), reml)
        return own_gram(whole, self._known.model).likelihood

    def _fit(self, likelihood):
        """(factors, examination, whether the point is unique), else that of the canonical one."""
        factors, start = self._start[0].opened(self._start[1], OPEN)
        factors = Factors(likelihood, factors.structures)
        solution = finish(factors, start)
        found = identifiability(factors)
        if not found.confoundings:
            return solution.factors, solution.examination, True
        factors, x = canonical(solution.factors, solution.x, found)
        return factors, examine(factors, x), False

    def _told(self, factors, examination, unique, label):
        point, names = examination.point, [term.name for term in self._frame.terms[::-1]]
        rank = {names[level]: 0 for level in self._own.kept[::-1]}
        possible, found = dict(rank), {name: [] for name in rank}
        for block, spectrum in zip(factors.blocks, examination.spectra, strict=True):
            name, q = names[self._own.kept[block.level]], len(block.basis)
            width = 1 if block.full else block.basis.shape[1]
            alive = sum(direction.state == ALIVE for direction in spectrum)
            rank[name] = min(rank[name] + alive * width, q)
            possible[name] = min(possible[name] + block.most * width, q)
            found[name] += [direction.reliability for direction in spectrum]
        return Without(
            level=label,
            criterion=point.criterion,
            rank=rank,
            reliabilities={name: tuple(sorted(f, reverse=True)) for name, f in found.items()},
            sigma=float(np.sqrt(point.sigma2)),
            fixed=tuple(map(float, point.beta)),
            std_errors=tuple(map(float, np.sqrt(np.diag(point.cov_beta)))),
            degenerate=rank != possible,
            identifiable=unique,
        )


def _told(fit: Fit, label) -> Without:
    return Without(
        level=label,
        criterion=fit.point.criterion,
        rank={term.term.name: term.rank for term in fit.terms},
        reliabilities={
            term.term.name: tuple(
                sorted((d.direction.reliability for d in term.spectrum), reverse=True)
            )
            for term in fit.terms
        },
        sigma=float(np.sqrt(fit.point.sigma2)),
        fixed=tuple(map(float, fit.point.beta)),
        std_errors=tuple(map(float, np.sqrt(np.diag(fit.point.cov_beta)))),
        degenerate=fit.degenerate,
        identifiable=fit.identifiable,
    )
