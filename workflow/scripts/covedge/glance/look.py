"""From a table and a formula to a verdict in memory: the workflow but for its long steps."""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from covedge.causes.cause import ordered
from covedge.causes.diagnosis import Diagnosis, Looked, diagnose
from covedge.causes.not_identifiable import not_identifiable
from covedge.comparing.comparisons import compare, plan
from covedge.comparing.comparisons_record import comparisons_record
from covedge.errors import ConfigError, CovedgeError, DataError
from covedge.fits.fit import Fit
from covedge.fits.fit import fit as fit_model
from covedge.fits.likelihood import Likelihood
from covedge.fits.rank_rungs import all_rungs
from covedge.focus import focus
from covedge.formulas.formula import Formula, parse
from covedge.frames.cells import describe
from covedge.frames.data import Counts, prepare
from covedge.frames.design import ModelFrame, model_frame
from covedge.frames.table import read_table
from covedge.glance import notebook, terminal
from covedge.grams.crossed_gram import CrossedGram
from covedge.grams.gram import build
from covedge.inference.size import smallest_sd as smallest_sd_of
from covedge.jsonio import plain
from covedge.models import ladder as ladders
from covedge.records import fit_record
from covedge.surface.beyond import beyond
from covedge.surface.beyond_record import below_zero, free_record
from covedge.verdict import verdict

METHODS, MISSING = ("REML", "ML"), ("drop", "error")
# Simulated responses for each question, and the multiplications that they may cost together: a
# second or two. The workflow takes 500, and ten times as long.
REPLICATES, MOST_WORK = 200, 9e8
# The residuals of more rows than these are checked by the workflow only.
MOST_ROWS = 20_000
NOT_DONE = (
    "tests between models by simulated responses: their p-values here are exact for a single "
    "variance, else those for many groups, so that the workflow may recommend another model",
    "intervals by profile likelihood and bootstrap",
    "whether one group decides",
    "what other packages answer",
    "the Bayesian refit",
)


@dataclass(frozen=True)
class Look:
    """A verdict and what it rests on; shows itself in a terminal and in a notebook.

    formula, method, source : what was asked, of which data. counts : rows read and used.
    verdict : as the workflow's verdict.json; records : as its fits/{model}.json, and fits : what
    they were made from, by model, the simplest first and the one asked for last.
    not_done : what was not looked into here.
    """

    formula: str
    method: str
    source: str
    counts: Counts
    verdict: dict
    records: tuple[dict, ...]
    fits: dict[str, Fit]
    not_done: tuple[str, ...]
    seconds: float

    @property
    def asked(self) -> Fit:
        """The fit of the formula asked for."""
        return self.fits[self.verdict["asked"]]

    @property
    def summary(self) -> str:
        """The verdict in a paragraph."""
        return self.verdict["summary"]

    def __str__(self) -> str:
        return terminal.text(self)

    def __repr__(self) -> str:
        return f"<covedge.Look at {self.formula!r}: {self.verdict['points'][0]['sentence']}>"

    def _repr_html_(self) -> str:
        return notebook.html(self)


def look(
    data: str | Path | pd.DataFrame,
    formula: str,
    *,
    method: str = "REML",
    subset: str | None = None,
    missing: str = "drop",
    categorical: str | Iterable[str] = (),
    weights: str | None = None,
    smallest_sd: float | None = None,
    seed: int = 1,
) -> Look:
    """Where and why the random effects of a model degenerate, and which model to report.

    data : a table, or the path of one. The rest is as in the config of the workflow.

    Raises CovedgeError, which says what is wrong with the data, the formula or an argument.
    """
    began = time.perf_counter()
    _check(method, missing, smallest_sd, seed)
    parsed = _located(lambda: parse(formula))
    table, source = _table(data)
    labels = (categorical,) if isinstance(categorical, str) else categorical
    rows = {"subset": subset, "missing": missing, "categorical": labels, "weights": weights}
    ready = _located(lambda: prepare(table, parsed, **rows), source)
    frame = _located(lambda: model_frame(ready.frame, parsed, (), weights), source)
    seen = _Seen(frame, parsed, Likelihood(build(frame), method == "REML"), seed)
    design = plain(describe(ready, parsed))
    told, records, fits = seen.verdict(design, smallest_sd, ready.counts.used <= MOST_ROWS)
    return Look(
        formula=parsed.text,
        method=method,
        source=source,
        counts=ready.counts,
        verdict=told,
        records=records,
        fits=fits,
        not_done=(*told["not_done"], *_not_done(ready.counts.used)),
        seconds=time.perf_counter() - began,
    )


