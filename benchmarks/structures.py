"""Is the recommended model the true one, and what does choosing it cost the fixed effects?

Writes docs/recommendation.md and .json.

python structures.py [data sets per structure]

Data are simulated from five structures of a term on a factor of three cells, with enough groups to
tell them apart. Each data set gets the ladder, the tests and the rule of the workflow. Since
residuals do not depend on the fixed effects, one fit serves for the error rate of their test
(effect zero) and for its power (effect of two standard errors).
"""

from __future__ import annotations

import json
import sys
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import cache
from multiprocessing import get_context
from pathlib import Path

import numpy as np
import pandas as pd
from scipy.stats import t as student

from covedge.bootstraps.bootstrap import Bootstrap
from covedge.comparing.bootstrap_test import bootstrap_test
from covedge.comparing.comparisons import plan
from covedge.comparing.exact_test import ExactTest
from covedge.fits.fit import Fit, fit
from covedge.fits.likelihood import Likelihood
from covedge.fits.rank_rungs import rank_rungs
from covedge.formulas.formula import parse
from covedge.frames.design import model_frame
from covedge.grams.gram import build
from covedge.inference.satterthwaite import satterthwaite
from covedge.jsonio import plain
from covedge.models import ladder as ladders
from covedge.models.containment import inside
from covedge.proportion import Proportion
from covedge.recommendation import BALANCED, LEVEL

ROOT = Path(__file__).parents[1]
NOTES = ROOT / "benchmarks" / "structures.md"
PAGE, NUMBERS = ROOT / "docs" / "recommendation.md", ROOT / "docs" / "recommendation.json"

FORMULA = "y ~ f + (f | g)"
GROUPS, CELLS, ROWS = 40, 3, 8
REPLICATES = 199
# Of the test of the first contrast: the effect for its power, in standard errors of the truth.
EFFECT = 2.0
M = np.array([[1.0, 0.0, 0.0], [-1.0, 1.0, 0.0], [-1.0, 0.0, 1.0]])
TRUTHS = {
    "intercept": np.diag([0.8, 0.0, 0.0]) ** 2,
    "compound symmetry": np.diag([0.7, 0.0, 0.0]) ** 2 + 0.6**2 * M @ M.T,
    "diagonal": np.diag([0.8, 0.4, 1.1]) ** 2,
    "rank 1": np.outer([0.8, 0.7, -0.6], [0.8, 0.7, -0.6]),
    "full": M @ np.array([[1.0, 0.4, 0.24], [0.4, 0.64, -0.1], [0.24, -0.1, 1.44]]) @ M.T,
}
CHOICES = ("recommended", "Matuschek et al.", "maximal", "intercept")


@dataclass(frozen=True)
class One:
    """A data set. chosen : name of the recommended model; right : it is the true one or inside it.

    statistics : by choice (t at effect zero, t at EFFECT, degrees of freedom).
    """

    chosen: str
    right: bool
    singular: bool
    statistics: dict[str, tuple[float, float, float]]


@cache
def rows():
    """The table without its response; codes of groups and cells."""
    g, f, _ = np.indices((GROUPS, CELLS, ROWS)).reshape(3, -1)
    return pd.DataFrame({"g": [f"g{i:02d}" for i in g], "f": [f"f{i}" for i in f]}), g, f


def data_set(structure: str, number: int) -> pd.DataFrame:
    """Residual SD 1; both contrasts of f are zero."""
    table, g, f = rows()
    rng = np.random.default_rng([list(TRUTHS).index(structure), number])
    values, vectors = np.linalg.eigh(TRUTHS[structure])
    b = rng.normal(size=(GROUPS, 3)) @ (vectors * np.sqrt(np.maximum(values, 0.0))).T
    Z = np.column_stack([np.ones(len(f)), f == 1, f == 2]).astype(float)
    return table.assign(y=(Z * b[g]).sum(axis=1) + rng.normal(size=len(f)))


def one(structure: str, number: int) -> One:
    formula = parse(FORMULA)
    frame = model_frame(
        data_set(structure, number).astype({"g": "category", "f": "category"}), formula
    )
    likelihood = Likelihood(build(frame), reml=True)
    models = ladders.build(formula, frame.terms)
    ladder = ladders.Ladder(frame.terms, frame.fixed, (), models)

    def fitted(model):
        return fit(likelihood, frame.terms, model, number)

    fits = [fitted(model) for model in models]
    fits = [*fits[:-1], *rank_rungs(ladder, formula, fits[-1], fitted), fits[-1]]
    by_name = {f.model.name: f for f in fits}
    chosen = _simplest(likelihood, fits, by_name, LEVEL, number)
    balanced = _simplest(likelihood, fits, by_name, BALANCED, number)
    picked = dict(zip(CHOICES, (chosen, balanced, fits[-1], by_name["m1-intercept"]), strict=True))
    size = EFFECT * _true_error(structure)
    return One(
        chosen.model.name,
        inside(chosen.model, _true_model(structure, fits)),
        fits[-1].degenerate,
        {choice: _statistics(picked[choice], size) for choice in CHOICES},
    )


