"""What lies beyond a certified fit: MIVQUE, the free fit, and the scores of the next rungs.

All three are extras to a fit; where one does not exist it says why.
"""

import time
from dataclasses import dataclass, replace

import numpy as np
from scipy.linalg import null_space

from covedge.fits.certificate import EXACT_FIT
from covedge.fits.factors import Factors
from covedge.fits.fit import Fit
from covedge.fits.likelihood import Likelihood
from covedge.fits.spectrum import ALIVE, COLLAPSED, Direction, information_root, informed
from covedge.fits.terms import TermDirection, in_user_basis
from covedge.fits.tolerances import TOLERANCES
from covedge.frames.design import Term
from covedge.models.ladder import Model
from covedge.models.structure import Structure
from covedge.surface.expected_information import Surface, expand
from covedge.surface.free import FOUND, free_fit
from covedge.surface.mivque import mivque
from covedge.surface.next_rung import Rung, Score, View, following, rung_of, score, together
from covedge.surface.span import S_of, elements

NEGATIVE, NOT_COMPUTED = "negative", "not computed"


@dataclass(frozen=True)
class BeyondTerm:
    """One term where Sigma need not be a covariance matrix.

    G : (q, q) in squared units of the response. spectrum : its directions, the most negative first;
    of MIVQUE they are `ratios`, see `Unconstrained`.
    """

    term: Term
    G: np.ndarray
    spectrum: tuple[TermDirection, ...]


@dataclass(frozen=True)
class Unconstrained:
    """MIVQUE or the free fit, in the user's units.

    status : found, not verified, none, not computed; reason : why, where it is not found.
    criterion, improvement : D there, and how much lower than at the certified fit; None of MIVQUE.
    sigma2 : residual variance; can be negative of MIVQUE. positive_definite : whether V is.
    terms : outermost first. The free fit's directions have reliabilities, eigenvalues of
        Sigma H / L with H at the free fit. MIVQUE's have ratios: its G, but sigma^2 and H of the
        certified fit, since its own V need not be positive definite.
    """

    status: str
    reason: str = ""
    criterion: float | None = None
    improvement: float | None = None
    sigma2: float | None = None
    positive_definite: bool | None = None
    curvature: float | None = None
    steps: int | None = None
    terms: tuple[BeyondTerm, ...] = ()

    @property
    def spectrum(self):
        """All reliabilities or ratios, the most negative first."""
        return sorted(d.direction.reliability for term in self.terms for d in term.spectrum)

    @property
    def negative(self):
        return sum(value < -TOLERANCES.collapsed for value in self.spectrum)


@dataclass(frozen=True)
class Beyond:
    """scores : of the rungs that follow. reason : why there are none although some follow."""

    free: Unconstrained
    mivque: Unconstrained
    scores: tuple[Score, ...]
    reason: str
    seconds: float


def beyond(
    likelihood: Likelihood, terms: tuple[Term, ...], fit: Fit, models: tuple[Model, ...]
) -> Beyond:
    """Look beyond `fit`, one of `models`, whose structures belong to `terms`, outermost first."""
    began = time.perf_counter()
    surface = Surface(likelihood.gram, likelihood.reml)
    reason = _hindrance(fit, surface)
    if reason:
        nothing = Unconstrained(NOT_COMPUTED, reason)
        return Beyond(nothing, nothing, (), reason, time.perf_counter() - began)
    try:
        view = _View(likelihood, terms, fit, surface)
        rungs = [view.rung(model.structures, model.name) for model in models]
        found = view.free(), view.mivque(), view.scores(following(view.own, rungs))
    except np.linalg.LinAlgError as error:
        reason = f"no digits are left for it at this fit ({error})"
        nothing = Unconstrained(NOT_COMPUTED, reason)
        found = nothing, nothing, ()
    return Beyond(*found, reason, time.perf_counter() - began)


def _hindrance(fit, surface):
    """Why nothing can be said, or ""."""
    if EXACT_FIT in fit.certificate.reasons:
        return EXACT_FIT
    if not fit.identifiable:
        return "the variances cannot be told from each other, so that no point is the estimate"
    return surface.too_large


