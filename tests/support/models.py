"""Models set up from a table and a formula, as the fit step does it."""

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pandas as pd

from covedge.fits.fit import Fit, fit
from covedge.fits.likelihood import Likelihood
from covedge.formulas.formula import Formula, parse
from covedge.frames.data import prepare
from covedge.frames.design import ModelFrame, model_frame
from covedge.grams.gram import build
from covedge.models import ladder

TESTS = Path(__file__).parents[1]
PUBLISHED = TESTS.parent / "data" / "published"


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


def set_up(
    table: pd.DataFrame, formula: str, method="REML", weights=None, listed=(), categorical=()
) -> Problem:
    """The Problem of `formula` on a table as read from a file."""
    asked, others = parse(formula), [parse(text) for text in listed]
    prepared = prepare(table, asked, ladder=others, weights=weights, categorical=categorical)
    data = prepared.frame
    frame = model_frame(data, asked, others, weights)
    likelihood = Likelihood(build(frame), reml=method == "REML")
    return Problem(asked, frame, likelihood, ladder.build(asked, frame.terms, others))


def data_set(name: str) -> pd.DataFrame:
    """One of data/published. "None" is a level there; a missing value is NA."""
    path = PUBLISHED / f"{name}.csv"
    if not path.exists():
        path = path.with_suffix(".csv.gz")
    return pd.read_csv(path, keep_default_na=False, na_values=["NA"])


@cache
def references() -> dict:
    """What lme4 found, by model, from tests/reference/reference.json."""
    text = (TESTS / "reference" / "reference.json").read_text(encoding="utf-8")
    return json.loads(text)["models"]


def reference(name: str) -> dict:
    return references()[name]


def referenced(name: str) -> Problem:
    """The Problem of a model of tests/reference/models.R."""
    known = reference(name)
    table = data_set(known["data"])
    for column, new in known.get("add", {}).items():
        table[column] = table.eval(new) if isinstance(new, str) else new
    return set_up(
        table,
        known["formula"],
        known["method"],
        weights=known.get("weights"),
        categorical=known.get("categorical", ()),
    )