def _check(method, missing, smallest_sd, seed):
    problems = []
    for name, value, known in (("method", method, METHODS), ("missing", missing, MISSING)):
        if value not in known:
            problems.append(f"{name}: must be {' or '.join(known)}, but is {value!r}")
    if smallest_sd is not None and not smallest_sd > 0:
        problems.append(f"smallest_sd: must be a number above 0, but is {smallest_sd}")
    if seed < 0:
        problems.append(f"seed: must be 0 or more, but is {seed}")
    if problems:
        raise ConfigError(problems)


def _located(step, source=""):
    """What a step gives; its errors with the data and the argument that they are about."""
    try:
        return step()
    except CovedgeError as error:
        raise error.at(", ".join(filter(None, (source, error.key)))) from None


def _table(data):
    if not isinstance(data, pd.DataFrame):
        return read_table(data), str(data)
    table = data.rename(columns=str).reset_index(drop=True)
    if not table.columns.is_unique:
        twice = table.columns[table.columns.duplicated()][0]
        raise DataError(f"the table has two columns named `{twice}`", key="data")
    return table, "a table"


def _not_done(rows):
    large = (f"the residuals of these {rows:,} rows",) if rows > MOST_ROWS else ()
    return (*large, *NOT_DONE)


@dataclass(frozen=True)
class _Seen:
    """A model frame, its formula and its likelihood."""

    frame: ModelFrame
    formula: Formula
    likelihood: Likelihood
    seed: int

    def verdict(self, design, smallest_sd, residuals):
        """(verdict.json, the records of all fits, the fits by model).

        residuals : whether to look at them.
        """
        fits = {one.model.name: one for one in self.fits()}
        records = [plain(fit_record(fit, "", self.frame.fixed)) for fit in fits.values()]
        looked_at = focus(records)
        smallest = smallest_sd_of(smallest_sd, looked_at)
        fit = fits[looked_at["model"]]
        diagnosis = Diagnosis(())
        if fit.degenerate and fit.identifiable:
            models = tuple(one.model for one in fits.values())
            diagnosis = diagnose(self.looked(fit, models, smallest, residuals))
        causes = ordered([*not_identifiable(records[-1], design), *diagnosis.causes])
        told = verdict("", records, causes, diagnosis, smallest, self.tests(fits))
        return plain(told), tuple(records), fits

    def fits(self):
        """Of all rungs, the simplest first."""
        frame, crossed = self.frame, isinstance(self.likelihood.gram, CrossedGram)
        models = ladders.build(self.formula, frame.terms, (), crossed)
        ladder = ladders.Ladder(frame.terms, frame.fixed, frame.dropped, models)
        return all_rungs(
            ladder,
            self.formula,
            True,
            lambda model: fit_model(self.likelihood, frame.terms, model, self.seed),
        )

    def looked(self, fit, models, smallest, residuals):
        free = plain(free_record(beyond(self.likelihood, self.frame.terms, fit, models)))
        return Looked(
            self.likelihood,
            self.frame.terms,
            fit,
            smallest,
            self.seed,
            REPLICATES,
            frame=self.frame if residuals else None,
            negative=below_zero(free),
            most_work=MOST_WORK,
        )

    def tests(self, fits):
        """tests.json without simulated responses."""
        identifiable = {name: fit for name, fit in fits.items() if fit.identifiable}
        models = [fit.model for fit in fits.values()]
        return plain(comparisons_record(compare(plan(models, identifiable, self.seed))))
