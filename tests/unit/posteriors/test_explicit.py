"""The usual forms of a model have the posterior of the collapsed one."""

import numpy as np
import pytest

from covedge.errors import DesignError
from covedge.models.ladder import Ladder
from covedge.posteriors import explicit
from covedge.posteriors.agreement import agreement, summary
from covedge.posteriors.marginal_likelihood import log_likelihood
from covedge.posteriors.posterior_record import name_in_r
from covedge.posteriors.random_effects import scaled_effects
from covedge.posteriors.refit import Settings, pose, refit
from support.models import data_set, set_up

SLEEP = ("sleepstudy", "Reaction ~ Days + (Days | Subject)")
DYESTUFF = ("Dyestuff", "Yield ~ 1 + (1 | Batch)")
PENICILLIN = ("Penicillin", "diameter ~ 1 + (1 | plate) + (1 | sample)")
MACHINES = ("Machines", "score ~ Machine + (Machine | Worker)")
OATS = ("Oats", "yield ~ nitro + (1 | Block) + (1 | Block:Variety)")


def sampled(data, formula, family, form, model=-1, draws=1000):
    problem = set_up(data_set(data), formula)
    frame = problem.frame
    ladder = Ladder(frame.terms, frame.fixed, frame.dropped, problem.models)
    posed = pose(problem.likelihood.gram, ladder, ladder.models[model], family, form)
    return refit(posed, Settings(4, draws, 1000, 2, seed=5))


def summarised(done):
    return summary([name_in_r(*one) for one in done.listed], done.numbers)


def assert_agree(one, other):
    """One standard error more than the bound, which lets chance fail one comparison in 100."""
    found = agreement(summarised(one), summarised(other))
    assert found.largest < found.limit + 1, f"{found.where}: {found.largest:.1f} standard errors"


@pytest.mark.slow
@pytest.mark.parametrize("form", ["noncentred", "centred"])
def test_slopes_under_the_default_prior(form):
    """LKJCholeskyCov of PyMC and explicit b, beside unit vectors and the kernel."""
    done, collapsed = (sampled(*SLEEP, "lkj", f) for f in (form, "collapsed"))
    assert done.judged.reached
    assert_agree(done, collapsed)
    _assert_same_effects(done, collapsed)


def _assert_same_effects(done, collapsed):
    """b as sampled, beside exact draws of its conditional: means and SDs."""
    mine = done.draws.effects[0]
    gram, draws = collapsed.posed.gram, collapsed.draws
    chosen = np.arange(0, len(draws.sigma), 4)
    (theirs,) = scaled_effects(draws, gram, draws.beta, chosen, seed=1)
    sd = theirs.std(axis=0)
    # Some 1,000 effective draws each, of which the mean is known to 3 %.
    np.testing.assert_array_less(np.abs(mine.mean(axis=0) - theirs.mean(axis=0)) / sd, 0.2)
    np.testing.assert_allclose(mine.std(axis=0), sd, rtol=0.15)


@pytest.mark.slow
@pytest.mark.parametrize("form", ["noncentred", "centred"])
@pytest.mark.parametrize("family", ["decov", "wishart"])
@pytest.mark.parametrize("problem", [SLEEP, MACHINES], ids=lambda p: p[0])
def test_other_priors_in_both_forms(problem, family, form):
    assert_agree(sampled(*problem, family, form), sampled(*problem, family, "collapsed"))


@pytest.mark.slow
@pytest.mark.parametrize("family", ["lkj", "decov", "wishart"])
@pytest.mark.parametrize("problem", [DYESTUFF, PENICILLIN, OATS], ids=lambda p: p[0])
def test_one_effect_a_term_crossed_and_nested(problem, family):
    """q = 1, which PyMC's LKJCholeskyCov refuses."""
    forms = (sampled(*problem, family, f, draws=4000) for f in ("noncentred", "collapsed"))
    assert_agree(*forms)


@pytest.mark.slow
@pytest.mark.parametrize("family", ["lkj", "decov", "wishart"])
def test_a_shared_sd(family):
    """Compound symmetry: an intercept, and one SD for all cells of the factor."""
    problem = set_up(data_set(MACHINES[0]), MACHINES[1])
    at = next(i for i, m in enumerate(problem.models) if "compound" in m.name)
    forms = (sampled(*MACHINES, family, f, model=at) for f in ("noncentred", "collapsed"))
    assert_agree(*forms)


def test_a_model_with_too_many_products_is_refused(monkeypatch):
    monkeypatch.setattr(explicit, "MOST_PRODUCTS", 10)
    problem = set_up(data_set(DYESTUFF[0]), DYESTUFF[1])
    frame = problem.frame
    ladder = Ladder(frame.terms, frame.fixed, frame.dropped, problem.models)
    posed = pose(problem.likelihood.gram, ladder, ladder.asked, "lkj", "centred")
    with pytest.raises(DesignError, match=r"centred form.*at most 10 .*collapsed form has no such"):
        posed.program()


@pytest.mark.parametrize("form", ["noncentred", "centred"])
@pytest.mark.parametrize("family", ["lkj", "decov", "wishart"])
def test_density_with_b_integrated_out_is_the_kernels(family, form):
    """log p(y, b | rest) is quadratic in b: its integral by Laplace's method is exact.

    At the parameters' initial values, as a function of b alone, by finite differences.
    """
    problem = set_up(data_set(DYESTUFF[0]), DYESTUFF[1])
    frame = problem.frame
    ladder = Ladder(frame.terms, frame.fixed, frame.dropped, problem.models)
    posed = pose(problem.likelihood.gram, ladder, ladder.asked, family, form)
    model = posed.program()
    function = model.compile_logp(mode="FAST_COMPILE")
    start = model.initial_point()
    assert start["b0"].shape == (6, 1)

    def log_joint(b):
        return float(function({**start, "b0": b.reshape(6, 1)}))

    at_zero, units = log_joint(np.zeros(6)), np.eye(6)
    gradient = np.array([log_joint(u) - log_joint(-u) for u in units]) / 2
    curvature = np.array([log_joint(u) + log_joint(-u) - 2 * at_zero for u in units])
    # One batch's effect does not interact with another's given the rest.
    integral = at_zero + (0.5 * (np.log(2 * np.pi / -curvature) + gradient**2 / -curvature)).sum()
    others = [v for v in model.free_RVs if v.name != "b0"]
    outside = float(model.compile_logp(vars=others, mode="FAST_COMPILE")(start))
    values = {name: np.atleast_2d(value) for name, value in _at(model, start).items()}
    draws = posed.draws(values, (1, 1), 1)
    own = log_likelihood(draws.factors, draws.sigma, draws.beta, posed.gram, [1])
    scaling, n = posed.gram.scaling, posed.gram.n_obs
    # The model leaves out what does not depend on parameters.
    constant = 0.5 * n * np.log(2 * np.pi) + n * np.log(scaling.response)
    assert integral - outside == pytest.approx(own[0] + constant, rel=1e-6)


def _at(model, start):
    """Values of sigma, beta, factors and b at a point of the sampler's."""
    wanted = ("sigma", "beta", "factors", "b")
    found = [v for v in [*model.free_RVs, *model.deterministics] if v.name in wanted]
    function = model.compile_fn(model.replace_rvs_by_values(found), mode="FAST_COMPILE")
    return dict(zip([v.name for v in found], function(start), strict=True))
