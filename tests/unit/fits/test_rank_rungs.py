"""Rungs of limited rank on the rats: what has collapsed costs nothing, what is there costs much."""

from pathlib import Path

import pandas as pd
import pytest

from covedge.fits.fit import fit as fit_model
from covedge.fits.rank_rungs import rank_rungs
from covedge.formulas.formula import parse
from covedge.models.ladder import Ladder
from support.models import data_set, set_up

RATS = Path(__file__).resolve().parents[3] / "data" / "rats.csv"


def rungs(data, formula):
    problem = set_up(data, formula)
    frame = problem.frame
    ladder = Ladder(frame.terms, frame.fixed, (), tuple(problem.models))

    def fit(model):
        return fit_model(problem.likelihood, frame.terms, model, 1)

    around = fit(ladder.models[-1])
    return around, rank_rungs(ladder, parse(formula), around, fit)


def test_a_singular_fit_of_the_rats_is_a_sound_fit_of_rank_3():
    rats = pd.read_csv(RATS).query("spd_des == 's15'").dropna(subset="cc_marg")
    around, found = rungs(rats, "cc_marg ~ mPair + (mPair | ratID)")
    assert around.degenerate
    by_name = {f.model.name.split("-")[1]: f for f in found}
    top = by_name["rank3"]
    assert top.point.criterion == pytest.approx(around.point.criterion, abs=1e-6)
    assert top.certificate.certified
    assert not top.degenerate
    # 6 x 3 loadings less 3 rotations, of 21: a rank of 3 leaves out 6 parameters.
    assert around.n_parameters - top.n_parameters == 6
    assert by_name["rank2"].point.criterion > top.point.criterion + 1e-3
    # The simplest one shown fits worse beyond doubt, and those below it need not be shown.
    assert by_name["rank1"].point.criterion > around.point.criterion + 60
    assert [f.n_parameters for f in found] == sorted(f.n_parameters for f in found)


def test_a_healthy_fit_has_rungs_below_it_but_none_beside_it():
    around, found = rungs(data_set("sleepstudy"), "Reaction ~ Days + (Days | Subject)")
    assert not around.degenerate
    assert [f.model.name.split("-")[1] for f in found] == ["rank1"]
    assert found[0].point.criterion > around.point.criterion
