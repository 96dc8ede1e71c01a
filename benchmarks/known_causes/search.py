"""Which attempt at each data set is kept; writes seeds.json, in a few minutes.

python -m known_causes.search [causes]

DEGENERATE: the certified fit is degenerate where the cause was planted and nowhere else. SPOILT: it
is degenerate there, and the response before was healthy. ODD: it is degenerate there, and without
the odd group it is healthy.
ALWAYS: the first is taken, whatever comes.
"""

import json
import sys
from functools import cache

import numpy as np

from known_causes.case import CAUSES, OPTIMISER, numbers
from known_causes.engines import answers
from known_causes.fitting import Asked, asked
from known_causes.generator import SEEDS, drawn, without
from known_causes.recipe import ALWAYS, ODD, SPOILT, Draw, Recipe, Response
from known_causes.recipes import ENGINES, place

MOST = 2000


@cache
def model_of(recipe: Recipe) -> Asked:
    """The asked-for model on the rows of a recipe."""
    table = recipe.plan.layout.table(recipe.plan.label)
    table["y"] = np.random.default_rng(0).standard_normal(len(table))
    return asked(table, recipe.plan.formula, recipe.plan.method)


def is_kept(recipe: Recipe, draw: Draw, response: Response) -> bool:
    """Whether the data set shows what it was drawn for."""
    if recipe.kept == ALWAYS:
        return True
    model = model_of(recipe)
    if not _there(recipe, model.collapsed(response.y)):
        return False
    if recipe.kept == SPOILT and _degenerate(model, draw.y):
        return False
    if recipe.kept == ODD and _degenerate_without(recipe, draw, response):
        return False
    return _there(recipe, _degenerate(model, response.y))


def _there(recipe, degenerate):
    """Whether the planted term is degenerate; a defect may take others with it."""
    there = recipe.plan.part.name
    return there in degenerate if recipe.kept in (SPOILT, ODD) else degenerate == {there}


def _degenerate(model, y):
    """Names of the terms that are degenerate in the certified fit."""
    return {term.term.name for term in model.fit(y).terms if term.degenerate}


def _degenerate_without(recipe, draw, response):
    left = without(draw.table.assign(y=response.y), response.odd)
    model = asked(left, recipe.plan.formula, recipe.plan.method)
    return _degenerate(model, left["y"].to_numpy())


def first_kept(cause: str, number: int) -> int:
    """The number of the first attempt that is kept."""
    for attempt in range(MOST):
        recipe, draw, response = drawn(cause, number, attempt)
        if cause == OPTIMISER:
            table, made = draw.table.assign(y=response.y), ENGINES[place(cause, number)[0]]
            healthy = not _degenerate(model_of(recipe), response.y)
            if healthy and answers(recipe.plan, made, table) is not None:
                return attempt
        elif is_kept(recipe, draw, response):
            return attempt
    raise RuntimeError(f"none of {MOST} data sets of {recipe.label} ({cause}) could be kept")


def main(causes: list[str]) -> None:
    """Of the causes named, or of all."""
    for cause in causes or CAUSES:
        found = [first_kept(cause, number) for number in numbers()]
        # Another process may have added to it meanwhile.
        known = json.loads(SEEDS.read_text(encoding="utf-8")) if SEEDS.exists() else {}
        known[cause] = found
        drawn_in_all = sum(found) + len(found)
        print(f"{cause:26s} {len(found)} kept of {drawn_in_all} drawn", file=sys.stderr, flush=True)
        lines = [f"{json.dumps(c)}: {json.dumps(known[c])}" for c in CAUSES if c in known]
        SEEDS.write_text("{\n" + ",\n".join(lines) + "\n}\n", encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
