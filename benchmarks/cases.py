"""What is timed: each case with its data, and how each engine writes the model."""

from __future__ import annotations

import gzip
import io
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd

ROOT = Path(__file__).resolve().parents[1]

DENSE = "its covariance of a group is a dense matrix with a row for each of the group's rows"


FIT, REFIT, BOOTSTRAP = "fit", "refit", "bootstrap"
# Of a bootstrap's time; an engine that is slow makes a part of them, and its time is multiplied.
REPLICATES = 1000


@dataclass(frozen=True)
class Case:
    """One model on one data set.

    labels : columns to read as labels; subset : (column, value) of the rows to keep, or None.
    formula : in lme4's notation, for covedge, lme4 and mixedlm.
    nlme : (fixed, random) for `lme`, statsmodels : arguments of `MixedLM.from_formula`; or a
        sentence that says why the engine is left out.
    task : FIT, REFIT (of the same model, with a new response) or BOOTSTRAP (REPLICATES refits to
        responses drawn from the fit).
    """

    name: str
    title: str
    data: str
    labels: tuple[str, ...]
    formula: str
    nlme: tuple[str, str] | str
    statsmodels: dict | str
    subset: tuple[str, str] | None = None
    task: str = FIT
    method: str = "REML"
    left_out: dict[str, str] = field(default_factory=dict)

    def table(self) -> pd.DataFrame:
        """The rows that are used, all columns complete."""
        path = ROOT / self.data
        text = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
        table = pd.read_csv(io.BytesIO(text), dtype=dict.fromkeys(self.labels, str)).dropna()
        if self.subset is not None:
            table = table[table[self.subset[0]] == self.subset[1]]
        table = table.reset_index(drop=True)
        if self.task == REFIT:
            y = table[self.response]
            noise = np.random.default_rng(1).normal(scale=0.3 * y.std(), size=len(y))
            table["again"] = y + noise
        return table

    @property
    def response(self) -> str:
        return self.formula.split("~")[0].strip()


RATS = ("ratID", "spd_des", "cycle", "mPair")
FULL = "cc_marg ~ mPair + (mPair | ratID)"
NO_REFIT = "has no refit with a new response"
NO_BOOTSTRAP = "has no parametric bootstrap"

CASES = (
    Case(
        "rats_s15",
        "Full model of `rats_s15`",
        "data/rats.csv",
        RATS,
        FULL,
        ("cc_marg ~ mPair", "list(ratID = ~ mPair)"),
        {"formula": "cc_marg ~ mPair", "groups": "ratID", "re_formula": "~ mPair"},
        subset=("spd_des", "s15"),
    ),
    Case(
        "rats_nested",
        "Three nested levels, all rats",
        "data/rats.csv",
        RATS,
        "cc_marg ~ mPair * spd_des + (mPair | ratID) + (1 | ratID:spd_des)"
        " + (1 | ratID:spd_des:cycle)",
        ("cc_marg ~ mPair * spd_des", "list(ratID = ~ mPair, spd_des = ~ 1, cycle = ~ 1)"),
        f"left out: {DENSE}, here 2,400",
    ),
    Case(
        "refit",
        "Refit of `rats_s15` with a new response",
        "data/rats.csv",
        RATS,
        FULL,
        NO_REFIT,
        NO_REFIT,
        subset=("spd_des", "s15"),
        task=REFIT,
    ),
    Case(
        "bootstrap",
        f"Parametric bootstrap of `rats_s15`, {REPLICATES:,} refits",
        "data/rats.csv",
        RATS,
        FULL,
        NO_BOOTSTRAP,
        NO_BOOTSTRAP,
        subset=("spd_des", "s15"),
        task=BOOTSTRAP,
        left_out={"mixedlm": NO_BOOTSTRAP},
    ),
    Case(
        "InstEval",
        "InstEval: crossed factors, 73,421 rows",
        "data/published/InstEval.csv.gz",
        ("s", "d", "service", "dept"),
        "y ~ service * dept + (1 | s) + (1 | d)",
        "left out: crossed factors must be one group, a dense matrix of 4,100 columns",
        f"left out: crossed factors must be one group, and {DENSE}, here 73,421",
    ),
    Case(
        "sleepstudy",
        "sleepstudy",
        "data/published/sleepstudy.csv",
        ("Subject",),
        "Reaction ~ Days + (Days | Subject)",
        ("Reaction ~ Days", "list(Subject = ~ Days)"),
        {"formula": "Reaction ~ Days", "groups": "Subject", "re_formula": "~ Days"},
    ),
    Case(
        "Penicillin",
        "Penicillin: crossed, small",
        "data/published/Penicillin.csv",
        ("plate", "sample"),
        "diameter ~ 1 + (1 | plate) + (1 | sample)",
        "left out: crossed factors must be one group",
        {
            "formula": "diameter ~ 1",
            "groups": "one",
            "vc_formula": {"plate": "0 + C(plate)", "sample": "0 + C(sample)"},
            "re_formula": "0",
        },
    ),
)
