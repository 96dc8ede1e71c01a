"""rstanarm's stan_lmer() as an engine: how it is asked, and what its draws are."""

import numpy as np
import pytest

from covedge.engines import rstanarm
from covedge.engines.answer import NoAnswer, NotExpressible
from covedge.engines.record import sample_record
from covedge.models.ladder import Ladder
from covedge.posteriors.agreement import agreement, summary
from covedge.posteriors.posterior import CORRELATION, FIXED, RESIDUAL, SD
from covedge.posteriors.posterior_record import name_in_r, scalars
from covedge.posteriors.refit import Settings, pose, refit
from support.models import data_set, set_up


def pastes():
    return set_up(data_set("Pastes"), "strength ~ 1 + (1 | batch/cask)")


# With R.


@pytest.mark.slow
def test_its_posterior_is_ours_under_decov(require_r_packages):
    """Means, SDs and quantiles of all numbers of Dyestuff, by the bound of `agreement`."""
    require_r_packages("rstanarm")
    problem = set_up(data_set("Dyestuff"), "Yield ~ 1 + (1 | Batch)")
    frame = problem.frame
    theirs = rstanarm.answer(frame, problem.models[-1], seed=1, cores=2, limit=300.0)
    assert theirs.values.shape == (4, 1000, 3)
    ladder = Ladder(frame.terms, frame.fixed, frame.dropped, problem.models)
    posed = pose(problem.likelihood.gram, ladder, ladder.asked, "decov")
    listed, numbers = scalars(refit(posed, Settings(4, 2000, 1000, 2, seed=7)).quantities)
    kept = [i for i, (q, _) in enumerate(listed) if q.kind in (FIXED, RESIDUAL, SD, CORRELATION)]
    ours = summary([name_in_r(*listed[i]) for i in kept], numbers[:, :, kept])
    assert set(theirs.names) == set(ours.names)
    if not theirs.divergences:
        found = agreement(ours, summary(theirs.names, theirs.values))
        assert found.numbers == 12
        assert found.agree, f"{found.where}: {found.largest:.1f} of {found.limit:.1f}"


# Without R.


def written(problem, names, draws, folder, shape):
    """What stan_lmer.R leaves: lines, and a file with the draws and the energy."""
    energy = np.arange(draws.shape[0], dtype=float)
    path = folder / rstanarm.DRAWS
    np.column_stack([draws, energy]).astype("<f8").tofile(path)
    lines = [
        ("said", ["Warning", "There were 3 divergent transitions"]),
        ("seconds", ["1.5"]),
        ("divergences", ["3"]),
        ("names", names),
        ("shape", [str(n) for n in shape]),
    ]
    model = problem.models[-1]
    question = rstanarm.ask(problem.frame, model)
    return rstanarm.read(lines, path, question, problem.frame, model)


def test_its_draws_are_told_by_our_names_and_chain_after_chain(tmp_path):
    problem = set_up(data_set("sleepstudy"), "Reaction ~ Days + (Days | Subject)")
    names = ["(Intercept)", "X2", "sigma"]
    names += [f"Sigma[G1:{pair}]" for pair in ("Z1,Z1", "Z2,Z1", "Z2,Z2")]
    draws = np.arange(1.0, 7.0)[:, None] + np.zeros(6)
    draws[:, 3:] = draws[:, :1] * [4.0, 1.0, 9.0]
    found = written(problem, names, draws, tmp_path, (2, 3))
    assert found.names == (
        *("(Intercept)", "Days", "sigma"),
        *("sd_(Intercept)|Subject", "sd_Days|Subject"),
    ), "the correlation is the same in all draws, and so no number that was drawn"
    np.testing.assert_allclose(found.values[:, :, 0], [[1, 2, 3], [4, 5, 6]])
    np.testing.assert_allclose(found.values[1, 2, 3:], np.sqrt([24.0, 54.0]))
    np.testing.assert_allclose(found.energy, [[0, 1, 2], [3, 4, 5]])
    assert (found.divergences, found.seconds) == (3, 1.5)
    assert found.messages == ("Warning: There were 3 divergent transitions",)