def _simplest(likelihood, fits, by_name, level, seed) -> Fit:
    """The rule of `recommendation`, with tests made only until the first that does not reject."""
    pairs = {
        pair.names[0]: pair
        for pair in plan([f.model for f in fits], by_name, seed).pairs
        if pair.names[1] == fits[-1].model.name
    }
    sound = [f for f in fits if f.certificate.certified and not f.degenerate and f.terms]
    for candidate in sorted(sound, key=lambda f: (f.n_parameters, f.point.criterion)):
        pair = pairs.get(candidate.model.name)
        if pair is None or _p(likelihood, pair, seed) > level:
            return candidate
    return sound[-1]


@cache
def _streams(seed):
    return np.random.SeedSequence([seed, 17]).spawn(REPLICATES)


def _p(likelihood, pair, seed) -> float:
    if isinstance(pair.exact, ExactTest):
        return pair.exact.p
    if pair.unsimulated is not None:
        return pair.bound if pair.beyond_doubt else 1.0
    bootstrap = Bootstrap(likelihood, pair.smaller, [pair.larger.model])
    D = np.array([bootstrap.replicate(seeds).criteria for seeds in _streams(seed)])
    return bootstrap_test(pair.lrt, D[:, 0], D[:, 1]).p


def _true_model(structure, fits):
    """The rung of the true structure; a structure that no rung has is inside the full one."""
    words = {"intercept": "intercept", "compound symmetry": "compound", "rank 1": "rank1"}
    word = words.get(structure, structure)
    return next((f.model for f in fits if f.model.name.split("-")[1] == word), fits[-1].model)


def _true_error(structure):
    """Standard error of the first contrast in a balanced design."""
    return float(np.sqrt(TRUTHS[structure][1, 1] / GROUPS + 2.0 / (GROUPS * ROWS)))


def _statistics(fit, size):
    place = 1
    contrast = np.eye(CELLS)[place]
    error = float(np.sqrt(fit.point.cov_beta[place, place]))
    estimate = float(fit.point.beta[place])
    return estimate / error, (estimate + size) / error, satterthwaite(fit).df(contrast)


def _rejects(t, df):
    return 2 * student.sf(abs(t), df) < 0.05


def record(found: dict[str, list[One]]) -> dict:
    """All counts, for the page and for who wants to go on from them."""
    told = {}
    for structure, ones in found.items():
        rates = {}
        for choice in CHOICES:
            at = [o.statistics[choice] for o in ones]
            rates[choice] = {
                "error": sum(_rejects(t0, df) for t0, _, df in at),
                "power": sum(_rejects(t1, df) for _, t1, df in at),
            }
        names = pd.Series([o.chosen for o in ones]).value_counts()
        told[structure] = {
            "n": len(ones),
            "right": sum(o.right for o in ones),
            "singular": sum(o.singular for o in ones),
            "chosen": {name: int(n) for name, n in names.items()},
            "rates": rates,
        }
    return told


def page(told: dict) -> str:
    """docs/recommendation.md."""
    lines = [NOTES.read_text(encoding="utf-8").rstrip(), ""]
    lines += ["## Which model is recommended", ""]
    lines += [
        "| truth | data sets | your model is singular | the true model, or one inside it | chosen |"
    ]
    lines += ["|---|--:|--:|--:|---|"]
    for structure, t in told.items():
        chosen = ", ".join(f"{name} {n}" for name, n in t["chosen"].items())
        lines.append(
            f"| {structure} | {t['n']} | {_share(t['singular'], t['n'])} | "
            f"{_share(t['right'], t['n'])} | {chosen} |"
        )
    for key, title in (
        ("error", "Error rate of the test of a fixed effect that is zero, at 5 %"),
        ("power", f"Power of that test, for an effect of {EFFECT:g} standard errors"),
    ):
        lines += ["", f"## {title}", "", "| truth | " + " | ".join(CHOICES) + " |"]
        lines += ["|---" + "|--:" * len(CHOICES) + "|"]
        for structure, t in told.items():
            rates = [_share(t["rates"][choice][key], t["n"]) for choice in CHOICES]
            lines.append(f"| {structure} | " + " | ".join(rates) + " |")
    return "\n".join(lines) + "\n"


def _share(count, n):
    low, high = Proportion(count, n).interval
    return f"{100 * count / n:.1f} % ({100 * low:.1f} to {100 * high:.1f})"


def _job(arguments):
    return one(*arguments)


def main(n: int) -> None:
    jobs = [(structure, number) for structure in TRUTHS for number in range(n)]
    found: dict[str, list[One]] = {structure: [] for structure in TRUTHS}
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as pool:
        for place, (job, result) in enumerate(
            zip(jobs, pool.map(_job, jobs, chunksize=4), strict=True), 1
        ):
            found[job[0]].append(result)
            if place % 50 == 0:
                print(f"{place} of {len(jobs)}", file=sys.stderr, flush=True)
    told = record(found)
    NUMBERS.write_text(json.dumps(plain(told), indent=1) + "\n", encoding="utf-8")
    PAGE.write_text(page(told), encoding="utf-8")
    print(page(told))


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 200)
