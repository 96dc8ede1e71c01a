"""How a data set of a cause is made: a plan, what is done to its responses, and which are kept."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from known_causes.plans import Plan
from known_causes.sizes import RARE, smallest
from known_causes.truth import codes_of

# The smallest SD that matters, in residual SDs, where a plan has no size of its own.
DEFAULT = 0.3
# Which data sets are kept. Those of a cause that makes fits singular must be; see `kept`.
ALWAYS, DEGENERATE, SPOILT, ODD = "always", "degenerate", "spoilt", "odd group"
# What the null space of the truth is: that of the plan, the level of every group, or unknown.
OF_PLAN, OF_LEVEL, UNKNOWN = "plan", "level", "unknown"


@dataclass(frozen=True, eq=False)
class Draw:
    """What a response is made of, rows (n,): signal + noise, the noise with SD 1.

    group : columns of the grouping factor where the cause is planted.
    """

    table: pd.DataFrame
    signal: np.ndarray
    noise: np.ndarray
    group: tuple[str, ...]
    rng: np.random.Generator

    @property
    def codes(self) -> np.ndarray:
        """(n,) number of each row's group."""
        return codes_of(self.table, self.group)

    @property
    def y(self) -> np.ndarray:
        """The response of the truth itself."""
        return self.signal + self.noise


@dataclass(frozen=True, eq=False)
class Response:
    """y (n,); odd : label in column g of the group that was spoilt, or "".

    scale : by how much a residual SD became larger by a change of units.
    """

    y: np.ndarray
    odd: str = ""
    scale: float = 1.0


def as_drawn(draw: Draw) -> Response:
    """The response of the truth itself."""
    return Response(draw.y)


@dataclass(frozen=True, eq=False)
class Recipe:
    """kept : which data sets. role : of `sizes`, or None for DEFAULT.

    present : true size of the plan's null directions, in smallest SDs; taken in turn.
    spoil : what is done to the responses; tag : its name. null : of the truth.
    """

    plan: Plan
    kept: str
    role: str | None = RARE
    present: tuple[float, ...] = (0.0,)
    spoil: Callable[[Draw], Response] = as_drawn
    tag: str = ""
    null: str = UNKNOWN

    @property
    def label(self) -> str:
        """What tells the design from others of the cause."""
        return f"{self.plan.label}, {self.tag}" if self.tag else self.plan.label

    @property
    def smallest(self) -> float:
        """The smallest SD that matters, in residual SDs."""
        return DEFAULT if self.role is None else smallest(self.plan, self.role)

    def contrasts(self, table: pd.DataFrame) -> np.ndarray | None:
        """(q, k) null space of the truth in the user's basis, or None."""
        part = self.plan.part
        if self.null == UNKNOWN:
            return None
        if self.null == OF_PLAN:
            return part.null_as_written(table)
        q = len(part.C)
        level = np.ones(q) if part.effects == "f" else np.eye(q)[0]
        T = np.linalg.lstsq(part.standard(table), part.written(table), rcond=None)[0]
        return (T.T @ level)[:, None]


def respond(recipe: Recipe, turn: int, rng: np.random.Generator) -> tuple[Draw, Response]:
    """What was drawn, and what became of it. turn : which of the sizes in `present` is true."""
    plan = recipe.plan
    table = plan.layout.table(plan.label)
    truth, size = plan.truth, recipe.present[turn % len(recipe.present)] * recipe.smallest
    if size:
        truth = truth.with_part(plan.planted, plan.part.raised(table, size))
    signal, noise = truth.signal(table, rng), rng.standard_normal(len(table))
    draw = Draw(table, signal, noise, plan.part.group, rng)
    return draw, recipe.spoil(draw)