def test_compound_symmetry_is_told_on_the_effects(tmp_path):
    problem = set_up(data_set("Machines"), "score ~ Machine + (1 | Worker) + (1 | Worker:Machine)")
    rng = np.random.default_rng(1)
    draws = rng.uniform(1.0, 2.0, size=(8, 6))
    names = ["(Intercept)", "X2", "X3", "sigma", "Sigma[G1:Z1,Z1]", "Sigma[G2:Z2,Z2]"]
    found = written(problem, names, draws, tmp_path, (2, 4))
    told = dict(zip(found.names, found.values.reshape(8, -1).T, strict=True))
    np.testing.assert_allclose(told["MachineB"], draws[:, 1])
    np.testing.assert_allclose(told["sd_(Intercept)|Worker:Machine"], np.sqrt(draws[:, 5]))


def test_its_record_has_summaries_with_their_errors(tmp_path):
    problem = set_up(data_set("Dyestuff"), "Yield ~ 1 + (1 | Batch)")
    draws = np.random.default_rng(2).normal(5.0, 1.0, size=(4000, 3))
    names = ["(Intercept)", "sigma", "Sigma[G1:Z1,Z1]"]
    record = sample_record(written(problem, names, draws**2, tmp_path, (4, 1000)))
    assert (record["status"], record["kind"]) == ("ok", "posterior")
    assert (record["chains"], record["draws"], record["divergences"]) == (4, 1000, 3)
    # Squares of N(5, 1): mean 26, SD sqrt(4 x 25 + 2); independent draws.
    (first, *_) = record["parameters"]
    assert first["mean"] == pytest.approx(26.0, abs=4 * (102 / 4000) ** 0.5)
    assert first["sd"] == pytest.approx(102**0.5, rel=0.05)
    assert first["errors"]["mean"] == pytest.approx((102 / 4000) ** 0.5, rel=0.15)
    assert record["max_rhat"] < 1.01
    assert not {"distance", "agrees", "certificate"} & set(record)


def test_it_knows_the_intercept_since_its_prior_does():
    question = rstanarm.ask(pastes().frame, pastes().models[-1])
    assert question.formula == "y ~ 1 + (0 + Z1 | G1) + (0 + Z2 | G2)"
    without = set_up(data_set("sleepstudy"), "Reaction ~ 0 + Days + (1 | Subject)")
    question = rstanarm.ask(without.frame, without.models[-1])
    assert question.formula == "y ~ 0 + X1 + (0 + Z1 | G1)"


def test_prior_weights_are_not_its_weights():
    table = data_set("sleepstudy")
    table["w"] = 1.0 + table["Days"]
    problem = set_up(table, "Reaction ~ Days + (Days | Subject)", weights="w")
    with pytest.raises(NotExpressible, match="another model"):
        rstanarm.ask(problem.frame, problem.models[-1])
    with pytest.raises(NotExpressible, match=r"^stan_lmer\(\) wants random effects"):
        rstanarm.ask(pastes().frame, pastes().models[0])


def test_its_error_is_the_reason(tmp_path):
    problem = pastes()
    model = problem.models[-1]
    lines = [("said", ["Warning", "w"]), ("seconds", ["1"]), ("error", ["no\\nluck"])]
    question = rstanarm.ask(problem.frame, model)
    with pytest.raises(NoAnswer, match=r"stan_lmer\(\) stopped with an error: no luck") as told:
        rstanarm.read(lines, tmp_path / "none", question, problem.frame, model)
    assert told.value.messages == ("Warning: w",)


def test_without_r_what_to_install_is_told(no_r, tmp_path):
    assert rstanarm.version() is None
    with pytest.raises(NoAnswer, match="r-cran-rstanarm"):
        rstanarm.answer(pastes().frame, pastes().models[-1], seed=1, cores=1)
