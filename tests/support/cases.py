"""Small models of every layout, at given G and sigma."""

from functools import cache

import numpy as np

from covedge.posteriors.prior import FixedPrior, prior
from support.dense import random_Sigma, unbalanced
from support.given import Given
from support.models import data_set, set_up

CASES = (
    "no term",
    "one term",
    "two terms",
    "three terms",
    "three terms, weighted",
    "three terms, singular",
    "two terms, a rung",
    "crossed",
    "crossed, singular",
    "crossed, weighted",
)


@cache
def case(name: str, seed: int = 0) -> Given:
    """One of CASES; another seed gives other G and sigma on the same data."""
    rng = np.random.default_rng([CASES.index(name), seed])
    problem = _problem(name)
    model = 0 if "no term" in name else 1 if "rung" in name else -1
    frame = problem.frame
    structures = problem.models[model].structures
    Gs = []
    for structure in structures:
        if structure.components:
            B = np.hstack([c.basis for c in structure.components])
            r = B.shape[1]
            rank = 1 if "singular" in name else r
            Gs.append(B @ random_Sigma(rng, r, rank) @ B.T * frame.y.var() / 4)
    if "singular" in name:
        Gs[-1] = np.zeros_like(Gs[-1])
    believed = prior(problem.likelihood.gram, frame.fixed, frame.terms, structures).fixed
    # Not so weak that nobody would notice if it were not there.
    fixed = FixedPrior(
        believed.mean + 0.5 * frame.y.std(), 50 * believed.precision, believed.scales
    )
    return Given(problem, model, tuple(Gs), float(frame.y.std() * rng.uniform(0.3, 0.8)), fixed)


@cache
def _problem(name):
    weights = "w" if "weighted" in name else None
    if "crossed" in name:
        table = data_set("Penicillin")
        table["w"] = np.random.default_rng(5).uniform(0.5, 4.0, size=len(table))
        return set_up(table, "diameter ~ 1 + (1 | plate) + (1 | sample)", weights=weights)
    n_terms = {"no": 1, "one": 1, "two": 2, "three": 3}[name.split()[0]]
    dense = unbalanced(3, n_terms)
    return set_up(dense.table, dense.formula, weights=weights)
