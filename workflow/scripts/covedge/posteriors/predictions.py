"""What a posterior predicts: random effects, fitted values, rows and groups left out.

These want the rows, and each may be too much for time or memory; then there is a reason instead.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from covedge.effects.modes import level_order
from covedge.errors import DesignError
from covedge.frames.design import ModelFrame
from covedge.grams.gram import scaled_rows
from covedge.posteriors.leave_group_out import GroupsOut, leave_groups_out
from covedge.posteriors.leave_one_out import LeftOut, left_out
from covedge.posteriors.model_rows import model_rows
from covedge.posteriors.pointwise import Pointwise, pointwise
from covedge.posteriors.random_effects import TermEffects, random_effects
from covedge.posteriors.refit import Refit
from covedge.posteriors.sampling import seed_of

# Rows beyond which nothing is said of single ones.
MOST_ROWS = 200_000


@dataclass(frozen=True)
class Frame:
    """The rows of an analysis, prepared once for all its models."""

    frame: ModelFrame

    @cached_property
    def rows(self):
        return scaled_rows(self.frame)

    @cached_property
    def order(self):
        return level_order(self.frame.codes)


@dataclass(frozen=True)
class Predictions:
    """pointwise, left_out : None where they were not computed, for the reason `why_not`.

    effects : of each term; empty where they are too many. groups : each grouping factor.
    """

    effects: tuple[TermEffects, ...]
    pointwise: Pointwise | None
    left_out: LeftOut | None
    groups: tuple[GroupsOut, ...]
    why_not: str = ""


def predictions(done: Refit, given: Frame, seed: int) -> Predictions:
    """Of one model. seed : the analysis'."""
    posed, frame = done.posed, given.frame
    seed = seed_of(seed, posed.name, "predictions")
    effects = _effects(done, given, seed)
    if len(frame.y) > MOST_ROWS:
        reason = f"rows are left out one by one up to {MOST_ROWS:,} of them"
        return Predictions(effects, None, None, (), reason)
    rows = model_rows(frame, given.rows, posed.gram, posed.model.structures)
    fixed = posed.prior.fixed
    of_groups = leave_groups_out(done.draws, posed.gram, fixed, rows, frame.terms, frame.codes)
    try:
        points = pointwise(done.draws, posed.gram, fixed, rows, seed)
        return Predictions(effects, points, left_out(points.log_density), of_groups)
    except DesignError as error:
        return Predictions(effects, None, None, of_groups, error.message)


def _effects(done, given, seed):
    posed, draws = done.posed, done.draws
    terms, structures = given.frame.terms, posed.model.structures
    try:
        return random_effects(
            draws, posed.gram, np.asarray(draws.beta), terms, structures, given.order, seed
        )
    except DesignError:
        return ()
