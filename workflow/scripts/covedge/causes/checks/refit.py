"""The same model fitted to changed rows: weighted, whitened, fewer, or with more fixed effects."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from covedge.causes.fitted_rows import FittedRows, of_factors
from covedge.causes.reliabilities import reliabilities
from covedge.errors import DesignError
from covedge.fits.identifiability import identifiability
from covedge.fits.likelihood import Likelihood
from covedge.fits.optimum import Solution, finish
from covedge.fits.own_gram import own_gram
from covedge.fits.starts import best, refused
from covedge.frames.design import RANK_TOLERANCE, ModelFrame
from covedge.grams.gram import build
from covedge.grams.scaling import weighted
from covedge.models.ladder import Model

# Sizes of Sigma, in scaled coordinates, where the searches start.
STARTS = (1.0, 0.2)


@dataclass(frozen=True)
class Refitted:
    """groups : grouping factors of the model, deepest first, as the levels of the solution."""

    frame: ModelFrame
    model: Model
    groups: tuple[str, ...]
    solution: Solution

    @property
    def criterion(self):
        return self.solution.criterion

    @property
    def certified(self):
        return not refused(self.solution)

    def reliabilities(self, group: str) -> np.ndarray:
        """Of a term's directions, largest first, 0 for those that have collapsed."""
        found = self.solution.examination.spectra
        return reliabilities(self.solution.factors.blocks, found, self.groups.index(group))

    def rows(self) -> FittedRows:
        return of_factors(self.frame, self.model, self.solution.factors, self.solution.x)


def plain(rows: FittedRows) -> tuple[ModelFrame, Model]:
    """The frame with the model's own terms alone, weights put into the rows; and the model."""
    frame, model = weighted(rows.frame), rows.model
    kept = [k for k, structure in enumerate(model.structures) if structure.components]
    frame = replace(
        frame,
        weights=None,
        terms=tuple(frame.terms[k] for k in kept),
        Z=tuple(frame.Z[k] for k in kept),
        codes=tuple(frame.codes[k] for k in kept),
    )
    return frame, replace(model, structures=tuple(model.structures[k] for k in kept))


def refit(frame: ModelFrame, model: Model, reml: bool, starts: Sequence[float] = STARTS):
    """Refitted, the best of the starts.

    Raises DesignError where the changed rows do not determine the model.
    """
    if np.linalg.matrix_rank(frame.X, tol=_tolerance(frame.X)) < frame.X.shape[1]:
        raise DesignError("the rows that are left do not determine all fixed effects")
    own = own_gram(Likelihood(build(frame), reml), model)
    factors = own.factors(model)
    if identifiability(factors).confoundings:
        raise DesignError("the rows that are left do not determine all variances")
    solution = best([finish(factors, factors.start(size)) for size in starts])
    groups = tuple(term.name for term in reversed(frame.terms))
    return Refitted(frame, model, groups, solution)


def _tolerance(X):
    return RANK_TOLERANCE * np.linalg.norm(X, ord=2) if X.size else 0.0


def reweighted(frame: ModelFrame, root: np.ndarray) -> ModelFrame:
    """Rows of a plain frame times root (n,)."""
    return replace(
        frame,
        y=frame.y * root,
        X=frame.X * root[:, None],
        Z=tuple(Z * root[:, None] for Z in frame.Z),
    )


def without_rows(frame: ModelFrame, keep: np.ndarray) -> ModelFrame:
    """The rows of a plain frame where keep (n,) is true; groups that lose all of theirs go too."""
    terms, codes = [], []
    for term, code in zip(frame.terms, frame.codes, strict=True):
        present, numbered = np.unique(code[keep], return_inverse=True)
        if len(present) < 2:
            raise DesignError("the rows that are left are of one group")
        terms.append(replace(term, levels=tuple(term.levels[g] for g in present)))
        codes.append(numbered.astype(np.int64))
    return replace(
        frame,
        y=frame.y[keep],
        X=frame.X[keep],
        terms=tuple(terms),
        Z=tuple(Z[keep] for Z in frame.Z),
        codes=tuple(codes),
    )
