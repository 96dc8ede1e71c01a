"""Models set up from a table and a formula, as the fit step does it."""

import json
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from covedge import ladder
from covedge.data import prepare
from covedge.design import ModelFrame, model_frame
from covedge.fit import Fit, fit
from covedge.formula import Formula, parse
from covedge.gram import build
from covedge.likelihood import Likelihood

TESTS = Path(__file__).parents[1]


@dataclass(frozen=True)
class Problem:
    """A formula on prepared data, up to its ladder. models : simplest first."""

    formula: Formula
    frame: ModelFrame
    likelihood: Likelihood
    models: tuple[ladder.Model, ...]

    @property
    def structures(self):
        """Of the model asked for, deepest first as the engine wants them."""
        return self.models[-1].structures[::-1]

    def fit(self, model=-1, seed=1) -> Fit:
        """The fit of a model, by default of the one asked for."""
        return fit(self.likelihood, self.frame.terms, self.models[model], seed)


def set_up(table: pd.DataFrame, formula: str, method="REML", weights=None, listed=()) -> Problem:
    """The Problem of `formula` on a table as read from a file."""
    asked, others = parse(formula), [parse(text) for text in listed]
    data = prepare(table, asked, ladder=others, weights=weights).frame
    frame = model_frame(data, asked, others, weights)
    likelihood = Likelihood(build(frame), reml=method == "REML")
    return Problem(asked, frame, likelihood, ladder.build(asked, frame.terms, others))


def data_set(name: str) -> pd.DataFrame:
    """One of tests/data."""
    return pd.read_csv(TESTS / "data" / f"{name}.csv")


def reference(name: str) -> dict:
    """What lme4 found, from tests/reference/reference.json."""
    text = (TESTS / "reference" / "reference.json").read_text(encoding="utf-8")
    return json.loads(text)["models"][name]
