"""Compound symmetry in lme4's parameters: the SDs of (1 | g) and of (1 | g:f).

The posterior's file has the SDs of a factor's cells, all equal, and their one correlation. The
profile intervals are about the two SDs behind them: with a cell's variance v and correlation r
these are the roots of v r and v (1 - r).
"""

import numpy as np

from covedge.pages.bayesian.found import best_term
from covedge.pages.bayesian.quantities import CELLS, CORRELATION, SD, of_kind
from covedge.pages.bayesian.runs import Refits

STRUCTURE = "compound symmetry"
QUANTILES = {"q025": 0.025, "q05": 0.05, "q50": 0.5, "q95": 0.95, "q975": 0.975}


def components(found: Refits, group: str) -> list[dict]:
    """The two SDs as parameters; empty where the term is no compound symmetry or has no draws."""
    term = best_term(found, group)
    if term.get("structure") != STRUCTURE or not term.get("cells"):
        return []
    drawn = found.posterior(found.main).draws
    sd, r = (
        next(
            (
                p
                for p in of_kind(found.main, kind)
                if p["group"] == group and p.get("coding") == CELLS and p["draws"] in drawn
            ),
            None,
        )
        for kind in (SD, CORRELATION)
    )
    if sd is None or r is None:
        return []
    variance, shared = drawn[sd["draws"]].ravel() ** 2, drawn[r["draws"]].ravel()
    G = np.array(term["cells"]["covariance"])
    parts = (("(Intercept)", shared, G[0, 1]), (term.get("factor"), 1 - shared, G[0, 0] - G[0, 1]))
    return [
        _parameter(sd, label, np.sqrt(np.maximum(variance * part, 0.0)), max(at_best, 0.0) ** 0.5)
        for label, part, at_best in parts
    ]


def _parameter(like: dict, label: str, values: np.ndarray, at_best: float) -> dict:
    return {
        "kind": SD,
        "group": like["group"],
        "labels": [label],
        "name": f"sd_{label}|{like['group']}",
        "best": at_best,
        "sd": float(values.std(ddof=1)),
        **{name: float(np.quantile(values, q)) for name, q in QUANTILES.items()},
    }
