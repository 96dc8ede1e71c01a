"""decov as coded, beside stan_lmer: the numbers are of tests/reference/posteriors.R."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from covedge.models.ladder import Ladder
from covedge.posteriors.agreement import SUMMARIES, Summary, agreement, summary
from covedge.posteriors.posterior import COVARIANCE, FIXED, RESIDUAL
from covedge.posteriors.posterior_record import scalars
from covedge.posteriors.refit import Settings, pose, refit
from support.models import data_set, set_up

TESTS = Path(__file__).parents[2]
REFERENCE = TESTS / "reference" / "posteriors.json"
MINE = {"regularization": 2.0, "concentration": 1.5, "shape": 2.0, "scale": 0.5}


def rats():
    table = pd.read_csv(TESTS.parent / "data" / "rats.csv", dtype={"cycle": str})
    return table[table.spd_des == "s15"].dropna()


PROBLEMS = {
    "sleepstudy": (lambda: data_set("sleepstudy"), "Reaction ~ Days + (Days | Subject)"),
    "rats_s15": (rats, "cc_marg ~ mPair + (mPair | ratID)"),
    "penicillin": (
        lambda: data_set("Penicillin"),
        "diameter ~ 1 + (1 | plate) + (1 | sample)",
    ),
}


def posed(name):
    """The model of a reference, under the decov that it has."""
    data, formula = PROBLEMS[name.removesuffix("_mine")]
    problem = set_up(data(), formula)
    frame = problem.frame
    ladder = Ladder(frame.terms, frame.fixed, frame.dropped, problem.models)
    told = {"decov": {"all": MINE}} if name.endswith("_mine") else None
    return pose(problem.likelihood.gram, ladder, ladder.asked, "decov", told=told)


def reference(kind, name):
    return json.loads(REFERENCE.read_text(encoding="utf-8"))[kind][name]


def theirs(known) -> Summary:
    """Its summaries by our names for them, without what has no name here."""
    rows = known["parameters"]
    return Summary(
        tuple(row["variable"] for row in rows),
        {word: np.array([row[word] for row in rows]) for word in SUMMARIES},
        {word: np.array([row[f"mcse_{word}"] for row in rows]) for word in SUMMARIES},
    )


def ours(quantities) -> Summary:
    listed, numbers = scalars(quantities)
    kept = [i for i, (q, _) in enumerate(listed) if q.kind in (FIXED, RESIDUAL, COVARIANCE)]
    return summary([_in_stan(*listed[i]) for i in kept], numbers[:, :, kept])


def _in_stan(quantity, labels):
    """Sigma[Subject:Days,(Intercept)] is element (Days, (Intercept)) of G."""
    if quantity.kind == COVARIANCE:
        return f"Sigma[{quantity.group}:{labels[0]},{labels[1]}]"
    return labels[0] if quantity.kind == FIXED else "sigma"


def assert_agrees(mine, known):
    other = theirs(known)
    assert set(mine.names) <= set(other.names)
    found = agreement(mine, other)
    assert found.numbers == 4 * len(mine.names)
    assert found.agree, f"{found.where}: {found.largest:.1f} standard errors of {found.limit:.1f}"


def sampled(name, **settings):
    return refit(posed(name), Settings(4, 2000, 1000, 2, seed=7, **settings))


@pytest.mark.parametrize("name", ["sleepstudy", "sleepstudy_mine"])
def test_posterior_is_stan_lmers(name):
    """Mean, SD, 5 and 95 % quantile of fixed effects, sigma and G, by `agreement`'s bound."""
    known = reference("posterior", name)
    assert known["chains"] * known["draws"] >= 16_000
    assert_agrees(ours(sampled(name).quantities), known)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["rats_s15", "penicillin"])
def test_posterior_of_six_effects_and_of_crossed_factors_is_stan_lmers(name):
    known = reference("posterior", name)
    assert known["chains"] * known["draws"] >= 16_000
    assert_agrees(ours(sampled(name).quantities), known)


@pytest.mark.parametrize("name", ["sleepstudy", "rats_s15", "rats_s15_mine"])
def test_prior_is_stan_lmers(name):
    """stan_lmer(prior_PD = TRUE): the prior is decov as it is coded, and no other."""
    known = reference("prior", name)
    model = posed(name)
    draws = model.prior_draws(40_000, seed=3)
    quantities = model.quantities(draws)
    numbers = {
        _in_stan(q, labels): values.ravel()
        for q in quantities
        for labels, values in q.scalars()
        if q.kind in (FIXED, RESIDUAL, COVARIANCE)
    }
    distances = []
    for row in known["parameters"]:
        if row["variable"] not in numbers:
            continue
        values = numbers[row["variable"]]
        for word, level in (("q05", 0.05), ("q95", 0.95)):
            # Quantiles alone: the moments of products of gammas rest on few draws.
            at = np.quantile(values, level)
            chunks = [np.quantile(part, level) for part in np.split(values, 20)]
            error = np.hypot(np.std(chunks, ddof=1) / np.sqrt(20), row[f"mcse_{word}"])
            distances.append((at - row[word]) / error)
    assert len(distances) >= 2 * (len(numbers) - 1)
    assert np.abs(distances).max() < 4.5
