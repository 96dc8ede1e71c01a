"""How often 95 % intervals of the smallest SD hold the truth, by method.

Writes docs/coverage.md, and the numbers that the pages tell.

python interval_coverage.py [data sets per truth]

Ten groups; the truth of the smallest SD is zero, small or large. Every data set is simulated row
by row and fitted by REML; its intervals are those of the report.
"""

from __future__ import annotations

import json
import sys
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path

import numpy as np
import pandas as pd

from covedge.bootstraps.bootstrap import Bootstrap
from covedge.bootstraps.bootstrap_record import percentile_records
from covedge.bootstraps.draws_table import Table
from covedge.fits.fit import fit
from covedge.fits.likelihood import Likelihood
from covedge.fits.new_response import Refitter
from covedge.fits.parameters import SD, parameters
from covedge.formulas.formula import parse
from covedge.frames.design import model_frame
from covedge.grams.gram import build
from covedge.inference.apvar import apvar
from covedge.inference.wald import wald
from covedge.models import ladder
from covedge.profiles.profile import by_maximum_likelihood, profile_of
from covedge.proportion import Proportion

ROOT = Path(__file__).parents[1]
NOTES = ROOT / "benchmarks" / "interval_coverage.md"
TABLE = ROOT / "docs" / "coverage.md"
COUNTS = ROOT / "workflow" / "scripts" / "covedge" / "pages" / "coverage.json"

GROUPS, REPLICATES, LEVEL = 10, 399, 0.95
METHODS = {
    "profile, REML": "profile likelihood, by the restricted criterion",
    "profile, ML": "profile likelihood by ML, as lme4's `confint` makes it",
    "bootstrap": f"percentiles of {REPLICATES} refits to data simulated from the fit",
    "Wald": "as nlme's `intervals` prints it, from apVar",
}


@dataclass(frozen=True)
class Design:
    """title; formula; rows per group; the SDs that are held, and the truths of the smallest.

    effect : whose SD is the smallest. Residual SD 1.
    """

    title: str
    formula: str
    size: int
    effect: str
    truths: tuple[float, float, float]

    def table(self) -> pd.DataFrame:
        g = np.repeat(np.arange(GROUPS), self.size)
        x = np.tile(np.arange(self.size, dtype=float), GROUPS)
        return pd.DataFrame({"y": np.arange(len(g)) % 7.0, "x": x, "g": [f"g{i}" for i in g]})

    def response(self, sd: float, rng: np.random.Generator) -> np.ndarray:
        """y with an intercept of SD 1 where the slope's is the smallest, and uncorrelated."""
        table = self.table()
        g = np.repeat(np.arange(GROUPS), self.size)
        noise = rng.standard_normal(len(g))
        if self.effect == "(Intercept)":
            return sd * rng.standard_normal(GROUPS)[g] + noise
        u, v = rng.standard_normal((2, GROUPS))
        return u[g] + sd * v[g] * table["x"].to_numpy() + noise


DESIGNS = (
    Design("a slope beside an intercept", "y ~ x + (x | g)", 10, "x", (0.0, 0.06, 0.3)),
    Design("an intercept alone", "y ~ 1 + (1 | g)", 5, "(Intercept)", (0.0, 0.25, 1.0)),
)


@cache
def known(design: Design):
    """The frame, the terms and a first fit, which the refits start from."""
    formula = parse(design.formula)
    table = design.table()
    table["y"] = design.response(design.truths[2], np.random.default_rng(0))
    frame = model_frame(table, formula)
    model = ladder.build(formula, frame.terms)[-1]
    return frame, Refitter(frame, fit(Likelihood(build(frame), reml=True), frame.terms, model, 1))


