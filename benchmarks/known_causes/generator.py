"""The data sets: each is a function of its cause and its number.

Its random numbers come from (cause, number, attempt). People bring fits that came out singular, so
data sets of a cause that makes them so are drawn until one is; `search` has found the attempt, and
seeds.json keeps it.
"""

import json
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd

from known_causes.case import CAUSES, OPTIMISER, Case, half_of
from known_causes.engines import answers
from known_causes.recipe import Draw, Recipe, Response, as_drawn, respond
from known_causes.recipes import ENGINES, RECIPES, UNITS, place

SEEDS = Path(__file__).with_name("seeds.json")


@cache
def attempts() -> dict[str, list[int]]:
    """By cause, for each number the attempt that was kept, the first being 0."""
    return json.loads(SEEDS.read_text(encoding="utf-8"))


def drawn(cause: str, number: int, attempt: int) -> tuple[Recipe, Draw, Response]:
    """One attempt at a data set, in units of the residual SD."""
    which, turn = place(cause, number)
    recipe = RECIPES[cause][which]
    rng = np.random.default_rng([CAUSES.index(cause), number, attempt])
    return recipe, *respond(recipe, turn, rng)


def case(cause: str, number: int) -> Case:
    """The data set that is kept."""
    attempt = attempts()[cause][number]
    recipe, draw, response = drawn(cause, number, attempt)
    which, turn = place(cause, number)
    unit = UNITS[(number // 2) % len(UNITS)]
    table = draw.table.assign(y=unit * response.y)
    found = answers(recipe.plan, ENGINES[which], table) if cause == OPTIMISER else ()
    return Case(
        name=f"{cause} {number}",
        cause=cause,
        design=recipe.label,
        formula=recipe.plan.formula,
        method=recipe.plan.method,
        table=table,
        smallest_sd=unit * response.scale * recipe.smallest,
        group=None if cause == OPTIMISER else recipe.plan.part.name,
        null=recipe.contrasts(draw.table),
        half=half_of(number),
        seed=number,
        attempts=attempt + 1,
        clean=None if recipe.spoil is as_drawn else unit * draw.y,
        answers=found or (),
        odd=response.odd,
        present=recipe.present[turn % len(recipe.present)],
    )


def without(table: pd.DataFrame, odd: str) -> pd.DataFrame:
    """The rows of all groups but one."""
    return table[table["g"] != odd].reset_index(drop=True)