class _View:
    """A fit in scaled coordinates, deepest level first."""

    def __init__(self, likelihood, terms, fit, surface):
        self.likelihood, self.terms, self.fit, self.surface = likelihood, terms, fit, surface
        present = {id(t.term): t.Sigma for t in fit.terms}
        user = [present.get(id(t), np.zeros((len(t.effects),) * 2)) for t in terms]
        self.Sigmas = likelihood.from_user(user[::-1])
        self.own = self.rung(fit.model.structures, fit.model.name)
        self.point = surface.at(self.Sigmas)
        if self.point is None:
            raise np.linalg.LinAlgError("V is singular to the last digit")

    def rung(self, structures: tuple[Structure, ...], name: str) -> Rung:
        blocks = Factors(self.likelihood, structures[::-1]).blocks
        return rung_of(name, blocks, self.likelihood.gram.n_effects)

    def scores(self, richer):
        if not richer:
            return ()
        span = together([self.own.span, *(r.span for r in richer)])
        here = expand(self.point, span, span.coordinates(self.Sigmas))
        regular = self.fit.certificate.certified and not self.fit.degenerate
        H = tuple(H for _, H in self.point.gradients)
        n_levels = self.likelihood.gram.n_groups
        nulls = self._nulls()
        view = View(self.surface, here, span, self.Sigmas, H, n_levels, nulls, regular)
        return tuple(score(view, self.own, r) for r in richer)

    def _nulls(self):
        """Per level (q, k) orthonormal N with N'Sigma N = 0."""
        found = []
        likelihood = self.likelihood
        for Sigma, (_, H), information, L in zip(
            self.Sigmas,
            self.point.gradients,
            likelihood.information,
            likelihood.gram.n_groups,
            strict=True,
        ):
            inside = informed(information, L)
            R, _ = information_root(H, inside)
            values, U = np.linalg.eigh(R @ Sigma @ R.T / L)
            without = R.T @ U[:, values < TOLERANCES.collapsed]
            found.append(np.linalg.qr(np.hstack([without, null_space(inside.T)]))[0])
        return found

    def free(self) -> Unconstrained:
        found = free_fit(self.surface, self.own.span, self.Sigmas)
        if found.status != FOUND:
            nothing = Unconstrained(found.status, found.reason)
            return replace(nothing, curvature=found.curvature, steps=found.steps)
        criterion = found.criterion + self.likelihood.constant
        sigma2 = found.sigma2 * self.likelihood.gram.scaling.response**2
        return Unconstrained(
            found.status,
            found.reason,
            criterion,
            max(self.fit.point.criterion - criterion, 0.0),
            sigma2,
            True,
            found.curvature,
            found.steps,
            self._terms([sigma2 * S for S in found.Sigmas], found.Sigmas, found.H),
        )

    def mivque(self) -> Unconstrained:
        surface, point = self.surface, self.point
        if not self.likelihood.reml:
            surface = Surface(self.likelihood.gram, reml=True)
            point = surface.at(self.Sigmas)
        span = self.own.span
        step = mivque(expand(point, span, span.coordinates(self.Sigmas)), span)
        if step is None:
            reason = "the variances cannot be told from each other once the fixed effects are out"
            return Unconstrained(NOT_COMPUTED, reason)
        unit = self.likelihood.gram.scaling.response**2
        noise = point.root.residual / point.root.nu
        ratios, H = [G / noise for G in step.G], [H for _, H in point.gradients]
        return Unconstrained(
            FOUND,
            sigma2=step.sigma2 * unit,
            positive_definite=step.sigma2 > 0 and surface.at(step.Sigmas) is not None,
            terms=self._terms([G * unit for G in step.G], ratios, H),
        )

    def _terms(self, G, Sigmas, H):
        """A BeyondTerm for each term of the model, outermost first; all given per level, scaled."""
        G = self.likelihood.to_user(G)
        s = self.own.span.coordinates(Sigmas)
        spectra = [[] for _ in G]
        at = 0
        components = [
            component
            for structure in self.fit.model.structures[::-1]
            for component in structure.components
        ]
        for block, component in zip(self.own.blocks, components, strict=True):
            own = s[at : at + len(elements(block))]
            at += len(own)
            level = block.level
            for direction in self._directions(block, own, H[level]):
                W, term = self.likelihood.gram.scaling.random[level], self.terms[-1 - level]
                spectra[level].append(in_user_basis(direction, component, block, W, term))
        found = [
            BeyondTerm(
                self.terms[-1 - level],
                G[level],
                tuple(sorted(spectrum, key=lambda d: d.direction.reliability)),
            )
            for level, spectrum in enumerate(spectra)
            if spectrum
        ]
        return tuple(found[::-1])

    def _directions(self, block, s, H):
        """Directions of a block, whose reliabilities may be negative."""
        L = self.likelihood.gram.n_groups[block.level]
        H = block.basis.T @ H @ block.basis
        S = S_of(block, s)
        if not block.informed.size:
            return []
        if not block.full:
            value = float(s[0] * np.trace(H) / (L * len(H)))
            return [Direction(value, 0.0, _state(value), None, block.label)]
        R, _ = information_root(H, block.informed)
        values, U = np.linalg.eigh(R @ S @ R.T / L)
        loadings = (R.T @ U).T
        return [
            Direction(float(v), 0.0, _state(v), c / c[np.argmax(np.abs(c))], block.label)
            for v, c in zip(values, loadings, strict=True)
        ]


def _state(value):
    if value < -TOLERANCES.collapsed:
        return NEGATIVE
    return ALIVE if value > TOLERANCES.collapsed else COLLAPSED