def one(design: Design, truth: float, number: int) -> dict[str, tuple | None]:
    """The interval of the smallest SD by each method in one data set; None where there is none."""
    frame, refitter = known(design)
    place = DESIGNS.index(design), design.truths.index(truth), number
    seeds = np.random.SeedSequence([1, *place])
    rng = np.random.default_rng(seeds)
    found = refitter.fit(design.response(truth, rng))
    wanted = parameters(frame.terms, frame.fixed, found.model)
    smallest = next(p for p in wanted if p.kind == SD and p.effects == (design.effect,))
    ends = wald(apvar(found, frame.terms), LEVEL)[smallest]
    by_ml = by_maximum_likelihood(found, frame.terms, 1)
    profiles = [profile_of(each, [smallest], LEVEL)[0] for each in (found, by_ml)]
    bootstrap = Bootstrap(found.factors.likelihood, found)
    table = Table(bootstrap, found, frame.terms, frame.fixed)
    for replicate, stream in enumerate(seeds.spawn(REPLICATES)):
        table.add(replicate, bootstrap.replicate(stream))
    percentiles = percentile_records(table.frame(), found.model.name, wanted, LEVEL)
    drawn = percentiles[wanted.index(smallest)]
    return {
        "profile, REML": (profiles[0].lower, profiles[0].upper),
        "profile, ML": (profiles[1].lower, profiles[1].upper),
        "bootstrap": (drawn["lower"], drawn["upper"]),
        "Wald": None if isinstance(ends, str) else ends,
        "singular": found.degenerate,
    }


def summary(method: str, found: list[dict], truth: float) -> dict:
    """How many data sets have an interval by a method, and where the truth lies.

    none : share without one. Of the others: coverage, its 95 % interval, above : share whose upper
    end is below the truth, width : median.
    """
    given = [each[method] for each in found if each[method] is not None]
    ends = [(low or 0.0, np.inf if high is None else high) for low, high in given]
    inside = Proportion(sum(low <= truth <= high for low, high in ends), len(ends))
    return {
        "none": 1.0 - len(given) / len(found),
        "coverage": inside.estimate,
        "interval": list(inside.interval),
        "above": sum(high < truth for _, high in ends) / len(ends),
        "width": float(np.median([high - low for low, high in ends])),
    }


def row(method: str, of: dict) -> str:
    """A line of the table."""
    low, high = of["interval"]
    return (
        f"| {method} | {of['none']:.1%} | {of['coverage']:.1%} | {low:.1%} to {high:.1%} "
        f"| {of['above']:.1%} | {of['width']:.2f} |"
    )


def counted(design: Design, truth: float, n: int, pool) -> dict:
    """The summaries of n data sets from one truth."""
    found = list(pool.map(partial(one, design, truth), range(n), chunksize=10))
    return {
        "design": design.title,
        "truth": truth,
        "data_sets": n,
        "singular": sum(each["singular"] for each in found) / n,
        "methods": {method: summary(method, found, truth) for method in METHODS},
    }


def section(design: Design, results: list[dict]) -> list[str]:
    """The tables of one design, in Markdown."""
    lines = [f"## {design.title.capitalize()}", ""]
    lines += [f"`{design.formula}`, {GROUPS} groups of {design.size} rows", ""]
    for of in results:
        lines += [
            f"### True SD {of['truth']:g}",
            "",
            f"{of['data_sets']:,} data sets, of which {of['singular']:.1%} have a singular fit.",
            "",
            "| method | no interval | coverage | 95 % interval of it | upper end below the truth "
            "| median width |",
            "|---|--:|--:|--:|--:|--:|",
            *(row(method, of["methods"][method]) for method in METHODS),
            "",
        ]
    return lines


def main(n: int) -> None:
    lines = [NOTES.read_text(encoding="utf-8").strip(), ""]
    lines += [f"- **{method}**: {words}" for method, words in METHODS.items()]
    lines.append("")
    results = []
    with ProcessPoolExecutor(2) as pool:
        for design in DESIGNS:
            for truth in design.truths:
                results.append(counted(design, truth, n, pool))
                print(json.dumps(results[-1]), file=sys.stderr, flush=True)
            lines += section(design, results[-len(design.truths) :])
    TABLE.write_text("\n".join(lines), encoding="utf-8")
    COUNTS.write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1000)
