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
