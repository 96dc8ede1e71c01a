"""A design that is only planned: rows from counts and values, and guesses of what is true."""

from collections.abc import Mapping
from itertools import product

import numpy as np
import pandas as pd

from covedge.errors import ConfigError, DesignError, did_you_mean
from covedge.fits.terms import component_effects
from covedge.formulas.formula import Formula, parse
from covedge.frames.data import prepare
from covedge.frames.design import ModelFrame, Term, model_frame
from covedge.models import ladder
from covedge.models.ladder import Model
from covedge.models.structure import FULL

# An atlas of a plan covers designs of up to this many rows.
MOST_ROWS = 100_000


def planned_frame(plan: Mapping) -> tuple[ModelFrame, Model]:
    """The model frame of a plan, with a response of noise, and the model asked for.

    plan : its slice of the config.

    Raises ConfigError where the design is too large.
    """
    formula = parse(plan["formula"])
    rows = planned_rows(plan, formula)
    frame = model_frame(prepare(rows, formula).frame, formula)
    return frame, ladder.build(formula, frame.terms)[-1]


def planned_rows(plan: Mapping, formula: Formula) -> pd.DataFrame:
    """Every level of every grouping factor with every combination of predictors, `repeats` times.

    Within one level of `a`, a factor `b` of `(1 | a/b)` has levels of its own; one of `(1 | b)`
    has the same levels in all: the rows are the same, and the formula says which is meant.
    """
    groups, predictors = plan["groups"], plan["predictors"]
    within = {name: values for name, values in predictors.items() if isinstance(values, list)}
    sizes = [*groups.values(), *(len(values) for values in within.values()), plan["repeats"]]
    n = int(np.prod([float(size) for size in sizes]))
    if n > MOST_ROWS:
        raise ConfigError(
            [f"plans.{plan['name']}: {n:,} rows are planned, at most {MOST_ROWS:,} can be"]
        )
    levels = [[f"{name}{i + 1:04d}" for i in range(size)] for name, size in groups.items()]
    combinations = product(*levels, *within.values(), range(plan["repeats"]))
    table = pd.DataFrame([row[:-1] for row in combinations], columns=[*groups, *within])
    for name, given in predictors.items():
        if name not in within:
            place = table[given["between"]].map(
                {level: i for i, level in enumerate(dict.fromkeys(table[given["between"]]))}
            )
            table[name] = [given["values"][i % len(given["values"])] for i in place]
    table[formula.response] = np.random.default_rng(0).standard_normal(len(table))
    return table


def planned_covariances(plan: Mapping, model: Model, terms: tuple[Term, ...]) -> list[np.ndarray]:
    """S of each component relative to the residual variance, deepest term first.

    Raises ConfigError where an effect's standard deviation is missing, or none that the term has,
    or the correlation is impossible.
    """
    where = f"plans.{plan['name']}"
    found = []
    for term, structure in zip(terms[::-1], model.structures[::-1], strict=True):
        sds = _of_effects(f"{where}.sd.{term.name}", plan["sd"][term.name], term.effects)
        for component in structure.components:
            if component.kind != FULL:
                raise DesignError("effects that share one variance cannot be planned")
            own = np.array([sds[name] for name in component_effects(component, term)])
            S = np.full((len(own),) * 2, float(plan["correlation"]))
            np.fill_diagonal(S, 1.0)
            if np.linalg.eigvalsh(S)[0] < -1e-12:
                raise ConfigError(
                    [f"{where}.correlation: {len(own)} effects cannot all have {S[0, 1]:g}"]
                )
            found.append(S * np.outer(own, own) / plan["residual_sd"] ** 2)
    return found


def _of_effects(where, given, effects):
    """{effect: SD} from one number for all, or a number for each."""
    if not isinstance(given, dict):
        return dict.fromkeys(effects, float(given))
    problems = [
        f"{where}.{name}: no such effect" + did_you_mean(name, effects)
        for name in given
        if name not in effects
    ]
    problems += [
        f"{where}: the effect `{name}` is missing" for name in effects if name not in given
    ]
    if problems:
        raise ConfigError(problems)
    return {name: float(sd) for name, sd in given.items()}
