"""Against brute force: rows simulated in R, fitted by lme4, isSingular() asked.

The numbers are those of tests/reference/atlas.R. lme4 calls a fit singular where an element of
the diagonal of Lambda is below 1e-4, which differs from a reliability below 1e-6 in few fits.
"""

import json

import numpy as np
import pandas as pd
import pytest
from scipy.stats import chi2

from covedge.atlas.resized import resized, resizing
from covedge.atlas.truth import standing
from covedge.bootstraps.bootstrap import refits
from covedge.fits.likelihood import Likelihood
from covedge.fits.own_gram import own_gram
from covedge.fits.spectrum import ALIVE
from covedge.grams.gram import build
from support.models import TESTS, data_set, set_up

KNOWN = json.loads((TESTS / "reference/atlas.json").read_text(encoding="utf-8"))["designs"]
TABLES = {
    "dyestuff": "Dyestuff",
    "sleepstudy": "sleepstudy",
    "machines_twice": "Machines",
    "pastes": "Pastes",
    "penicillin": "Penicillin",
}
REPLICATES = 1000


def table(name):
    if name != "rats":
        return data_set(TABLES[name])
    rows = pd.read_csv(TESTS.parent / "data/rats.csv")
    return rows[rows["spd_des"] == "s15"]


def covariances(problem, known):
    """S of each component from lme4's theta, deepest term first; terms as lme4 orders them."""
    theta, found = list(known["theta"]), {}
    sizes = {term.name: len(term.effects) for term in problem.frame.terms}
    for name in np.atleast_1d(known["terms"]):  # one is no list in R's JSON
        # lme4 writes the inner factor first.
        (own,) = [each for each in sizes if set(each.split(":")) == set(name.split(":"))]
        q = sizes[own]
        L = np.zeros((q, q))
        L.T[np.triu_indices(q)] = [theta.pop(0) for _ in range(q * (q + 1) // 2)]
        found[own] = L @ L.T
    assert not theta
    return [found[term.name] for term in problem.frame.terms][::-1]


@pytest.mark.parametrize("name", KNOWN)
def test_as_many_fits_are_singular_as_lme4_finds(name):
    known = KNOWN[name]
    problem = set_up(table(name), known["formula"], known["method"])
    model, frame = problem.models[-1], problem.frame
    if known.get("times"):
        how = resizing(frame.terms, known["group"])
        frame = resized(frame, how, known["times"] * how.outer.n_levels, 1.0)
    likelihood = Likelihood(build(frame), known["method"] == "REML")
    factors = own_gram(likelihood, model).factors(model)
    factors, x = standing(factors, model, covariances(problem, known))
    ours = sum(
        any(d.state != ALIVE for spectrum in fitted.spectra for d in spectrum)
        for fitted in refits(factors, x, REPLICATES, 5)
    )
    # Two binomial counts with the same probability.
    theirs, n = known["singular"], known["replicates"]
    assert 0.02 < theirs / n < 0.98
    p = (ours + theirs) / (REPLICATES + n)
    z2 = (ours / REPLICATES - theirs / n) ** 2 / (p * (1 - p) * (1 / REPLICATES + 1 / n))
    assert z2 < chi2.ppf(0.999, 1)
