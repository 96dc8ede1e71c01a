"""What is said of the posterior under blme's prior holds in numbers."""

import numpy as np
import pytest

from covedge.posteriors.improper import why_improper
from support.models import data_set, set_up


def asked(table, formula):
    problem = set_up(table, formula)
    return problem, (problem.frame.terms, problem.models[-1])


@pytest.mark.parametrize(("batches", "finite"), [("ABC", False), ("ABCDEF", True)])
def test_posterior_of_few_groups_has_no_integral(batches, finite):
    """exp(-D / 2) (tau^2)^0.75 integrated up to 10^6 and 10^9, by the kernel."""
    table = data_set("Dyestuff2")
    problem, where = asked(table[table.Batch.isin(list(batches))], "Yield ~ 1 + (1 | Batch)")
    assert ("the posterior has none either" in why_improper(*where)) is not finite
    t = np.exp(np.linspace(np.log(1e-6), np.log(1e9), 4000))
    D = [problem.likelihood.at([np.array([[v]])], information=False).criterion for v in t]
    density = np.exp(-0.5 * (np.array(D) - D[0])) * t**0.75
    mass = np.diff(np.log(t)) * ((density * t)[1:] + (density * t)[:-1]) / 2
    upper = mass[t[1:] > 1e6].sum() / mass[t[1:] <= 1e6].sum()
    assert upper < 1e-3 if finite else upper > 1.0


def test_the_rats_have_too_few():
    """10 rats, 6 muscle pairs: each of the pairs' variances would need more than 13 rats."""
    rng = np.random.default_rng(1)
    import pandas as pd

    cells = [(f"r{r}", f"p{p}", rng.normal()) for r in range(10) for p in range(6) for _ in "ab"]
    table = pd.DataFrame(cells, columns=["rat", "pair", "y"])
    _, where = asked(table, "y ~ pair + (pair | rat)")
    said = why_improper(*where)
    assert "10 levels of rat for 6 effects" in said
    assert "more than 13 levels" in said
