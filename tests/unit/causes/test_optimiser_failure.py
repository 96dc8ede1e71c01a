"""Answers of other engines that are not the optimum, and what in them looks wrong."""

from covedge.causes.optimiser_failure import looks_wrong, optimiser_failure


def answer(**changes):
    given = {
        "status": "ok",
        "agrees": False,
        "engine": "other",
        "version": "1",
        "model": "m1",
        "distance": 2.3,
        "converged": True,
        "singular": True,
        "messages": [],
    }
    return given | changes


def test_optimiser_failure_tells_false_singularity_from_stopping_short():
    healthy, singular = {"m1": {"degenerate": False}}, {"m1": {"degenerate": True}}
    assert optimiser_failure([answer()], healthy)[0].evidence["kind"] == "false singularity"
    assert optimiser_failure([answer()], singular)[0].evidence["kind"] == "imprecise"
    assert optimiser_failure([answer(agrees=True)], healthy) == []
    assert optimiser_failure([{"status": "failed", "model": "m1"}], healthy) == []


def test_badly_scaled_effects_are_a_sub_reason():
    fits = {"m1": {"degenerate": False, "terms": [{"group": "g", "effects": []}]}}
    fits["m1"]["terms"][0] |= {"sd": [], "correlation": []}
    (cause,) = optimiser_failure([answer()], fits, {"g": 1e12})
    assert (cause.evidence["kind"], cause.evidence["sub_reason"]) == (
        "false singularity",
        "scaling",
    )
    assert "centre and rescale" in cause.sentence
    (cause,) = optimiser_failure([answer()], fits, {"g": 100.0})
    assert cause.evidence["sub_reason"] is None


def term(sd, correlation):
    effects = ["(Intercept)", "x"]
    rows = [[1.0, correlation], [correlation, 1.0]]
    return {"group": "g", "effects": effects, "sd": sd, "correlation": rows}


def test_what_looks_wrong_is_told_the_largest_first():
    ours = {"sigma": 1.0, "terms": [term([1.0, 0.5], 0.2)]}
    theirs = {"sigma": 1.1, "terms": [term([1.005, 1.5], 0.99)]}
    assert looks_wrong(theirs | {"certificate": {"reasons": ["a saddle"]}}, ours) == [
        "the SD of x between gs is 1.5, not 0.5",
        "the correlation of (Intercept) and x is 0.99, not 0.20",
        "its residual SD is 1.10 times ours",
        "a saddle",
    ]
    assert looks_wrong(ours, ours) == []


def test_lme4s_own_word_on_singularity_decides_where_it_has_one():
    """A direction of reliability zero that isSingular() does not see, and one that it imagines."""
    healthy = {"m1": {"degenerate": False}}
    (cause,) = optimiser_failure([answer(singular=False, calls_singular=True)], healthy)
    assert cause.evidence["kind"] == "false singularity"
    assert "It calls the fit singular, and the optimum is not." in cause.sentence
    (cause,) = optimiser_failure([answer(singular=True, calls_singular=False)], healthy)
    assert cause.evidence["kind"] == "imprecise"


def test_which_of_its_other_optimisers_find_the_optimum_is_told():
    def other(name, distance):
        return {"status": "ok", "optimiser": name, "distance": distance, "agrees": distance < 1e-3}

    fits = {"m1": {"degenerate": True}}
    failed = {"status": "failed", "optimiser": "c", "reason": "no"}
    given = answer(optimiser="a", optimisers=[other("b", 1e-9), other("d", 5.0), failed])
    (cause,) = optimiser_failure([given], fits)
    assert "other 1 by its default optimiser a stopped 2.3 above" in cause.sentence
    assert "Of its 2 other optimisers b finds it." in cause.sentence
    assert [o["optimiser"] for o in cause.evidence["other_optimisers"]] == ["b", "d"]
    (cause,) = optimiser_failure([given | {"optimisers": [other("d", 5.0)]}], fits)
    assert "Its other optimiser does not find it either." in cause.sentence
    (cause,) = optimiser_failure([given | {"optimisers": [other("d", 5.0)] * 2}], fits)
    assert "None of its 2 other optimisers finds it either." in cause.sentence


def test_a_fit_that_was_given_is_called_so():
    given = answer(engine="yours", version=None, converged=None, singular=False)
    (cause,) = optimiser_failure([given], {"m1": {"degenerate": False}})
    assert cause.sentence.startswith("The fit that you gave lies 2.3 above the certified optimum")


def test_a_posterior_is_no_optimum_and_does_not_fail_to_be_one():
    sampled = {"status": "ok", "kind": "posterior", "model": "m1", "engine": "rstanarm"}
    assert optimiser_failure([sampled], {"m1": {"degenerate": True}}) == []
